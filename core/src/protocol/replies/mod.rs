//! What an answer means to a call: a success with what it brought, or an error that says what to do.

mod members;
mod report;
mod shape;
mod table;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod totality_tests;

use std::time::SystemTime;

use crate::error::Report;
use crate::input;
use crate::protocol::json::{Check, Fault, Stopped};
use crate::protocol::{json, record};
use crate::secret::Secret;

use shape::Shape;

/// The calls whose answers can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(
    dead_code,
    reason = "the table knows every call of the protocol, whether the library makes it yet or not"
)]
pub(crate) enum Call {
    /// Bind a token to an account.
    Bind,
    /// Unbind a token from an account.
    Unbind,
    /// Log in with a bound token.
    AuthWithToken,
    /// Log in with a password.
    AuthWithPassword,
    /// Log in with a one-time password.
    AuthWithOtp,
    /// Ask for a one-time password.
    RequestOtp,
    /// Get the session's record anew.
    Refresh,
    /// Any other request of the app's own.
    Send,
}

impl Call {
    /// Whether it is a login that may ask for a second factor.
    fn is_login(self) -> bool {
        matches!(
            self,
            Call::AuthWithToken | Call::AuthWithPassword | Call::AuthWithOtp
        )
    }
}

/// A complete HTTP answer; a header that is absent is empty.
#[derive(Clone, Copy)]
pub(crate) struct Answer<'a> {
    pub status: u16,
    pub content_type: &'a str,
    pub retry_after: &'a str,
    pub body: &'a [u8],
}

/// What a call brought.
#[derive(Debug)]
pub(crate) enum Success<'a> {
    /// It is done; there is nothing more to know.
    Done,
    /// Somebody is logged in.
    Login(Login<'a>),
    /// The id of the one-time password that was sent.
    #[allow(
        dead_code,
        reason = "read by the call that asks for one, which the library does not make yet"
    )]
    OtpId(String),
}

/// A login answer, checked.
pub(crate) struct Login<'a> {
    /// The session's token.
    pub token: Secret,
    /// The account's record, a JSON object.
    pub record_json: &'a str,
    /// What the server adds, a JSON value; empty if nothing.
    pub meta_json: &'a str,
}

impl std::fmt::Debug for Login<'_> {
    /// Shows neither the token nor the record.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").finish_non_exhaustive()
    }
}

/// What `call` brought, if the response is row 1 of the table: what the call wanted, and nothing else. Otherwise
/// the fault in its JSON, if there is one.
pub(crate) fn success<'a>(
    call: Call,
    answer: &Answer<'a>,
    check: Check<'_>,
) -> Result<Success<'a>, Option<Fault>> {
    match (call, answer.status) {
        (Call::Bind | Call::Unbind, 204) => Ok(Success::Done),
        (Call::Send, 200..=299) => Ok(Success::Done),
        (Call::RequestOtp, 200) => otp_id(answer.body, check)?.map(Success::OtpId).ok_or(None),
        (Call::AuthWithToken | Call::AuthWithPassword | Call::AuthWithOtp | Call::Refresh, 200) => {
            login(answer.body, check)?.map(Success::Login).ok_or(None)
        }
        _ => Err(None),
    }
}

/// What a response that is no [`success`], for the reason of `fault` if it has one, means. `had_fields` tells that the call's query named `fields`,
/// which makes the server leave members out. The error shows none of the `secrets`; its `url` and `argument`
/// are left empty, and its `outcome_unknown` takes it that the request was sent.
pub(crate) fn refusal(
    call: Call,
    had_fields: bool,
    answer: &Answer<'_>,
    fault: Option<Fault>,
    secrets: &[&str],
    now: SystemTime,
    check: Check<'_>,
) -> Result<Report, Stopped> {
    let shape = Shape::of(call, had_fields, answer, fault, check)?;
    let row = table::classify(&shape);
    Ok(report::report(row, &shape, answer, secrets, now))
}

/// The login that a body is; `None` if it is an object that lacks something.
fn login<'a>(body: &'a [u8], check: Check<'_>) -> Result<Option<Login<'a>>, Fault> {
    let text = std::str::from_utf8(body).map_err(|_| Fault::NotUtf8)?;
    let [token, record, meta] = members::members(text, ["token", "record", "meta"], check)?;
    let (token, record, meta) = (token.unique()?, record.unique()?, meta.unique()?);
    let (Some(token), Some(record_json)) = (token.and_then(members::token), record) else {
        return Ok(None);
    };
    match record::check(record_json, check) {
        Err(Fault::NotAnObject) => return Ok(None),
        checked => checked?,
    }
    let meta_json = meta.filter(|meta| *meta != "null").unwrap_or_default();
    Ok(Some(Login {
        token,
        record_json,
        meta_json,
    }))
}

fn otp_id(body: &[u8], check: Check<'_>) -> Result<Option<String>, Fault> {
    let text = std::str::from_utf8(body).map_err(|_| Fault::NotUtf8)?;
    let [id] = members::members(text, ["otpId"], check)?;
    let id = id.unique()?;
    let id = id.and_then(|id| json::short_string(id, input::MFA_ID_MAX));
    Ok(id.filter(|id| input::is_mfa_id(id)))
}
