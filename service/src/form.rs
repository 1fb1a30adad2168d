//! Parsing request bodies as BosBase's Go code does.
//!
//! JSON: names are case-insensitive, the last value of a name is used, input after the value is
//! ignored, and `null` is an empty form. Form and multipart: names are case-sensitive, and the
//! first value is used. Only the requested fields are kept. A record is parsed as an object: with
//! all fields, their types, and case-sensitive names.

use crate::response::{ApiError, ApiResult, INTERNAL_ERROR};
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// The fields of a request body that are present, by name. No `Debug`, since it contains passwords.
#[derive(Default)]
pub struct Form(BTreeMap<&'static str, String>);

/// The form field that contains a JSON body.
const JSON_PAYLOAD: &str = "@jsonPayload";

impl Form {
    /// Parses the fields called `names`.
    pub async fn read(
        headers: &HeaderMap,
        query: &str,
        body: &Bytes,
        names: &'static [&'static str],
    ) -> ApiResult<Self> {
        let form = match parse(headers, query, body).await? {
            Some(Body::Json(json)) => from_json(&json, names),
            Some(Body::Pairs(pairs)) => from_pairs(pairs, names),
            None => None,
        };
        form.ok_or_else(ApiError::not_loaded)
    }

    /// Returns the field called `name`, or an empty string.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

/// Parses all fields of a record.
pub async fn read_object(
    headers: &HeaderMap,
    query: &str,
    body: &Bytes,
) -> ApiResult<Map<String, Value>> {
    let object = match parse(headers, query, body).await? {
        Some(Body::Json(json)) => object_from_json(&json),
        Some(Body::Pairs(pairs)) => object_from_pairs(pairs),
        None => None,
    };
    object.ok_or_else(|| ApiError::bad_request(INTERNAL_ERROR))
}

/// A body, split by its content type.
enum Body {
    Json(Bytes),
    Pairs(Pairs),
}

type Pairs = Vec<(String, String)>;

/// Splits a body. Returns `None` if it is malformed.
async fn parse(headers: &HeaderMap, query: &str, body: &Bytes) -> ApiResult<Option<Body>> {
    if body.is_empty() && !headers.contains_key(header::TRANSFER_ENCODING) {
        return Ok(Some(Body::Pairs(Pairs::new())));
    }
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let pairs = if kind.starts_with("application/json") {
        return Ok(Some(Body::Json(body.clone())));
    } else if kind.starts_with("multipart/form-data") {
        multipart(kind, body.clone()).await
    } else if kind.starts_with("application/x-www-form-urlencoded") {
        urlencoded(body)
    } else if kind.starts_with("text/xml") || kind.starts_with("application/xml") {
        // XML is not supported. Input that is not XML is rejected as by BosBase.
        if !body.contains(&b'<') {
            return Ok(None);
        }
        return Err(ApiError::bad_request(INTERNAL_ERROR));
    } else {
        return Err(ApiError::bad_request("Unsupported Content-Type."));
    };
    let query = urlencoded(query.as_bytes());
    let all = pairs
        .zip(query)
        .map(|(pairs, query)| [pairs, query].concat());
    Ok(all.map(Body::Pairs))
}

/// Parses a form or query. Like Go, unlike other parsers, rejects `;` and a `%` without two digits.
fn urlencoded(input: &[u8]) -> Option<Pairs> {
    let digits = |at: usize| input.get(at + 1..at + 3).unwrap_or_default();
    let is_escape = |digits: &[u8]| digits.len() == 2 && digits.iter().all(u8::is_ascii_hexdigit);
    let is_invalid = input.iter().enumerate().any(|(at, byte)| match byte {
        b';' => true,
        b'%' => !is_escape(digits(at)),
        _ => false,
    });
    if is_invalid {
        return None;
    }
    Some(form_urlencoded::parse(input).into_owned().collect())
}

/// Parses a multipart body, without its files. Returns `None` if it is malformed.
async fn multipart(kind: &str, body: Bytes) -> Option<Pairs> {
    let boundary = multer::parse_boundary(kind).ok()?;
    let body = futures_util::stream::once(async move { Ok::<_, std::convert::Infallible>(body) });
    let mut parts = multer::Multipart::new(body, boundary);
    let mut pairs = Pairs::new();
    while let Some(part) = parts.next_field().await.ok()? {
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = part.file_name().is_some();
        let content = part.bytes().await.ok()?;
        if !is_file {
            pairs.push((name, decode_utf8(&content)));
        }
    }
    Some(pairs)
}

fn from_pairs(pairs: Pairs, names: &'static [&'static str]) -> Option<Form> {
    let mut form = match pairs.iter().find(|(name, _)| name == JSON_PAYLOAD) {
        Some((_, json)) => from_json(json.as_bytes(), names)?,
        None => Form::default(),
    };
    // In reverse, so that the first value overwrites the others.
    for (name, value) in pairs.into_iter().rev() {
        if let Some(name) = names.iter().find(|it| **it == name) {
            form.0.insert(name, value);
        }
    }
    Some(form)
}

