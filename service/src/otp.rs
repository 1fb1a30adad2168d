//! One-time passwords: how they are made, how long they live, and where their codes are told.

use crate::store::Db;
use crate::store::accounts::{self, Account};
use crate::store::collections::Collection;
use crate::store::otps::{self, Otp};
use crate::{App, clock, ids, log, passwords};

/// How many one account may have alive; after that the newest is given out again.
const MOST_ALIVE: usize = 10;

/// How many codes may be tried for one account, until so many seconds pass without a try.
pub const TRIES: i64 = 5;
pub const TRY_SECONDS: i64 = 180;

/// The name of an account's allowance of tries.
pub fn tries(collection_id: &str, account_id: &str) -> String {
    format!("otp {collection_id} {account_id}")
}

/// What was made at this time, in milliseconds, or earlier has expired.
pub fn expired(collection: &Collection) -> i64 {
    clock::milliseconds_ago(collection.otp.duration)
}

/// Makes one that its account has asked for, tells its code, and gives its identifier.
pub async fn request(
    app: &App,
    collection: &Collection,
    account: &Account,
) -> Result<String, String> {
    let code = ids::digits(collection.otp.length);
    let otp = new(app, account, code.clone(), &account.email).await?;
    let mut db = app.store.transaction().await.map_err(text)?;
    // Or two requests at once could both see nine.
    accounts::hold(&mut db, account).await.map_err(text)?;
    let alive = alive(&mut db, collection, account).await.map_err(text)?;
    if alive.len() >= MOST_ALIVE {
        return Ok(alive[0].id.clone());
    }
    add(&mut db, collection, &otp).await.map_err(text)?;
    db.commit().await.map_err(text)?;
    // Where control is open a program reads it there.
    if app.log || !app.control {
        log::otp(&collection.name, &account.email, &otp.id, &code);
    }
    Ok(otp.id)
}

fn text(error: sqlx::Error) -> String {
    error.to_string()
}

/// A one-time password of this account that is nowhere yet.
pub async fn new(app: &App, account: &Account, code: String, sent_to: &str) -> Result<Otp, String> {
    let hash = passwords::hash(code.clone(), app.seed_cost)
        .await
        .ok_or("the code is too long (71 bytes at the most)")?;
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

/// Puts one into the store, and takes out those of the collection that have expired.
pub async fn add(db: &mut Db, collection: &Collection, otp: &Otp) -> sqlx::Result<()> {
    otps::delete_expired(db, &collection.id, expired(collection)).await?;
    otps::insert(db, otp).await
}

/// Those of an account that can still be used, the newest first.
pub async fn alive(
    db: &mut Db,
    collection: &Collection,
    account: &Account,
) -> sqlx::Result<Vec<Otp>> {
    otps::live(db, &collection.id, &account.id, expired(collection)).await
}
