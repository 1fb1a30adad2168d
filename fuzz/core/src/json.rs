//! JSON as `serde_json` parses it, to compare the library's parser with.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// The fields of a JSON object in their order, duplicates included.
pub struct Fields(Vec<(String, Box<RawValue>)>);

impl Fields {
    /// Parses one object.
    pub fn of(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// The names in their order; see [`name`].
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The number of fields with this name.
    pub fn count(&self, name: &str) -> usize {
        self.named(name).count()
    }

    /// Whether a name occurs twice.
    pub fn has_duplicates(&self) -> bool {
        self.names().collect::<BTreeSet<_>>().len() < self.0.len()
    }

    /// The first value with this name as JSON.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.named(name).next()
    }

    /// The value with this name as JSON, unless the name occurs twice.
    pub fn only(&self, name: &str) -> Option<&str> {
        self.raw(name).filter(|_| self.count(name) == 1)
    }

    /// The first value with this name, if `serde_json` can decode it.
    pub fn value(&self, name: &str) -> Option<Value> {
        serde_json::from_str(self.raw(name)?).ok()
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &str> {
        let fields = self.0.iter().filter(move |field| field.0 == name);
        fields.map(|(_, raw)| raw.get())
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some((raw, value)) = map.next_entry::<Box<RawValue>, _>()? {
                    fields.push((name(raw.get()), value));
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Reader)
    }
}

/// Decodes a name. An unpaired surrogate becomes U+10FFFF and its number, so that different names stay different.
fn name(raw: &str) -> String {
    const MARK: char = '\u{10ffff}';
    if let Ok(name) = serde_json::from_str::<String>(raw) {
        return name.replace(MARK, &format!("{MARK}{MARK}"));
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
                let decoded: String = serde_json::from_str(&format!("\"{}\"", &rest[..length]))
                    .expect("a character or an escape");
                units.extend(decoded.encode_utf16());
            }
        }
        rest = &rest[length..];
    }
    let decoded = char::decode_utf16(units).map(|unit| match unit {
        Ok(MARK) => format!("{MARK}{MARK}"),
        Ok(character) => character.to_string(),
        Err(lone) => format!("{MARK}{:04x}", lone.unpaired_surrogate()),
    });
    decoded.collect()
}

/// The nesting depth of a JSON text.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut is_in_string) = (0_usize, 0, false);
    let mut characters = json.chars();
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

/// Whether a JSON text is an object, nested at most `levels` deep.
pub fn is_object(json: &[u8], levels: usize) -> bool {
    let json = std::str::from_utf8(json).unwrap_or_default();
    Fields::of(json.as_bytes()).is_some() && depth(json) <= levels
}

/// Whether a JSON text is a valid record.
pub fn is_record(json: &[u8]) -> bool {
    is_object(json, 512) && Fields::of(json).is_some_and(|fields| !fields.has_duplicates())
}
