//! Whether a JSON text is safe to keep and to hand on: limits checked in one linear pass.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// The deepest nesting of objects and arrays.
const DEPTH_MAX: usize = 64;
/// The most members of all objects of a text together.
const MEMBERS_MAX: usize = 10_000;

/// Why a JSON text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unusable(&'static str);

/// The text breaks the grammar; serde_json also refuses lone surrogates and numbers over the range.
const NOT_JSON: Unusable =
    Unusable("it is not valid JSON with whole surrogate pairs and finite numbers");
const NOT_AN_OBJECT: Unusable = Unusable("it is not a JSON object");
const TOO_DEEP: Unusable = Unusable("it is nested more than 64 levels deep");
const TOO_MANY: Unusable = Unusable("it has more than 10000 members");
const DUPLICATE: Unusable = Unusable("a name occurs twice at its top level");

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Accepts one JSON object: depth up to 64, valid surrogates, finite numbers, no duplicate names at its
/// top level, at most 10,000 members in all, nothing after it.
pub(crate) fn check(text: &str) -> Result<(), Unusable> {
    names(text).map(drop)
}

/// Accepts any JSON value within the limits of [`check`].
pub(crate) fn check_value(text: &str) -> Result<(), Unusable> {
    if text
        .trim_start_matches([' ', '\t', '\n', '\r'])
        .starts_with('{')
    {
        return check(text);
    }
    let mut walk = Walk::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let result = Value(&mut walk)
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end());
    result.map_err(|_| walk.refusal.unwrap_or(NOT_JSON))
}

/// The names at the top level of an object that [`check`] accepts, sorted.
pub(crate) fn names(text: &str) -> Result<Vec<Cow<'_, str>>, Unusable> {
    let mut walk = Walk {
        depth: 1,
        ..Walk::default()
    };
    let mut names = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let top = Top {
        walk: &mut walk,
        names: &mut names,
    };
    let result = deserializer
        .deserialize_map(top)
        .and_then(|()| deserializer.end());
    result.map_err(|error| {
        walk.refusal.unwrap_or(if error.is_data() {
            NOT_AN_OBJECT
        } else {
            NOT_JSON
        })
    })?;
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(DUPLICATE);
    }
    Ok(names)
}

/// What has been seen so far of a text.
#[derive(Default)]
struct Walk {
    depth: usize,
    members: usize,
    refusal: Option<Unusable>,
}

impl Walk {
    fn refuse<E: Error>(&mut self, refusal: Unusable) -> Result<(), E> {
        self.refusal = Some(refusal);
        Err(E::custom(refusal))
    }

    fn member<E: Error>(&mut self) -> Result<(), E> {
        self.members += 1;
        if self.members > MEMBERS_MAX {
            self.refuse(TOO_MANY)
        } else {
            Ok(())
        }
    }

    fn enter<E: Error>(&mut self) -> Result<(), E> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            self.refuse(TOO_DEEP)
        } else {
            Ok(())
        }
    }
}

/// The outermost object, whose names are kept.
struct Top<'w, 'de> {
    walk: &'w mut Walk,
    names: &'w mut Vec<Cow<'de, str>>,
}

impl<'de> Visitor<'de> for Top<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(Name)? {
            self.walk.member()?;
            self.names.push(name);
            map.next_value_seed(Value(self.walk))?;
        }
        Ok(())
    }
}

/// A member's name, borrowed from the text unless it holds an escape.
pub(crate) struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

/// Any value or nested name, walked through and dropped.
struct Value<'w>(&'w mut Walk);

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.0.enter()?;
        while map.next_key_seed(Value(self.0))?.is_some() {
            self.0.member()?;
            map.next_value_seed(Value(self.0))?;
        }
        self.0.depth -= 1;
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        self.0.enter()?;
        while sequence.next_element_seed(Value(self.0))?.is_some() {}
        self.0.depth -= 1;
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
