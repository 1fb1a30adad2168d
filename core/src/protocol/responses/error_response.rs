//! A response without the expected result, and BosBase's error body in it.

use zeroize::Zeroizing;

use crate::protocol::endpoint::Endpoint;
use crate::protocol::json::{self, Check, DEPTH_MAX, JsonError, Stopped};
use crate::protocol::server_strings;

use super::fields::{self, Field};
use super::view::{RequestInfo, ResponseView};

/// Fields whose values a user types.
const USER_FIELDS: [&str; 4] = ["email", "password", "identity", "otpId"];

/// A response without the expected result.
pub(super) struct ErrorResponse<'a> {
    pub endpoint: Endpoint,
    pub is_head: bool,
    pub had_fields: bool,
    pub http_status: u16,
    pub is_empty: bool,
    /// The body, if it is one JSON object.
    pub object: Option<&'a str>,
    /// Why a body that looks like a JSON object is invalid.
    pub json_error: Option<JsonError>,
    /// The id of a started MFA login.
    pub mfa_id: Option<Zeroizing<String>>,
    pub envelope: Option<Envelope<'a>>,
}

/// BosBase's error body (`docs/protocol.md`, "Error response").
pub(super) struct Envelope<'a> {
    /// The inside of a JSON string.
    pub message: &'a str,
    /// The same, if it is one that the classification distinguishes; else empty.
    pub known_message: &'static str,
    /// A JSON object.
    pub data: &'a str,
    pub field_errors: FieldErrors,
}

/// Which fields `data` reports errors of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldErrors {
    None,
    /// Fields whose values a user types, and no others.
    UserFields,
    Other,
}

impl<'a> ErrorResponse<'a> {
    pub fn parse(
        request: &RequestInfo<'_>,
        response: &ResponseView<'a>,
        json_error: Option<JsonError>,
        check: Check<'_>,
    ) -> Result<Self, Stopped> {
        let read = unless_stopped(read(response.body, check))?;
        let mut parsed = ErrorResponse {
            endpoint: request.endpoint,
            is_head: request.is_head,
            had_fields: request.had_fields,
            http_status: response.status,
            is_empty: response.body.is_empty(),
            object: read.ok().map(|(object, _)| object),
            json_error: json_error
                .or(read.err())
                .filter(|_| json::looks_like_object(response.body)),
            mfa_id: None,
            envelope: None,
        };
        // A 2xx response may contain a token: no error exposes its body.
        if let (Ok((_, [status, message, data, mfa_id])), false) = (read, parsed.is_2xx()) {
            let envelope = envelope([status, message, data], response, check);
            parsed.envelope = unless_stopped(envelope)?.ok().flatten();
            parsed.mfa_id = mfa_id.only().and_then(fields::id);
        }
        Ok(parsed)
    }

    pub fn is_2xx(&self) -> bool {
        super::is_success(self.http_status)
    }
}

/// The result, unless the call has to stop.
fn unless_stopped<T>(read: Result<T, JsonError>) -> Result<Result<T, JsonError>, Stopped> {
    match read {
        Err(JsonError::Stopped) => Err(Stopped),
        read => Ok(read),
    }
}

/// A body that is one JSON object, and its fields `status`, `message`, `data` and `mfaId`.
fn read<'a>(body: &'a [u8], check: Check<'_>) -> Result<(&'a str, [Field<'a>; 4]), JsonError> {
    let body = std::str::from_utf8(body).map_err(|_| JsonError::NotUtf8)?;
    let names = ["status", "message", "data", "mfaId"];
    Ok((body, fields::fields(body, names, check)?))
}

/// The envelope: JSON by its type, an integer `status` equal to the HTTP status, a string `message`, an object
/// `data`.
fn envelope<'a>(
    fields: [Field<'a>; 3],
    response: &ResponseView<'_>,
    check: Check<'_>,
) -> Result<Option<Envelope<'a>>, JsonError> {
    let media_type = response.content_type.split(';').next().unwrap_or_default();
    let [Some(status), Some(message), Some(data)] = fields.map(Field::only) else {
        return Ok(None);
    };
    let Some(message) = json::inside(message) else {
        return Ok(None);
    };
    let is_json = media_type
        .trim_ascii()
        .eq_ignore_ascii_case("application/json");
    if !is_json || status.parse() != Ok(response.status) {
        return Ok(None);
    }
    Ok(Some(Envelope {
        message,
        known_message: server_strings::known_message(message),
        data,
        field_errors: field_errors(data, check)?,
    }))
}

fn field_errors(data: &str, check: Check<'_>) -> Result<FieldErrors, JsonError> {
    let mut errors = FieldErrors::None;
    json::fields(data, DEPTH_MAX, check, |name, _| {
        if !USER_FIELDS.iter().any(|field| name.is(field)) {
            errors = FieldErrors::Other;
        } else if errors == FieldErrors::None {
            errors = FieldErrors::UserFields;
        }
    })?;
    Ok(errors)
}
