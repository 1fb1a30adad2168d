//! Classifies all recorded and many generated responses.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use serde_json::Value;

use super::tests::failure;
use super::*;
use crate::error::Action::{
    self, AskCredentials, CheckNetwork, ContactOperator, FixCall, RetryLater, SecondFactor,
};
use crate::error::Status::{
    self, Credentials, Forbidden, MethodDisabled, MfaRequired, MfaSameMethod, MfaSession, NotFound,
    OtpInvalid, Proxy, RateLimited, Refused, Server, Unauthorized, UnexpectedResponse,
    UnknownToken, Validation,
};
use crate::protocol::endpoint::Endpoint;
use crate::protocol::json::UNLIMITED;

const ENDPOINTS: [Endpoint; 8] = [
    Endpoint::BIND_TOKEN,
    Endpoint::UNBIND_TOKEN,
    Endpoint::AUTH_WITH_TOKEN,
    Endpoint::AUTH_WITH_PASSWORD,
    Endpoint::AUTH_WITH_OTP,
    Endpoint::REQUEST_OTP,
    Endpoint::AUTH_REFRESH,
    Endpoint::SEND,
];

/// The class of an error response: its HTTP status, or its range, and the error's status and action.
type Class = (&'static str, Status, Action);

/// How many responses have a class.
#[derive(Default)]
struct Counts {
    successes: usize,
    errors: BTreeMap<String, usize>,
}

impl Counts {
    fn add(&mut self, endpoint: Endpoint, had_fields: bool, response: &ResponseView<'_>) {
        let Some(json_error) = json_error(endpoint, response) else {
            self.successes += 1;
            return;
        };
        let report = failure(endpoint, had_fields, response, json_error, &[]);
        let class = (range(response.status), report.status, report.action);
        *self.errors.entry(format!("{class:?}")).or_default() += 1;
    }

    fn check(self, expected: impl Iterator<Item = (Class, usize)>) {
        let expected = expected.filter(|(_, count)| *count > 0);
        let expected = expected.map(|(class, count)| (format!("{class:?}"), count));
        assert_eq!(self.errors, expected.collect());
    }
}

fn range(http_status: u16) -> &'static str {
    match http_status {
        200..=299 => "2xx",
        400 => "400",
        401 => "401",
        403 => "403",
        404 => "404",
        407 => "407",
        413 => "413",
        429 => "429",
        402..=499 => "4xx",
        511 => "511",
        500..=599 => "5xx",
        _ => "other",
    }
}

/// The argument of [`error`] for a response; `None` if the call succeeds.
fn json_error(endpoint: Endpoint, response: &ResponseView<'_>) -> Option<Option<JsonError>> {
    match endpoint {
        Endpoint::BIND_TOKEN | Endpoint::UNBIND_TOKEN => no_content(response, UNLIMITED).err(),
        Endpoint::REQUEST_OTP => otp_id(response, UNLIMITED).err(),
        Endpoint::SEND => success(response, UNLIMITED).err(),
        _ => login(response, UNLIMITED).err(),
    }
}

