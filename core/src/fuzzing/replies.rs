//! What answers mean: which are successes, and that no error shows a secret.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;

use super::plain::{self, Members};
use crate::error::{Action, Error, Report, Status};
use crate::protocol::endpoint::Endpoint;
use crate::protocol::json::UNLIMITED;
use crate::protocol::responses::{self, RequestInfo, ResponseView};

/// The secrets of the calls: characters that spellings differ in, digits alone, a short one, and one that
/// looks like JSON.
const SECRETS: [&str; 5] = [
    "p\u{e4}\"ss\\w/o rd+%1",
    "t\u{f6}k<en>&'\u{1f600}~1234",
    "271828182845",
    "pin4",
    "pa\",\"code\":\"ss",
];

const REQUEST_OTP: Endpoint = Endpoint("request-otp");

/// The shortest secret that is looked for in base64 and in ids.
const TELLING: usize = 8;

/// Reads an answer. The first line is a letter for the call, one that is odd if the call asked for some
/// fields only, and the status; the next two are the values of Content-Type and Retry-After; the rest is the
/// body, in which `$` with the number of a secret and the letter of a spelling stands for that secret.
pub fn replies(data: &[u8]) {
    let mut lines = data.splitn(4, |&b| b == b'\n');
    let mut line = || lines.next().unwrap_or_default();
    let (first, content_type, retry_after, body) = (line(), line(), line(), line());
    let (&[call, fields, ref status @ ..], Ok(content_type), Ok(retry_after)) = (
        first,
        std::str::from_utf8(content_type),
        std::str::from_utf8(retry_after),
    ) else {
        return;
    };
    let body = with_echoes(body);
    let answer = ResponseView {
        status: number(status),
        content_type,
        retry_after,
        body: &body,
    };
    // Longer bodies bring nothing new.
    if body.len() < 40_000 {
        check(call_of(call), fields % 2 == 1, &answer);
    }
}

fn call_of(letter: u8) -> Endpoint {
    match letter {
        b'b' => Endpoint::BIND_TOKEN,
        b'u' => Endpoint::UNBIND_TOKEN,
        b't' => Endpoint::AUTH_WITH_TOKEN,
        b'p' => Endpoint::AUTH_WITH_PASSWORD,
        b'o' => Endpoint::AUTH_WITH_OTP,
        b'q' => REQUEST_OTP,
        b'r' => Endpoint::AUTH_REFRESH,
        _ => Endpoint::SEND,
    }
}

/// Any bytes as a number, digits as theirs.
fn number(digits: &[u8]) -> u16 {
    let step = |number: u16, digit: &u8| {
        number
            .wrapping_mul(10)
            .wrapping_add(u16::from(digit.wrapping_sub(b'0')))
    };
    digits.iter().fold(0, step)
}

fn check(call: Endpoint, had_fields: bool, answer: &ResponseView<'_>) {
    let wanted = is_wanted(call, answer);
    let fault = match call {
        Endpoint::BIND_TOKEN | Endpoint::UNBIND_TOKEN => {
            let done = responses::no_content(answer, UNLIMITED);
            assert_eq!(done.is_ok(), wanted, "{call:?} {}", answer.status);
            done.err()
        }
        // The library has no calls for them yet.
        REQUEST_OTP | Endpoint::SEND => (!wanted).then_some(None),
        _ => {
            let login = responses::login(answer, UNLIMITED);
            assert_eq!(login.is_ok(), wanted, "{call:?} {}", answer.status);
            login.map(|login| check_login(&login, answer)).err()
        }
    };
    if let Some(fault) = fault {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let request = RequestInfo {
            endpoint: call,
            had_fields,
            secrets: &SECRETS,
        };
        let report = responses::error(&request, answer, fault, now, UNLIMITED);
        let report = report.expect("nothing stops it");
        check_meaning(call, answer, &report);
        check_shown(&report);
        check_hidden(&report);
    }
}

