//! Tests of parsed logins, and of what errors show.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::error::{Action, Status};
use crate::protocol::endpoint::Endpoint;
use crate::protocol::json::UNLIMITED;

const NOW_SECONDS: u64 = 1_700_000_000;

fn response(status: u16, content_type: &'static str, body: &str) -> ResponseView<'static> {
    ResponseView {
        status,
        content_type,
        retry_after: "",
        body: Box::leak(body.to_owned().into_boxed_str()).as_bytes(),
    }
}

fn json(status: u16, body: &str) -> ResponseView<'static> {
    response(status, "application/json", body)
}

fn envelope(status: u16, message: &str, data: &str) -> ResponseView<'static> {
    let message = serde_json::to_string(message).unwrap();
    json(
        status,
        &format!(r#"{{"data":{data},"message":{message},"status":{status}}}"#),
    )
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW_SECONDS)
}

/// Returns the error of a response without the expected result.
pub(super) fn failure(
    endpoint: Endpoint,
    had_fields: bool,
    response: &ResponseView<'_>,
    json_error: Option<JsonError>,
    secrets: &[&str],
) -> Report {
    let request = RequestInfo {
        endpoint,
        is_head: false,
        had_fields,
        secrets,
    };
    error(&request, response, json_error, now(), UNLIMITED).unwrap()
}

fn error_of(endpoint: Endpoint, response: &ResponseView<'_>, secrets: &[&str]) -> Report {
    let json_error = if endpoint.is_login() {
        login(response, UNLIMITED).err()
    } else {
        no_content(response, UNLIMITED).err()
    };
    failure(endpoint, false, response, json_error.unwrap(), secrets)
}

fn logged_in<'a>(response: &ResponseView<'a>) -> Option<Login<'a>> {
    login(response, UNLIMITED).ok()
}

#[test]
fn message_of_too_many_attempts_says_how_long_to_wait() {
    let message = "Too many attempts, please try again later with a new OTP.";
    let response = envelope(429, message, "{}");
    let report = failure(Endpoint::AUTH_WITH_OTP, false, &response, None, &[]);
    assert_eq!(report.status, Status::OtpInvalid);
    assert!(
        report.message.contains("three minutes"),
        "{}",
        report.message
    );
}

#[test]
fn rejection_of_a_head_request_is_read_from_its_status() {
    let error = |is_head, status| {
        let request = RequestInfo {
            endpoint: Endpoint::SEND,
            is_head,
            had_fields: false,
            secrets: &[],
        };
        let response = json(status, "");
        let report = error(&request, &response, None, now(), UNLIMITED).unwrap();
        (report.status, report.action, report.outcome_unknown)
    };
    for (http_status, status, action, outcome_unknown) in [
        (302, Status::UnexpectedResponse, Action::CheckNetwork, true),
        (400, Status::Refused, Action::FixCall, false),
        (401, Status::Unauthorized, Action::AskCredentials, false),
        (403, Status::Forbidden, Action::ContactOperator, false),
        (404, Status::NotFound, Action::FixCall, false),
        (407, Status::Proxy, Action::CheckNetwork, true),
        (429, Status::RateLimited, Action::RetryLater, false),
        (503, Status::Server, Action::RetryLater, true),
    ] {
        let expected = (status, action, outcome_unknown);
        assert_eq!(error(true, http_status), expected, "{http_status}");
    }
    for http_status in [400, 401, 403, 404] {
        let expected = (Status::UnexpectedResponse, Action::CheckNetwork, true);
        assert_eq!(error(false, http_status), expected, "{http_status}");
    }
}

#[test]
fn message_of_not_found_depends_on_the_call() {
    let response = envelope(404, "The requested resource wasn't found.", "{}");
    for (endpoint, named) in [
        (Endpoint::AUTH_WITH_TOKEN, "collection"),
        (Endpoint::SEND, "session"),
    ] {
        let report = failure(endpoint, false, &response, None, &[]);
        assert_eq!(report.status, Status::NotFound);
        assert!(report.message.contains(named), "{}", report.message);
    }
}

