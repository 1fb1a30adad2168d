//! The table of one-time passwords.

use super::{Db, fetch, text};
use sqlx::Row;
use sqlx::any::AnyRow;

pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS local_otps (
    id TEXT PRIMARY KEY, collection_id TEXT NOT NULL, account_id TEXT NOT NULL,
    hash TEXT NOT NULL, code TEXT NOT NULL, sent_to TEXT NOT NULL, created BIGINT NOT NULL)";

/// A one-time password. No `Debug`, since it contains the code.
pub struct Otp {
    pub id: String,
    pub collection_id: String,
    pub account_id: String,
    /// The bcrypt hash of the code.
    pub hash: String,
    /// The code, if control is enabled; otherwise empty.
    pub code: String,
    /// The email of the request, or empty if the control endpoint created it.
    pub sent_to: String,
    /// In milliseconds since 1970.
    pub created: i64,
}

fn from_row(row: &AnyRow) -> sqlx::Result<Otp> {
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

/// Inserts a one-time password.
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

/// Finds a one-time password by id.
pub async fn by_id(db: &mut Db, id: &str) -> sqlx::Result<Option<Otp>> {
    let row = fetch(db, "SELECT * FROM local_otps WHERE id = $1", &[id]).await?;
    row.as_ref().map(from_row).transpose()
}

/// Returns those of an account that were created after `cutoff`, newest first.
pub async fn created_after(
    db: &mut Db,
    collection_id: &str,
    account_id: &str,
    cutoff: i64,
) -> sqlx::Result<Vec<Otp>> {
    let rows = sqlx::query(
        "SELECT * FROM local_otps
        WHERE collection_id = $1 AND account_id = $2 AND created > $3
        ORDER BY created DESC, id DESC",
    )
    .bind(text(collection_id))
    .bind(text(account_id))
    .bind(cutoff)
    .fetch_all(db)
    .await?;
    rows.iter().map(from_row).collect()
}

/// Deletes a one-time password. Of concurrent calls, only one returns `true`.
pub async fn claim(db: &mut Db, id: &str) -> sqlx::Result<bool> {
    let sql = "DELETE FROM local_otps WHERE id = $1 RETURNING id";
    let row = fetch(db, sql, &[id]).await?;
    Ok(row.is_some())
}

/// Deletes those of a collection that were created at or before `cutoff`.
pub async fn delete_expired(db: &mut Db, collection_id: &str, cutoff: i64) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM local_otps WHERE collection_id = $1 AND created <= $2")
        .bind(text(collection_id))
        .bind(cutoff)
        .execute(db)
        .await?;
    Ok(())
}
