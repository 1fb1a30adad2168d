//! `auth-with-otp`: login with a one-time password.

use crate::app::App;
use crate::call::Call;
use crate::response::{ApiError, ApiResult};
use crate::second_factor::Method;
use crate::store::accounts::{self, Account};
use crate::store::otps::{self, Otp};
use crate::store::{Db, limits};
use crate::validation::ValidationErrors;
use crate::{clock, login, otp, passwords};
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;

/// Logs in to the account of a one-time password.
pub async fn auth_with_otp(State(app): State<Arc<App>>, call: Call) -> ApiResult {
    call.require_auth_collection()?;
    call.require_otp()?;
    let form = call.form(&["otpId", "password"]).await?;
    let mut errors = ValidationErrors::default();
    errors.required("otpId", form.get("otpId"), 255);
    errors.required("password", form.get("password"), 71);
    errors.into_result()?;
    let (otp, mut account) = {
        let mut db = app.store.connection().await?;
        let found = find(&mut db, &call, form.get("otpId"))
            .await?
            .ok_or_else(invalid)?;
        count_attempt(&mut db, &found.1).await?;
        found
    };
    if !passwords::verify(form.get("password").to_owned(), otp.hash.clone()).await {
        return Err(invalid());
    }
    let mut db = app.store.connection().await?;
    if !otps::claim(&mut db, &otp.id).await? {
        return Err(invalid());
    }
    verify_email(&mut db, &otp, &mut account).await?;
    login::complete(&mut db, &call, &account, Method::Otp).await
}

fn invalid() -> ApiError {
    ApiError::bad_request("Invalid or expired OTP.")
}

/// Returns an active one-time password of the collection, and its account.
async fn find(db: &mut Db, call: &Call, id: &str) -> sqlx::Result<Option<(Otp, Account)>> {
    let Some(otp) = otps::by_id(db, id).await? else {
        return Ok(None);
    };
    let collection = &call.collection;
    if otp.collection_id != collection.id || otp.created <= otp::expiry_cutoff(collection) {
        return Ok(None);
    }
    let account = accounts::by_id(db, &collection.id, &otp.account_id).await?;
    Ok(account.map(|account| (otp, account)))
}

/// Limits the attempts to guess a code, independently of the rate limits.
async fn count_attempt(db: &mut Db, account: &Account) -> ApiResult<()> {
    let key = limits::otp_attempts(&account.collection_id, &account.id);
    let allowed = limits::consume(
        db,
        &key,
        otp::MAX_ATTEMPTS,
        otp::ATTEMPT_WINDOW,
        clock::seconds(),
    );
    if allowed.await? {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::TOO_MANY_REQUESTS,
        "Too many attempts, please try again later with a new OTP.",
    ))
}

/// Marks the account as verified if the code was sent to its email.
async fn verify_email(db: &mut Db, otp: &Otp, account: &mut Account) -> sqlx::Result<()> {
    if account.verified || otp.sent_to != account.email {
        return Ok(());
    }
    account.verified = true;
    account.updated = clock::timestamp();
    accounts::set_verified(db, account).await
}
