//! `records`: creating, reading, changing and deleting accounts by the rules of their collection.

use crate::app::App;
use crate::auth::{self, Viewer};
use crate::call::Call;
use crate::record_form::RecordForm;
use crate::response::{self, ApiError, ApiResult, INTERNAL_ERROR};
use crate::store::accounts::{self, Account};
use crate::store::collections::Kind;
use crate::store::{Db, delete};
use crate::{clock, expand, ids};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Creates an account.
pub async fn create(State(app): State<Arc<App>>, call: Call) -> ApiResult {
    const FAILED: &str = "Failed to create record.";
    let (collection, rule) = (&call.collection, call.collection.create_rule.as_ref());
    let (viewer, fields) = {
        let mut db = app.store.connection().await?;
        access(&mut db, &call, rule).await?
    };
    let form = RecordForm {
        collection,
        fields: &fields,
        is_superuser: viewer.is_superuser,
    };
    let now = clock::timestamp();
    let mut account = Account {
        id: String::new(),
        collection_id: collection.id.clone(),
        email: String::new(),
        password_hash: String::new(),
        token_key: ids::secret(),
        verified: false,
        email_visibility: false,
        fields: Map::new(),
        created: now.clone(),
        updated: now,
    };
    form.load(&mut account);
    if !viewer.satisfies(rule, &account.to_json(collection)) {
        return Err(ApiError::bad_request(FAILED));
    }
    form.finish(&mut account, None, app.seed_cost, FAILED)
        .await?;
    let mut db = app.store.connection().await?;
    accounts::insert(&mut db, &account)
        .await
        .map_err(|error| not_saved(error, FAILED))?;
    respond(&mut db, &call, &viewer, &account).await
}

/// Returns the accounts that the viewer can list, oldest first.
pub async fn list(State(app): State<Arc<App>>, call: Call) -> ApiResult {
    let (collection, rule) = (&call.collection, call.collection.list_rule.as_ref());
    let mut db = app.store.connection().await?;
    let (viewer, _) = access(&mut db, &call, rule).await?;
    let (page, per_page) = (
        number(&call, "page", 1)?,
        number(&call, "perPage", 30)?.min(1000),
    );
    let unsupported = ["filter", "sort"].map(|name| call.query_param(name));
    if unsupported.iter().any(|value| !value.is_empty()) {
        return Err(ApiError::bad_request(INTERNAL_ERROR));
    }
    let mut accounts = accounts::all(&mut db, &collection.id).await?;
    accounts.retain(|account| viewer.satisfies(rule, &account.to_json(collection)));
    let mut items = Vec::new();
    for account in accounts
        .iter()
        .skip((page - 1).saturating_mul(per_page))
        .take(per_page)
    {
        let mut record = viewer.visible(collection, account);
        expand::expand(&mut db, &call, &viewer, &mut record).await?;
        items.push(Value::from(record));
    }
    let total = accounts.len();
    response::ok_with_items(&call.query, items.into(), |items| {
        json!({"items": items, "page": page, "perPage": per_page, "totalItems": total,
            "totalPages": total.div_ceil(per_page)})
    })
}

/// Returns an account.
pub async fn view(State(app): State<Arc<App>>, call: Call) -> ApiResult {
    let rule = call.collection.view_rule.as_ref();
    let mut db = app.store.connection().await?;
    let (viewer, _) = access(&mut db, &call, rule).await?;
    let account = find(&mut db, &call, &viewer, rule).await?;
    respond(&mut db, &call, &viewer, &account).await
}

/// Changes an account. A new password or email invalidates all its login tokens.
pub async fn update(State(app): State<Arc<App>>, call: Call) -> ApiResult {
    const FAILED: &str = "Failed to update record.";
    let (collection, rule) = (&call.collection, call.collection.update_rule.as_ref());
    let mut db = app.store.transaction().await?;
    let (viewer, fields) = access(&mut db, &call, rule).await?;
    // Concurrent updates must not overwrite each other's fields.
    accounts::lock(&mut db, &collection.id, &call.record_id).await?;
    let old = find(&mut db, &call, &viewer, rule).await?;
    let form = RecordForm {
        collection,
        fields: &fields,
        is_superuser: viewer.is_superuser,
    };
    let mut account = old.clone();
    form.load(&mut account);
    form.finish(&mut account, Some(&old), app.seed_cost, FAILED)
        .await?;
    account.updated = clock::timestamp();
    if account.password_hash != old.password_hash || account.email != old.email {
        account.token_key = ids::secret();
    }
    accounts::update(&mut db, &account)
        .await
        .map_err(|error| not_saved(error, FAILED))?;
    let response = respond(&mut db, &call, &viewer, &account).await?;
    db.commit().await?;
    Ok(response)
}

/// Deletes an account, with everything that belongs to it.
pub async fn delete(State(app): State<Arc<App>>, call: Call) -> ApiResult {
    let rule = call.collection.delete_rule.as_ref();
    let mut db = app.store.transaction().await?;
    let (viewer, _) = access(&mut db, &call, rule).await?;
    let account = find(&mut db, &call, &viewer, rule).await?;
    delete::account(&mut db, &call.collection.id, &account.id).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Returns who sends the request, and the fields in its body. Fails without a rule, except for
/// superusers.
async fn access(
    db: &mut Db,
    call: &Call,
    rule: Option<&String>,
) -> ApiResult<(Viewer, Map<String, Value>)> {
    // The records of other collections are not available over the API.
    if call.collection.kind == Kind::Base {
        return Err(ApiError::route_not_found());
    }
    let fields = call.object().await?;
    let viewer = auth::viewer(db, &call.headers, &call.query).await?;
    if rule.is_none() && !viewer.is_superuser {
        return Err(ApiError::forbidden(
            "Only superusers can perform this action.",
        ));
    }
    Ok((viewer, fields))
}

/// Returns the account in the path, if the rule allows the viewer access to it.
async fn find(
    db: &mut Db,
    call: &Call,
    viewer: &Viewer,
    rule: Option<&String>,
) -> ApiResult<Account> {
    let account = accounts::by_id(db, &call.collection.id, &call.record_id).await?;
    let is_accessible =
        |account: &Account| viewer.satisfies(rule, &account.to_json(&call.collection));
    account
        .filter(is_accessible)
        .ok_or_else(ApiError::route_not_found)
}

async fn respond(db: &mut Db, call: &Call, viewer: &Viewer, account: &Account) -> ApiResult {
    let mut record = viewer.visible(&call.collection, account);
    expand::expand(db, call, viewer, &mut record).await?;
    response::ok_with_fields(&call.query, &record)
}

/// Returns a positive number in the query, or a default.
fn number(call: &Call, name: &str, default: usize) -> ApiResult<usize> {
    let value = call.query_param(name);
    if value.is_empty() {
        return Ok(default);
    }
    let number: i64 = value
        .parse()
        .map_err(|_| ApiError::bad_request(INTERNAL_ERROR))?;
    Ok(usize::try_from(number)
        .ok()
        .filter(|it| *it > 0)
        .unwrap_or(default))
}

/// A conflict with another account is an error without details.
fn not_saved(error: sqlx::Error, failed: &str) -> ApiError {
    match &error {
        sqlx::Error::Database(cause) if cause.is_unique_violation() => {
            ApiError::bad_request(failed)
        }
        _ => error.into(),
    }
}
