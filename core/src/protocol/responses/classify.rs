//! Maps every response without the expected result to a status, an action and a message.

use crate::error::{Action, Status};
use crate::protocol::endpoint::Endpoint;
use crate::protocol::server_strings::{
    BAD_BODY, BAD_CONTENT_TYPE, BIND_FAILED, LOGIN_FAILED, MFA_EXPIRED, MFA_INVALID,
    MFA_SAME_METHOD, MFA_UNREADABLE, NO_OTP_LOGIN, NO_PASSWORD_LOGIN, OTP_ATTEMPTS, OTP_INVALID,
    UNBIND_FAILED,
};

use super::error_response::{Envelope, ErrorResponse, FieldErrors};

/// What a response means.
pub(super) struct Class {
    pub status: Status,
    pub action: Action,
    /// For the app's developer.
    pub message: &'static str,
}

fn class(status: Status, action: Action, message: &'static str) -> Class {
    Class {
        status,
        action,
        message,
    }
}

/// The class of a response.
pub(super) fn classify(response: &ErrorResponse<'_>) -> Class {
    match response.http_status {
        ..200 | 300..=399 | 600.. => class(
            Status::UnexpectedResponse,
            Action::CheckNetwork,
            "the response is a redirect or has an invalid status: check the base URL; redirects are not followed",
        ),
        200..=299 => success_without_result(response),
        407 => class(
            Status::Proxy,
            Action::CheckNetwork,
            "a proxy requires authentication: check the proxy settings",
        ),
        429 => too_many_requests(response),
        400..=499 => match &response.envelope {
            Some(envelope) => refusal(response, envelope),
            None => foreign_refusal(response),
        },
        511 => class(
            Status::UnexpectedResponse,
            Action::CheckNetwork,
            "the network requires a login before it forwards requests: open a web page and log in to the network",
        ),
        500..=599 => class(
            Status::Server,
            Action::RetryLater,
            "the server failed: retry later",
        ),
    }
}

fn success_without_result(response: &ErrorResponse<'_>) -> Class {
    let is_partial = response.fault.is_none() && (response.object.is_some() || response.is_empty);
    if response.had_fields && is_partial {
        return class(
            Status::UnexpectedResponse,
            Action::FixCall,
            "the response lacks fields that the call requires: include them in the query `fields`, or omit `fields`",
        );
    }
    // A JSON object, or what is meant to be one, is no page of a network.
    if response.object.is_some() || response.fault.is_some() {
        return class(
            Status::UnexpectedResponse,
            Action::ContactOperator,
            "the response reports success but lacks fields that the call requires: ask the operator what modifies responses",
        );
    }
    class(
        Status::UnexpectedResponse,
        Action::CheckNetwork,
        "the response reports success but is not BosBase's: check the base URL, and for a proxy or login page",
    )
}

fn too_many_requests(response: &ErrorResponse<'_>) -> Class {
    match (response.endpoint, &response.envelope) {
        (Endpoint::AUTH_WITH_OTP, Some(envelope)) if envelope.known_message == OTP_ATTEMPTS => {
            class(
                Status::OtpInvalid,
                Action::SecondFactor,
                "the one-time password was tried too often: request a new one",
            )
        }
        _ => class(
            Status::RateLimited,
            Action::RetryLater,
            "too many requests: wait, then retry",
        ),
    }
}

/// A 4xx that is not in BosBase's form.
fn foreign_refusal(response: &ErrorResponse<'_>) -> Class {
    let may_need_factor = response.http_status == 401 && response.endpoint.is_login();
    if may_need_factor && response.mfa_id.is_some() {
        return class(
            Status::MfaRequired,
            Action::SecondFactor,
            "a second factor is required: log in by another method with this mfa_id",
        );
    }
    class(
        Status::UnexpectedResponse,
        Action::CheckNetwork,
        "the error response is not BosBase's: check the base URL, and for a proxy",
    )
}

