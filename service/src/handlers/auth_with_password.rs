//! auth-with-password: logging in with an email, or another field that names the account.

use crate::answer::{Outcome, Refusal, Refused, went_wrong};
use crate::call::Call;
use crate::form::Form;
use crate::login::Method;
use crate::store::Db;
use crate::store::accounts::{self, Account};
use crate::store::collections::Collection;
use crate::validation::{Findings, is_email};
use crate::{App, login, passwords};
use axum::extract::State;
use std::sync::Arc;

/// Logs in the account whose name and password were sent.
pub async fn auth_with_password(State(app): State<Arc<App>>, call: Call) -> Outcome {
    call.needs_accounts()?;
    call.needs_passwords()?;
    let form = credentials(&call).await?;
    let account = {
        let mut db = app.store.connection().await.map_err(went_wrong)?;
        named(&mut db, &call.collection, &form)
            .await
            .map_err(went_wrong)?
    };
    let failed = || Refusal::bad("Failed to authenticate.");
    let account = account.ok_or_else(failed)?;
    let password = form.text("password").to_owned();
    if !passwords::is_right(password, account.password_hash.clone()).await {
        return Err(failed());
    }
    let mut db = app.store.connection().await.map_err(went_wrong)?;
    login::finish(&mut db, &call, &account, Method::Password).await
}

async fn credentials(call: &Call) -> Refused<Form> {
    let form = call
        .form(&["identity", "password", "identityField"])
        .await?;
    let mut findings = Findings::default();
    findings.required("identity", form.text("identity"), 255);
    findings.required("password", form.text("password"), 255);
    findings.one_of(
        "identityField",
        form.text("identityField"),
        &call.collection.identity_fields,
    );
    findings.refuse()?;
    Ok(form)
}

/// The account that was named. Without `identityField` an address is first looked for among the
/// emails, and then in the other fields, in their order.
async fn named(db: &mut Db, collection: &Collection, form: &Form) -> sqlx::Result<Option<Account>> {
    let (identity, field) = (form.text("identity"), form.text("identityField"));
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
