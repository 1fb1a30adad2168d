//! `request-otp`: creation of a one-time password.

use crate::app::App;
use crate::call::Call;
use crate::response::{self, ApiError, ApiResult};
use crate::store::accounts::{self, Account};
use crate::validation::ValidationErrors;
use crate::{ids, otp};
use axum::extract::State;
use serde_json::json;
use std::sync::Arc;

/// Returns the id of a new one-time password, whose code is logged in place of a mail. For an
/// unknown email, returns a random id, so that the response does not reveal which emails exist.
pub async fn request_otp(State(app): State<Arc<App>>, call: Call) -> ApiResult {
    call.require_auth_collection()?;
    call.require_otp()?;
    let form = call.form(&["email"]).await?;
    let mut errors = ValidationErrors::default();
    errors.email("email", form.get("email"), 255);
    errors.into_result()?;
    let account = {
        let mut db = app.store.connection().await?;
        accounts::by_email(&mut db, &call.collection.id, form.get("email")).await?
    };
    let id = match account {
        Some(account) => create(&app, &call, &account).await?,
        None => ids::uuid(),
    };
    response::ok_with_fields(&call.query, &json!({"otpId": id}))
}

async fn create(app: &App, call: &Call, account: &Account) -> ApiResult<String> {
    otp::request(app, &call.collection, account)
        .await
        .map_err(|error| ApiError::internal_error("Failed to create OTP.", error))
}
