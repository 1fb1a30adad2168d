//! The result of a call by its response: which are successes, and that no error shows a secret.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use bosauth::fuzzing::outcome;
use bosauth::{Action, Error, Status};
use serde_json::Value;

use super::contains;
use super::json::{self, Fields};

/// The secrets of the calls: characters that encodings differ in, digits alone, a short one, and one that looks like
/// JSON.
const SECRETS: [&str; 5] = [
    "p\u{e4}\"ss\\w/o rd+%1",
    "t\u{f6}k<en>&'\u{1f600}~1234",
    "271828182845",
    "pin4",
    "pa\",\"code\":\"ss",
];

/// The shortest secret that is redacted in base64 and in ids.
const MIN_REDACTED_LEN: usize = 8;

struct Response<'a> {
    status: u16,
    content_type: &'a str,
    retry_after: &'a str,
    body: &'a [u8],
}

/// Parses a response. The first line is a letter for the call, one that is odd if the query has `fields`, and the
/// status; the next two are the values of Content-Type and Retry-After; the rest is the body, in which `$` with the
/// number of a secret and the letter of an encoding stands for that secret.
pub fn responses(data: &[u8]) {
    let mut lines = data.splitn(4, |&b| b == b'\n');
    let mut line = || lines.next().unwrap_or_default();
    let (first, content_type, retry_after, body) = (line(), line(), line(), line());
    let (&[letter, fields, ref status @ ..], Ok(content_type), Ok(retry_after)) = (
        first,
        std::str::from_utf8(content_type),
        std::str::from_utf8(retry_after),
    ) else {
        return;
    };
    let body = with_secrets(body);
    let response = Response {
        status: number(status),
        content_type,
        retry_after,
        body: &body,
    };
    // Longer bodies cover no further code.
    if body.len() < 40_000 {
        check(call(letter), fields % 2 == 1, &response);
    }
}

/// The last segment of the call's path; empty for any other request with a session.
fn call(letter: u8) -> &'static str {
    match letter {
        b'b' => "bind-token",
        b'u' => "unbind-token",
        b't' => "auth-with-token",
        b'p' => "auth-with-password",
        b'o' => "auth-with-otp",
        b'q' => "request-otp",
        b'r' => "auth-refresh",
        _ => "",
    }
}

/// Converts any bytes to a number, digits to their value.
fn number(digits: &[u8]) -> u16 {
    let step = |number: u16, digit: &u8| {
        number
            .wrapping_mul(10)
            .wrapping_add(u16::from(digit.wrapping_sub(b'0')))
    };
    digits.iter().fold(0, step)
}

fn check(call: &'static str, has_fields: bool, response: &Response<'_>) {
    let is_success = is_success(call, response);
    let headers = [response.content_type, response.retry_after];
    let body = response.body;
    let outcome = outcome(call, has_fields, response.status, headers, body, &SECRETS);
    assert_eq!(outcome.is_ok(), is_success, "{call} {}", response.status);
    match outcome {
        Err(error) => {
            check_meaning(call, response, &error);
            check_shown(&error);
            check_no_secret(&error);
        }
        Ok(returned) => {
            returned
                .iter()
                .for_each(|(name, value)| check_field(body, name, value));
        }
    }
}

/// The call returns a record and a meta as JSON, any other field as a string.
fn check_field(body: &[u8], name: &str, returned: &str) {
    let fields = Fields::of(body).expect("an object");
    match name {
        "record" => assert_eq!(fields.raw(name), Some(returned)),
        "meta" => {
            let meta = fields.raw(name).filter(|meta| *meta != "null");
            assert_eq!(meta.unwrap_or_default(), returned);
        }
        _ => assert_eq!(fields.value(name), Some(returned.into())),
    }
}

/// Whether the call succeeded.
fn is_success(call: &str, response: &Response<'_>) -> bool {
    match (call, response.status) {
        ("bind-token" | "unbind-token", status) => status == 204,
        ("", status) => status / 100 == 2,
        ("request-otp", 200) => is_otp_id(response.body),
        (_, 200) => is_login(response.body),
        _ => false,
    }
}

/// Whether a body is a JSON object within the nesting limit.
fn is_body(body: &[u8]) -> bool {
    json::is_object(body, 513)
}

