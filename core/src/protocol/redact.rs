//! Redacts secrets that a response echoes: replaces them by `***` in any encoding, in time linear in secrets and
//! response. BosBase's fixed strings are kept: they occur whatever a call sent.

mod automaton;
mod decode;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::{json, server_strings};
use crate::secret::SecretBytes;
use automaton::{Automaton, Needle, State};
use decode::{Decoded, Encoding};

/// Replaces a secret, and a string that must not be shown.
const MASK: &str = "***";

/// The shortest secret whose occurrences are replaced individually, and that is also searched for in base64 and in ids.
/// Shorter ones occur by chance, and the rest of the string around the `***` would reveal them.
pub(crate) const MIN_REDACTED_LEN: usize = 8;

/// The most bytes of secrets that are searched for.
pub(crate) const SECRETS_MAX: usize = 256 * 1024;

/// Redacts the secrets of one call.
pub(crate) struct Redactor {
    /// `None` if there are too many secrets to search for: then no part of a response is shown.
    automaton: Option<Automaton>,
}

/// A range of bytes: start and end.
type Span = (usize, usize);

/// The occurrences of secrets in a text.
struct Matches {
    /// Occurrences of long secrets, in order, overlapping ones merged.
    spans: Vec<Span>,
    /// Whether a short secret occurs outside of them.
    has_short: bool,
    /// How much of the text may be shown. Less than all if it ends within an escape.
    end: usize,
}

