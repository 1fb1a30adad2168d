//! Replaces the secrets that an answer echoes by `***`, however they are spelled.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

/// What stands for a secret.
const MASK: &str = "***";

/// The shortest secret that is also looked for in base64, and in ids: shorter ones turn up by chance.
pub(crate) const TELLING: usize = 8;

/// The most bytes that one byte of a secret takes up in any spelling: `\u0041`.
const LONGEST_UNIT: usize = 6;

/// The secrets of one call.
pub(crate) struct Redactor {
    needles: Vec<Zeroizing<String>>,
}

impl Redactor {
    /// A redactor of these secrets; empty ones are nothing to hide.
    pub fn new(secrets: &[&str]) -> Self {
        let mut needles = Vec::new();
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            needles.push(Zeroizing::new((*secret).to_owned()));
            if secret.len() >= TELLING {
                needles.push(Zeroizing::new(STANDARD_NO_PAD.encode(secret)));
                needles.push(Zeroizing::new(URL_SAFE_NO_PAD.encode(secret)));
            }
        }
        Redactor { needles }
    }

    /// A redactor of the secrets that are too long to be a part of a random id by chance.
    pub fn for_ids(secrets: &[&str]) -> Self {
        let telling: Vec<&str> = secrets
            .iter()
            .copied()
            .filter(|secret| secret.len() >= TELLING)
            .collect();
        Redactor::new(&telling)
    }

    /// `text` without the secrets.
    pub fn text(&self, text: &str) -> String {
        self.changed(text).unwrap_or_else(|| text.to_owned())
    }

    /// The first `limit` bytes of `body` without the secrets, also without one that the limit cuts.
    pub fn bytes(&self, body: &[u8], limit: usize) -> Vec<u8> {
        let longest = self
            .needles
            .iter()
            .map(|needle| needle.len())
            .max()
            .unwrap_or(0);
        let window = &body[..body.len().min(limit + longest * LONGEST_UNIT)];
        let mut shown = mask(window, &self.spans(window), limit);
        shown.truncate(limit);
        shown
    }

    /// The JSON object `json` without the secrets, still an object: they are replaced inside names and
    /// strings, and any other value that holds one becomes `"***"`. Everything else stays as it was sent, but
    /// nothing does if a secret that looks like JSON stands across several of them.
    pub fn json(&self, json: &str) -> String {
        if self.needles.is_empty() {
            return json.to_owned();
        }
        let mut shown = String::with_capacity(json.len());
        let mut rest = json;
        while !rest.is_empty() {
            let (token, after) = rest.split_at(token_length(rest));
            match self.changed_token(token) {
                Some(changed) => shown.push_str(&changed),
                None => shown.push_str(token),
            }
            rest = after;
        }
        let across = self.spans(shown.as_bytes());
        if across.iter().any(|(start, end)| end - start >= TELLING) {
            return "{}".to_owned();
        }
        shown
    }

    fn changed_token(&self, token: &str) -> Option<String> {
        match token.as_bytes().first()? {
            b'"' => {
                let text = Zeroizing::new(serde_json::from_str::<String>(token).ok()?);
                serde_json::to_string(&self.changed(&text)?).ok()
            }
            b'-' | b'0'..=b'9' | b'a'..=b'z' => self.changed(token).map(|_| format!("\"{MASK}\"")),
            _ => None,
        }
    }

    /// `text` without the secrets, if it holds one.
    fn changed(&self, text: &str) -> Option<String> {
        let spans = self.spans(text.as_bytes());
        if spans.is_empty() {
            return None;
        }
        let shown = String::from_utf8(mask(text.as_bytes(), &spans, text.len()));
        // Spans begin and end between characters; if they did not, nothing of the text may be shown.
        Some(shown.unwrap_or_else(|_| MASK.to_owned()))
    }

    /// Where secrets stand: in order, those that overlap joined.
    fn spans(&self, text: &[u8]) -> Vec<(usize, usize)> {
        let mut spans: Vec<(usize, usize)> = Vec::new();
        for start in 0..text.len() {
            let longest = self
                .needles
                .iter()
                .filter_map(|needle| match_length(&text[start..], needle.as_bytes()))
                .max();
            let Some(length) = longest else { continue };
            match spans.last_mut() {
                Some((_, end)) if start < *end => *end = (*end).max(start + length),
                _ => spans.push((start, start + length)),
            }
        }
        spans
    }
}

