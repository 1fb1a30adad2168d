//! One-time passwords: creation, expiry, and delivery of their codes.

use crate::app::App;
use crate::store::Db;
use crate::store::accounts::{self, Account};
use crate::store::collections::Collection;
use crate::store::otps::{self, Otp};
use crate::{clock, ids, log, passwords};

/// The maximum number of active one-time passwords per account. At the limit a request returns
/// the newest one.
const MAX_ACTIVE: usize = 10;

/// How many codes can be tried for one account.
pub const MAX_ATTEMPTS: i64 = 5;

/// The attempts are reset after this many seconds without one.
pub const ATTEMPT_WINDOW: i64 = 180;

/// One-time passwords created at or before this time have expired. In milliseconds since 1970.
pub fn expiry_cutoff(collection: &Collection) -> i64 {
    clock::milliseconds_ago(collection.otp.duration)
}

/// Creates and delivers a one-time password for an account. Returns its id.
pub async fn request(
    app: &App,
    collection: &Collection,
    account: &Account,
) -> Result<String, String> {
    let message = |error: sqlx::Error| error.to_string();
    let code = ids::digits(collection.otp.length);
    let otp = create(app, account, code.clone(), &account.email).await?;
    let mut db = app.store.transaction().await.map_err(message)?;
    // Otherwise two concurrent requests could both read MAX_ACTIVE - 1.
    accounts::lock(&mut db, &collection.id, &account.id)
        .await
        .map_err(message)?;
    let active = active(&mut db, collection, account)
        .await
        .map_err(message)?;
    if active.len() >= MAX_ACTIVE {
        return Ok(active[0].id.clone());
    }
    insert(&mut db, collection, &otp).await.map_err(message)?;
    db.commit().await.map_err(message)?;
    // With control enabled, `last_otp` returns the code.
    if app.log || !app.control {
        log::one_time_password(&collection.name, &account.email, &otp.id, &code);
    }
    Ok(otp.id)
}

/// Creates a one-time password without storing it.
pub async fn create(
    app: &App,
    account: &Account,
    code: String,
    sent_to: &str,
) -> Result<Otp, String> {
    let hash = passwords::hash(code.clone(), app.seed_cost)
        .await
        .ok_or("the code is too long (at most 71 bytes)")?;
    Ok(Otp {
        id: ids::uuid(),
        collection_id: account.collection_id.clone(),
        account_id: account.id.clone(),
        hash,
        code: if app.control { code } else { String::new() },
        sent_to: sent_to.to_owned(),
        created: clock::milliseconds_ago(0),
    })
}

/// Stores a one-time password, and deletes the expired ones of the collection.
pub async fn insert(db: &mut Db, collection: &Collection, otp: &Otp) -> sqlx::Result<()> {
    otps::delete_expired(db, &collection.id, expiry_cutoff(collection)).await?;
    otps::insert(db, otp).await
}

/// Returns an account's active one-time passwords, newest first.
pub async fn active(
    db: &mut Db,
    collection: &Collection,
    account: &Account,
) -> sqlx::Result<Vec<Otp>> {
    otps::created_after(db, &collection.id, &account.id, expiry_cutoff(collection)).await
}
