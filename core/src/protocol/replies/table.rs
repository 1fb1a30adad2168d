//! The table that gives every answer one status and one action. Its rows exclude each other, so their
//! order means nothing; a test shows that each answer has exactly one.

use crate::error::{Action, Status};

use super::Call::{AuthWithOtp, AuthWithPassword, AuthWithToken, Bind, Refresh, Send, Unbind};
use super::shape::Shape;
use crate::protocol::texts::{
    BAD_BODY, BAD_TYPE, BIND_FAILED, LOGIN_FAILED, MFA_EXPIRED, MFA_FOREIGN, MFA_SAME,
    MFA_UNREADABLE, NO_OTP_LOGIN, NO_PASSWORD_LOGIN, OTP_INVALID, OTP_TRIES, UNBIND_FAILED,
};

/// One row of the table.
pub(super) struct Row {
    /// The answers it is for.
    pub holds: fn(&Shape<'_>) -> bool,
    #[allow(dead_code, reason = "tests speak of rows by their names")]
    pub name: &'static str,
    pub status: Status,
    pub action: Action,
    /// What to tell the app's developer.
    pub message: &'static str,
}

/// The row of an answer that is no success.
pub(super) fn classify(shape: &Shape<'_>) -> &'static Row {
    // The rows leave no answer out; if one did, the first row's meaning would be the right one.
    TABLE
        .iter()
        .find(|row| (row.holds)(shape))
        .unwrap_or(&TABLE[0])
}

const fn row(
    name: &'static str,
    holds: fn(&Shape<'_>) -> bool,
    status: Status,
    action: Action,
    message: &'static str,
) -> Row {
    Row {
        holds,
        name,
        status,
        action,
        message,
    }
}

/// A 2xx answer that the call did not want.
fn odd_success(s: &Shape<'_>) -> bool {
    (200..=299).contains(&s.status) && !s.success
}

/// A 2xx answer that asking for some fields only explains.
fn narrowed(s: &Shape<'_>) -> bool {
    odd_success(s) && s.had_fields && s.fault.is_none() && (s.object.is_some() || s.empty)
}

/// A JSON object, or what is meant to be one: no page of a network's.
fn is_of_a_server(s: &Shape<'_>) -> bool {
    s.object.is_some() || s.fault.is_some()
}

fn asks_second_factor(s: &Shape<'_>) -> bool {
    s.status == 401 && s.call.is_login() && s.mfa_id.is_some()
}

fn otp_tries_spent(s: &Shape<'_>) -> bool {
    s.is(AuthWithOtp) && s.says(429, OTP_TRIES)
}

fn is_credentials(s: &Shape<'_>) -> bool {
    s.is(Bind) && s.refuses(BIND_FAILED) || s.is(Unbind) && s.refuses(UNBIND_FAILED)
}

fn is_password(s: &Shape<'_>) -> bool {
    s.is(AuthWithPassword) && s.refuses(LOGIN_FAILED)
}

fn is_unknown_token(s: &Shape<'_>) -> bool {
    s.is(AuthWithToken) && s.refuses(LOGIN_FAILED)
}

fn is_otp(s: &Shape<'_>) -> bool {
    s.is(AuthWithOtp) && s.refuses(OTP_INVALID)
}

fn is_mfa_session(s: &Shape<'_>) -> bool {
    s.call.is_login() && (s.refuses(MFA_EXPIRED) || s.refuses(MFA_FOREIGN))
}

fn is_mfa_unreadable(s: &Shape<'_>) -> bool {
    s.call.is_login() && s.refuses(MFA_UNREADABLE)
}

fn is_mfa_same(s: &Shape<'_>) -> bool {
    s.call.is_login() && s.refuses(MFA_SAME)
}

fn is_bad_body(s: &Shape<'_>) -> bool {
    s.refuses(BAD_BODY) || s.refuses(BAD_TYPE)
}

/// The 400s that blame no field and whose text tells the reason: rows 10a to 10h.
const EXPLAINED: [fn(&Shape<'_>) -> bool; 8] = [
    is_credentials,
    is_password,
    is_unknown_token,
    is_otp,
    is_mfa_session,
    is_mfa_unreadable,
    is_mfa_same,
    is_bad_body,
];

fn is_method_off(s: &Shape<'_>) -> bool {
    s.says(403, NO_PASSWORD_LOGIN) || s.says(403, NO_OTP_LOGIN)
}

/// An envelope of this status.
fn is_error(s: &Shape<'_>, status: u16) -> bool {
    s.status == status && s.has_envelope()
}

/// Every answer but row 1, which is `Shape::success`.
pub(super) const TABLE: [Row; 30] = [
    row(
        "2a",
        |s| odd_success(s) && !is_of_a_server(s) && !narrowed(s),
        Status::UnexpectedResponse,
        Action::CheckNetwork,
        "the answer says success but is not BosBase's; look for a login page or proxy in between, and at the base URL",
    ),
    row(
        "2b",
        narrowed,
        Status::UnexpectedResponse,
        Action::FixCall,
        "the query's fields left out what the call needs; let fields include it, or leave fields out",
    ),
    row(
        "2c",
        |s| odd_success(s) && is_of_a_server(s) && !narrowed(s),
        Status::UnexpectedResponse,
        Action::ContactOperator,
        "the answer says success but lacks what the call needs; ask the server's operator what changes its answers",
    ),
    row(
        "3",
        |s| matches!(s.status, ..200 | 300..=399 | 600..),
        Status::UnexpectedResponse,
        Action::CheckNetwork,
        "the answer is a redirect or has no usable status; redirects are not followed, so give the final base URL",
    ),
    row(
        "4a",
        otp_tries_spent,
        Status::OtpInvalid,
        Action::SecondFactor,
        "the one-time password was tried too often; ask for a new one",
    ),
    row(
        "4b",
        |s| s.status == 429 && !otp_tries_spent(s),
        Status::RateLimited,
        Action::RetryLater,
        "too many requests; wait, then try again",
    ),
    row(
        "5a",
        |s| s.status == 511,
        Status::UnexpectedResponse,
        Action::CheckNetwork,
        "the network wants a login of its own before it lets requests through",
    ),
    row(
        "5b",
        |s| matches!(s.status, 500..=510 | 512..=599),
        Status::Server,
        Action::RetryLater,
        "the server failed; try again later",
    ),
    row(
        "6",
        |s| s.status == 407,
        Status::Proxy,
        Action::CheckNetwork,
        "a proxy wants a login of its own; check the proxy's settings",
    ),
    row(
        "7a",
        asks_second_factor,
        Status::MfaRequired,
        Action::SecondFactor,
        "a second factor is needed; log in by another method with this mfa_id",
    ),
    row(
        "7b",
        |s| is_error(s, 401) && (s.is(Refresh) || s.is(Send)),
        Status::Unauthorized,
        Action::AskCredentials,
        "the server does not accept the session; log in again",
    ),
    row(
        "7c",
        |s| is_error(s, 401) && !s.is(Refresh) && !s.is(Send),
        Status::Refused,
        Action::ContactOperator,
        "the server wants an authorization that this call does not need; ask its operator what stands in front of it",
    ),
    row(
        "8",
        |s| {
            is_4xx(s)
                && !s.has_envelope()
                && !matches!(s.status, 407 | 429)
                && !asks_second_factor(s)
        },
        Status::UnexpectedResponse,
        Action::CheckNetwork,
        "the refusal is not BosBase's; check the base URL and what stands between here and the server",
    ),
    row(
        "9a",
        |s| s.blames_user_fields(),
        Status::Validation,
        Action::AskCredentials,
        "the server finds what was typed in malformed; data_json tells which field and why",
    ),
    row(
        "9b",
        |s| s.blames_other_fields(),
        Status::Validation,
        Action::FixCall,
        "the server finds a field wrong; data_json tells which and why",
    ),
    row(
        "10a",
        is_credentials,
        Status::Credentials,
        Action::AskCredentials,
        "wrong email or password",
    ),
    row(
        "10b",
        is_password,
        Status::Credentials,
        Action::AskCredentials,
        "wrong identity or password",
    ),
    row(
        "10c",
        is_unknown_token,
        Status::UnknownToken,
        Action::AskCredentials,
        "the token is not bound in this collection; bind it with email and password first",
    ),
    row(
        "10d",
        is_otp,
        Status::OtpInvalid,
        Action::SecondFactor,
        "the one-time password is wrong or expired; ask for it again or for a new one",
    ),
    row(
        "10e",
        is_mfa_session,
        Status::MfaSession,
        Action::SecondFactor,
        "the mfa_id is unknown, used, expired or another account's; begin the login again",
    ),
    row(
        "10f",
        is_mfa_unreadable,
        Status::MfaSession,
        Action::FixCall,
        "the server could not read the mfa_id; give it as the first login's error had it",
    ),
    row(
        "10g",
        is_mfa_same,
        Status::MfaSameMethod,
        Action::SecondFactor,
        "the second factor must be another method than the first; the mfa_id stays good",
    ),
    row(
        "10h",
        is_bad_body,
        Status::Refused,
        Action::FixCall,
        "the server could not read the body; check the extra members, headers and query of the call",
    ),
    row(
        "10i",
        |s| s.blames_nothing() && !EXPLAINED.iter().any(|holds| holds(s)),
        Status::Refused,
        Action::ContactOperator,
        "the server refused the call for a reason of its own; server_message tells it",
    ),
    row(
        "11a",
        is_method_off,
        Status::MethodDisabled,
        Action::ContactOperator,
        "this way to log in is switched off in the collection; ask the server's operator",
    ),
    row(
        "11b",
        |s| is_error(s, 403) && !is_method_off(s) && s.is(Refresh),
        Status::Forbidden,
        Action::FixCall,
        "the session is of another collection; refresh it in its own",
    ),
    row(
        "11c",
        |s| is_error(s, 403) && !is_method_off(s) && !s.is(Refresh),
        Status::Forbidden,
        Action::ContactOperator,
        "the collection's rules do not let this account in; ask the server's operator",
    ),
    row(
        "12",
        |s| is_error(s, 404),
        Status::NotFound,
        Action::FixCall,
        "no such collection or path, or no collection of accounts; check its name and the base URL",
    ),
    row(
        "13a",
        |s| is_error(s, 413),
        Status::Refused,
        Action::FixCall,
        "the body is larger than the server allows; send less",
    ),
    row(
        "13b",
        |s| is_other_4xx(s) && s.has_envelope(),
        Status::Refused,
        Action::ContactOperator,
        "the server refused the call; server_message tells why",
    ),
];

fn is_4xx(s: &Shape<'_>) -> bool {
    (400..=499).contains(&s.status)
}

/// A 4xx that no other row speaks of.
fn is_other_4xx(s: &Shape<'_>) -> bool {
    is_4xx(s) && !matches!(s.status, 400 | 401 | 403 | 404 | 407 | 413 | 429)
}
