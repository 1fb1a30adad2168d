//! Request bodies: compact JSON (RFC 8259) in buffers that are zeroized and never reallocated.

use zeroize::Zeroizing;

use crate::error::{Error, Status};
use crate::protocol::json::{self, Check, Name, Stopped, UNLIMITED};
use crate::protocol::record;
use crate::protocol::values::BODY_JSON_MAX;
use crate::secret::SecretBytes;

/// Names that extra fields must not have: they would replace fields of the calls.
const RESERVED_NAMES: [&str; 7] = [
    "email",
    "password",
    "token",
    "identity",
    "identityField",
    "otpId",
    "mfaId",
];

/// How many bytes of a body are searched between two checks of deadline and cancellation.
const CHECKED_AT_ONCE: usize = 64 * 1024;

/// Checks the extra fields of a body: one JSON object of up to 64 KiB within the limits of [`record::check`], without a
/// name that the server reads as a field of a call.
pub(crate) fn check_extra_fields(object: &str) -> Result<(), Error> {
    let invalid = |reason: String| {
        let message = format!("the extra fields {reason}");
        Error::bad_argument(Status::InvalidArgument, "object", message)
    };
    if object.len() > BODY_JSON_MAX {
        return Err(invalid("are longer than 65536 bytes".into()));
    }
    if object.contains('\0') {
        return Err(invalid("contain a NUL".into()));
    }
    let names = record::names(object, UNLIMITED)
        .map_err(|error| invalid(format!("are not a valid JSON object: {error}")))?;
    if json::has_lone_surrogate(object) {
        let reason = "contain a lone surrogate, which the server would replace";
        return Err(invalid(reason.into()));
    }
    let is_reserved = |name: &Name<'_>| RESERVED_NAMES.iter().any(|own| folds_to(*name, own));
    if names.iter().any(is_reserved) {
        let reserved = RESERVED_NAMES.join(", ");
        return Err(invalid(format!(
            "must not be named {reserved}, in any case"
        )));
    }
    Ok(())
}

/// Returns the decoded strings in the extra fields, at any depth, of at least `min_len` bytes.
pub(crate) fn strings(extra: Option<&str>, min_len: usize) -> Vec<Zeroizing<String>> {
    let strings = extra.into_iter().flat_map(json::strings);
    strings.filter(|string| string.len() >= min_len).collect()
}

/// Returns the secrets in the JSON body of any request: the decoded values, at any depth, of the fields whose names
/// contain `password`, `token` or `secret` in any case. Numbers that are shorter than `min_len` occur in responses by
/// chance and are omitted. Stops after `max` bytes of secrets. What is not JSON has none.
pub(crate) fn secrets(
    body: &[u8],
    min_len: usize,
    max: usize,
    check: Check<'_>,
) -> Result<Vec<Zeroizing<String>>, Stopped> {
    let mut rest = std::str::from_utf8(body).unwrap_or_default();
    let (mut secrets, mut length) = (Vec::new(), 0);
    let mut check_at = rest.len();
    while let Some(start) = rest.find('"').filter(|_| length <= max) {
        if rest.len() <= check_at {
            check()?;
            check_at = rest.len().saturating_sub(CHECKED_AT_ONCE);
        }
        let inside = string_inside(&rest[start..]);
        rest = rest.get(start + inside.len() + 2..).unwrap_or_default();
        let value = json::after_colon(rest).filter(|_| is_secret_name(inside));
        let secret = value.and_then(|value| scalar(value, min_len, max));
        length += secret.as_ref().map_or(0, |secret| secret.len());
        secrets.extend(secret);
    }
    Ok(secrets)
}

/// The inside of the string at the front.
fn string_inside(string: &str) -> &str {
    let length = json::string_length(&string.as_bytes()[1..]);
    &string[1..=length]
}

fn is_secret_name(inside: &str) -> bool {
    // Longer than any name of a field, in any encoding.
    if inside.len() > 255 * json::ESCAPE_MAX {
        return false;
    }
    let name = json::decode_lossy(inside).to_ascii_lowercase();
    ["password", "token", "secret"]
        .iter()
        .any(|word| name.contains(word))
}

/// The decoded string at the front, or the digits of the number. Of a string that is longer than `max`, a part that is
/// longer as well.
fn scalar(value: &str, min_len: usize, max: usize) -> Option<Zeroizing<String>> {
    match value.as_bytes().first()? {
        b'"' => {
            let front = json::truncated(string_inside(value), (max + 1) * json::ESCAPE_MAX);
            Some(Zeroizing::new(json::decode_lossy(front)))
        }
        b'-' | b'0'..=b'9' => {
            let is_digit = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
            let end = value.find(|c| !is_digit(c)).unwrap_or(value.len());
            let number = &value[..end];
            (number.len() >= min_len).then(|| Zeroizing::new(number.to_owned()))
        }
        _ => None,
    }
}