impl Redactor {
    /// Creates a redactor for these secrets. Empty ones are ignored.
    pub fn new(secrets: &[&str]) -> Self {
        let mut needles = Vec::new();
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            let is_short = secret.len() < MIN_REDACTED_LEN;
            let mut add = |string: String| {
                let string = Zeroizing::new(string);
                needles.push(Needle { string, is_short });
            };
            add((*secret).to_owned());
            if !is_short && secret.len() <= SECRETS_MAX {
                add(STANDARD_NO_PAD.encode(secret));
                add(URL_SAFE_NO_PAD.encode(secret));
            }
        }
        let length: usize = needles.iter().map(|needle| needle.string.len()).sum();
        Redactor {
            automaton: (length <= SECRETS_MAX).then(|| Automaton::new(needles)),
        }
    }

    /// Redacts the first `limit` bytes of a text that is not JSON. If it contains a short secret, nothing is shown.
    pub fn text(&self, text: &[u8], limit: usize) -> Vec<u8> {
        let window = &text[..text.len().min(limit)];
        let is_cut = window.len() < text.len();
        let mut shown = self.unit(window, is_cut, Layer::Text).unwrap_or_default();
        shown.truncate(limit);
        shown
    }

    /// Redacts the first `limit` bytes of JSON, as [`Redactor::json`] does.
    pub fn json_body(&self, body: &str, status: u16, limit: usize) -> Vec<u8> {
        let window = json::truncated(body, limit);
        let is_cut = window.len() < body.len();
        let Some((shown, across)) = self.tokens(window, is_cut, status) else {
            return Vec::new();
        };
        let mut shown = mask(shown.as_slice(), &across.spans, across.end);
        shown.truncate(limit);
        shown
    }

    /// Redacts a JSON object, and keeps it valid. Secrets are replaced inside names and strings. A string with a short
    /// secret, and any other value with a secret, becomes `"***"`. BosBase's fixed strings and everything else are kept
    /// as sent. Returns `{}` if the result is longer than `limit`, or if a secret that looks like JSON spans several
    /// values.
    pub fn json(&self, object: &str, status: u16, limit: usize) -> String {
        let shown = Some(object)
            .filter(|object| object.len() <= limit)
            .and_then(|object| self.tokens(object, false, status))
            .filter(|(shown, across)| across.spans.is_empty() && shown.len() <= limit)
            .and_then(|(shown, _)| String::from_utf8(shown.as_slice().to_vec()).ok());
        shown.unwrap_or_else(|| "{}".to_owned())
    }

    /// Decodes and redacts the inside of a JSON string, of which at most the first `limit` bytes are read.
    pub fn string(&self, inside: &str, limit: usize) -> String {
        if server_strings::is_value(inside) {
            return inside.to_owned();
        }
        let window = json::truncated(inside, limit);
        let is_cut = window.len() < inside.len();
        let shown = self.unit(window.as_bytes(), is_cut, Layer::JsonString);
        let shown = shown.unwrap_or_default();
        json::decode_lossy(&String::from_utf8_lossy(&shown))
    }

    /// Redacts an id. Short secrets are kept: they occur in random ids by chance.
    pub fn id(&self, id: &str) -> String {
        let matches = self.find(id.as_bytes(), false, Layer::Text);
        matches.map_or(MASK.to_owned(), |matches| {
            String::from_utf8_lossy(&mask(id.as_bytes(), &matches.spans, id.len())).into_owned()
        })
    }

    /// Redacts a text, or replaces all of it if it contains a short secret. `is_cut` is whether it is truncated.
    fn unit(&self, text: &[u8], is_cut: bool, layer: Layer) -> Option<Vec<u8>> {
        let matches = self.find(text, is_cut, layer)?;
        Some(if matches.has_short {
            MASK.into()
        } else {
            mask(text, &matches.spans, matches.end)
        })
    }

    /// Redacts the tokens of JSON. Also returns the remaining secrets, which span several of them.
    fn tokens(&self, json: &str, is_cut: bool, status: u16) -> Option<(SecretBytes, Matches)> {
        let mut shown = SecretBytes::with_capacity(json.len());
        let mut fixed: Vec<Span> = Vec::new();
        let mut rest = json;
        while let Some(first) = rest.bytes().next() {
            let start = shown.len();
            let (token, after) = rest.split_at(token_length(rest));
            let is_cut = is_cut && after.is_empty();
            let is_fixed = match first {
                b'"' => self.string_token(token, after, is_cut, &mut shown)?,
                b'-' | b'0'..=b'9' => self.number_token(token, is_cut, status, &mut shown)?,
                _ => {
                    shown.push(token.as_bytes());
                    false
                }
            };
            if is_fixed {
                fixed.push((start, shown.len()));
            }
            rest = after;
        }
        let mut matches = self.find(shown.as_slice(), is_cut, Layer::Text)?;
        matches.spans.retain(|span| {
            let before = fixed.partition_point(|(start, _)| *start <= span.0);
            before == 0 || fixed[before - 1].1 < span.1
        });
        Some((shown, matches))
    }

    /// Redacts and appends a string. Returns whether it is a fixed string of BosBase.
    fn string_token(
        &self,
        token: &str,
        after: &str,
        is_cut: bool,
        shown: &mut SecretBytes,
    ) -> Option<bool> {
        let length = json::string_length(&token.as_bytes()[1..]);
        let inside = &token[1..=length];
        let is_ended = token.len() > inside.len() + 1;
        let is_fixed = is_ended
            && if json::is_before_colon(after) {
                server_strings::is_name(inside)
            } else {
                server_strings::is_value(inside)
            };
        shown.push(b"\"");
        if is_fixed {
            shown.push(inside.as_bytes());
        } else {
            let is_cut = is_cut && !is_ended;
            shown.push(&self.unit(inside.as_bytes(), is_cut, Layer::JsonString)?);
        }
        if is_ended {
            shown.push(b"\"");
        }
        Some(is_fixed)
    }

    /// As for a string; a number is replaced as a whole.
    fn number_token(
        &self,
        token: &str,
        is_cut: bool,
        status: u16,
        shown: &mut SecretBytes,
    ) -> Option<bool> {
        if !is_cut && server_strings::is_number(token, status) {
            shown.push(token.as_bytes());
            return Some(true);
        }
        let matches = self.find(token.as_bytes(), is_cut, Layer::Text)?;
        if matches.has_short || !matches.spans.is_empty() {
            shown.push(b"\"***\"");
        } else {
            shown.push(token.as_bytes());
        }
        Some(false)
    }

    /// Finds the secrets in a text, in any encoding.
    fn find(&self, text: &[u8], is_cut: bool, layer: Layer) -> Option<Matches> {
        let mut search = Search::new(self.automaton.as_ref()?, is_cut, text.len());
        if search.automaton.is_empty() {
            return Some(search.matches());
        }
        let mut base = Decoded::plain(text);
        if layer == Layer::JsonString && base.contains(b'\\') {
            base = base.decode(Encoding::Json, is_cut);
        }
        search.read(&base);
        if base.contains(b'\\') {
            let once = base.decode(Encoding::Json, is_cut);
            search.read(&once);
            if once.contains(b'\\') {
                search.read(&once.decode(Encoding::Json, is_cut));
            }
        }
        if base.contains(b'%') {
            search.read(&base.decode(Encoding::Percent, is_cut));
        }
        if base.contains(b'+') {
            search.read(&base.decode(Encoding::Form, is_cut));
        }
        Some(search.matches())
    }
}

