//! Maps every response without the expected result to a status, an action and a message.

use crate::protocol::endpoint::Endpoint;
use crate::protocol::server_strings::{
    BAD_BODY, BAD_CONTENT_TYPE, BIND_FAILED, LOGIN_FAILED, MFA_EXPIRED, MFA_INVALID,
    MFA_SAME_METHOD, MFA_UNREADABLE, NO_OTP_LOGIN, NO_PASSWORD_LOGIN, OTP_ATTEMPTS, OTP_INVALID,
    UNBIND_FAILED,
};

use super::class::{self, Class};
use super::error_response::{Envelope, ErrorResponse, FieldErrors};

/// Returns the class of a response.
pub(super) fn classify(response: &ErrorResponse<'_>) -> &'static Class {
    match response.http_status {
        ..200 | 300..=399 | 600.. => &class::REDIRECT,
        200..=299 => success_without_result(response),
        407 => &class::PROXY,
        429 => too_many_requests(response),
        400..=499 => match &response.envelope {
            Some(envelope) => rejection(response, envelope),
            None if response.is_head => rejection_of_head(response.http_status),
            None => unrecognized_error(response),
        },
        511 => &class::CAPTIVE_PORTAL,
        500..=599 => &class::SERVER_FAILED,
    }
}

fn success_without_result(response: &ErrorResponse<'_>) -> &'static Class {
    let is_partial =
        response.json_error.is_none() && (response.object.is_some() || response.is_empty);
    if response.had_fields && is_partial {
        return &class::FIELDS_OMITTED;
    }
    // A JSON object, or what starts like one, is not a web page.
    if response.object.is_some() || response.json_error.is_some() {
        return &class::RESULT_MISSING;
    }
    &class::UNRECOGNIZED_SUCCESS
}

fn too_many_requests(response: &ErrorResponse<'_>) -> &'static Class {
    match (response.endpoint, &response.envelope) {
        (Endpoint::AUTH_WITH_OTP, Some(envelope)) if envelope.known_message == OTP_ATTEMPTS => {
            &class::OTP_ATTEMPTS_EXCEEDED
        }
        _ => &class::RATE_LIMITED,
    }
}

/// A 4xx that is not in BosBase's form.
fn unrecognized_error(response: &ErrorResponse<'_>) -> &'static Class {
    let may_need_factor = response.http_status == 401 && response.endpoint.is_login();
    if may_need_factor && response.mfa_id.is_some() {
        return &class::MFA_REQUIRED;
    }
    &class::UNRECOGNIZED_ERROR
}

/// A 4xx in BosBase's form.
fn rejection(response: &ErrorResponse<'_>, envelope: &Envelope<'_>) -> &'static Class {
    let endpoint = response.endpoint;
    match (response.http_status, endpoint, envelope.known_message) {
        (400, ..) => bad_request(endpoint, envelope),
        (401, Endpoint::AUTH_REFRESH | Endpoint::SEND, _) => &class::UNAUTHORIZED,
        (401, ..) => &class::UNEXPECTED_AUTHORIZATION,
        (403, _, NO_PASSWORD_LOGIN | NO_OTP_LOGIN) => &class::METHOD_DISABLED,
        (403, Endpoint::AUTH_REFRESH, _) => &class::REFRESH_FORBIDDEN,
        (403, ..) => &class::FORBIDDEN,
        (404, Endpoint::SEND, _) => &class::NO_SUCH_PATH,
        (404, ..) => &class::NOT_FOUND,
        (413, ..) => &class::BODY_TOO_LARGE,
        _ => &class::REFUSED,
    }
}

/// A 4xx to a HEAD request. Its status is all that is known.
fn rejection_of_head(http_status: u16) -> &'static Class {
    match http_status {
        401 => &class::UNAUTHORIZED,
        403 => &class::FORBIDDEN,
        404 => &class::NO_SUCH_PATH,
        _ => &class::HEAD_REFUSED,
    }
}

fn bad_request(endpoint: Endpoint, envelope: &Envelope<'_>) -> &'static Class {
    match envelope.field_errors {
        FieldErrors::None => rejected_values(endpoint, envelope.known_message),
        FieldErrors::UserFields => &class::USER_FIELDS_INVALID,
        FieldErrors::Other => &class::FIELDS_INVALID,
    }
}

/// A 400 without field errors: its message is the reason.
fn rejected_values(endpoint: Endpoint, message: &str) -> &'static Class {
    match (endpoint, message) {
        (Endpoint::BIND_TOKEN, BIND_FAILED) | (Endpoint::UNBIND_TOKEN, UNBIND_FAILED) => {
            &class::WRONG_PASSWORD
        }
        (Endpoint::AUTH_WITH_PASSWORD, LOGIN_FAILED) => &class::WRONG_IDENTITY,
        (Endpoint::AUTH_WITH_TOKEN, LOGIN_FAILED) => &class::UNKNOWN_TOKEN,
        (Endpoint::AUTH_WITH_OTP, OTP_INVALID) => &class::WRONG_OTP,
        (login, MFA_EXPIRED | MFA_INVALID) if login.is_login() => &class::MFA_SESSION,
        (login, MFA_UNREADABLE) if login.is_login() => &class::MFA_ID_UNREADABLE,
        (login, MFA_SAME_METHOD) if login.is_login() => &class::MFA_METHOD_REPEATED,
        (_, BAD_BODY | BAD_CONTENT_TYPE) => &class::BODY_UNREADABLE,
        _ => &class::REFUSED,
    }
}