/// Whether the server reads `name` as `own`. Go's encoding/json compares names under simple Unicode case folding, where
/// two other characters equal ASCII letters: the long s and the Kelvin sign.
fn folds_to(name: Name<'_>, own: &str) -> bool {
    let fold = |code: u32| match char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER) {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    };
    json::code_points(name.inside)
        .map(fold)
        .eq(own.chars().map(|c| c.to_ascii_lowercase()))
}

/// Builds the body of a call (`docs/protocol.md`, "Request bodies"): an object of the validated extra fields and the
/// fields of the call. Those of the call are last: of two fields with one name the server uses the last.
pub(crate) fn object(own: &[(&str, &str)], extra: Option<&str>) -> SecretBytes {
    let extra = extra.map_or("", inner);
    let mut body = SecretBytes::with_capacity(max_length(extra, own));
    body.push(b"{");
    body.push(extra.as_bytes());
    for (name, value) in own {
        body.push(if body.len() > 1 { b",\"" } else { b"\"" });
        body.push(name.as_bytes());
        body.push(b"\":\"");
        escape(value, &mut body);
        body.push(b"\"");
    }
    body.push(b"}");
    body
}

/// An upper limit of the length of the body, so that it is never reallocated.
fn max_length(extra: &str, own: &[(&str, &str)]) -> usize {
    let field = |(name, value): &(&str, &str)| {
        name.len() + value.len() * json::ESCAPE_MAX + r#","":"""#.len()
    };
    extra.len() + own.iter().map(field).sum::<usize>() + "{}".len()
}

/// Returns the part between the braces of an object.
fn inner(object: &str) -> &str {
    let object = object.trim_ascii();
    let inner = object
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    inner.unwrap_or_default().trim_ascii()
}

/// Writes `string` as the inside of a JSON string.
fn escape(string: &str, body: &mut SecretBytes) {
    let mut rest = string.as_bytes();
    while let Some(at) = rest.iter().position(|&b| escaped_byte(b).is_some()) {
        body.push(&rest[..at]);
        if let Some((escape, length)) = escaped_byte(rest[at]) {
            body.push(&escape[..length]);
        }
        rest = &rest[at + 1..];
    }
    body.push(rest);
}

