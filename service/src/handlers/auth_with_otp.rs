//! auth-with-otp: logging in with a one-time password.

use crate::answer::{Outcome, Refusal, Refused, went_wrong};
use crate::call::Call;
use crate::login::Method;
use crate::store::accounts::{self, Account};
use crate::store::otps::{self, Otp};
use crate::store::{Db, limits};
use crate::validation::Findings;
use crate::{App, clock, login, otp, passwords};
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;

/// Logs in the account for which the one-time password was made.
pub async fn auth_with_otp(State(app): State<Arc<App>>, call: Call) -> Outcome {
    call.needs_accounts()?;
    call.needs_otps()?;
    let form = call.form(&["otpId", "password"]).await?;
    let mut findings = Findings::default();
    findings.required("otpId", form.text("otpId"), 255);
    findings.required("password", form.text("password"), 71);
    findings.refuse()?;
    let (otp, mut account) = {
        let mut db = app.store.connection().await.map_err(went_wrong)?;
        let found = found(&mut db, &call, form.text("otpId"))
            .await
            .map_err(went_wrong)?
            .ok_or_else(invalid)?;
        count_try(&mut db, &found.1).await?;
        found
    };
    if !passwords::is_right(form.text("password").to_owned(), otp.hash.clone()).await {
        return Err(invalid());
    }
    let mut db = app.store.connection().await.map_err(went_wrong)?;
    if !otps::claim(&mut db, &otp.id).await.map_err(went_wrong)? {
        return Err(invalid());
    }
    prove_address(&mut db, &otp, &mut account)
        .await
        .map_err(went_wrong)?;
    login::finish(&mut db, &call, &account, Method::Otp).await
}

fn invalid() -> Refusal {
    Refusal::bad("Invalid or expired OTP.")
}

/// The one-time password, if it lives and belongs here, and whose it is.
async fn found(db: &mut Db, call: &Call, id: &str) -> sqlx::Result<Option<(Otp, Account)>> {
    let Some(otp) = otps::by_id(db, id).await? else {
        return Ok(None);
    };
    let collection = &call.collection;
    if otp.collection_id != collection.id || otp.created <= otp::expired(collection) {
        return Ok(None);
    }
    let account = accounts::by_id(db, &collection.id, &otp.account_id).await?;
    Ok(account.map(|account| (otp, account)))
}

/// Codes are short: who guesses is stopped after five tries, whatever limits there are otherwise.
async fn count_try(db: &mut Db, account: &Account) -> Refused<()> {
    let name = otp::tries(&account.collection_id, &account.id);
    let allowed = limits::take(db, &name, otp::TRIES, otp::TRY_SECONDS, clock::seconds());
    if allowed.await.map_err(went_wrong)? {
        return Ok(());
    }
    Err(Refusal::new(
        StatusCode::TOO_MANY_REQUESTS,
        "Too many attempts, please try again later with a new OTP.",
    ))
}

/// Who has the code that was sent to an address has the address.
async fn prove_address(db: &mut Db, otp: &Otp, account: &mut Account) -> sqlx::Result<()> {
    if account.verified || otp.sent_to != account.email {
        return Ok(());
    }
    account.verified = true;
    account.updated = clock::stamp();
    accounts::verify(db, account).await
}
