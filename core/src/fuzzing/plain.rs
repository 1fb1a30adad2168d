//! Readings that take the plainest way there is, to compare the library's with.

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

    /// The names, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// How often there is one of this name.
    pub fn count(&self, name: &str) -> usize {
        self.named(name).count()
    }

    /// Whether a name occurs twice.
    pub fn has_twins(&self) -> bool {
        self.names().any(|name| self.count(name) > 1)
    }

    /// The first value of this name as it is written.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.named(name).next()
    }

    /// The first value of this name, if it can be read.
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
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Reader)
    }
}

/// How deep objects and arrays are nested in a value.
pub fn depth(value: &Value) -> usize {
    let inner = match value {
        Value::Object(members) => members.values().map(depth).max(),
        Value::Array(items) => items.iter().map(depth).max(),
        _ => return 0,
    };
    1 + inner.unwrap_or(0)
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

/// Whether a JSON text is an object within the limits for records. Shorter than any with too many members.
pub fn is_record(text: &[u8]) -> bool {
    let value: Result<Value, _> = serde_json::from_slice(text);
    value.is_ok_and(|value| value.is_object() && depth(&value) <= 64)
        && Members::of(text).is_some_and(|members| !members.has_twins())
}

/// Whether `part` stands in `whole`.
pub fn holds(whole: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(whole, part).is_some()
}