/// Returns the escape of a byte in a JSON string (RFC 8259 §7) and its length; `None` if it needs none.
fn escaped_byte(byte: u8) -> Option<([u8; 6], usize)> {
    let short = |letter: u8| Some(([b'\\', letter, 0, 0, 0, 0], 2));
    match byte {
        b'"' | b'\\' => short(byte),
        b'\n' => short(b'n'),
        b'\r' => short(b'r'),
        b'\t' => short(b't'),
        0x08 => short(b'b'),
        0x0c => short(b'f'),
        0..0x20 => {
            let hex = |digit: u8| b"0123456789abcdef"[usize::from(digit)];
            Some(([b'\\', b'u', b'0', b'0', hex(byte >> 4), hex(byte & 15)], 6))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::*;

    const HOSTILE: [&str; 10] = [
        "",
        "plain",
        "\"",
        "\\",
        "a\"b\\c/d",
        "\0\u{1}\u{8}\t\n\u{b}\u{c}\r\u{1f} \u{7f}",
        "\u{2028}\u{2029}\u{feff}",
        "é漢😀",
        "\",\"token\":\"other",
        "</script>&<>\\u0022",
    ];

    fn read(body: &SecretBytes) -> Value {
        serde_json::from_slice(body.as_slice()).unwrap()
    }

    fn rejected_argument(object: &str) -> Option<&'static str> {
        check_extra_fields(object)
            .err()
            .map(|error| error.argument())
    }

    #[test]
    fn strings_in_extra_fields_are_found_at_any_depth() {
        let extra = r#"{"a":"long enough","b":[{"c":"also\u0020long"},"short"],"d":12345678}"#;
        let found = strings(Some(extra), 8);
        let found: Vec<&str> = found.iter().map(|string| string.as_str()).collect();
        assert_eq!(found, ["long enough", "also long"]);
        assert!(strings(None, 8).is_empty());
    }

    #[test]
    fn secrets_in_any_body_are_found_by_their_names() {
        let body = r#" {"email":"a@b.c","password" : "p","oldPassword":"o\u0022\\","x":[{"pas\u0073wordConfirm":"c"}],
            "TOKEN":"t","clientSecret":-12345.678,"tokens":5,"token":null,"password":["no"],"name":"password","b":"b"}"#;
        let found = secrets(body.as_bytes(), 8, 1000, UNLIMITED).unwrap();
        let found: Vec<&str> = found.iter().map(|secret| secret.as_str()).collect();
        assert_eq!(found, ["p", "o\"\\", "c", "t", "-12345.678"]);
        for other in [
            &b""[..],
            b"password=x",
            b"\"password\":\"\xff\"",
            b"\"",
            b"\"password",
            b"\"token\":",
        ] {
            let found = secrets(other, 8, 1000, UNLIMITED).unwrap();
            assert!(found.is_empty(), "{}", other.escape_ascii());
        }
        assert_eq!(
            secrets(br#""token":"cut"#, 8, 1000, UNLIMITED).unwrap()[0].as_str(),
            "cut"
        );
    }

    #[test]
    fn search_for_secrets_is_bounded_and_stops() {
        let body = r#"{"token":"12345678"},"#.repeat(10_000);
        let found = secrets(body.as_bytes(), 8, 800, UNLIMITED).unwrap();
        assert_eq!(found.len(), 101);
        for character in ["x", "\u{e9}", "\\u0041"] {
            let body = format!("{{\"token\":\"{}\"}}", character.repeat(100_000));
            let found = secrets(body.as_bytes(), 8, 800, UNLIMITED).unwrap();
            assert!((801..=6 * 801).contains(&found[0].len()), "{character}");
        }
        let body = r#"{"a":"12345678"},"#.repeat(10_000);
        let checks = std::cell::Cell::new(0);
        let check = || {
            checks.set(checks.get() + 1);
            if checks.get() == 3 {
                Err(Stopped)
            } else {
                Ok(())
            }
        };
        assert!(secrets(body.as_bytes(), 8, 800, &check).is_err());
    }

    #[test]
    fn bodies_are_compact() {
        let body = object(&[("email", "a@b.c"), ("token", "tok")], None);
        assert_eq!(body.as_slice(), br#"{"email":"a@b.c","token":"tok"}"#);
    }

    #[test]
    fn hostile_strings_are_escaped() {
        for first in HOSTILE {
            for second in HOSTILE {
                let own = [("email", first), ("password", second)];
                let body = object(&own, Some(r#" { "x" : [1] } "#));
                assert_eq!(
                    read(&body),
                    json!({"x": [1], "email": first, "password": second})
                );
            }
        }
    }

    #[test]
    fn every_ascii_character_is_escaped() {
        let all: String = (0..128u8).map(char::from).collect();
        let body = object(&[("token", &all)], None);
        assert_eq!(read(&body), json!({ "token": all }));
    }

    #[test]
    fn extra_fields_are_first() {
        for (extra, expected) in [
            (r#"{"a":1}"#, r#"{"a":1,"token":"t"}"#),
            ("\n{\t}\r ", r#"{"token":"t"}"#),
        ] {
            let body = object(&[("token", "t")], Some(extra));
            assert_eq!(body.as_slice(), expected.as_bytes());
        }
    }

    #[test]
    fn buffers_are_never_reallocated() {
        for string in HOSTILE.map(|string| string.repeat(99)) {
            for extra in [None, Some(r#"{"x":{"y":"z"}}"#)] {
                let own = [
                    ("email", &*string),
                    ("password", &string),
                    ("token", &string),
                ];
                let body = object(&own, extra);
                let limit = max_length(extra.map_or("", inner), &own);
                assert!(body.len() <= limit, "{string:?}");
            }
        }
    }

    #[test]
    fn reserved_names_are_rejected_in_any_case() {
        for name in [
            "email",
            "EMAIL",
            "Email",
            "password",
            "pas\u{17f}word",
            "PA\u{17f}\u{17f}WORD",
            "token",
            "to\u{212a}en",
            "TO\u{212a}EN",
            "tok\\u0065n",
            "to\\u212aen",
            "identity",
            "identityfield",
            "IdentityField",
            "otpid",
            "OTPID",
            "mfaId",
            "MFAID",
        ] {
            assert_eq!(
                rejected_argument(&format!(r#"{{"x":1,"{name}":2}}"#)),
                Some("object"),
                "{name}"
            );
        }
        for name in [
            "e-mail",
            "tokens",
            "emai\u{131}",
            "\u{130}dentity",
            "ｔoken",
            "toκen",
            "x",
            "",
        ] {
            assert_eq!(
                rejected_argument(&format!(r#"{{"{name}":2}}"#)),
                None,
                "{name}"
            );
        }
        assert_eq!(rejected_argument(r#"{"deep":{"token":1}}"#), None);
    }

    #[test]
    fn extra_fields_have_limits() {
        let sized = |size: usize| format!(r#"{{"x":"{}"}}"#, "y".repeat(size - 8));
        assert_eq!(rejected_argument(&sized(BODY_JSON_MAX)), None);
        for bad in [
            &sized(BODY_JSON_MAX + 1),
            "",
            "[]",
            "1",
            "null",
            "{",
            "{}{}",
            "{} x",
            "\u{feff}{}",
            r#"{"a":1,"a":2}"#,
            r#"{"a":1,"\u0061":2}"#,
            "{\"a\":\"\0\"}",
            &format!("{{\"a\":{}{}}}", "[".repeat(512), "]".repeat(512)),
            r#"{"a":1.}"#,
            r#"{"a":"\ud800"}"#,
            r#"{"\udc00\ud800":1}"#,
        ] {
            assert_eq!(rejected_argument(bad), Some("object"), "{bad:.40}");
        }
        for good in [
            r#"{"a":"\ud83d\ude00","\\ud800":1e999}"#,
            &format!("{{\"a\":{}{}}}", "[".repeat(511), "]".repeat(511)),
        ] {
            assert_eq!(rejected_argument(good), None, "{good:.40}");
        }
    }
}