fn check_login(login: &responses::Login<'_>, answer: &ResponseView<'_>) {
    let members = Members::of(answer.body).expect("an object");
    assert_eq!(members.value("token"), Some(login.token.expose().into()));
    assert_eq!(members.raw("record"), Some(login.record_json));
    let meta = members.raw("meta").filter(|meta| *meta != "null");
    assert_eq!(meta.unwrap_or_default(), login.meta_json);
}

/// Whether the answer is row 1: what the call wanted.
fn is_wanted(call: Endpoint, answer: &ResponseView<'_>) -> bool {
    match (call, answer.status) {
        (Endpoint::BIND_TOKEN | Endpoint::UNBIND_TOKEN, status) => status == 204,
        (Endpoint::SEND, status) => status / 100 == 2,
        (REQUEST_OTP, 200) => {
            let members = Members::of(answer.body).filter(|_| is_body(answer.body));
            members.is_some_and(|members| is_id(&members, "otpId"))
        }
        (_, 200) => is_login(answer.body),
        _ => false,
    }
}

/// Whether a body is a JSON object whose members are nested as deep as they may be.
fn is_body(body: &[u8]) -> bool {
    plain::is_object(body, 513)
}

/// Whether a body is a login: an object with a token, a record and perhaps a meta.
pub fn is_login(body: &[u8]) -> bool {
    let Some(members) = Members::of(body).filter(|_| is_body(body)) else {
        return false;
    };
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "._~+/=-".contains(c);
    let record = members.only("record").unwrap_or_default();
    is_text(&members, "token", 8192, is_allowed)
        && plain::is_record(record.as_bytes())
        && members.count("meta") <= 1
}

fn is_id(members: &Members, name: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    is_text(members, name, 255, is_allowed)
}

fn is_text(members: &Members, name: &str, max: usize, is_allowed: fn(char) -> bool) -> bool {
    let value = members.value(name);
    let text = value.as_ref().and_then(Value::as_str).unwrap_or_default();
    members.count(name) == 1 && (1..=max).contains(&text.len()) && text.chars().all(is_allowed)
}

/// Whether the answer is the protocol's own error.
fn is_envelope(answer: &ResponseView<'_>, members: &Members) -> bool {
    let data = members.only("data").unwrap_or_default();
    let essence = answer.content_type.split(';').next().unwrap_or_default();
    essence
        .trim_matches([' ', '\t', '\n', '\r', '\x0c'])
        .eq_ignore_ascii_case("application/json")
        && members.only("status") == Some(answer.status.to_string().as_str())
        && members
            .only("message")
            .is_some_and(|message| message.starts_with('"'))
        && plain::is_object(data.as_bytes(), 512)
}

/// The parts of the table that follow from the status alone, or from whether the error is the protocol's.
fn check_meaning(call: Endpoint, answer: &ResponseView<'_>, report: &Report) {
    let members = Members::of(answer.body).filter(|_| is_body(answer.body));
    let members = members.filter(|_| answer.status / 100 != 2);
    let is_envelope = members
        .as_ref()
        .is_some_and(|members| is_envelope(answer, members));
    let is_login_call = matches!(
        call,
        Endpoint::AUTH_WITH_TOKEN | Endpoint::AUTH_WITH_PASSWORD | Endpoint::AUTH_WITH_OTP
    );
    let is_mfa = answer.status == 401
        && is_login_call
        && !is_envelope
        && members
            .as_ref()
            .is_some_and(|members| is_id(members, "mfaId"));
    let (status, action) = (report.status, report.action);
    let is_right = match answer.status {
        429 => matches!(status, Status::RateLimited | Status::OtpInvalid),
        511 => status == Status::UnexpectedResponse,
        500..=599 => (status, action) == (Status::Server, Action::RetryLater),
        407 => status == Status::Proxy,
        401 if is_mfa => status == Status::MfaRequired,
        400..=499 => (status == Status::UnexpectedResponse) != is_envelope,
        _ => status == Status::UnexpectedResponse,
    };
    assert!(is_right, "{call:?} {} is {status} {action}", answer.status);
    assert_eq!(report.http_status, answer.status);
    let is_refusal = matches!(answer.status, 100..=199 | 300..=499) && is_envelope;
    let is_known = is_refusal || is_mfa || status == Status::RateLimited;
    assert_eq!(report.outcome_unknown, !is_known);
    assert_eq!(report.mfa_id.is_empty(), !is_mfa);
}

