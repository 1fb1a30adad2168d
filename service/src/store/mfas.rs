//! The table of logins that wait for their second factor.

use super::accounts::Account;
use super::{Db, first, run, text};
use sqlx::Row;

/// What makes the table.
pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS local_mfas (
    id TEXT PRIMARY KEY, collection_id TEXT NOT NULL, account_id TEXT NOT NULL,
    method TEXT NOT NULL, created BIGINT NOT NULL)";

/// A login that waits. `created` is in milliseconds since 1970.
pub struct Mfa {
    /// Its identifier.
    pub id: String,
    /// The identifier of the collection.
    pub collection_id: String,
    /// Whose login it is.
    pub account_id: String,
    /// What was shown first.
    pub method: String,
    /// When that was.
    pub created: i64,
}

impl Mfa {
    /// Whether it is a login of `account`.
    pub fn is_of(&self, account: &Account) -> bool {
        self.collection_id == account.collection_id && self.account_id == account.id
    }
}

/// Adds one, and removes those of the collection that nobody has finished in time: made before
/// `expired`.
pub async fn insert(db: &mut Db, mfa: &Mfa, expired: i64) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM local_mfas WHERE collection_id = $1 AND created <= $2")
        .bind(text(&mfa.collection_id))
        .bind(expired)
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "INSERT INTO local_mfas (id, collection_id, account_id, method, created)
        VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(mfa.id.clone())
    .bind(text(&mfa.collection_id))
    .bind(text(&mfa.account_id))
    .bind(mfa.method.clone())
    .bind(mfa.created)
    .execute(db)
    .await?;
    Ok(())
}

/// The one with this identifier.
pub async fn by_id(db: &mut Db, id: &str) -> sqlx::Result<Option<Mfa>> {
    let row = first(db, "SELECT * FROM local_mfas WHERE id = $1", &[id]).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Mfa {
        id: row.try_get("id")?,
        collection_id: row.try_get("collection_id")?,
        account_id: row.try_get("account_id")?,
        method: row.try_get("method")?,
        created: row.try_get("created")?,
    }))
}

/// Uses one up. Of several that try only one is told that it did.
pub async fn claim(db: &mut Db, id: &str) -> sqlx::Result<bool> {
    let row = first(
        db,
        "DELETE FROM local_mfas WHERE id = $1 RETURNING id",
        &[id],
    )
    .await?;
    Ok(row.is_some())
}

/// Removes those of an account.
pub async fn delete_of(db: &mut Db, collection_id: &str, account_id: &str) -> sqlx::Result<()> {
    run(
        db,
        "DELETE FROM local_mfas WHERE collection_id = $1 AND account_id = $2",
        &[collection_id, account_id],
    )
    .await
}

/// Removes those of a collection.
pub async fn delete_all(db: &mut Db, collection_id: &str) -> sqlx::Result<()> {
    run(
        db,
        "DELETE FROM local_mfas WHERE collection_id = $1",
        &[collection_id],
    )
    .await
}
