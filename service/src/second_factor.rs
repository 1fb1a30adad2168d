//! The second factor: who is asked for it, and what counts as one.

use crate::answer::{Refusal, Refused, went_wrong};
use crate::call::Call;
use crate::login::Method;
use crate::store::Db;
use crate::store::accounts::Account;
use crate::store::mfas::{self, Mfa};
use crate::{clock, ids, rule};
use serde_json::{Map, Value};

/// What a login still needs.
pub enum Needed {
    /// Nothing.
    Nothing,
    /// Another method, under this identifier.
    Another(String),
}

/// Judges a login by `method`: the first factor begins a session, the second one ends it.
pub async fn judge(
    db: &mut Db,
    call: &Call,
    account: &Account,
    record: &Map<String, Value>,
    method: Method,
) -> Refused<Needed> {
    if !is_wanted(call, record)? {
        return Ok(Needed::Nothing);
    }
    let sent = sent_id(call).await?;
    if sent.is_empty() {
        return begin(db, call, account, method).await.map(Needed::Another);
    }
    finish(db, call, account, method, &sent).await?;
    Ok(Needed::Nothing)
}

/// A rule that is not understood refuses the login.
fn is_wanted(call: &Call, record: &Map<String, Value>) -> Refused<bool> {
    let mfa = &call.collection.mfa;
    if !mfa.enabled {
        return Ok(false);
    }
    rule::satisfied(&mfa.rule, record)
        .map_err(|rule::NotUnderstood| Refusal::bad("Failed to authenticate."))
}

/// The identifier in the query or, without one there, in the body.
async fn sent_id(call: &Call) -> Refused<String> {
    let asked = call.asked("mfaId");
    if !asked.is_empty() {
        return Ok(asked);
    }
    match call.form(&["mfaId"]).await {
        Ok(form) => Ok(form.text("mfaId").to_owned()),
        Err(_) => Err(Refusal::bad("Failed to read MFA Id.")),
    }
}

/// What was begun at this time, in milliseconds, or earlier has expired.
fn expired(call: &Call) -> i64 {
    clock::milliseconds_ago(call.collection.mfa.duration)
}

async fn begin(db: &mut Db, call: &Call, account: &Account, method: Method) -> Refused<String> {
    let mfa = Mfa {
        id: ids::uuid(),
        collection_id: account.collection_id.clone(),
        account_id: account.id.clone(),
        method: method.name().to_owned(),
        created: clock::milliseconds_ago(0),
    };
    mfas::insert(db, &mfa, expired(call))
        .await
        .map_err(|error| Refusal::broken("Failed to create MFA record.", error))?;
    Ok(mfa.id)
}

async fn finish(
    db: &mut Db,
    call: &Call,
    account: &Account,
    method: Method,
    id: &str,
) -> Refused<()> {
    let over = || Refusal::bad("Invalid or expired MFA session.");
    let begun = mfas::by_id(db, id).await.map_err(went_wrong)?;
    let begun = begun.filter(|begun| begun.created > expired(call));
    let begun = begun.ok_or_else(over)?;
    if !begun.is_of(account) {
        return Err(Refusal::bad("Invalid MFA session."));
    }
    if begun.method == method.name() {
        return Err(Refusal::bad(
            "A different authentication method is required.",
        ));
    }
    // Only one of several that come with the same identifier gets in.
    if mfas::claim(db, id).await.map_err(went_wrong)? {
        Ok(())
    } else {
        Err(over())
    }
}
