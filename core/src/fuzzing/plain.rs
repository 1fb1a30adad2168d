//! Readings that take the plainest way there is, to compare the library's with.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// The members of a JSON object in their order, also those whose name occurs twice.
pub struct Members(Vec<(String, Box<RawValue>)>);

impl Members {
    /// The members of the one object that `text` is.
    pub fn of(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }

    /// The names, in their order; see [`name`].
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// How often there is one of this name.
    pub fn count(&self, name: &str) -> usize {
        self.named(name).count()
    }

    /// Whether a name occurs twice.
    pub fn has_twins(&self) -> bool {
        self.names().collect::<BTreeSet<_>>().len() < self.0.len()
    }

    /// The first value of this name as it is written.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.named(name).next()
    }

    /// The value of this name as it is written, if there is just one.
    pub fn only(&self, name: &str) -> Option<&str> {
        self.raw(name).filter(|_| self.count(name) == 1)
    }

    /// The first value of this name, if `serde_json` can read it.
    pub fn value(&self, name: &str) -> Option<Value> {
        serde_json::from_str(self.raw(name)?).ok()
    }

    fn named(&self, wanted: &str) -> impl Iterator<Item = &str> {
        let members = self.0.iter();
        members.filter_map(move |(name, raw)| (name == wanted).then_some(raw.get()))
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some((raw, value)) = map.next_entry::<Box<RawValue>, _>()? {
                    members.push((name(raw.get()), value));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Reader)
    }
}

/// A name as text, different for different names: half of a surrogate pair is U+10FFFF and its number.
fn name(raw: &str) -> String {
    const MARK: char = '\u{10ffff}';
    if let Ok(text) = serde_json::from_str::<String>(raw) {
        return text.replace(MARK, &format!("{MARK}{MARK}"));
    }
    let mut units: Vec<u16> = Vec::new();
    let mut rest = &raw[1..raw.len() - 1];
    while let Some(first) = rest.chars().next() {
        let length = match (first, rest.as_bytes().get(1)) {
            ('\\', Some(b'u')) => 6,
            ('\\', _) => 2,
            _ => first.len_utf8(),
        };
        match u16::from_str_radix(rest[..length].trim_start_matches("\\u"), 16) {
            Ok(unit) if length == 6 => units.push(unit),
            _ => {
                let text: String = serde_json::from_str(&format!("\"{}\"", &rest[..length]))
                    .expect("a character or an escape");
                units.extend(text.encode_utf16());
            }
        }
        rest = &rest[length..];
    }
    let texts = char::decode_utf16(units).map(|read| match read {
        Ok(MARK) => format!("{MARK}{MARK}"),
        Ok(character) => character.to_string(),
        Err(lone) => format!("{MARK}{:04x}", lone.unpaired_surrogate()),
    });
    texts.collect()
}

/// How deep objects and arrays are nested in a JSON text.
pub fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut is_in_string) = (0_usize, 0, false);
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' if is_in_string => drop(characters.next()),
            '"' => is_in_string = !is_in_string,
            '{' | '[' if !is_in_string => depth += 1,
            '}' | ']' if !is_in_string => depth -= 1,
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// A text whose `%XX` stand for their bytes; `None` if a percent sign begins none.
pub fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut parts = text.split('%');
    let mut decoded = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let digits = part.get(..2).filter(|digits| !digits.contains('+'))?;
        decoded.push(u8::from_str_radix(digits, 16).ok()?);
        decoded.extend(&part.as_bytes()[2..]);
    }
    Some(decoded)
}

/// The parts of `data` between NULs, which no input of the library may hold, as texts.
pub fn texts(data: &[u8]) -> Option<Vec<&str>> {
    let text = std::str::from_utf8(data).ok()?;
    Some(text.split('\0').collect())
}

/// Whether a JSON text is an object that may be nested this deep.
pub fn is_object(text: &[u8], levels: usize) -> bool {
    let text = std::str::from_utf8(text).unwrap_or_default();
    Members::of(text.as_bytes()).is_some() && depth(text) <= levels
}

/// Whether a JSON text is an object that may be kept as a record.
pub fn is_record(text: &[u8]) -> bool {
    is_object(text, 512) && Members::of(text).is_some_and(|members| !members.has_twins())
}

/// Whether `part` stands in `whole`.
pub fn holds(whole: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(whole, part).is_some()
}
