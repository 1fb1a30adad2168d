//! request-otp: asking for a one-time password.

use crate::answer::{self, Outcome, Refusal, went_wrong};
use crate::call::Call;
use crate::store::accounts::{self, Account};
use crate::validation::Findings;
use crate::{App, ids, otp};
use axum::extract::State;
use serde_json::json;
use std::sync::Arc;

/// Gives the identifier of a new one-time password; its code goes to the log, in the place of a
/// mail. Who is not known is given an identifier all the same, so that nobody learns who is.
pub async fn request_otp(State(app): State<Arc<App>>, call: Call) -> Outcome {
    call.needs_accounts()?;
    call.needs_otps()?;
    let form = call.form(&["email"]).await?;
    let mut findings = Findings::default();
    findings.email("email", form.text("email"));
    findings.refuse()?;
    let account = {
        let mut db = app.store.connection().await.map_err(went_wrong)?;
        accounts::by_email(&mut db, &call.collection.id, form.text("email"))
            .await
            .map_err(went_wrong)?
    };
    let id = match account {
        Some(account) => sent(&app, &call, &account).await?,
        None => ids::uuid(),
    };
    answer::picked(&call.query, &json!({"otpId": id}))
}

async fn sent(app: &App, call: &Call, account: &Account) -> Result<String, Refusal> {
    otp::request(app, &call.collection, account)
        .await
        .map_err(|error| Refusal::broken("Failed to create OTP.", error))
}
