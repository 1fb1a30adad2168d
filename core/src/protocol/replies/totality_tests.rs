//! Tests of the table: every answer, recorded or made, has exactly one row, and that is the one that is given.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use serde_json::Value;

use super::table::TABLE;
use super::tests::read;
use super::*;
use crate::protocol::json::UNLIMITED;

const CALLS: [Call; 8] = [
    Call::Bind,
    Call::Unbind,
    Call::AuthWithToken,
    Call::AuthWithPassword,
    Call::AuthWithOtp,
    Call::RequestOtp,
    Call::Refresh,
    Call::Send,
];

/// The one row of an answer, after checking that it is one and that it is given. Row 1 is a success.
fn row(shape: &Shape<'_>, answer: &Answer<'_>) -> &'static str {
    let mut holding = TABLE.iter().filter(|row| (row.holds)(shape));
    let (entry, second) = (holding.next(), holding.next());
    let name = entry.map_or("1", |row| row.name);
    let body = String::from_utf8_lossy(answer.body);
    assert_eq!(
        shape.success,
        entry.is_none(),
        "{name}: {:?} {} {body}",
        shape.call,
        answer.status
    );
    assert!(
        second.is_none(),
        "{name} and another: {:?} {} {body}",
        shape.call,
        answer.status
    );
    let given = read(shape.call, shape.had_fields, answer, &[]);
    let given = given.err().map(|report| (report.status, report.action));
    assert_eq!(
        given,
        entry.map(|row| (row.status, row.action)),
        "{name}: {:?} {body}",
        shape.call
    );
    name
}

fn shape_of<'a>(call: Call, had_fields: bool, answer: &Answer<'a>) -> Shape<'a> {
    let given = success(call, answer, UNLIMITED);
    let fault = given.as_ref().err().copied().flatten();
    let shape = Shape::of(call, had_fields, answer, fault, UNLIMITED).unwrap();
    Shape {
        success: given.is_ok(),
        ..shape
    }
}

/// The recorded answers per row, as the protocol's table counts them.
const RECORDED: [(&str, usize); 19] = [
    ("1", 133),
    ("10a", 8),
    ("10b", 1),
    ("10c", 18),
    ("10d", 2),
    ("10e", 3),
    ("10f", 1),
    ("10g", 2),
    ("10h", 10),
    ("11a", 7),
    ("11b", 1),
    ("11c", 2),
    ("12", 11),
    ("2b", 3),
    ("4b", 1),
    ("7a", 6),
    ("7b", 3),
    ("9a", 6),
    ("9b", 14),
];

fn call_of(request: &Value) -> Call {
    let path = request["path"].as_str().unwrap();
    match path.trim_end_matches('/').rsplit('/').next().unwrap() {
        _ if request["method"] != "POST" => Call::Send,
        "bind-token" => Call::Bind,
        "unbind-token" => Call::Unbind,
        "auth-with-token" => Call::AuthWithToken,
        "auth-with-password" => Call::AuthWithPassword,
        "auth-with-otp" => Call::AuthWithOtp,
        "request-otp" => Call::RequestOtp,
        "auth-refresh" => Call::Refresh,
        _ => Call::Send,
    }
}

/// A recorded body with plausible values in its placeholders.
fn body_of(response: &Value) -> String {
    let text = match &response["json"] {
        Value::Null => response["body"].as_str().unwrap().to_owned(),
        json => json.to_string(),
    };
    let mut parts = text.split("${");
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
fn recorded_answers() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/wire");
    let mut counts = BTreeMap::new();
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    for file in files.filter(|path| path.extension().is_some_and(|kind| kind == "json")) {
        let scenarios: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        let steps = scenarios
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|scenario| scenario["steps"].as_array().unwrap());
        for step in steps.filter(|step| !step["request"].is_null()) {
            let (request, response) = (&step["request"], &step["response"]);
            let body = body_of(response);
            let answer = Answer {
                status: response["status"].as_u64().unwrap().try_into().unwrap(),
                content_type: response["headers"]["Content-Type"].as_str().unwrap_or(""),
                retry_after: "",
                body: body.as_bytes(),
            };
            let had_fields = request["query"]
                .as_str()
                .is_some_and(|query| query.contains("fields="));
            *counts
                .entry(row(
                    &shape_of(call_of(request), had_fields, &answer),
                    &answer,
                ))
                .or_insert(0) += 1;
        }
    }
    println!(
        "{} recorded answers: {counts:?}",
        counts.values().sum::<usize>()
    );
    assert_eq!(counts, BTreeMap::from(RECORDED));
}

/// Every text that the table knows, and some that it does not.
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

/// Bodies with their types, for one status.
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
fn made_answers() {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for status in [0].into_iter().chain(99..=601) {
        for (content_type, body) in bodies(status) {
            let answer = Answer {
                status,
                content_type,
                retry_after: "",
                body: body.as_bytes(),
            };
            for call in CALLS {
                let mut shape = shape_of(call, false, &answer);
                for had_fields in [false, true] {
                    shape.had_fields = had_fields;
                    *counts.entry(row(&shape, &answer)).or_insert(0) += 1;
                }
            }
        }
    }
    println!(
        "{} made answers: {counts:?}",
        counts.values().sum::<usize>()
    );
    let missed: Vec<_> = TABLE
        .iter()
        .map(|row| row.name)
        .filter(|name| !counts.contains_key(name))
        .collect();
    assert!(missed.is_empty(), "no made answer is in {missed:?}");
    // Bind and unbind with 204, send with 2xx, and each other call with 200 and a body that it wants: four
    // calls have two, one has one.
    let (fields, any_body) = (2, bodies(204).len());
    assert_eq!(
        counts["1"],
        fields * (2 * any_body + 100 * any_body + 4 * 2 + 1)
    );
}
