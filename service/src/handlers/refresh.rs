//! `auth-refresh`: the current record for a valid login.

use crate::app::App;
use crate::call::Call;
use crate::response::{ApiError, ApiResult};
use crate::{auth, login};
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;

/// Returns the record and the same token. A refresh does not extend its lifetime.
pub async fn auth_refresh(State(app): State<Arc<App>>, call: Call) -> ApiResult {
    let mut db = app.store.connection().await?;
    let login = auth::login(&mut db, &call.headers, &call.query)
        .await?
        .ok_or_else(|| {
            ApiError::new(
                StatusCode::UNAUTHORIZED,
                "The request requires valid record authorization token.",
            )
        })?;
    if login.collection.id != call.collection.id {
        // BosBase names the collection of the token, not the requested one.
        return Err(ApiError::forbidden(format!(
            "The request requires auth record from {} collection.",
            login.collection.name
        )));
    }
    login::refresh(&mut db, &call, &login.account, login.token).await
}
