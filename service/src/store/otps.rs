//! The table of one-time passwords.

use super::{Db, first, run, text};
use sqlx::Row;
use sqlx::any::AnyRow;

/// What makes the table.
pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS local_otps (
    id TEXT PRIMARY KEY, collection_id TEXT NOT NULL, account_id TEXT NOT NULL,
    hash TEXT NOT NULL, code TEXT NOT NULL, sent_to TEXT NOT NULL, created BIGINT NOT NULL)";

/// A one-time password. It has no `Debug`, so that its code is not printed.
pub struct Otp {
    /// Its identifier.
    pub id: String,
    /// The identifier of the collection.
    pub collection_id: String,
    /// Whose it is.
    pub account_id: String,
    /// The bcrypt hash of its code.
    pub hash: String,
    /// The code itself where control may ask for it, else empty.
    pub code: String,
    /// The address that it was meant for, or empty if nobody asked for it.
    pub sent_to: String,
    /// When it was made, in milliseconds since 1970.
    pub created: i64,
}

fn read(row: &AnyRow) -> sqlx::Result<Otp> {
    Ok(Otp {
        id: row.try_get("id")?,
        collection_id: row.try_get("collection_id")?,
        account_id: row.try_get("account_id")?,
        hash: row.try_get("hash")?,
        code: row.try_get("code")?,
        sent_to: row.try_get("sent_to")?,
        created: row.try_get("created")?,
    })
}

/// Adds one.
pub async fn insert(db: &mut Db, otp: &Otp) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO local_otps (id, collection_id, account_id, hash, code, sent_to, created)
        VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(otp.id.clone())
    .bind(text(&otp.collection_id))
    .bind(text(&otp.account_id))
    .bind(otp.hash.clone())
    .bind(text(&otp.code))
    .bind(text(&otp.sent_to))
    .bind(otp.created)
    .execute(db)
    .await?;
    Ok(())
}

/// The one with this identifier.
pub async fn by_id(db: &mut Db, id: &str) -> sqlx::Result<Option<Otp>> {
    let row = first(db, "SELECT * FROM local_otps WHERE id = $1", &[id]).await?;
    row.as_ref().map(read).transpose()
}

/// Those of an account that were made after `expired`, the newest first.
pub async fn live(
    db: &mut Db,
    collection_id: &str,
    account_id: &str,
    expired: i64,
) -> sqlx::Result<Vec<Otp>> {
    let rows = sqlx::query(
        "SELECT * FROM local_otps
        WHERE collection_id = $1 AND account_id = $2 AND created > $3
        ORDER BY created DESC, id DESC",
    )
    .bind(text(collection_id))
    .bind(text(account_id))
    .bind(expired)
    .fetch_all(db)
    .await?;
    rows.iter().map(read).collect()
}

/// Uses one up. Of several that try only one is told that it did.
pub async fn claim(db: &mut Db, id: &str) -> sqlx::Result<bool> {
    let row = first(
        db,
        "DELETE FROM local_otps WHERE id = $1 RETURNING id",
        &[id],
    )
    .await?;
    Ok(row.is_some())
}

/// Removes those of a collection that have expired.
pub async fn delete_expired(db: &mut Db, collection_id: &str, expired: i64) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM local_otps WHERE collection_id = $1 AND created <= $2")
        .bind(text(collection_id))
        .bind(expired)
        .execute(db)
        .await?;
    Ok(())
}

/// Removes those of an account.
pub async fn delete_of(db: &mut Db, collection_id: &str, account_id: &str) -> sqlx::Result<()> {
    run(
        db,
        "DELETE FROM local_otps WHERE collection_id = $1 AND account_id = $2",
        &[collection_id, account_id],
    )
    .await
}

/// Removes those of a collection.
pub async fn delete_all(db: &mut Db, collection_id: &str) -> sqlx::Result<()> {
    delete_expired(db, collection_id, i64::MAX).await
}