/// The classes, with the number of recorded and of generated responses.
#[rustfmt::skip]
const EXPECTED: [(Class, usize, usize); 34] = [
    (("2xx", UnexpectedResponse, CheckNetwork), 0, 5584),
    (("2xx", UnexpectedResponse, ContactOperator), 0, 50_953),
    (("2xx", UnexpectedResponse, FixCall), 3, 49_541),
    (("400", Credentials, AskCredentials), 10, 6),
    (("400", MfaSameMethod, SecondFactor), 2, 6),
    (("400", MfaSession, FixCall), 1, 6),
    (("400", MfaSession, SecondFactor), 3, 12),
    (("400", OtpInvalid, SecondFactor), 2, 4),
    (("400", Refused, ContactOperator), 3, 252),
    (("400", Refused, FixCall), 10, 32),
    (("400", UnexpectedResponse, CheckNetwork), 0, 336),
    (("400", UnknownToken, AskCredentials), 19, 2),
    (("400", Validation, AskCredentials), 11, 272),
    (("400", Validation, FixCall), 26, 288),
    (("401", MfaRequired, SecondFactor), 6, 12),
    (("401", Refused, ContactOperator), 0, 660),
    (("401", Unauthorized, AskCredentials), 3, 220),
    (("401", UnexpectedResponse, CheckNetwork), 0, 324),
    (("403", Forbidden, ContactOperator), 3, 686),
    (("403", Forbidden, FixCall), 1, 98),
    (("403", MethodDisabled, ContactOperator), 7, 96),
    (("403", UnexpectedResponse, CheckNetwork), 0, 336),
    (("404", NotFound, FixCall), 18, 880),
    (("404", UnexpectedResponse, CheckNetwork), 0, 336),
    (("407", Proxy, CheckNetwork), 0, 1216),
    (("413", Refused, FixCall), 0, 880),
    (("413", UnexpectedResponse, CheckNetwork), 0, 336),
    (("429", OtpInvalid, SecondFactor), 0, 6),
    (("429", RateLimited, RetryLater), 1, 1210),
    (("4xx", Refused, ContactOperator), 0, 81_840),
    (("4xx", UnexpectedResponse, CheckNetwork), 0, 31_248),
    (("511", UnexpectedResponse, CheckNetwork), 0, 1216),
    (("5xx", Server, RetryLater), 0, 120_384),
    (("other", UnexpectedResponse, CheckNetwork), 0, 248_064),
];

fn endpoint_of(request: &Value) -> Endpoint {
    let path = request["path"].as_str().unwrap();
    match path.trim_end_matches('/').rsplit('/').next().unwrap() {
        _ if request["method"] != "POST" => Endpoint::SEND,
        "bind-token" => Endpoint::BIND_TOKEN,
        "unbind-token" => Endpoint::UNBIND_TOKEN,
        "auth-with-token" => Endpoint::AUTH_WITH_TOKEN,
        "auth-with-password" => Endpoint::AUTH_WITH_PASSWORD,
        "auth-with-otp" => Endpoint::AUTH_WITH_OTP,
        "request-otp" => Endpoint::REQUEST_OTP,
        "auth-refresh" => Endpoint::AUTH_REFRESH,
        _ => Endpoint::SEND,
    }
}

/// A recorded body with plausible values in its placeholders.
fn body_of(response: &Value) -> String {
    let template = match &response["json"] {
        Value::Null => response["body"].as_str().unwrap().to_owned(),
        json => json.to_string(),
    };
    let mut parts = template.split("${");
    let mut filled = parts.next().unwrap().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap();
        filled.push_str(match name {
            "jwt" => "eyJhbGciOiJIUzI1NiJ9.eyJpZCI6IngifQ.c2lnbmF0dXJl",
            "datetime" => "2026-11-24 03:48:41.390Z",
            _ => "01a20bab-8b2e-7ebd-8a7b-4ac4da759cc8",
        });
        filled.push_str(rest);
    }
    filled
}

#[test]
fn recorded_responses_are_classified() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/wire");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let mut counts = Counts::default();
    for file in files.filter(|path| path.extension().is_some_and(|kind| kind == "json")) {
        let scenarios: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        let scenarios = scenarios.as_array().unwrap().iter();
        let steps = scenarios.flat_map(|scenario| scenario["steps"].as_array().unwrap());
        for step in steps.filter(|step| !step["request"].is_null()) {
            let (request, response) = (&step["request"], &step["response"]);
            let body = body_of(response);
            let view = ResponseView {
                status: response["status"].as_u64().unwrap().try_into().unwrap(),
                content_type: response["headers"]["Content-Type"].as_str().unwrap_or(""),
                retry_after: "",
                body: body.as_bytes(),
            };
            let query = request["query"].as_str();
            let had_fields = query.is_some_and(|query| query.contains("fields="));
            counts.add(endpoint_of(request), had_fields, &view);
        }
    }
    assert_eq!(counts.successes, 148);
    counts.check(EXPECTED.into_iter().map(|(class, count, _)| (class, count)));
}

