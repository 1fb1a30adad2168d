//! Responses: the error envelope, and JSON serialized exactly as Go does.

use crate::{fields, query};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::ser::Formatter;
use serde_json::{Map, Value, json};
use std::{fmt, io};

/// The result of a handler, or of a part of it.
pub type ApiResult<T = Response> = Result<T, ApiError>;

/// An error response.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    message: String,
    data: Map<String, Value>,
    cause: Option<Cause>,
}

/// The cause of an internal error. It may quote the request: it is logged, never sent.
#[derive(Debug, Clone)]
pub struct Cause(pub String);

impl ApiError {
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            data: Map::new(),
            cause: None,
        }
    }

    /// 400 Bad Request.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 400 for a request body that cannot be read.
    pub fn not_loaded() -> Self {
        Self::bad_request("An error occurred while loading the submitted data.")
    }

    /// 400 with an error for each invalid field.
    pub fn validation(message: &str, data: Map<String, Value>) -> Self {
        Self {
            data,
            ..Self::bad_request(message)
        }
    }

    /// 403 Forbidden.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// 404 Not Found.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// 404 for an unknown path or method, or a record that is not accessible.
    pub fn route_not_found() -> Self {
        Self::not_found("The requested resource wasn't found.")
    }

    /// 500 Internal Server Error. `cause` is only logged.
    pub fn internal_error(message: impl Into<String>, cause: impl fmt::Display) -> Self {
        Self {
            cause: Some(Cause(cause.to_string())),
            ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
        }
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        internal_error(error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let envelope = json!({
            "data": self.data,
            "message": self.message,
            "status": self.status.as_u16(),
        });
        let mut response = json_response(self.status, &envelope);
        if let Some(cause) = self.cause {
            response.extensions_mut().insert(cause);
        }
        response
    }
}

/// The default message of an internal error.
pub const INTERNAL_ERROR: &str = "Something went wrong while processing your request.";

/// 500 with [`INTERNAL_ERROR`]. `cause` is only logged.
pub fn internal_error(cause: impl fmt::Display) -> ApiError {
    ApiError::internal_error(INTERNAL_ERROR, cause)
}

/// A response with `value` as JSON and a newline.
pub fn json_response(status: StatusCode, value: &impl Serialize) -> Response {
    match to_go_json(value) {
        Ok(json) => json_body(status, json + "\n"),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// A 200 response with the fields of `value` that the query's `fields` selects. If that is
/// invalid, the body is empty.
pub fn ok_with_fields(query: &str, value: &impl Serialize) -> ApiResult {
    let selection = query::first(query, "fields").unwrap_or_default();
    if selection.trim().is_empty() {
        return Ok(json_response(StatusCode::OK, value));
    }
    let value = serde_json::to_value(value).map_err(internal_error)?;
    ok_with_items(query, value, |value| value)
}

/// A 200 response with `items` in an envelope. The query's `fields` selects those of the items.
pub fn ok_with_items(
    query: &str,
    mut items: Value,
    envelope: impl FnOnce(Value) -> Value,
) -> ApiResult {
    let selection = query::first(query, "fields").unwrap_or_default();
    Ok(match fields::select(&mut items, &selection) {
        Ok(()) => json_response(StatusCode::OK, &envelope(items)),
        Err(fields::InvalidFields) => json_body(StatusCode::OK, String::new()),
    })
}

fn json_body(status: StatusCode, body: String) -> Response {
    let content_type = HeaderValue::from_static("application/json");
    (status, [(header::CONTENT_TYPE, content_type)], body).into_response()
}

/// Serializes `value` as Go's `encoding/json` does. Keys are sorted, since `serde_json::Map` is.
pub fn to_go_json(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut json = Vec::new();
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut json, Go))?;
    Ok(String::from_utf8_lossy(&json).into_owned())
}

/// The differences between Go's JSON and `serde_json`'s: escapes and exponents.
struct Go;

impl Formatter for Go {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
            let (plain, special) = rest.split_at(at);
            let mut characters = special.chars();
            let code = characters.next().map_or(0, u32::from);
            write!(writer, "{plain}\\u{code:04x}")?;
            rest = characters.as_str();
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        let size = value.abs();
        if size != 0.0 && !(1e-6..1e21).contains(&size) {
            let formatted = format!("{value:e}");
            // Rust writes 1e21 where Go writes 1e+21.
            return match formatted.split_once('e') {
                Some((digits, power)) if !power.starts_with('-') => {
                    write!(writer, "{digits}e+{power}")
                }
                _ => writer.write_all(formatted.as_bytes()),
            };
        }
        write!(writer, "{value}")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn strings_are_escaped_as_in_go() {
        let json = to_go_json(&"<a> & \u{2028}\u{2029} \"é\"\n\u{1}\u{7f}").unwrap();
        let expected = "\"\\u003ca\\u003e \\u0026 \\u2028\\u2029 \\\"é\\\"\\n\\u0001\u{7f}\"";
        assert_eq!(json, expected);
    }

    #[test]
    fn numbers_are_formatted_as_in_go() {
        let json = |value: f64| to_go_json(&value).unwrap();
        assert_eq!(json(0.0), "0");
        assert_eq!(json(-0.0), "-0");
        assert_eq!(json(1.5), "1.5");
        assert_eq!(json(1e16), "10000000000000000");
        assert_eq!(json(1e21), "1e+21");
        assert_eq!(json(1e-6), "0.000001");
        assert_eq!(json(1e-7), "1e-7");
        assert_eq!(json(-2.5e30), "-2.5e+30");
    }

    #[test]
    fn keys_are_sorted() {
        let value: Value = serde_json::from_str(r#"{"b":1,"a":{"d":1,"c":2}}"#).unwrap();
        assert_eq!(to_go_json(&value).unwrap(), r#"{"a":{"c":2,"d":1},"b":1}"#);
    }
}
