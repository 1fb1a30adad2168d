//! Decodes escapes, and maps each decoded byte to its part of the original text.

use crate::protocol::json;
use crate::secret::SecretBytes;

/// An encoding of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// The escapes of a JSON string.
    Json,
    Percent,
    /// Percent-encoded, with `+` for a space.
    Form,
}

/// A decoded text.
pub(super) struct Decoded {
    bytes: SecretBytes,
    /// The part of the original text for each byte.
    spans: Vec<(u32, u32)>,
    /// The end of the original text: before a truncated escape.
    end: usize,
}

impl Decoded {
    /// A text that is not decoded.
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

    /// Returns the part of the original text for the bytes from `first` to `last`.
    pub fn span(&self, first: usize, last: usize) -> (usize, usize) {
        (self.spans[first].0 as usize, self.spans[last].1 as usize)
    }

    pub fn contains(&self, byte: u8) -> bool {
        memchr::memchr(byte, self.bytes()).is_some()
    }

    /// Decodes the escapes of another encoding; invalid ones are kept. `is_cut` is whether the text is truncated, so that
    /// it may end within an escape.
    pub fn decode(&self, encoding: Encoding, is_cut: bool) -> Decoded {
        let text = self.bytes();
        // No escape is shorter than its decoded bytes.
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

/// Decoded bytes, and how many bytes of the text they consume.
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
    /// Whether a truncated text may end within the escape at its front.
    fn may_be_cut(self, text: &[u8]) -> bool {
        match self {
            Encoding::Json => text[0] == b'\\' && text.len() < r"\ud83d\ude00".len(),
            Encoding::Percent | Encoding::Form => text[0] == b'%' && text.len() < "%41".len(),
        }
    }

    /// Decodes the escape at the front.
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