/// Whether a body is a login: an object with a token, a record and optionally a meta.
pub fn is_login(body: &[u8]) -> bool {
    let Some(fields) = Fields::of(body).filter(|_| is_body(body)) else {
        return false;
    };
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "._~+/=-".contains(c);
    let record = fields.only("record").unwrap_or_default();
    is_string(&fields, "token", 8192, is_allowed)
        && json::is_record(record.as_bytes())
        && fields.count("meta") <= 1
}

/// Whether a body has the id of a one-time password.
pub(super) fn is_otp_id(body: &[u8]) -> bool {
    let fields = Fields::of(body).filter(|_| is_body(body));
    fields.is_some_and(|fields| is_id(&fields, "otpId"))
}

fn is_id(fields: &Fields, name: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    is_string(fields, name, 255, is_allowed)
}

fn is_string(fields: &Fields, name: &str, max: usize, is_allowed: fn(char) -> bool) -> bool {
    let value = fields.value(name);
    let string = value.as_ref().and_then(Value::as_str).unwrap_or_default();
    fields.count(name) == 1 && (1..=max).contains(&string.len()) && string.chars().all(is_allowed)
}

/// Whether the response is an error in BosBase's format.
fn is_bosbase_error(response: &Response<'_>, fields: &Fields) -> bool {
    let data = fields.only("data").unwrap_or_default();
    let essence = response.content_type.split(';').next().unwrap_or_default();
    essence
        .trim_matches([' ', '\t', '\n', '\r', '\x0c'])
        .eq_ignore_ascii_case("application/json")
        && fields.only("status") == Some(response.status.to_string().as_str())
        && fields
            .only("message")
            .is_some_and(|message| message.starts_with('"'))
        && json::is_object(data.as_bytes(), 512)
}

/// Checks what follows from the HTTP status alone, or from whether the error is in BosBase's format.
fn check_meaning(call: &str, response: &Response<'_>, error: &Error) {
    let fields = Fields::of(response.body).filter(|_| is_body(response.body));
    let fields = fields.filter(|_| response.status / 100 != 2);
    let is_bosbase_error = fields
        .as_ref()
        .is_some_and(|fields| is_bosbase_error(response, fields));
    let is_login_call = matches!(
        call,
        "auth-with-token" | "auth-with-password" | "auth-with-otp"
    );
    let is_mfa = response.status == 401
        && is_login_call
        && !is_bosbase_error
        && fields.as_ref().is_some_and(|fields| is_id(fields, "mfaId"));
    let (status, action) = (error.status(), error.action());
    let is_right = match response.status {
        429 => matches!(status, Status::RateLimited | Status::OtpInvalid),
        511 => status == Status::UnexpectedResponse,
        500..=599 => (status, action) == (Status::Server, Action::RetryLater),
        407 => status == Status::Proxy,
        401 if is_mfa => status == Status::MfaRequired,
        400..=499 => (status == Status::UnexpectedResponse) != is_bosbase_error,
        _ => status == Status::UnexpectedResponse,
    };
    assert!(is_right, "{call} {} is {status} {action}", response.status);
    assert_eq!(error.http_status().unwrap_or(0), response.status);
    let is_refusal = matches!(response.status, 100..=199 | 300..=499) && is_bosbase_error;
    let is_known = is_refusal || is_mfa || status == Status::RateLimited;
    assert_eq!(error.outcome_unknown(), !is_known);
    assert_eq!(error.mfa_id().is_empty(), !is_mfa);
}

/// Checks the limits of what an error shows.
fn check_shown(error: &Error) {
    let is_success_status = matches!(error.http_status(), Some(200..=299));
    assert!(!is_success_status || error.body().is_empty());
    assert!(error.body().len() <= 64 * 1024 && error.server_message().len() <= 512);
    let is_shown = |c: char| !c.is_control() && !"\u{200e}\u{200f}\u{202e}\u{2067}".contains(c);
    assert!(error.server_message().chars().all(is_shown));
    assert!(error.data_json().is_empty() || Fields::of(error.data_json().as_bytes()).is_some());
    assert!(error.retry_after() <= Duration::from_secs(86_400));
    assert!(error.retry_after().is_zero() || error.action() == Action::RetryLater);
}

