//! The readers of what strangers send, for the fuzzers in `fuzz/service`. No part of the API.

use crate::form::Form;
use crate::{fields, routes, rule};
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use bytes::Bytes;
use futures_util::FutureExt;
use serde_json::{Value, json};

/// Reads a body of the type in the first line.
pub fn body(data: &[u8]) {
    let (kind, body) = halves(data);
    let Ok(kind) = HeaderValue::from_bytes(kind) else {
        return;
    };
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, kind)]);
    let body = Bytes::copy_from_slice(body);
    let read = Form::read(&headers, "token=q", &body, &["email", "token"]);
    // The whole body is there, so that nothing is waited for.
    if let Some(Ok(form)) = read.now_or_never() {
        assert!(form.get("nothing").is_empty());
    }
}

/// Judges by a rule, alone and in brackets.
pub fn rule(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let record = json!({"nick": "Vip", "score": 2, "verified": true, "empty": null, "ratio": 0.5});
    let record = record.as_object().expect("it is written as an object");
    let verdict = rule::evaluate(text, record);
    if let (false, Ok(verdict)) = (text.is_empty(), &verdict) {
        let twice = format!("({text}) && ({text})");
        // Brackets may be too deep, but they never turn the verdict round.
        assert!(
            rule::evaluate(&twice, record).is_ok_and(|again| again == *verdict)
                || text.matches('(').count() >= 63
        );
    }
}

/// Cuts the JSON in the second line down to the fields in the first.
pub fn picker(data: &[u8]) {
    let (fields, json) = halves(data);
    let Ok(fields) = std::str::from_utf8(fields) else {
        return;
    };
    let record = json!({"token": "t", "record": {"id": "i", "name": "<b>Nimble</b> f\u{fc}x"}});
    let mut value: Value = serde_json::from_slice(json).unwrap_or(record);
    let whole = value.to_string().len();
    // Nothing is added but the dots of excerpts, and `<` may come to stand for itself.
    if fields::select(&mut value, fields).is_ok() && !fields.contains(':') {
        assert!(value.to_string().len() <= whole);
    }
}

/// Cleans a path. What comes out is clean.
pub fn path(data: &[u8]) {
    let Ok(uri) = Uri::try_from(data) else {
        return;
    };
    if let Some(clean) = routes::normalize_path(&uri) {
        assert!(
            clean.starts_with('/') && !clean.starts_with("//"),
            "{clean}"
        );
        if let Ok(again) = clean.parse() {
            assert_eq!(routes::normalize_path(&again), None, "{clean}");
        }
    }
}

/// The first line, and the rest.
fn halves(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, &[]),
    }
}
