//! Texts with their escapes resolved, each byte with the part of the text that stands for it.

use crate::protocol::json;
use crate::secret::SecretBytes;

/// How a text may be encoded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// The escapes of a JSON string.
    Json,
    Percent,
    /// Percent-encoded, with `+` for a space.
    Form,
}

/// A text without its escapes.
pub(super) struct Decoded {
    bytes: SecretBytes,
    /// The part of the text that each byte stands for.
    spans: Vec<(u32, u32)>,
    /// Where the text ends: before an escape that is cut.
    end: usize,
}

impl Decoded {
    /// A text as it is.
    pub fn plain(text: &[u8]) -> Self {
        let mut bytes = SecretBytes::with_capacity(text.len());
        bytes.push(text);
        Decoded {
            bytes,
            spans: (0..text.len() as u32).map(|at| (at, at + 1)).collect(),
            end: text.len(),
        }
    }

    pub fn bytes(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    pub fn end(&self) -> usize {
        self.end
    }

    /// The part of the text that the bytes from `first` to `last` stand for.
    pub fn span(&self, first: usize, last: usize) -> (usize, usize) {
        (self.spans[first].0 as usize, self.spans[last].1 as usize)
    }

    pub fn holds(&self, byte: u8) -> bool {
        memchr::memchr(byte, self.bytes()).is_some()
    }

    /// The text with the escapes of one encoding more resolved; what is no escape stays. `is_cut` tells that the
    /// text goes on, so that an escape may be cut off at its end.
    pub fn decode(&self, encoding: Encoding, is_cut: bool) -> Decoded {
        let text = self.bytes();
        // No escape is shorter than what it stands for.
        let mut bytes = SecretBytes::with_capacity(text.len());
        let mut spans = Vec::with_capacity(text.len());
        let (mut at, mut end) = (0, self.end);
        while at < text.len() {
            let rest = &text[at..];
            if is_cut && encoding.may_be_cut(rest) {
                end = self.spans[at].0 as usize;
                break;
            }
            let unit = encoding.escape(rest).unwrap_or(Unit::byte(rest[0], 1));
            let span = (self.spans[at].0, self.spans[at + unit.taken - 1].1);
            bytes.push(&unit.bytes[..unit.length]);
            spans.extend(std::iter::repeat_n(span, unit.length));
            at += unit.taken;
        }
        Decoded { bytes, spans, end }
    }
}

/// Some bytes, and how many bytes of the text stand for them.
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
}

impl Encoding {
    /// Whether a text that goes on may end within the escape at its front.
    fn may_be_cut(self, text: &[u8]) -> bool {
        match self {
            Encoding::Json => text[0] == b'\\' && text.len() < r"\ud83d\ude00".len(),
            Encoding::Percent | Encoding::Form => text[0] == b'%' && text.len() < "%41".len(),
        }
    }

    /// What the escape at the front stands for.
    fn escape(self, text: &[u8]) -> Option<Unit> {
        match (self, text[0]) {
            (Encoding::Json, b'\\') => json_escape(text),
            (Encoding::Percent | Encoding::Form, b'%') => percent_escape(text),
            (Encoding::Form, b'+') => Some(Unit::byte(b' ', 1)),
            _ => None,
        }
    }
}

fn percent_escape(text: &[u8]) -> Option<Unit> {
    let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
    let byte = digit(1)? * 16 + digit(2)?;
    Some(Unit::byte(byte as u8, 3))
}

fn json_escape(text: &[u8]) -> Option<Unit> {
    if !matches!(
        text.get(1)?,
        b'"' | b'\\' | b'/' | b'n' | b'r' | b't' | b'b' | b'f' | b'u'
    ) {
        return None;
    }
    if text[1] == b'u' {
        json::code_unit(text)?;
    }
    let (code, taken) = json::read_escape(text);
    let mut bytes = [0; 4];
    let length = char::from_u32(code)?.encode_utf8(&mut bytes).len();
    Some(Unit {
        bytes,
        length,
        taken,
    })
}
