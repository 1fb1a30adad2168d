//! Comparison of a response with the recorded one: byte by byte, except placeholders.

use super::names::Names;
use super::scenario::Claims;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use std::collections::BTreeMap;

/// Compares a body with the recorded `json`.
pub fn compare(
    json: &str,
    body: &str,
    names: &Names,
    values: &BTreeMap<String, String>,
) -> Result<(), String> {
    let mut rest = body;
    for piece in pieces(json, names, values) {
        rest = piece
            .strip(rest)
            .ok_or_else(|| format!("expected {piece:?}\nat {rest}\nof {body}"))?;
    }
    match rest {
        "\n" => Ok(()),
        _ => Err(format!("the body must end in one newline: {body:?}")),
    }
}

#[derive(Debug)]
enum Piece {
    Exactly(String),
    /// Any quoted string of this kind.
    Any(String),
}

impl Piece {
    fn strip<'a>(&self, body: &'a str) -> Option<&'a str> {
        match self {
            Self::Exactly(expected) => body.strip_prefix(expected.as_str()),
            Self::Any(kind) => {
                let (value, rest) = body.strip_prefix('"')?.split_once('"')?;
                is_of_kind(kind, value).then_some(rest)
            }
        }
    }
}

/// Splits the recorded JSON, without white space and with its strings as encoded by Go.
fn pieces(json: &str, names: &Names, values: &BTreeMap<String, String>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = json;
    while let Some(letter) = rest.chars().next() {
        let length = if letter == '"' {
            string_length(rest)
        } else {
            letter.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        if letter == '"' {
            pieces.push(string_piece(token, names, values));
        } else if !letter.is_whitespace() {
            pieces.push(Piece::Exactly(token.to_owned()));
        }
        rest = after;
    }
    pieces
}

/// Returns the length of the string at the start of `json`.
fn string_length(json: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in json.char_indices().skip(1) {
        match letter {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    panic!("an unterminated string")
}

fn string_piece(token: &str, names: &Names, values: &BTreeMap<String, String>) -> Piece {
    let string: String = serde_json::from_str(token).unwrap();
    let placeholder = string
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'));
    match placeholder {
        Some(name) => match values.get(name) {
            Some(value) => Piece::Exactly(to_go_json(value)),
            None => Piece::Any(name.to_owned()),
        },
        None => Piece::Exactly(to_go_json(&names.in_string(&string))),
    }
}

/// Encodes a string as Go does.
fn to_go_json(string: &str) -> String {
    Value::from(string)
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
        "uuid" => matches_pattern(value, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"),
        "datetime" => matches_pattern(value, "0000-00-00 00:00:00.000Z"),
        "jwt" => {
            let parts: Vec<&str> = value.split('.').collect();
            let decodes = |part: &&str| URL_SAFE_NO_PAD.decode(part).is_ok_and(|b| !b.is_empty());
            parts.len() == 3 && parts.iter().all(decodes)
        }
        other => panic!("unknown placeholder: {other}"),
    }
}

/// In a pattern, `x` is a hexadecimal digit, `0` a decimal one, any other character itself.
fn matches_pattern(value: &str, pattern: &str) -> bool {
    let fits = |(value, pattern): (char, char)| match pattern {
        'x' => value.is_ascii_hexdigit() && !value.is_ascii_uppercase(),
        '0' => value.is_ascii_digit(),
        other => value == other,
    };
    value.len() == pattern.len() && value.chars().zip(pattern.chars()).all(fits)
}

/// Compares the claims of a token with the recorded ones.
pub fn check_claims(position: &str, token: &str, recorded: &Claims, stable: &Value) {
    let decoded = |part: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    let parts: Vec<String> = token.split('.').take(2).map(decoded).collect();
    assert_eq!(parts[0], r#"{"alg":"HS256","typ":"JWT"}"#, "{position}");
    let claims: Value = serde_json::from_str(&parts[1]).unwrap();
    // Go sorts the claims.
    assert_eq!(parts[1], claims.to_string(), "{position}");
    let keys: Vec<&String> = claims.as_object().unwrap().keys().collect();
    assert_eq!(keys, recorded.keys.iter().collect::<Vec<_>>(), "{position}");
    for (name, value) in stable.as_object().unwrap() {
        assert_eq!(&claims[name], value, "{position}: {name}");
    }
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() as i64;
    let lifetime = claims["exp"].as_i64().unwrap() - now;
    assert!(
        (lifetime - recorded.lifetime_seconds).abs() <= 120,
        "{position}: {lifetime}"
    );
}