/// Every message that is distinguished, and some others.
const MESSAGES: [&str; 17] = [
    "Failed to bind token.",
    "Failed to unbind token.",
    "Failed to authenticate.",
    "Invalid or expired OTP.",
    "Too many attempts, please try again later with a new OTP.",
    "Invalid or expired MFA session.",
    "Invalid MFA session.",
    "Failed to read MFA Id.",
    "A different authentication method is required.",
    "An error occurred while loading the submitted data.",
    "Unsupported Content-Type.",
    "The collection is not configured to allow password authentication.",
    "The collection is not configured to allow OTP authentication.",
    "The request doesn't satisfy the collection requirements to authenticate.",
    "Too Many Requests.",
    "failed to bind token.",
    "",
];

const DATAS: [&str; 3] = [
    "{}",
    r#"{"email":{"code":"c"},"otpId":1}"#,
    r#"{"email":1,"token":{"code":"c"}}"#,
];

/// An object nested this deep.
fn nested(depth: usize) -> String {
    let inside = depth - 1;
    format!("{{\"a\":{}{}}}", "[".repeat(inside), "]".repeat(inside))
}

/// Bodies with their Content-Type, for one status.
fn bodies(status: u16) -> Vec<(&'static str, String)> {
    const JSON: &str = "application/json";
    let envelope = |message: &str, data: &str, status: u16| {
        format!(r#"{{"data":{data},"message":"{message}","status":{status}}}"#)
    };
    let mut bodies: Vec<(&'static str, String)> = Vec::new();
    for message in MESSAGES {
        bodies.extend(DATAS.map(|data| (JSON, envelope(message, data, status))));
    }
    bodies.extend([
        ("", String::new()),
        (JSON, String::new()),
        ("text/html", "<html><title>Log in</title></html>".into()),
        (JSON, "{}".into()),
        (JSON, "[]".into()),
        (JSON, "null".into()),
        (JSON, r#"{"mfaId":"m-1"}"#.into()),
        ("", r#"{"mfaId":"m-1"}"#.into()),
        (JSON, r#"{"mfaId":"m 1"}"#.into()),
        (JSON, r#"{"otpId":"o-1"}"#.into()),
        (JSON, r#"{"token":"a.b.c","record":{}}"#.into()),
        (JSON, r#"{"token":"a.b.c","record":[]}"#.into()),
        (JSON, r#"{"token":"a.b.c"}"#.into()),
        (
            "text/html",
            envelope("Failed to authenticate.", "{}", status),
        ),
        (
            JSON,
            envelope("Failed to authenticate.", "{}", status.wrapping_add(1)),
        ),
        (JSON, envelope("No.", "[]", status)),
        (JSON, envelope("No.", r#"{},"mfaId":"m-1""#, status)),
        (JSON, envelope("No.", "{}", status) + "{}"),
        (JSON, r#"{"token":"a.b.c","record":{"a":1,"a":2}}"#.into()),
        (JSON, r#"{"token":"a.b.c","token":"d","record":{}}"#.into()),
        (
            JSON,
            r#"{"token":"a.b.c","record":{"n":1e400,"s":"\ud800"}}"#.into(),
        ),
        (JSON, envelope("No.", &nested(512), status)),
        (JSON, envelope("No.", &nested(513), status)),
        (JSON, envelope(r"\ud800", "{}", status)),
        (
            "APPLICATION/JSON; charset=utf-8",
            envelope("Invalid or expired OTP.", "{}", status),
        ),
    ]);
    bodies
}

#[test]
fn generated_responses_are_classified() {
    let mut counts = Counts::default();
    for status in [0].into_iter().chain(99..=601) {
        for (content_type, body) in bodies(status) {
            let view = ResponseView {
                status,
                content_type,
                retry_after: "",
                body: body.as_bytes(),
            };
            for endpoint in ENDPOINTS {
                for had_fields in [false, true] {
                    counts.add(endpoint, had_fields, &view);
                }
            }
        }
    }
    // Bind and unbind with 204, send with 2xx, and the others with 200 and a body that they accept: two for four
    // of them, one for request_otp.
    let (fields, any_body) = (2, bodies(204).len());
    let successes = fields * (2 * any_body + 100 * any_body + 4 * 2 + 1);
    assert_eq!(counts.successes, successes);
    counts.check(EXPECTED.into_iter().map(|(class, _, count)| (class, count)));
}
