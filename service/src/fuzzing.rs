//! The parsers that the fuzzers in `fuzz/service` check, as plain functions. Not part of the API: compiled only for
//! tests and with `--cfg fuzzing`, which `cargo fuzz` sets. The checks are in `fuzz/service/src`.

use crate::form::{self, Form};
use crate::{fields, routes, rule};
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use bytes::Bytes;
use futures_util::FutureExt;
use serde_json::{Map, Value};

/// Parses the fields `email` and `token` of a body and returns the field `name`.
pub fn form_field(content_type: &[u8], body: &[u8], name: &str) -> Option<String> {
    let headers = headers(content_type)?;
    let body = Bytes::copy_from_slice(body);
    let form = Form::read(&headers, "token=q", &body, &["email", "token"]);
    // It is ready at once, since the body is complete.
    let form = form.now_or_never()?.ok()?;
    Some(form.get(name).to_owned())
}

/// Parses all fields of a body.
pub fn object(content_type: &[u8], body: &[u8]) -> Option<Map<String, Value>> {
    let headers = headers(content_type)?;
    let body = Bytes::copy_from_slice(body);
    let object = form::read_object(&headers, "token=q", &body);
    object.now_or_never()?.ok()
}

fn headers(content_type: &[u8]) -> Option<HeaderMap> {
    let content_type = HeaderValue::from_bytes(content_type).ok()?;
    Some(HeaderMap::from_iter([(header::CONTENT_TYPE, content_type)]))
}

/// Returns whether a record satisfies a rule; `None` if the rule is invalid.
pub fn satisfies(record: &Map<String, Value>, rule: &str) -> Option<bool> {
    rule::evaluate_for(Some("a"), rule, record).ok()
}

/// Reduces JSON to the value of the `fields` parameter. Returns false if that is invalid.
pub fn select(value: &mut Value, fields: &str) -> bool {
    fields::select(value, fields).is_ok()
}

/// Returns the normalized path and query of a URI, unless they are the same.
pub fn normalize(uri: &[u8]) -> Option<String> {
    routes::normalize_path(&Uri::try_from(uri).ok()?)
}