/// No string of an error contains a secret in any encoding.
fn check_no_secret(error: &Error) {
    assert_hidden(error.body(), &SECRETS);
    assert_hidden(error.server_message().as_bytes(), &SECRETS);
    assert_hidden(error.data_json().as_bytes(), &SECRETS);
    let long: Vec<&str> = long_secrets().collect();
    assert_hidden(error.mfa_id().as_bytes(), &long);
    assert_hidden(format!("{error} {error:?}").as_bytes(), &SECRETS);
}

fn long_secrets() -> impl Iterator<Item = &'static str> {
    let secrets = SECRETS.into_iter();
    secrets.filter(|secret| secret.len() >= MIN_REDACTED_LEN)
}

fn assert_hidden(shown: &[u8], secrets: &[&str]) {
    let once = json_decoded(shown);
    let spaced: Vec<u8> = shown
        .iter()
        .map(|&b| if b == b'+' { b' ' } else { b })
        .collect();
    let readings = [
        json_decoded(&once),
        once,
        percent_decoded(shown),
        percent_decoded(&spaced),
        shown.to_vec(),
    ];
    for reading in &readings {
        for secret in secrets {
            let is_shown = contains(reading, secret.as_bytes());
            assert!(!is_shown, "{secret} in {}", String::from_utf8_lossy(shown));
        }
    }
    for secret in long_secrets() {
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let encoded = engine.encode(secret);
            assert!(!contains(shown, encoded.as_bytes()), "{secret} in base64");
        }
    }
}

/// Decodes JSON escapes, and copies the rest.
fn json_decoded(shown: &[u8]) -> Vec<u8> {
    let (mut decoded, mut rest) = (Vec::new(), shown);
    while let Some((&first, after)) = rest.split_first() {
        let lengths = if first == b'\\' { &[12, 6, 2][..] } else { &[] };
        let escape = lengths.iter().find_map(|&length| {
            let quoted = [b"\"", rest.get(..length)?, b"\""].concat();
            let character: String = serde_json::from_slice(&quoted).ok()?;
            (character.chars().count() == 1).then_some((character, length))
        });
        match escape {
            Some((character, length)) => {
                decoded.extend(character.as_bytes());
                rest = &rest[length..];
            }
            None => {
                decoded.push(first);
                rest = after;
            }
        }
    }
    decoded
}

/// Decodes percent escapes, and copies the rest.
fn percent_decoded(shown: &[u8]) -> Vec<u8> {
    percent_encoding::percent_decode(shown).collect()
}

/// Inserts the secrets into a body.
fn with_secrets(body: &[u8]) -> Vec<u8> {
    let mut parts = body.split(|&b| b == b'$');
    let mut with_secrets = parts.next().unwrap_or_default().to_vec();
    for part in parts {
        match part {
            [number, encoding, rest @ ..] => {
                let secret = SECRETS[usize::from(number.wrapping_sub(b'0')) % SECRETS.len()];
                with_secrets.extend(encoded(secret, *encoding).as_bytes());
                with_secrets.extend(rest);
            }
            _ => with_secrets.extend(part),
        }
    }
    with_secrets
}

/// Encodes a secret as a server may.
fn encoded(secret: &str, letter: u8) -> String {
    let json = || {
        let quoted = Value::from(secret).to_string();
        quoted[1..quoted.len() - 1].to_owned()
    };
    let units = || secret.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
    let percent = || secret.bytes().map(|byte| format!("%{byte:02X}"));
    match letter {
        b'j' => json(),
        b'J' => json().replace('\\', "\\\\"),
        b'u' => units().collect(),
        b'U' => units()
            .map(|unit| unit.replace("\\u", "\\u005cu"))
            .collect(),
        b'p' => percent().collect(),
        b'P' => percent().map(|escape| escape.to_lowercase()).collect(),
        b'f' => secret
            .replace('%', "%25")
            .replace('+', "%2b")
            .replace(' ', "+"),
        b'b' => STANDARD_NO_PAD.encode(secret),
        b'B' => URL_SAFE_NO_PAD.encode(secret),
        _ => secret.to_owned(),
    }
}
