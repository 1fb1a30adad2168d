//! Answers: the error envelope, and JSON written exactly as Go writes it.

use crate::{picker, query};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::ser::Formatter;
use serde_json::{Map, Value, json};
use std::{fmt, io};

/// What a handler gives.
pub type Outcome = Refused<Response>;

/// Something that was read or found, or the refusal.
pub type Refused<T> = Result<T, Refusal>;

/// Why a request is refused, as the client will read it.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    message: String,
    data: Map<String, Value>,
    cause: Option<Cause>,
}

/// What broke, for the log and never for the client: it may quote what was sent.
#[derive(Debug, Clone)]
pub struct Cause(pub String);

impl Refusal {
    /// A refusal with its status and message.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            data: Map::new(),
            cause: None,
        }
    }

    /// 400 with `message`.
    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 403 with `message`.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// 404 with `message`.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// 500 with `message`; the cause stays here.
    pub fn broken(message: impl Into<String>, cause: impl fmt::Display) -> Self {
        Self {
            cause: Some(Cause(cause.to_string())),
            ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
        }
    }

    /// 404 for everything that is no route.
    pub fn no_route() -> Self {
        Self::not_found("The requested resource wasn't found.")
    }

    /// 400 with what is wrong about each field.
    pub fn invalid(data: Map<String, Value>) -> Self {
        Self {
            data,
            ..Self::bad("An error occurred while validating the submitted data.")
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let envelope = json!({
            "data": self.data,
            "message": self.message,
            "status": self.status.as_u16(),
        });
        let mut answer = json_answer(self.status, &envelope);
        if let Some(cause) = self.cause {
            answer.extensions_mut().insert(cause);
        }
        answer
    }
}

/// What a client is told when something broke.
pub const WENT_WRONG: &str = "Something went wrong while processing your request.";

/// Something broke that is nobody's fault but ours.
pub fn went_wrong(cause: impl fmt::Display) -> Refusal {
    Refusal::broken(WENT_WRONG, cause)
}

/// An answer holding `value` as JSON and a newline.
pub fn json_answer(status: StatusCode, value: &impl Serialize) -> Response {
    match written(value) {
        Ok(text) => json_text(status, text + "\n"),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The answer 200 with `value`, cut down to the `fields` that the query asks for. Fields that make
/// no sense leave nothing of it.
pub fn picked(query: &str, value: &impl Serialize) -> Outcome {
    let fields = query::first(query, "fields").unwrap_or_default();
    if fields.trim().is_empty() {
        return Ok(json_answer(StatusCode::OK, value));
    }
    let mut value = serde_json::to_value(value).map_err(went_wrong)?;
    Ok(match picker::pick(&mut value, &fields) {
        Ok(()) => json_answer(StatusCode::OK, &value),
        Err(picker::BadFields) => json_text(StatusCode::OK, String::new()),
    })
}

/// An answer of type JSON whose body is `text`.
fn json_text(status: StatusCode, text: String) -> Response {
    let kind = HeaderValue::from_static("application/json");
    (status, [(header::CONTENT_TYPE, kind)], text).into_response()
}

/// `value` as Go's JSON encoder writes it. Objects come out sorted, because that is how
/// `serde_json` keeps them.
pub fn written(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut text = Vec::new();
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut text, Go))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The two points in which Go's JSON differs from `serde_json`'s.
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
            let text = format!("{value:e}");
            // Rust writes 1e21 where Go writes 1e+21.
            return writer.write_all(
                match text.split_once('e') {
                    Some((digits, power)) if !power.starts_with('-') => {
                        format!("{digits}e+{power}")
                    }
                    _ => text,
                }
                .as_bytes(),
            );
        }
        write!(writer, "{value}")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn text_is_escaped_as_go_does() {
        let text = written(&"<a> & \u{2028}\u{2029} \"é\"\n\u{1}\u{7f}").unwrap();
        let expected = "\"\\u003ca\\u003e \\u0026 \\u2028\\u2029 \\\"é\\\"\\n\\u0001\u{7f}\"";
        assert_eq!(text, expected);
    }

    #[test]
    fn numbers_are_written_as_go_does() {
        let shown = |value: f64| written(&value).unwrap();
        assert_eq!(shown(0.0), "0");
        assert_eq!(shown(-0.0), "-0");
        assert_eq!(shown(1.5), "1.5");
        assert_eq!(shown(1e16), "10000000000000000");
        assert_eq!(shown(1e21), "1e+21");
        assert_eq!(shown(1e-6), "0.000001");
        assert_eq!(shown(1e-7), "1e-7");
        assert_eq!(shown(-2.5e30), "-2.5e+30");
    }

    #[test]
    fn objects_are_sorted() {
        let value: Value = serde_json::from_str(r#"{"b":1,"a":{"d":1,"c":2}}"#).unwrap();
        assert_eq!(written(&value).unwrap(), r#"{"a":{"c":2,"d":1},"b":1}"#);
    }
}
