//! `request-email-change`: a mail to confirm a new email.

use crate::app::App;
use crate::call::Call;
use crate::response::{ApiError, ApiResult};
use crate::store::accounts;
use crate::validation::ValidationErrors;
use axum::extract::State;
use std::sync::Arc;

/// Validates the new email, and fails as BosBase does without a mail server.
pub async fn request_email_change(State(app): State<Arc<App>>, call: Call) -> ApiResult {
    let mut db = app.store.connection().await?;
    let account = call.require_login(&mut db).await?.account;
    if call.collection.is_superusers() {
        return Err(ApiError::bad_request(
            "All superusers can change their emails directly.",
        ));
    }
    let form = call.form(&["newEmail"]).await?;
    let email = form.get("newEmail");
    let mut errors = ValidationErrors::default();
    errors.email("newEmail", email, 255);
    if email == account.email {
        errors.add(
            "newEmail",
            "validation_not_in_invalid",
            "Must not be in list.",
        );
    } else if accounts::by_email(&mut db, &call.collection.id, email)
        .await?
        .is_some()
    {
        let message = "Invalid new email address.";
        errors.add("newEmail", "validation_invalid_new_email", message);
    }
    errors.into_result()?;
    Err(ApiError::bad_request("Failed to request email change."))
}
