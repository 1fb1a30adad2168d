//! The one end of every login: rule, second factor, token, answer.

use crate::answer::{self, Outcome, Refusal, went_wrong};
use crate::call::Call;
use crate::jwt::Claims;
use crate::store::Db;
use crate::store::accounts::Account;
use crate::{caller, clock, expand, jwt, rule};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

/// Lets `account`, whose owner has shown who they are, in.
pub async fn finish(db: &mut Db, call: &Call, account: &Account) -> Outcome {
    let mut record = account.shown(&call.collection);
    check_rule(db, call, &record).await?;
    check_second_factor(call)?;
    let claims = Claims::of_login(&call.collection.id, &account.id, clock::seconds());
    let token =
        jwt::sign(&claims, &account.signing_key(&call.collection)).map_err(|_| went_wrong())?;
    expand::expand(db, &call.collection, &mut record, &call.asked("expand"))
        .await
        .map_err(|_| went_wrong())?;
    answer::picked(&call.query, &json!({"record": record, "token": token}))
}

/// A rule that is not understood lets nobody in. Superusers may let anybody in.
async fn check_rule(db: &mut Db, call: &Call, record: &Map<String, Value>) -> Result<(), Refusal> {
    let allowed = match &call.collection.auth_rule {
        Some(rule) => rule::satisfied(rule, record) == Ok(true),
        None => false,
    };
    if allowed
        || caller::is_superuser(db, &call.headers, &call.query)
            .await
            .map_err(|_| went_wrong())?
    {
        return Ok(());
    }
    Err(Refusal::forbidden(
        "The request doesn't satisfy the collection requirements to authenticate.",
    ))
}

/// Where a second factor is wanted nobody gets in, because it cannot be asked for yet.
fn check_second_factor(call: &Call) -> Result<(), Refusal> {
    if call.collection.mfa.enabled {
        return Err(Refusal::new(
            StatusCode::NOT_IMPLEMENTED,
            "This server cannot ask for a second factor yet.",
        ));
    }
    Ok(())
}
