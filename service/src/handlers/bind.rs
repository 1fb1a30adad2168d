//! `bind-token` and `unbind-token`, authenticated by email and password.

use crate::app::App;
use crate::call::Call;
use crate::form::Form;
use crate::passwords;
use crate::response::{ApiError, ApiResult};
use crate::store::accounts::{self, Account};
use crate::store::bindings;
use crate::validation::ValidationErrors;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use std::sync::Arc;

/// Binds a token to an account.
pub async fn bind(State(app): State<Arc<App>>, call: Call) -> ApiResult {
    run(&app, &call, &Operation::Bind).await
}

/// Removes the binding of a token to an account, if it exists.
pub async fn unbind(State(app): State<Arc<App>>, call: Call) -> ApiResult {
    run(&app, &call, &Operation::Unbind).await
}

enum Operation {
    Bind,
    Unbind,
}

async fn run(app: &App, call: &Call, operation: &Operation) -> ApiResult {
    let failed = match operation {
        Operation::Bind => "Failed to bind token.",
        Operation::Unbind => "Failed to unbind token.",
    };
    let form = credentials(call).await?;
    let account = authenticate(app, call, &form, failed).await?;
    let (collection, token) = (&call.collection.id, form.get("token"));
    let internal = |error| ApiError::internal_error(failed, error);
    let mut db = app.store.transaction().await.map_err(internal)?;
    match operation {
        Operation::Bind => bindings::bind(&mut db, collection, &account.id, token).await,
        Operation::Unbind if call.ignore_bindings => Ok(()),
        Operation::Unbind => bindings::unbind(&mut db, collection, &account.id, token).await,
    }
    .map_err(internal)?;
    db.commit().await.map_err(internal)?;
    if matches!(operation, Operation::Bind) {
        app.faults.start_new_server(&call.collection);
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Validates the request.
async fn credentials(call: &Call) -> ApiResult<Form> {
    call.require_auth_collection()?;
    call.require_password_auth()?;
    let form = call.form(&["email", "password", "token"]).await?;
    let mut errors = ValidationErrors::default();
    errors.email("email", form.get("email"), 255);
    errors.required("password", form.get("password"), 255);
    errors.required("token", form.get("token"), 1024);
    errors.into_result()?;
    Ok(form)
}

/// Authenticates the account by email and password.
async fn authenticate(app: &App, call: &Call, form: &Form, failed: &str) -> ApiResult<Account> {
    let account = {
        let mut db = app.store.connection().await?;
        accounts::by_email(&mut db, &call.collection.id, form.get("email")).await?
    };
    if let Some(account) = account {
        let password = form.get("password").to_owned();
        if passwords::verify(password, account.password_hash.clone()).await {
            return Ok(account);
        }
    }
    Err(ApiError::bad_request(failed))
}
