//! The table of MFA sessions: logins that need a second factor.

use super::accounts::Account;
use super::{Db, fetch, text};
use sqlx::Row;

pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS local_mfas (
    id TEXT PRIMARY KEY, collection_id TEXT NOT NULL, account_id TEXT NOT NULL,
    method TEXT NOT NULL, created BIGINT NOT NULL)";

/// An MFA session.
pub struct Mfa {
    pub id: String,
    pub collection_id: String,
    pub account_id: String,
    /// The method of the first factor.
    pub method: String,
    /// In milliseconds since 1970.
    pub created: i64,
}

impl Mfa {
    /// Returns whether it is a login to `account`.
    pub fn belongs_to(&self, account: &Account) -> bool {
        self.collection_id == account.collection_id && self.account_id == account.id
    }
}

/// Inserts a session, and deletes those of the collection created at or before `cutoff`.
pub async fn insert(db: &mut Db, mfa: &Mfa, cutoff: i64) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM local_mfas WHERE collection_id = $1 AND created <= $2")
        .bind(text(&mfa.collection_id))
        .bind(cutoff)
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

/// Finds a session by id.
pub async fn by_id(db: &mut Db, id: &str) -> sqlx::Result<Option<Mfa>> {
    let row = fetch(db, "SELECT * FROM local_mfas WHERE id = $1", &[id]).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Mfa {
        id: row.try_get("id")?,
        collection_id: row.try_get("collection_id")?,
        account_id: row.try_get("account_id")?,
        method: row.try_get("method")?,
        created: row.try_get("created")?,
    }))
}

/// Deletes a session. Of concurrent calls, only one returns `true`.
pub async fn claim(db: &mut Db, id: &str) -> sqlx::Result<bool> {
    let sql = "DELETE FROM local_mfas WHERE id = $1 RETURNING id";
    let row = fetch(db, sql, &[id]).await?;
    Ok(row.is_some())
}