#[test]
fn login_returns_token_record_and_meta() {
    let login = logged_in(&json(
        200,
        r#" {"record": {"id":"x", "n":1} ,"token":"a.b.c","meta":{"k":[1]}} "#,
    ))
    .unwrap();
    assert_eq!(login.token.expose(), "a.b.c");
    assert_eq!(
        (login.record_json, login.meta_json),
        (r#"{"id":"x", "n":1}"#, r#"{"k":[1]}"#)
    );
    let login = logged_in(&response(
        200,
        "",
        r#"{"token":"t","record":{},"meta":null,"more":[]}"#,
    ))
    .unwrap();
    assert_eq!((login.record_json, login.meta_json), ("{}", ""));
    let login = logged_in(&json(
        200,
        r#"{"record":{},"\u0074oken":"\u0061\/\u002B\u002fz","meta":"m"}"#,
    ))
    .unwrap();
    assert_eq!((login.token.expose(), login.meta_json), ("a/+/z", "\"m\""));
}

#[test]
fn incomplete_logins_are_rejected() {
    let long = format!(r#"{{"token":"{}","record":{{}}}}"#, "a".repeat(8193));
    let deep = format!(
        r#"{{"token":"t","record":{{"a":{}{}}}}}"#,
        "[".repeat(512),
        "]".repeat(512)
    );
    let deep_meta = format!(
        r#"{{"token":"t","record":{{}},"meta":{}{}}}"#,
        "[".repeat(513),
        "]".repeat(513)
    );
    for body in [
        "",
        " ",
        "{}",
        "null",
        "[]",
        "<html><body>Welcome</body></html>",
        r#"{"token":"t"}"#,
        r#"{"record":{}}"#,
        r#"{"token":"","record":{}}"#,
        r#"{"token":null,"record":{}}"#,
        r#"{"token":5,"record":{}}"#,
        r#"{"token":["t"],"record":{}}"#,
        r#"{"token":"a b","record":{}}"#,
        r#"{"token":"a\n","record":{}}"#,
        r#"{"token":"a\u0000","record":{}}"#,
        r#"{"token":"a\u0141","record":{}}"#,
        r#"{"token":"a\"","record":{}}"#,
        r#"{"token":"é","record":{}}"#,
        r#"{"token":"t","record":null}"#,
        r#"{"token":"t","record":[]}"#,
        r#"{"token":"t","record":"{}"}"#,
        r#"{"token":"t","record":{"a":1,"a":2}}"#,
        r#"{"token":"t","record":{"a":1.}}"#,
        r#"{"token":"t","record":{},"meta":01}"#,
        r#"{"token":"t","record":{},"meta":1,"meta":2}"#,
        r#"{"token":"t","record":{},"token":"u"}"#,
        r#"{"token":"t","record":{},"\u0074oken":"u"}"#,
        r#"{"token":"t","record":{},"record":{}}"#,
        r#"{"token":"t","record":{}} x"#,
        r#"{"token":"t","record":{}"#,
        "\u{feff}{\"token\":\"t\",\"record\":{}}",
        r#"{"Token":"t","record":{}}"#,
        &long,
        &deep,
        &deep_meta,
    ] {
        let response = json(200, body);
        assert!(logged_in(&response).is_none(), "{body:.60}");
        let report = error_of(Endpoint::AUTH_WITH_TOKEN, &response, &[]);
        assert_eq!(
            (report.status, report.http_status),
            (Status::UnexpectedResponse, 200)
        );
        assert!(report.outcome_unknown && report.body.is_empty() && report.data_json.is_empty());
    }
    let not_utf8 = ResponseView {
        body: b"{\"token\":\"t\",\"record\":{\"a\":\"\xff\"}}",
        ..json(200, "")
    };
    assert!(logged_in(&not_utf8).is_none());
}

#[test]
fn login_may_contain_any_json() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let fields: Vec<String> = (0..20_000).map(|n| format!("\"n{n}\":{n}")).collect();
    for value in [
        "1e400",
        "-0.1E-999",
        "123456789012345678901234567890.5",
        r#""\ud800""#,
        r#"{"\ud800":1,"a":1,"a":2}"#,
        &nested(511),
        &format!("{{{}}}", fields.join(",")),
    ] {
        let record = format!(r#"{{"x":{value},"\udc00":1}}"#);
        let body = format!(
            r#"{{"other":{value},"other":1,"token":"t","record":{record},"meta":{value}}}"#
        );
        let response = json(200, &body);
        let login = logged_in(&response).unwrap_or_else(|| panic!("{value:.60}"));
        assert_eq!((login.record_json, login.meta_json), (&*record, value));
    }
}

#[test]
fn invalid_json_has_a_reason_and_differs_from_a_page() {
    let deep = format!(r#"{{"token":"t","record":{{"a":{}"#, "[".repeat(600));
    let action_and_message = |call, body: &[u8]| {
        let response = ResponseView {
            body,
            ..json(200, "")
        };
        let report = error_of(call, &response, &[]);
        (report.action, report.message)
    };
    for (body, reason) in [
        (deep.as_bytes(), "nested more than 512 levels"),
        (
            br#"{"token":"t","record":{"a":1,"a":2}}"#,
            "a name occurs twice",
        ),
        (
            br#"{"token":"t","token":"t","record":{}}"#,
            "a name occurs twice",
        ),
        (br#"{"token":"t","record":{}"#, "not valid JSON"),
        (
            b"{\"token\":\"t\",\"record\":{\"a\":\"\xff\"}}",
            "not UTF-8",
        ),
        (b"\xef\xbb\xbf{}", "not valid JSON"),
    ] {
        let (action, message) = action_and_message(Endpoint::AUTH_WITH_TOKEN, body);
        assert_eq!(action, Action::ContactOperator, "{reason}");
        assert!(message.contains(reason), "{message}");
    }
    assert_eq!(
        action_and_message(Endpoint::BIND_TOKEN, deep.as_bytes()).0,
        Action::ContactOperator
    );
    for page in ["<html>{", "", "[{}]", "null", "hello"] {
        let (action, message) = action_and_message(Endpoint::AUTH_WITH_TOKEN, page.as_bytes());
        assert_eq!(action, Action::CheckNetwork, "{page}");
        assert!(message.contains("login page"), "{message}");
    }
}

#[test]
fn envelope_may_contain_any_json() {
    let deep = format!(r#"{{"email":{}1{}}}"#, "[".repeat(511), "]".repeat(511));
    let fields: Vec<String> = (0..11_000).map(|n| format!("\"n{n}\":1")).collect();
    let many = format!("{{{}}}", fields.join(","));
    for (data, status, shown) in [
        (deep.as_str(), Status::Validation, deep.as_str()),
        (
            r#"{"email":1e400,"\u0065mail":"\ud800"}"#,
            Status::Validation,
            r#"{"email":1e400,"\u0065mail":"\ud800"}"#,
        ),
        (&many, Status::Validation, "{}"),
    ] {
        let report = error_of(Endpoint::BIND_TOKEN, &envelope(400, "No.", data), &[]);
        assert_eq!((report.status, &*report.data_json), (status, shown));
    }
    let lone = json(
        400,
        r#"{"data":{},"message":"a\ud800b","status":400,"x":1e400,"x":2}"#,
    );
    let report = error_of(Endpoint::BIND_TOKEN, &lone, &[]);
    assert_eq!(report.status, Status::Refused);
    assert_eq!(report.server_message, "a\u{fffd}b");
}

#[test]
fn unexpected_success_shows_nothing_of_its_body() {
    for body in [
        r#"{"data":{"t":"jwt"},"message":"jwt","status":200}"#,
        r#"{"mfaId":"jwt"}"#,
        r#"{"token":"jwt"}"#,
    ] {
        let report = error_of(Endpoint::AUTH_WITH_TOKEN, &json(200, body), &[]);
        assert!(!format!("{report:?}").contains("jwt"));
        assert!(report.body.is_empty() && report.outcome_unknown);
    }
}

#[test]
fn only_204_is_no_content() {
    for status in 0..=999 {
        let response = json(status, "{}");
        assert_eq!(
            no_content(&response, UNLIMITED).is_ok(),
            status == 204,
            "{status}"
        );
    }
}

#[test]
fn error_shows_the_response() {
    let response = envelope(
        400,
        "An error.",
        r#"{"token":{"code":"validation_required","message":"Blank."}}"#,
    );
    let report = error_of(Endpoint::BIND_TOKEN, &response, &[]);
    assert_eq!(
        (report.status, report.action),
        (Status::Validation, Action::FixCall)
    );
    assert_eq!(
        (report.http_status, report.server_message.as_str()),
        (400, "An error.")
    );
    assert_eq!(
        report.data_json,
        r#"{"token":{"code":"validation_required","message":"Blank."}}"#
    );
    assert_eq!(report.body, response.body);
    assert!(!report.outcome_unknown && report.url.is_empty() && report.argument.is_empty());
}

#[test]
fn body_that_is_not_json_is_shown() {
    let report = error_of(
        Endpoint::BIND_TOKEN,
        &response(502, "text/html", "<h1>Bad gateway</h1>"),
        &[],
    );
    assert_eq!(
        (report.status, report.body.as_slice()),
        (Status::Server, b"<h1>Bad gateway</h1>".as_slice())
    );
    assert!(report.outcome_unknown && report.server_message.is_empty());
    let long = "x".repeat(70_000);
    assert_eq!(
        error_of(
            Endpoint::BIND_TOKEN,
            &response(404, "text/plain", &long),
            &[]
        )
        .body
        .len(),
        65_536
    );
}

#[test]
fn echoed_secrets_are_redacted() {
    let secret = "secret-secret \"é\"";
    let written = serde_json::to_string(secret).unwrap();
    let data = format!(r#"{{{written}:[{written}],"n":1}}"#);
    let report = error_of(
        Endpoint::BIND_TOKEN,
        &envelope(400, &format!("Is {secret}."), &data),
        &[secret],
    );
    assert_eq!(report.server_message, "Is ***.");
    assert_eq!(report.data_json, r#"{"***":["***"],"n":1}"#);
    assert!(!format!("{report:?}{}", String::from_utf8_lossy(&report.body)).contains("secret"));
    let page = response(
        400,
        "text/html",
        &format!("<p>{secret}</p> secret-secret%20%22%c3%A9%22"),
    );
    assert_eq!(
        error_of(Endpoint::BIND_TOKEN, &page, &[secret]).body,
        b"<p>***</p> ***"
    );
}

#[test]
fn server_message_is_sanitized() {
    let message = "a\nb\u{202e}c\u{9b}d\u{2066}e\u{200f}f\0g\u{2028}h";
    let report = error_of(Endpoint::BIND_TOKEN, &envelope(400, message, "{}"), &[]);
    assert_eq!(
        report.server_message,
        "a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}e\u{fffd}f\u{fffd}g\u{fffd}h"
    );
    let report = error_of(
        Endpoint::BIND_TOKEN,
        &envelope(400, &format!("x{}", "é".repeat(300)), "{}"),
        &[],
    );
    assert_eq!(report.server_message, format!("x{}", "é".repeat(255)));
}

#[test]
fn mfa_response_has_the_id() {
    let mfa = json(401, r#"{"mfaId":"019b-x_Y"}"#);
    let report = error_of(Endpoint::AUTH_WITH_TOKEN, &mfa, &["9"]);
    assert_eq!(
        (report.status, report.mfa_id.as_str()),
        (Status::MfaRequired, "019b-x_Y")
    );
    assert!(!report.outcome_unknown);
    let report = error_of(Endpoint::BIND_TOKEN, &mfa, &[]);
    assert_eq!(
        (report.status, report.mfa_id.as_str()),
        (Status::UnexpectedResponse, "")
    );
    for body in [
        r#"{"mfaId":""}"#,
        r#"{"mfaId":"a b"}"#,
        r#"{"mfaId":5}"#,
        r#"{"mfaId":"x","mfaId":"y"}"#,
        "{}",
    ] {
        assert_eq!(
            error_of(Endpoint::AUTH_WITH_TOKEN, &json(401, body), &[]).status,
            Status::UnexpectedResponse,
            "{body}"
        );
    }
    let both = json(
        401,
        r#"{"data":{},"message":"No.","status":401,"mfaId":"x"}"#,
    );
    assert_eq!(
        error_of(Endpoint::AUTH_WITH_TOKEN, &both, &[]).status,
        Status::Refused
    );
}

#[test]
fn envelope_is_validated_completely() {
    let status = |content_type, body: &str| {
        error_of(Endpoint::SEND, &response(404, content_type, body), &[]).status
    };
    let good = r#"{"data":{},"message":"No.","status":404}"#;
    for content_type in [
        "application/json",
        "Application/JSON; charset=utf-8",
        " application/json ;x",
    ] {
        assert_eq!(
            status(content_type, good),
            Status::NotFound,
            "{content_type}"
        );
    }
    for content_type in [
        "",
        "text/html",
        "application/problem+json",
        "application/jsonx",
        "x; application/json",
    ] {
        assert_eq!(
            status(content_type, good),
            Status::UnexpectedResponse,
            "{content_type}"
        );
    }
    for body in [
        r#"{"data":{},"message":"No.","status":400}"#,
        r#"{"data":{},"message":"No.","status":404.0}"#,
        r#"{"data":{},"message":"No.","status":"404"}"#,
        r#"{"data":{},"message":"No.","code":404}"#,
        r#"{"data":{},"message":5,"status":404}"#,
        r#"{"data":[],"message":"No.","status":404}"#,
        r#"{"data":null,"message":"No.","status":404}"#,
        r#"{"message":"No.","status":404}"#,
        r#"[{"data":{},"message":"No.","status":404}]"#,
        r#"{"data":{},"message":"No.","status":404,"status":404}"#,
        r#"{"data":{},"message":"No.","status":404} x"#,
    ] {
        assert_eq!(
            status("application/json", body),
            Status::UnexpectedResponse,
            "{body}"
        );
    }
}

#[test]
fn retry_after_is_parsed_and_limited() {
    let wait = |status, retry_after: &str| {
        let response = ResponseView {
            retry_after,
            ..response(status, "", "")
        };
        error_of(Endpoint::SEND, &response, &[]).retry_after
    };
    let date = |seconds| httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds));
    let (second, day, usual) = (
        Duration::from_secs(1),
        Duration::from_secs(86_400),
        Duration::from_secs(3),
    );
    for (value, expected) in [
        ("", usual),
        ("0", Duration::ZERO),
        ("1", second),
        (" 1 ", second),
        ("86401", day),
        ("99999999999999999999999999", day),
        ("-1", usual),
        ("1.5", usual),
        ("soon", usual),
        (&date(NOW_SECONDS + 1), second),
        (&date(NOW_SECONDS + 1_000_000), day),
        (&date(NOW_SECONDS - 1), usual),
    ] {
        assert_eq!(wait(429, value), expected, "{value}");
    }
    assert_eq!(
        (wait(503, "1"), wait(503, ""), wait(503, "soon")),
        (second, Duration::ZERO, Duration::ZERO)
    );
    assert_eq!(
        (wait(404, "1"), wait(511, "1"), wait(302, "1")),
        (Duration::ZERO, Duration::ZERO, Duration::ZERO)
    );
}

#[test]
fn outcome_is_known_only_after_a_rejection() {
    let is_unknown =
        |response: &ResponseView<'_>| error_of(Endpoint::BIND_TOKEN, response, &[]).outcome_unknown;
    for status in [100, 199, 300, 302, 399, 400, 401, 404, 407, 429, 499] {
        assert!(!is_unknown(&envelope(status, "No.", "{}")), "{status}");
        let page = response(status, "text/html", "x");
        assert_eq!(is_unknown(&page), status != 429, "{status}");
    }
    for status in [200, 299, 500, 503, 511, 599, 600] {
        assert!(is_unknown(&envelope(status, "No.", "{}")), "{status}");
        assert!(is_unknown(&response(status, "text/html", "x")), "{status}");
    }
}
