//! Maps every response without the expected result to a status, an action and a message.

use crate::error::{Action, Status};
use crate::protocol::endpoint::Endpoint;
use crate::protocol::server_strings::{
    BAD_BODY, BAD_TYPE, BIND_FAILED, LOGIN_FAILED, MFA_EXPIRED, MFA_FOREIGN, MFA_SAME,
    MFA_UNREADABLE, NO_OTP_LOGIN, NO_PASSWORD_LOGIN, OTP_INVALID, OTP_TRIES, UNBIND_FAILED,
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
            "the answer is a redirect or has no usable status; redirects are not followed, so give the final base URL",
        ),
        200..=299 => success_without_result(response),
        407 => class(
            Status::Proxy,
            Action::CheckNetwork,
            "a proxy wants a login of its own; check the proxy's settings",
        ),
        429 => too_many_requests(response),
        400..=499 => match &response.envelope {
            Some(envelope) => refusal(response, envelope),
            None => foreign_refusal(response),
        },
        511 => class(
            Status::UnexpectedResponse,
            Action::CheckNetwork,
            "the network wants a login of its own before it lets requests through",
        ),
        500..=599 => class(
            Status::Server,
            Action::RetryLater,
            "the server failed; try again later",
        ),
    }
}

fn success_without_result(response: &ErrorResponse<'_>) -> Class {
    let is_partial = response.fault.is_none() && (response.object.is_some() || response.is_empty);
    if response.had_fields && is_partial {
        return class(
            Status::UnexpectedResponse,
            Action::FixCall,
            "the query's fields left out what the call needs; let fields include it, or leave fields out",
        );
    }
    // A JSON object, or what is meant to be one, is no page of a network.
    if response.object.is_some() || response.fault.is_some() {
        return class(
            Status::UnexpectedResponse,
            Action::ContactOperator,
            "the answer says success but lacks what the call needs; ask the server's operator what changes its answers",
        );
    }
    class(
        Status::UnexpectedResponse,
        Action::CheckNetwork,
        "the answer says success but is not BosBase's; look for a login page or proxy in between, and at the base URL",
    )
}

fn too_many_requests(response: &ErrorResponse<'_>) -> Class {
    match (response.endpoint, &response.envelope) {
        (Endpoint::AUTH_WITH_OTP, Some(envelope)) if envelope.known_message == OTP_TRIES => class(
            Status::OtpInvalid,
            Action::SecondFactor,
            "the one-time password was tried too often; ask for a new one",
        ),
        _ => class(
            Status::RateLimited,
            Action::RetryLater,
            "too many requests; wait, then try again",
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
            "a second factor is needed; log in by another method with this mfa_id",
        );
    }
    class(
        Status::UnexpectedResponse,
        Action::CheckNetwork,
        "the refusal is not BosBase's; check the base URL and what stands between here and the server",
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
            "the server does not accept the session; log in again",
        ),
        (401, ..) => class(
            Status::Refused,
            Action::ContactOperator,
            "the server wants an authorization that this call does not need; ask its operator what stands in front of it",
        ),
        (403, _, NO_PASSWORD_LOGIN | NO_OTP_LOGIN) => class(
            Status::MethodDisabled,
            Action::ContactOperator,
            "this way to log in is switched off in the collection; ask the server's operator",
        ),
        (403, Endpoint::AUTH_REFRESH, _) => class(
            Status::Forbidden,
            Action::FixCall,
            "the session is of another collection; refresh it in its own",
        ),
        (403, ..) => class(
            Status::Forbidden,
            Action::ContactOperator,
            "the collection's rules do not let this account in; ask the server's operator",
        ),
        (404, ..) => class(
            Status::NotFound,
            Action::FixCall,
            "no such collection or path, or no collection of accounts; check its name and the base URL",
        ),
        (413, ..) => class(
            Status::Refused,
            Action::FixCall,
            "the body is larger than the server allows; send less",
        ),
        _ => class(
            Status::Refused,
            Action::ContactOperator,
            "the server refused the call; server_message tells why",
        ),
    }
}

fn bad_request(endpoint: Endpoint, envelope: &Envelope<'_>) -> Class {
    match envelope.field_errors {
        FieldErrors::None => rejected_values(endpoint, envelope.known_message),
        FieldErrors::UserFields => class(
            Status::Validation,
            Action::AskCredentials,
            "the server finds what was typed in malformed; data_json tells which field and why",
        ),
        FieldErrors::Other => class(
            Status::Validation,
            Action::FixCall,
            "the server finds a field wrong; data_json tells which and why",
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
            "the token is not bound in this collection; bind it with email and password first",
        ),
        (Endpoint::AUTH_WITH_OTP, OTP_INVALID) => class(
            Status::OtpInvalid,
            Action::SecondFactor,
            "the one-time password is wrong or expired; ask for it again or for a new one",
        ),
        (login, MFA_EXPIRED | MFA_FOREIGN) if login.is_login() => class(
            Status::MfaSession,
            Action::SecondFactor,
            "the mfa_id is unknown, used, expired or another account's; begin the login again",
        ),
        (login, MFA_UNREADABLE) if login.is_login() => class(
            Status::MfaSession,
            Action::FixCall,
            "the server could not read the mfa_id; give it as the first login's error had it",
        ),
        (login, MFA_SAME) if login.is_login() => class(
            Status::MfaSameMethod,
            Action::SecondFactor,
            "the second factor must be another method than the first; the mfa_id stays good",
        ),
        (_, BAD_BODY | BAD_TYPE) => class(
            Status::Refused,
            Action::FixCall,
            "the server could not read the body; check the extra members, headers and query of the call",
        ),
        _ => class(
            Status::Refused,
            Action::ContactOperator,
            "the server refused the call for a reason of its own; server_message tells it",
        ),
    }
}
