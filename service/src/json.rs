//! Strict parsing of hand-written JSON: a duplicate field is an error.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// Parses a value. Errors give the line and column, and quote no value.
pub fn parse(json: &[u8]) -> serde_json::Result<Value> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let value = Strict.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Deserializes a [`Value`] without duplicate fields.
#[derive(Clone, Copy)]
struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Self)? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
            }
            object.insert(name, fields.next_value_seed(Self)?);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::parse;

    #[test]
    fn values_are_parsed_as_by_serde_json() {
        let json = r#"{"a": [1, -2, 1.5e3, true, null, "\u00e9\n"], "b": {"a": {}}, "c": 18446744073709551615}"#;
        let expected: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(parse(json.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn duplicate_field_is_an_error_with_its_position() {
        for (json, message) in [
            (
                r#"{"a": 1, "a": 2}"#,
                "duplicate field `a` at line 1 column 12",
            ),
            (
                "{\"a\": [{\n\"b\": 1,\n\"\\u0062\": 1}]}",
                "duplicate field `b` at line 3 column 8",
            ),
            ("{} {}", "trailing characters at line 1 column 4"),
            ("", "EOF while parsing a value at line 1 column 0"),
        ] {
            assert_eq!(parse(json.as_bytes()).unwrap_err().to_string(), message);
        }
    }
}
