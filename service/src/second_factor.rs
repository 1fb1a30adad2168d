//! Multi-factor authentication: which logins need a second factor, and which complete it.

use crate::call::Call;
use crate::response::{ApiError, ApiResult};
use crate::store::Db;
use crate::store::accounts::Account;
use crate::store::mfas::{self, Mfa};
use crate::{clock, ids, rule};
use serde_json::{Map, Value};

/// An authentication method.
#[derive(Clone, Copy)]
pub enum Method {
    Password,
    /// A one-time password.
    Otp,
    /// A custom token.
    Token,
}

impl Method {
    /// The name in the store.
    fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Otp => "otp",
            Self::Token => "token",
        }
    }
}

/// The state of a login after [`check`].
pub enum Factors {
    Complete,
    /// A different method is required; the value is the MFA id.
    SecondRequired(String),
}

/// Checks a login by `method`: a first factor starts an MFA session, a second one ends it.
pub async fn check(
    db: &mut Db,
    call: &Call,
    account: &Account,
    record: &Map<String, Value>,
    method: Method,
) -> ApiResult<Factors> {
    if !is_required(call, record)? {
        return Ok(Factors::Complete);
    }
    let id = mfa_id(call).await?;
    if id.is_empty() {
        let id = start(db, call, account, method).await?;
        return Ok(Factors::SecondRequired(id));
    }
    finish(db, call, account, method, &id).await?;
    Ok(Factors::Complete)
}

/// An invalid rule fails the login.
fn is_required(call: &Call, record: &Map<String, Value>) -> ApiResult<bool> {
    let mfa = &call.collection.mfa;
    if !mfa.enabled {
        return Ok(false);
    }
    rule::evaluate(&mfa.rule, record)
        .map_err(|rule::RuleError| ApiError::bad_request("Failed to authenticate."))
}

/// Returns the MFA id in the query or, if there is none, in the body.
async fn mfa_id(call: &Call) -> ApiResult<String> {
    let id = call.query_param("mfaId");
    if !id.is_empty() {
        return Ok(id);
    }
    match call.form(&["mfaId"]).await {
        Ok(form) => Ok(form.get("mfaId").to_owned()),
        Err(_) => Err(ApiError::bad_request("Failed to read MFA Id.")),
    }
}

/// Sessions started at or before this time have expired. In milliseconds since 1970.
fn expiry_cutoff(call: &Call) -> i64 {
    clock::milliseconds_ago(call.collection.mfa.duration)
}

async fn start(db: &mut Db, call: &Call, account: &Account, method: Method) -> ApiResult<String> {
    let mfa = Mfa {
        id: ids::uuid(),
        collection_id: account.collection_id.clone(),
        account_id: account.id.clone(),
        method: method.name().to_owned(),
        created: clock::milliseconds_ago(0),
    };
    mfas::insert(db, &mfa, expiry_cutoff(call))
        .await
        .map_err(|error| ApiError::internal_error("Failed to create MFA record.", error))?;
    Ok(mfa.id)
}

async fn finish(
    db: &mut Db,
    call: &Call,
    account: &Account,
    method: Method,
    id: &str,
) -> ApiResult<()> {
    let expired = || ApiError::bad_request("Invalid or expired MFA session.");
    let session = mfas::by_id(db, id).await?;
    let session = session.filter(|session| session.created > expiry_cutoff(call));
    let session = session.ok_or_else(expired)?;
    if !session.belongs_to(account) {
        return Err(ApiError::bad_request("Invalid MFA session."));
    }
    if session.method == method.name() {
        return Err(ApiError::bad_request(
            "A different authentication method is required.",
        ));
    }
    // Of concurrent requests with the same id only one succeeds.
    if mfas::claim(db, id).await? {
        Ok(())
    } else {
        Err(expired())
    }
}
