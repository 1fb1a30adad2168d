//! bind-token and unbind-token: what the owner of a password may do with a custom token.

use crate::App;
use crate::answer::{Outcome, Refusal, Refused, went_wrong};
use crate::call::Call;
use crate::form::Form;
use crate::passwords;
use crate::store::accounts::{self, Account};
use crate::store::bindings;
use crate::validation::Findings;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use std::sync::Arc;

/// Binds a token to an account.
pub async fn bind(State(app): State<Arc<App>>, call: Call) -> Outcome {
    change(&app, &call, &Change::Bind).await
}

/// Removes the binding of a token to an account. That it was there is not asked.
pub async fn unbind(State(app): State<Arc<App>>, call: Call) -> Outcome {
    change(&app, &call, &Change::Unbind).await
}

enum Change {
    Bind,
    Unbind,
}

async fn change(app: &App, call: &Call, change: &Change) -> Outcome {
    let failed = match change {
        Change::Bind => "Failed to bind token.",
        Change::Unbind => "Failed to unbind token.",
    };
    let form = credentials(call).await?;
    let account = owner(app, call, &form, failed).await?;
    let (collection, token) = (&call.collection.id, form.text("token"));
    let broken = |error| Refusal::broken(failed, error);
    let mut db = app.store.transaction().await.map_err(broken)?;
    match change {
        Change::Bind => bindings::bind(&mut db, collection, &account.id, token).await,
        Change::Unbind if call.misses_bindings => Ok(()),
        Change::Unbind => bindings::unbind(&mut db, collection, &account.id, token).await,
    }
    .map_err(broken)?;
    db.commit().await.map_err(broken)?;
    if matches!(change, Change::Bind) {
        app.faults.begin_new_server(&call.collection);
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// What was sent, in a collection that takes passwords at all.
async fn credentials(call: &Call) -> Refused<Form> {
    call.needs_accounts()?;
    call.needs_passwords()?;
    let form = call.form(&["email", "password", "token"]).await?;
    let mut findings = Findings::default();
    findings.email("email", form.text("email"));
    findings.required("password", form.text("password"), 255);
    findings.required("token", form.text("token"), 1024);
    findings.refuse()?;
    Ok(form)
}

/// The account whose email and password were sent.
async fn owner(app: &App, call: &Call, form: &Form, failed: &str) -> Refused<Account> {
    let account = {
        let mut db = app.store.connection().await.map_err(went_wrong)?;
        accounts::by_email(&mut db, &call.collection.id, form.text("email"))
            .await
            .map_err(went_wrong)?
    };
    if let Some(account) = account {
        let password = form.text("password").to_owned();
        if passwords::is_right(password, account.password_hash.clone()).await {
            return Ok(account);
        }
    }
    Err(Refusal::bad(failed))
}
