//! The end of every login: rule, second factor, token, response.

use crate::auth::{self, Viewer};
use crate::call::Call;
use crate::jwt::Claims;
use crate::response::{self, ApiError, ApiResult, internal_error};
use crate::second_factor::{self, Factors, Method};
use crate::store::Db;
use crate::store::accounts::Account;
use crate::{clock, expand, jwt, rule};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

/// Responds to a login to `account` that `method` has authenticated.
pub async fn complete(db: &mut Db, call: &Call, account: &Account, method: Method) -> ApiResult {
    let record = account.to_json(&call.collection);
    check_rule(db, call, &record).await?;
    let factors = second_factor::check(db, call, account, &record, method).await?;
    if let Factors::SecondRequired(id) = factors {
        let session = json!({"mfaId": id});
        return Ok(response::json_response(StatusCode::UNAUTHORIZED, &session));
    }
    let claims = Claims::for_login(&call.collection.id, &account.id, clock::seconds());
    let key = account.signing_key(&call.collection);
    let token = jwt::sign(&claims, &key).map_err(internal_error)?;
    respond(db, call, account, record, token).await
}

/// Responds to a refresh of `token`, a valid login to `account`. No second factor is required.
pub async fn refresh(db: &mut Db, call: &Call, account: &Account, token: String) -> ApiResult {
    let record = account.to_json(&call.collection);
    check_rule(db, call, &record).await?;
    respond(db, call, account, record, token).await
}

async fn respond(
    db: &mut Db,
    call: &Call,
    account: &Account,
    mut record: Map<String, Value>,
    token: String,
) -> ApiResult {
    let viewer = Viewer::new(&call.collection, &account.id);
    expand::expand(db, call, &viewer, &mut record).await?;
    response::ok_with_fields(&call.query, &json!({"record": record, "token": token}))
}

/// Fails unless the record satisfies the `authRule` or a superuser sends the request. An invalid
/// rule is never satisfied.
async fn check_rule(db: &mut Db, call: &Call, record: &Map<String, Value>) -> ApiResult<()> {
    let allowed = match &call.collection.auth_rule {
        Some(rule) => rule::evaluate(rule, record) == Ok(true),
        None => false,
    };
    if allowed || auth::is_superuser(db, &call.headers, &call.query).await? {
        return Ok(());
    }
    Err(ApiError::forbidden(
        "The request doesn't satisfy the collection requirements to authenticate.",
    ))
}
