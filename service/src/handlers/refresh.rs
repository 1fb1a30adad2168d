//! `auth-refresh`: the current record for a valid login.

use crate::app::App;
use crate::call::Call;
use crate::login;
use crate::response::ApiResult;
use axum::extract::State;
use std::sync::Arc;

/// Returns the record and the same token. A refresh does not extend its lifetime.
pub async fn auth_refresh(State(app): State<Arc<App>>, call: Call) -> ApiResult {
    let mut db = app.store.connection().await?;
    let login = call.require_login(&mut db).await?;
    login::refresh(&mut db, &call, &login.account, login.token).await
}
