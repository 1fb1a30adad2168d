//! Parses responses: the result of a call, or an error with its status and action.

mod class;
mod classify;
mod error_response;
mod fields;
mod report;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod totality_tests;
mod view;

use std::time::SystemTime;

use super::json::{Check, JsonError, Stopped};
use super::record;
use crate::error::Report;
use crate::secret::Secret;

use error_response::ErrorResponse;
pub(crate) use view::{RequestInfo, ResponseView};

/// The result of a login or refresh, validated.
pub(crate) struct Login<'a> {
    /// The session's token.
    pub token: Secret,
    /// The account's record, a JSON object.
    pub record_json: &'a str,
    /// The server's `meta`, a JSON value; empty if absent.
    pub meta_json: &'a str,
}

/// Parses the response of a call without a result: 204.
pub(crate) fn no_content(
    response: &ResponseView<'_>,
    _check: Check<'_>,
) -> Result<(), Option<JsonError>> {
    (response.status == 204).then_some(()).ok_or(None)
}

/// Parses the response of any other request: 2xx.
pub(crate) fn success(
    response: &ResponseView<'_>,
    _check: Check<'_>,
) -> Result<(), Option<JsonError>> {
    is_success(response.status).then_some(()).ok_or(None)
}

/// Whether this status is 2xx.
pub(crate) fn is_success(http_status: u16) -> bool {
    (200..=299).contains(&http_status)
}

/// Parses the response of a login or refresh: 200 with a token and a record. Returns
/// the error of the JSON, if that is the reason.
pub(crate) fn login<'a>(
    response: &ResponseView<'a>,
    check: Check<'_>,
) -> Result<Login<'a>, Option<JsonError>> {
    if response.status != 200 {
        return Err(None);
    }
    login_body(response.body, check)?.ok_or(None)
}

/// The login in a body; `None` if it is an object without a required field.
fn login_body<'a>(body: &'a [u8], check: Check<'_>) -> Result<Option<Login<'a>>, JsonError> {
    let body = std::str::from_utf8(body).map_err(|_| JsonError::NotUtf8)?;
    let fields = fields::login(body, check)?;
    let token = fields.token.unique()?.and_then(fields::token);
    let (record, meta) = (fields.record.unique()?, fields.meta.unique()?);
    let (Some(token), Some(record_json)) = (token, record) else {
        return Ok(None);
    };
    if !record_json.starts_with('{') {
        return Ok(None);
    }
    if record::has_duplicates(&fields.record_names, check)? {
        return Err(JsonError::Duplicate);
    }
    let meta_json = meta.filter(|meta| *meta != "null").unwrap_or_default();
    Ok(Some(Login {
        token,
        record_json,
        meta_json,
    }))
}

/// Parses the response of request-otp: 200 with the id of the one-time password.
pub(crate) fn otp_id(
    response: &ResponseView<'_>,
    check: Check<'_>,
) -> Result<String, Option<JsonError>> {
    if response.status != 200 {
        return Err(None);
    }
    let body = std::str::from_utf8(response.body).map_err(|_| JsonError::NotUtf8)?;
    let [otp_id] = fields::fields(body, ["otpId"], check)?;
    let otp_id = otp_id.unique()?.and_then(fields::id);
    otp_id.map(|id| id.to_string()).ok_or(None)
}

/// The error of a response without the expected result; `json_error` is that of its body, if that is the reason.
/// `url` and `argument` of the error are empty.
pub(crate) fn error(
    request: &RequestInfo<'_>,
    response: &ResponseView<'_>,
    json_error: Option<JsonError>,
    now: SystemTime,
    check: Check<'_>,
) -> Result<Report, Stopped> {
    let parsed = ErrorResponse::parse(request, response, json_error, check)?;
    let class = classify::classify(&parsed);
    Ok(report::report(
        class,
        &parsed,
        response,
        request.secrets,
        now,
    ))
}