fn from_json(body: &[u8], names: &'static [&'static str]) -> Option<Form> {
    let json = replace_surrogates(decode_utf8(body));
    let mut deserializer = serde_json::Deserializer::from_str(&json);
    FormSeed(names).deserialize(&mut deserializer).ok()
}

/// Unlike in a [`Form`], the JSON payload overwrites other fields. A repeated field is a list, which
/// is an empty value in every type of field.
fn object_from_pairs(pairs: Pairs) -> Option<Map<String, Value>> {
    let (payload, fields): (Pairs, Pairs) = pairs
        .into_iter()
        .partition(|(name, _)| name == JSON_PAYLOAD);
    let mut object = Map::new();
    for (name, value) in fields {
        let value = match object.contains_key(&name) {
            true => Value::Null,
            false => value.into(),
        };
        object.insert(name, value);
    }
    for (_, json) in payload {
        object.extend(object_from_json(json.as_bytes())?);
    }
    Some(object)
}

fn object_from_json(body: &[u8]) -> Option<Map<String, Value>> {
    let json = replace_surrogates(decode_utf8(body));
    let mut deserializer = serde_json::Deserializer::from_str(&json);
    let object = Option::<Map<String, Value>>::deserialize(&mut deserializer);
    object.ok().map(Option::unwrap_or_default)
}

/// Decodes UTF-8 as Go does: every invalid byte becomes U+FFFD.
fn decode_utf8(bytes: &[u8]) -> String {
    let mut string = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        string.push_str(chunk.valid());
        string.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    string
}

/// Replaces escaped lone surrogates with `\ufffd`, as Go decodes them. `serde_json` rejects them.
fn replace_surrogates(json: String) -> String {
    if !json.contains("\\u") {
        return json;
    }
    let mut result = String::with_capacity(json.len());
    let mut rest = json.as_str();
    while let Some(at) = rest.find('\\') {
        result.push_str(&rest[..at]);
        rest = &rest[at..];
        let (escape, length) = match (code_unit(rest), rest.get(6..).and_then(code_unit)) {
            (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => (&rest[..12], 12),
            (Some(0xd800..0xe000), _) => ("\\ufffd", 6),
            _ => {
                let next = rest[1..].chars().next().map_or(0, char::len_utf8);
                (&rest[..1 + next], 1 + next)
            }
        };
        result.push_str(escape);
        rest = &rest[length..];
    }
    result + rest
}

/// Returns the code unit of the `\uXXXX` at the start of `json`.
fn code_unit(json: &str) -> Option<u16> {
    let digits = json.strip_prefix("\\u")?.get(..4)?;
    if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        u16::from_str_radix(digits, 16).ok()
    } else {
        None
    }
}

/// Deserializes the fields with these names of an object.
struct FormSeed(&'static [&'static str]);

impl FormSeed {
    /// Returns the name that `key` matches in Go.
    fn find(&self, key: &str) -> Option<&'static str> {
        let folded: String = key.chars().map(fold).collect();
        self.0
            .iter()
            .copied()
            .find(|name| name.to_ascii_lowercase() == folded)
    }
}

/// Folds the case of a character. Two non-ASCII characters fold to ASCII letters.
fn fold(character: char) -> char {
    match character {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    }
}

impl<'de> DeserializeSeed<'de> for FormSeed {
    type Value = Form;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Form, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for FormSeed {
    type Value = Form;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<Form, E> {
        Ok(Form::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Form, A::Error> {
        let mut form = Form::default();
        while let Some(key) = map.next_key::<String>()? {
            let Some(name) = self.find(&key) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            // A null does not overwrite an earlier value.
            if let Some(value) = map.next_value_seed(StringOrNull)? {
                form.0.insert(name, value);
            }
        }
        Ok(form)
    }
}

/// Deserializes a string or null.
struct StringOrNull;

impl<'de> DeserializeSeed<'de> for StringOrNull {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for StringOrNull {
    type Value = Option<String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Some(value.to_owned()))
    }
}

#[cfg(test)]
mod tests;
