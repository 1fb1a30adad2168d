//! auth-refresh: the record once more, for a login that is still good.

use crate::answer::{Outcome, Refusal, went_wrong};
use crate::call::Call;
use crate::{App, caller, login};
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;

/// Gives back the token that was sent, which no refresh makes longer, and its record.
pub async fn auth_refresh(State(app): State<Arc<App>>, call: Call) -> Outcome {
    let mut db = app.store.connection().await.map_err(went_wrong)?;
    let login = caller::login(&mut db, &call.headers, &call.query)
        .await
        .map_err(went_wrong)?
        .ok_or_else(|| {
            Refusal::new(
                StatusCode::UNAUTHORIZED,
                "The request requires valid record authorization token.",
            )
        })?;
    if login.collection.id != call.collection.id {
        // BosBase names the collection of the token, not the one that is asked for.
        return Err(Refusal::forbidden(format!(
            "The request requires auth record from {} collection.",
            login.collection.name
        )));
    }
    login::again(&mut db, &call, &login.account, login.token).await
}
