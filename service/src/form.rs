//! Reading what a request sends, as BosBase's Go code reads it.
//!
//! JSON names match in any case and the last of several counts; text after the value is ignored;
//! `null` is an empty form. Forms and multipart bodies have exact names, and their first value
//! counts. Only members asked for are kept.

use crate::answer::Refusal;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;

/// The texts of a form by their names; a name that was not sent is not there.
///
/// It holds passwords, and so it has no `Debug`.
#[derive(Default)]
pub struct Form(BTreeMap<&'static str, String>);

/// The field of a form that holds a whole JSON body.
const JSON_PAYLOAD: &str = "@jsonPayload";

impl Form {
    /// Reads the members called `names` from a body.
    pub async fn read(
        headers: &HeaderMap,
        query: &str,
        body: &Bytes,
        names: &'static [&'static str],
    ) -> Result<Self, Refusal> {
        if body.is_empty() && !headers.contains_key(header::TRANSFER_ENCODING) {
            return Ok(Self::default());
        }
        let kind = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        if kind.starts_with("application/json") {
            from_json(body, names)
        } else if kind.starts_with("multipart/form-data") {
            let mut pairs = multipart(kind, body.clone()).await.ok_or_else(not_loaded)?;
            pairs.extend(urlencoded(query.as_bytes())?);
            from_pairs(pairs, names)
        } else if kind.starts_with("application/x-www-form-urlencoded") {
            let pairs = urlencoded(body)?.chain(urlencoded(query.as_bytes())?);
            from_pairs(pairs.collect(), names)
        } else if kind.starts_with("text/xml") || kind.starts_with("application/xml") {
            // XML is not read. What is none at all is refused as BosBase refuses it.
            if !body.contains(&b'<') {
                return Err(not_loaded());
            }
            Err(Refusal::bad(
                "Something went wrong while processing your request.",
            ))
        } else {
            Err(Refusal::bad("Unsupported Content-Type."))
        }
    }

    /// The text called `name`, empty if it was not sent.
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

/// What was sent cannot be read.
pub fn not_loaded() -> Refusal {
    Refusal::bad("An error occurred while loading the submitted data.")
}

type Pairs = Vec<(String, String)>;

/// The pairs of a form or query. Go refuses what other parsers take as it is: a `%` without two digits
/// and a `;`.
fn urlencoded(text: &[u8]) -> Result<impl Iterator<Item = (String, String)>, Refusal> {
    let digits = |at: usize| text.get(at + 1..at + 3).unwrap_or_default();
    let is_escape = |digits: &[u8]| digits.len() == 2 && digits.iter().all(u8::is_ascii_hexdigit);
    let is_bad = text.iter().enumerate().any(|(at, byte)| match byte {
        b';' => true,
        b'%' => !is_escape(digits(at)),
        _ => false,
    });
    if is_bad {
        return Err(not_loaded());
    }
    Ok(form_urlencoded::parse(text).into_owned())
}

/// The fields of a multipart body that are no files, or nothing if it is broken.
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
            pairs.push((name, go_text(&content)));
        }
    }
    Some(pairs)
}

fn from_pairs(pairs: Pairs, names: &'static [&'static str]) -> Result<Form, Refusal> {
    let mut form = match pairs.iter().find(|(name, _)| name == JSON_PAYLOAD) {
        Some((_, json)) => from_json(json.as_bytes(), names)?,
        None => Form::default(),
    };
    // Backwards, so that the first of several stays.
    for (name, text) in pairs.into_iter().rev() {
        if let Some(name) = names.iter().find(|known| **known == name) {
            form.0.insert(name, text);
        }
    }
    Ok(form)
}

fn from_json(body: &[u8], names: &'static [&'static str]) -> Result<Form, Refusal> {
    let text = go_escapes(go_text(body));
    let mut reader = serde_json::Deserializer::from_str(&text);
    Members(names)
        .deserialize(&mut reader)
        .map_err(|_| not_loaded())
}

/// Text in which every byte that is no UTF-8 has become U+FFFD.
fn go_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}

/// JSON in which every escaped half of a surrogate pair has become an escaped U+FFFD. Go reads
/// them so, and `serde_json` would refuse them.
fn go_escapes(json: String) -> String {
    if !json.contains("\\u") {
        return json;
    }
    let mut text = String::with_capacity(json.len());
    let mut rest = json.as_str();
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let (escape, length) = match (unit(rest), rest.get(6..).and_then(unit)) {
            (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => (&rest[..12], 12),
            (Some(0xd800..0xe000), _) => ("\\ufffd", 6),
            _ => {
                let next = rest[1..].chars().next().map_or(0, char::len_utf8);
                (&rest[..1 + next], 1 + next)
            }
        };
        text.push_str(escape);
        rest = &rest[length..];
    }
    text + rest
}

/// The code unit of the `\uXXXX` that `text` begins with.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        u16::from_str_radix(digits, 16).ok()
    } else {
        None
    }
}

/// Reads an object, keeping the members with these names.
struct Members(&'static [&'static str]);

impl Members {
    /// The name that Go takes `sent` for.
    fn known(&self, sent: &str) -> Option<&'static str> {
        let folded: String = sent.chars().map(folded).collect();
        self.0
            .iter()
            .copied()
            .find(|name| name.to_ascii_lowercase() == folded)
    }
}

/// A letter without its case. Two letters that are no ASCII are other cases of ones that are.
fn folded(letter: char) -> char {
    match letter {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    }
}

impl<'de> DeserializeSeed<'de> for Members {
    type Value = Form;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Form, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Members {
    type Value = Form;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<Form, E> {
        Ok(Form::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Form, A::Error> {
        let mut form = Form::default();
        while let Some(sent) = map.next_key::<String>()? {
            let Some(name) = self.known(&sent) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            // A null leaves what an earlier member of that name said.
            if let Some(text) = map.next_value_seed(Text)? {
                form.0.insert(name, text);
            }
        }
        Ok(form)
    }
}

/// Reads a text or nothing; anything else is an error.
struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Option<String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.to_owned()))
    }
}

#[cfg(test)]
#[path = "form_tests.rs"]
mod tests;