/// The first `limit` bytes of `text` with `***` in place of the spans.
fn mask(text: &[u8], spans: &[(usize, usize)], limit: usize) -> Vec<u8> {
    let limit = limit.min(text.len());
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

/// The length of the first token of a valid JSON text: a string, another scalar, or one other character.
fn token_length(json: &str) -> usize {
    let bytes = json.as_bytes();
    match bytes[0] {
        b'"' => string_length(bytes),
        b'-' | b'0'..=b'9' | b'a'..=b'z' => {
            let ends = |b: &u8| b",]} \t\r\n".contains(b);
            bytes.iter().position(ends).unwrap_or(bytes.len())
        }
        _ => 1,
    }
}

fn string_length(bytes: &[u8]) -> usize {
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The ways a secret may be written. Each reads a text in one way only, so that a comparison never has
/// to go back.
#[derive(Clone, Copy)]
enum Spelling {
    Raw,
    Json,
    /// JSON in a string of JSON: an answer that repeats the request's body as a text.
    JsonTwice,
    Percent,
    /// Percent-encoded, with `+` for a space.
    Form,
}

/// The length of `secret` at the start of `text`, in the longest spelling that it is there in.
fn match_length(text: &[u8], secret: &[u8]) -> Option<usize> {
    let (first, wanted) = (text[0], secret[0]);
    if first != wanted && !b"\\%+".contains(&first) {
        return None;
    }
    let spellings = [
        Spelling::Raw,
        Spelling::Json,
        Spelling::JsonTwice,
        Spelling::Percent,
        Spelling::Form,
    ];
    spellings
        .iter()
        .filter_map(|spelling| spelling.match_length(text, secret))
        .max()
}

impl Spelling {
    fn match_length(self, text: &[u8], secret: &[u8]) -> Option<usize> {
        let mut left = secret;
        let mut at = 0;
        while !left.is_empty() {
            let unit = self.unit(text.get(at..)?)?;
            left = left.strip_prefix(&unit.bytes[..unit.length])?;
            at += unit.taken;
        }
        Some(at)
    }

    /// What the start of `text` means.
    fn unit(self, text: &[u8]) -> Option<Unit> {
        let first = *text.first()?;
        let special = match self {
            Spelling::Raw => None,
            Spelling::Json => json_escape(text),
            Spelling::JsonTwice => json_escape_twice(text).or_else(|| json_escape(text)),
            Spelling::Percent => percent_escape(text),
            Spelling::Form if first == b'+' => Some(Unit::byte(b' ', 1)),
            Spelling::Form => percent_escape(text),
        };
        Some(special.unwrap_or(Unit::byte(first, 1)))
    }
}

/// Some bytes of a secret, and how many bytes of the text stand for them.
struct Unit {
    bytes: [u8; 4],
    length: usize,
    taken: usize,
}

impl Unit {
    fn byte(byte: u8, taken: usize) -> Self {
        Unit {
            bytes: [byte, 0, 0, 0],
            length: 1,
            taken,
        }
    }

    fn character(code: u32, taken: usize) -> Option<Self> {
        let mut bytes = [0; 4];
        let length = char::from_u32(code)?.encode_utf8(&mut bytes).len();
        Some(Unit {
            bytes,
            length,
            taken,
        })
    }
}

fn percent_escape(text: &[u8]) -> Option<Unit> {
    let digits = text.strip_prefix(b"%")?;
    let byte = u8::try_from(hex(digits.get(..2)?)?).ok()?;
    Some(Unit::byte(byte, 3))
}

fn json_escape(text: &[u8]) -> Option<Unit> {
    let escape = text.strip_prefix(b"\\")?;
    let byte = match escape.first()? {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 0x08,
        b'f' => 0x0c,
        b'u' => return unicode_escape(text),
        quoted @ (b'"' | b'\\' | b'/') => *quoted,
        _ => return None,
    };
    Some(Unit::byte(byte, 2))
}

/// An escape whose own characters are escaped: `\\\\n`, `\\\\u0041`.
fn json_escape_twice(text: &[u8]) -> Option<Unit> {
    let mut inner = [0; 12];
    let mut ends = [0; 12];
    let (mut length, mut at) = (0, 0);
    while length < inner.len() && at < text.len() {
        let outer = Spelling::Json.unit(&text[at..])?;
        at += outer.taken;
        (inner[length], ends[length]) = (outer.bytes[0], at);
        length += 1;
    }
    let unit = json_escape(&inner[..length])?;
    Some(Unit {
        taken: ends[unit.taken - 1],
        ..unit
    })
}

fn unicode_escape(text: &[u8]) -> Option<Unit> {
    let code = |text: &[u8]| hex(text.strip_prefix(b"\\u")?.get(..4)?);
    let high = code(text)?;
    if !(0xd800..0xdc00).contains(&high) {
        return Unit::character(high, 6);
    }
    let low = code(&text[6..]).filter(|low| (0xdc00..0xe000).contains(low))?;
    Unit::character(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00), 12)
}

/// The number that hexadecimal digits of either case make.
fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, &digit| {
        Some(number * 16 + char::from(digit).to_digit(16)?)
    })
}

#[cfg(test)]
#[path = "redact_tests.rs"]
mod tests;
