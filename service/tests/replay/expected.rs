//! Comparing an answer with the recorded one, byte for byte but for the placeholders.

use crate::renaming::Names;
use crate::scenario::Claims;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use std::collections::BTreeMap;

/// Compares the body `text` with the recorded `json`.
pub fn compare(
    json: &str,
    text: &str,
    names: &Names,
    known: &BTreeMap<String, String>,
) -> Result<(), String> {
    let mut rest = text;
    for piece in pieces(json, names, known) {
        rest = piece
            .strip(rest)
            .ok_or_else(|| format!("expected {piece:?}\nat {rest}\nof {text}"))?;
    }
    match rest {
        "\n" => Ok(()),
        _ => Err(format!("the answer should end in one newline: {text:?}")),
    }
}

#[derive(Debug)]
enum Piece {
    Exactly(String),
    /// Any text of this kind, in quotes.
    Any(String),
}

impl Piece {
    fn strip<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Self::Exactly(expected) => text.strip_prefix(expected.as_str()),
            Self::Any(kind) => {
                let (value, rest) = text.strip_prefix('"')?.split_once('"')?;
                is_of_kind(kind, value).then_some(rest)
            }
        }
    }
}

/// The recorded JSON without its white space, and with its texts as Go writes them.
fn pieces(json: &str, names: &Names, known: &BTreeMap<String, String>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = json;
    while let Some(letter) = rest.chars().next() {
        let length = if letter == '"' {
            quoted(rest)
        } else {
            letter.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        if letter == '"' {
            pieces.push(text_piece(token, names, known));
        } else if !letter.is_whitespace() {
            pieces.push(Piece::Exactly(token.to_owned()));
        }
        rest = after;
    }
    pieces
}

/// The length of the quoted text that `json` begins with.
fn quoted(json: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in json.char_indices().skip(1) {
        match letter {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    panic!("a text without an end")
}

fn text_piece(token: &str, names: &Names, known: &BTreeMap<String, String>) -> Piece {
    let text: String = serde_json::from_str(token).unwrap();
    let placeholder = text
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'));
    match placeholder {
        Some(name) => match known.get(name) {
            Some(value) => Piece::Exactly(as_go(value)),
            None => Piece::Any(name.to_owned()),
        },
        None => Piece::Exactly(as_go(&names.in_text(&text))),
    }
}

/// A text in quotes, as Go writes it into JSON.
fn as_go(text: &str) -> String {
    Value::from(text)
        .to_string()
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

fn is_of_kind(kind: &str, value: &str) -> bool {
    match kind {
        "any" => true,
        "uuid" => has_shape(value, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"),
        "datetime" => has_shape(value, "0000-00-00 00:00:00.000Z"),
        "jwt" => {
            let parts: Vec<&str> = value.split('.').collect();
            let decodes = |part: &&str| URL_SAFE_NO_PAD.decode(part).is_ok_and(|b| !b.is_empty());
            parts.len() == 3 && parts.iter().all(decodes)
        }
        other => panic!("an unknown placeholder: {other}"),
    }
}

/// In a shape `x` stands for a hexadecimal digit, `0` for a decimal one, the rest for itself.
fn has_shape(value: &str, shape: &str) -> bool {
    let fits = |(value, shape): (char, char)| match shape {
        'x' => value.is_ascii_hexdigit() && !value.is_ascii_uppercase(),
        '0' => value.is_ascii_digit(),
        other => value == other,
    };
    value.len() == shape.len() && value.chars().zip(shape.chars()).all(fits)
}

/// Compares what a token says with what was recorded.
pub fn check_claims(place: &str, token: &str, recorded: &Claims, stable: &Value) {
    let decoded = |part: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    let parts: Vec<String> = token.split('.').take(2).map(decoded).collect();
    assert_eq!(parts[0], r#"{"alg":"HS256","typ":"JWT"}"#, "{place}");
    let claims: Value = serde_json::from_str(&parts[1]).unwrap();
    // Go writes the claims in the order of their names.
    assert_eq!(parts[1], claims.to_string(), "{place}");
    let keys: Vec<&String> = claims.as_object().unwrap().keys().collect();
    assert_eq!(keys, recorded.keys.iter().collect::<Vec<_>>(), "{place}");
    for (name, value) in stable.as_object().unwrap() {
        assert_eq!(&claims[name], value, "{place}: {name}");
    }
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() as i64;
    let lifetime = claims["exp"].as_i64().unwrap() - now;
    assert!(
        (lifetime - recorded.lifetime_seconds).abs() <= 120,
        "{place}: {lifetime}"
    );
}
