//! The one end of every login: rule, second factor, token, answer.

use crate::answer::{self, Outcome, Refusal, Refused, went_wrong};
use crate::call::Call;
use crate::jwt::Claims;
use crate::second_factor::{self, Needed};
use crate::store::Db;
use crate::store::accounts::Account;
use crate::{caller, clock, expand, jwt, rule};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

/// How the owner of an account has shown who they are.
#[derive(Clone, Copy)]
pub enum Method {
    /// With a password.
    Password,
    /// With a one-time password.
    Otp,
    /// With a custom token.
    Token,
}

impl Method {
    /// The name under which it is kept.
    pub fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Otp => "otp",
            Self::Token => "token",
        }
    }
}

/// Lets `account`, whose owner has shown who they are, in.
pub async fn finish(db: &mut Db, call: &Call, account: &Account, method: Method) -> Outcome {
    let record = account.shown(&call.collection);
    check_rule(db, call, &record).await?;
    let needed = second_factor::judge(db, call, account, &record, method).await?;
    if let Needed::Another(id) = needed {
        let session = json!({"mfaId": id});
        return Ok(answer::json_answer(StatusCode::UNAUTHORIZED, &session));
    }
    let claims = Claims::of_login(&call.collection.id, &account.id, clock::seconds());
    let token = jwt::sign(&claims, &account.signing_key(&call.collection)).map_err(went_wrong)?;
    answered(db, call, record, token).await
}

/// Lets `account` in that is in already, with its `token`. No second factor is asked for.
pub async fn again(db: &mut Db, call: &Call, account: &Account, token: String) -> Outcome {
    let record = account.shown(&call.collection);
    check_rule(db, call, &record).await?;
    answered(db, call, record, token).await
}

async fn answered(
    db: &mut Db,
    call: &Call,
    mut record: Map<String, Value>,
    token: String,
) -> Outcome {
    expand::expand(db, &call.collection, &mut record, &call.asked("expand"))
        .await
        .map_err(went_wrong)?;
    answer::picked(&call.query, &json!({"record": record, "token": token}))
}

/// A rule that is not understood lets nobody in. Superusers may let anybody in.
async fn check_rule(db: &mut Db, call: &Call, record: &Map<String, Value>) -> Refused<()> {
    let allowed = match &call.collection.auth_rule {
        Some(rule) => rule::satisfied(rule, record) == Ok(true),
        None => false,
    };
    if allowed
        || caller::is_superuser(db, &call.headers, &call.query)
            .await
            .map_err(went_wrong)?
    {
        return Ok(());
    }
    Err(Refusal::forbidden(
        "The request doesn't satisfy the collection requirements to authenticate.",
    ))
}