/// A 4xx in BosBase's form.
fn refusal(response: &ErrorResponse<'_>, envelope: &Envelope<'_>) -> Class {
    let endpoint = response.endpoint;
    match (response.http_status, endpoint, envelope.known_message) {
        (400, ..) => bad_request(endpoint, envelope),
        (401, Endpoint::AUTH_REFRESH | Endpoint::SEND, _) => class(
            Status::Unauthorized,
            Action::AskCredentials,
            "the session is not accepted: log in again",
        ),
        (401, ..) => class(
            Status::Refused,
            Action::ContactOperator,
            "the server requires an authorization that this call does not need: ask the operator about a proxy in front of it",
        ),
        (403, _, NO_PASSWORD_LOGIN | NO_OTP_LOGIN) => class(
            Status::MethodDisabled,
            Action::ContactOperator,
            "this login method is disabled in the collection: ask the server's operator",
        ),
        (403, Endpoint::AUTH_REFRESH, _) => class(
            Status::Forbidden,
            Action::FixCall,
            "the session belongs to another collection: refresh it there",
        ),
        (403, ..) => class(
            Status::Forbidden,
            Action::ContactOperator,
            "the collection's rules refuse this account: ask the server's operator",
        ),
        (404, ..) => class(
            Status::NotFound,
            Action::FixCall,
            "the collection or path does not exist, or is not an auth collection: check its name and the base URL",
        ),
        (413, ..) => class(
            Status::Refused,
            Action::FixCall,
            "the request body is larger than the server allows: send less",
        ),
        _ => class(
            Status::Refused,
            Action::ContactOperator,
            "the server refused the call: see server_message",
        ),
    }
}

fn bad_request(endpoint: Endpoint, envelope: &Envelope<'_>) -> Class {
    match envelope.field_errors {
        FieldErrors::None => rejected_values(endpoint, envelope.known_message),
        FieldErrors::UserFields => class(
            Status::Validation,
            Action::AskCredentials,
            "the server refused a value that the user typed: see data_json for the field and the reason",
        ),
        FieldErrors::Other => class(
            Status::Validation,
            Action::FixCall,
            "the server refused a field: see data_json for the field and the reason",
        ),
    }
}

/// A 400 without field errors: its message is the reason.
fn rejected_values(endpoint: Endpoint, message: &str) -> Class {
    match (endpoint, message) {
        (Endpoint::BIND_TOKEN, BIND_FAILED) | (Endpoint::UNBIND_TOKEN, UNBIND_FAILED) => class(
            Status::Credentials,
            Action::AskCredentials,
            "wrong email or password",
        ),
        (Endpoint::AUTH_WITH_PASSWORD, LOGIN_FAILED) => class(
            Status::Credentials,
            Action::AskCredentials,
            "wrong identity or password",
        ),
        (Endpoint::AUTH_WITH_TOKEN, LOGIN_FAILED) => class(
            Status::UnknownToken,
            Action::AskCredentials,
            "the token is not bound in this collection: bind it with email and password first",
        ),
        (Endpoint::AUTH_WITH_OTP, OTP_INVALID) => class(
            Status::OtpInvalid,
            Action::SecondFactor,
            "the one-time password is wrong or expired: ask the user again, or request a new one",
        ),
        (login, MFA_EXPIRED | MFA_INVALID) if login.is_login() => class(
            Status::MfaSession,
            Action::SecondFactor,
            "the mfa_id is unknown, used, expired or another account's: restart the login",
        ),
        (login, MFA_UNREADABLE) if login.is_login() => class(
            Status::MfaSession,
            Action::FixCall,
            "the server could not read the mfa_id: pass it unchanged from the error of the first login",
        ),
        (login, MFA_SAME_METHOD) if login.is_login() => class(
            Status::MfaSameMethod,
            Action::SecondFactor,
            "the second factor must be another method than the first: the mfa_id stays valid",
        ),
        (_, BAD_BODY | BAD_CONTENT_TYPE) => class(
            Status::Refused,
            Action::FixCall,
            "the server could not read the body: check the extra fields, headers and query of the call",
        ),
        _ => class(
            Status::Refused,
            Action::ContactOperator,
            "the server refused the call: see server_message",
        ),
    }
}