/// Limits of what an error shows.
fn check_shown(report: &Report) {
    let is_success_status = (200..=299).contains(&report.http_status);
    assert!(!is_success_status || report.body.is_empty());
    assert!(report.body.len() <= 64 * 1024 && report.server_message.len() <= 512);
    let is_shown = |c: char| !c.is_control() && !"\u{200e}\u{200f}\u{202e}\u{2067}".contains(c);
    assert!(report.server_message.chars().all(is_shown));
    assert!(report.data_json.is_empty() || Members::of(report.data_json.as_bytes()).is_some());
    assert!(report.retry_after <= Duration::from_secs(86_400));
    assert!(report.retry_after.is_zero() || report.action == Action::RetryLater);
}

/// No text of an error holds a secret, in whatever spelling.
fn check_hidden(report: &Report) {
    assert_hidden(&report.body, &SECRETS);
    assert_hidden(report.server_message.as_bytes(), &SECRETS);
    assert_hidden(report.data_json.as_bytes(), &SECRETS);
    let telling: Vec<&str> = telling().collect();
    assert_hidden(report.mfa_id.as_bytes(), &telling);
    let error = Error::from(report.clone());
    assert_hidden(format!("{error} {error:?}").as_bytes(), &SECRETS);
}

fn telling() -> impl Iterator<Item = &'static str> {
    SECRETS.into_iter().filter(|secret| secret.len() >= TELLING)
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
            let is_shown = plain::holds(reading, secret.as_bytes());
            assert!(!is_shown, "{secret} in {}", String::from_utf8_lossy(shown));
        }
    }
    for secret in telling() {
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let encoded = engine.encode(secret);
            assert!(
                !plain::holds(shown, encoded.as_bytes()),
                "{secret} in base64"
            );
        }
    }
}

/// The text with its JSON escapes resolved, from its front; what is none stays.
fn json_decoded(text: &[u8]) -> Vec<u8> {
    let (mut decoded, mut rest) = (Vec::new(), text);
    while let Some((&first, after)) = rest.split_first() {
        let lengths = if first == b'\\' { &[12, 6, 2][..] } else { &[] };
        let escape = lengths.iter().find_map(|&length| {
            let quoted = [b"\"", rest.get(..length)?, b"\""].concat();
            let text: String = serde_json::from_slice(&quoted).ok()?;
            (text.chars().count() == 1).then_some((text, length))
        });
        match escape {
            Some((text, length)) => {
                decoded.extend(text.as_bytes());
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

/// The text with its percent escapes resolved; what is none stays.
fn percent_decoded(text: &[u8]) -> Vec<u8> {
    percent_encoding::percent_decode(text).collect()
}

/// The body with the secrets that it asks for.
fn with_echoes(body: &[u8]) -> Vec<u8> {
    let mut parts = body.split(|&b| b == b'$');
    let mut echoing = parts.next().unwrap_or_default().to_vec();
    for part in parts {
        match part {
            [number, spelling, rest @ ..] => {
                let secret = SECRETS[usize::from(number.wrapping_sub(b'0')) % SECRETS.len()];
                echoing.extend(spelled(secret, *spelling).as_bytes());
                echoing.extend(rest);
            }
            _ => echoing.extend(part),
        }
    }
    echoing
}

/// A secret as a server may write it.
fn spelled(secret: &str, letter: u8) -> String {
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