/// The format of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layer {
    Text,
    /// The inside of a JSON string.
    JsonString,
}

/// A search through one text in several encodings.
struct Search<'a> {
    automaton: &'a Automaton,
    is_cut: bool,
    length: usize,
    long: Vec<Span>,
    short: Vec<Span>,
    end: usize,
}

impl<'a> Search<'a> {
    fn new(automaton: &'a Automaton, is_cut: bool, length: usize) -> Self {
        Search {
            automaton,
            is_cut,
            length,
            long: Vec::new(),
            short: Vec::new(),
            end: length,
        }
    }

    fn read(&mut self, text: &Decoded) {
        let (mut long, mut short) = (Vec::new(), Vec::new());
        let mut state = State::default();
        for (at, &byte) in text.bytes().iter().enumerate() {
            state = self.automaton.next(state, byte);
            let (of_long, of_short) = self.automaton.matches(state);
            for (length, spans) in [(of_long, &mut long), (of_short, &mut short)] {
                if length > 0 {
                    add(spans, text.span(at + 1 - length, at));
                }
            }
        }
        let pending = self.automaton.pending(state);
        if self.is_cut && pending > 0 {
            let (start, _) = text.span(text.bytes().len() - pending, text.bytes().len() - 1);
            add(&mut long, (start, self.length));
        }
        self.long.append(&mut long);
        self.short.append(&mut short);
        self.end = self.end.min(text.end());
    }

    fn matches(mut self) -> Matches {
        // A stable sort is fast on the sorted runs of the encodings.
        self.long.sort_unstable();
        let mut spans = Vec::with_capacity(self.long.len());
        self.long.into_iter().for_each(|span| add(&mut spans, span));
        let is_inside = |span: &Span| {
            let before = spans.partition_point(|(start, _)| *start <= span.0);
            before > 0 && span.1 <= spans[before - 1].1
        };
        Matches {
            has_short: !self.short.iter().all(is_inside),
            spans,
            end: self.end,
        }
    }
}

/// Adds a span that does not end before the last one, merged with those that it overlaps.
fn add(spans: &mut Vec<Span>, mut span: Span) {
    while let Some(&(start, end)) = spans.last().filter(|(_, end)| *end > span.0) {
        span = (span.0.min(start), span.1.max(end));
        spans.pop();
    }
    spans.push(span);
}

/// Returns the first `limit` bytes of `text` with the spans replaced by `***`.
fn mask(text: &[u8], spans: &[Span], limit: usize) -> Vec<u8> {
    let mut shown = Vec::with_capacity(limit);
    let mut from = 0;
    for &(start, end) in spans.iter().filter(|(start, _)| *start < limit) {
        shown.extend_from_slice(&text[from..start]);
        shown.extend_from_slice(MASK.as_bytes());
        from = end;
    }
    shown.extend_from_slice(text.get(from..limit).unwrap_or_default());
    shown
}

/// Returns the length of the first token of valid JSON: a string, another scalar, or one other character.
fn token_length(json: &str) -> usize {
    let bytes = json.as_bytes();
    match bytes[0] {
        b'"' => bytes.len().min(json::string_length(&bytes[1..]) + 2),
        b'-' | b'0'..=b'9' | b'a'..=b'z' => {
            let ends = |b: &u8| b",]} \t\r\n".contains(b);
            bytes.iter().position(ends).unwrap_or(bytes.len())
        }
        _ => 1,
    }
}

#[cfg(test)]
mod tests;
