//! Single members of a JSON object, borrowed from its text.

use std::fmt;

use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::input;
use crate::protocol::record::Name;
use crate::secret::{Secret, SecretBytes};

/// The members of these names at the top level of the one JSON object that `text` is; `None` if it is
/// none or has one of them twice. Only their brackets and strings are known to be right: what is used of
/// them has to be checked.
pub(super) fn members<'a, const N: usize>(
    text: &'a str,
    names: [&str; N],
) -> Option<[Option<&'a RawValue>; N]> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let found = deserializer.deserialize_map(Wanted(names)).ok()?;
    deserializer.end().ok()?;
    Some(found)
}

struct Wanted<'n, const N: usize>([&'n str; N]);

impl<'de, const N: usize> Visitor<'de> for Wanted<'_, N> {
    type Value = [Option<&'de RawValue>; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = [None; N];
        while let Some(name) = map.next_key_seed(Name)? {
            let Some(at) = self.0.iter().position(|wanted| *wanted == name) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if found[at].replace(map.next_value()?).is_some() {
                return Err(A::Error::custom("a name occurs twice"));
            }
        }
        Ok(found)
    }
}

/// The text of a JSON string; `None` for any other value.
pub(super) fn string(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

/// A session token from its JSON string. It is copied once, straight to where it is wiped.
pub(super) fn token(raw: &RawValue) -> Option<Secret> {
    let inside = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    if !inside.contains('\\') {
        return input::is_session_token(inside).then(|| Secret::new(inside));
    }
    let mut plain = SecretBytes::with_capacity(inside.len());
    unescape(inside, &mut plain)?;
    let text = std::str::from_utf8(plain.as_slice()).ok()?;
    input::is_session_token(text).then(|| Secret::new(text))
}

/// Resolves the escapes that can stand for a character of a token: `\/` and `\u00XX`.
fn unescape(inside: &str, plain: &mut SecretBytes) -> Option<()> {
    let mut rest = inside.as_bytes();
    while let Some(at) = rest.iter().position(|&b| b == b'\\') {
        plain.push(&rest[..at]);
        let (byte, taken) = match rest.get(at + 1)? {
            b'/' => (b'/', 2),
            b'u' => (ascii_escape(rest.get(at + 2..at + 6)?)?, 6),
            _ => return None,
        };
        plain.push(&[byte]);
        rest = &rest[at + taken..];
    }
    plain.push(rest);
    Some(())
}

fn ascii_escape(digits: &[u8]) -> Option<u8> {
    let number = digits.iter().try_fold(0, |number, &digit| {
        Some(number * 16 + char::from(digit).to_digit(16)?)
    })?;
    u8::try_from(number).ok().filter(u8::is_ascii)
}
