//! auth-with-token: logging in with a custom token.

use crate::answer::{Outcome, Refusal};
use crate::call::Call;
use crate::login::Method;
use crate::store::accounts::Account;
use crate::store::{Db, accounts, bindings};
use crate::validation::Findings;
use crate::{App, login};
use axum::extract::State;
use std::sync::Arc;

const FAILED: &str = "Failed to authenticate.";

/// Logs in the account that the token is bound to.
pub async fn auth_with_token(State(app): State<Arc<App>>, call: Call) -> Outcome {
    call.needs_accounts()?;
    let form = call.form(&["token"]).await?;
    let mut findings = Findings::default();
    findings.required("token", form.text("token"), 1024);
    findings.refuse()?;
    let broken = |error| Refusal::broken(FAILED, error);
    if call.misses_bindings {
        return Err(Refusal::bad(FAILED));
    }
    let mut db = app.store.connection().await.map_err(broken)?;
    let account = bound(&mut db, &call.collection.id, form.text("token"))
        .await
        .map_err(broken)?
        .ok_or_else(|| Refusal::bad(FAILED))?;
    login::finish(&mut db, &call, &account, Method::Token).await
}

async fn bound(db: &mut Db, collection_id: &str, token: &str) -> sqlx::Result<Option<Account>> {
    match bindings::account_of(db, collection_id, token).await? {
        Some(id) => accounts::by_id(db, collection_id, &id).await,
        None => Ok(None),
    }
}
