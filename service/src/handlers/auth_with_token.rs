//! `auth-with-token`: login with a custom token.

use crate::app::App;
use crate::call::Call;
use crate::login;
use crate::response::{ApiError, ApiResult};
use crate::second_factor::Method;
use crate::store::accounts::Account;
use crate::store::{Db, accounts, bindings};
use crate::validation::ValidationErrors;
use axum::extract::State;
use std::sync::Arc;

const FAILED: &str = "Failed to authenticate.";

/// Logs in to the account that the token is bound to.
pub async fn auth_with_token(State(app): State<Arc<App>>, call: Call) -> ApiResult {
    call.require_auth_collection()?;
    let form = call.form(&["token"]).await?;
    let mut errors = ValidationErrors::default();
    errors.required("token", form.get("token"), 1024);
    errors.into_result()?;
    let failed = |error| ApiError::internal_error(FAILED, error);
    if call.ignore_bindings {
        return Err(ApiError::bad_request(FAILED));
    }
    let mut db = app.store.connection().await.map_err(failed)?;
    let account = find(&mut db, &call.collection.id, form.get("token"))
        .await
        .map_err(failed)?
        .ok_or_else(|| ApiError::bad_request(FAILED))?;
    login::complete(&mut db, &call, &account, Method::Token).await
}

async fn find(db: &mut Db, collection_id: &str, token: &str) -> sqlx::Result<Option<Account>> {
    match bindings::account_of(db, collection_id, token).await? {
        Some(id) => accounts::by_id(db, collection_id, &id).await,
        None => Ok(None),
    }
}
