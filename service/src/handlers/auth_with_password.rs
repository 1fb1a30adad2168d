//! `auth-with-password`: login with an email, or another identity field, and a password.

use crate::app::App;
use crate::call::Call;
use crate::form::Form;
use crate::response::{ApiError, ApiResult};
use crate::second_factor::Method;
use crate::store::Db;
use crate::store::accounts::{self, Account};
use crate::store::collections::Collection;
use crate::validation::{ValidationErrors, is_email};
use crate::{login, passwords};
use axum::extract::State;
use std::sync::Arc;

/// Logs in to the account with an identity and a password.
pub async fn auth_with_password(State(app): State<Arc<App>>, call: Call) -> ApiResult {
    call.require_auth_collection()?;
    call.require_password_auth()?;
    let form = credentials(&call).await?;
    let account = {
        let mut db = app.store.connection().await?;
        find(&mut db, &call.collection, &form).await?
    };
    let failed = || ApiError::bad_request("Failed to authenticate.");
    let account = account.ok_or_else(failed)?;
    let password = form.get("password").to_owned();
    if !passwords::verify(password, account.password_hash.clone()).await {
        return Err(failed());
    }
    let mut db = app.store.connection().await?;
    login::complete(&mut db, &call, &account, Method::Password).await
}

async fn credentials(call: &Call) -> ApiResult<Form> {
    let form = call
        .form(&["identity", "password", "identityField"])
        .await?;
    let mut errors = ValidationErrors::default();
    errors.required("identity", form.get("identity"), 255);
    errors.required("password", form.get("password"), 255);
    errors.one_of(
        "identityField",
        form.get("identityField"),
        &call.collection.identity_fields,
    );
    errors.into_result()?;
    Ok(form)
}

/// Finds the account. Without `identityField`, an email address is compared with the emails first,
/// then with the other identity fields in order.
async fn find(db: &mut Db, collection: &Collection, form: &Form) -> sqlx::Result<Option<Account>> {
    let (identity, field) = (form.get("identity"), form.get("identityField"));
    if !field.is_empty() {
        return by_field(db, collection, field, identity).await;
    }
    let (emails, others): (Vec<_>, Vec<_>) = collection
        .identity_fields
        .iter()
        .partition(|field| *field == "email");
    let emails = emails.into_iter().filter(|_| is_email(identity));
    for field in emails.chain(others) {
        if let Some(account) = by_field(db, collection, field, identity).await? {
            return Ok(Some(account));
        }
    }
    Ok(None)
}

async fn by_field(
    db: &mut Db,
    collection: &Collection,
    field: &str,
    identity: &str,
) -> sqlx::Result<Option<Account>> {
    if field == "email" {
        accounts::by_email(db, &collection.id, identity).await
    } else {
        accounts::by_field(db, &collection.id, field, identity).await
    }
}
