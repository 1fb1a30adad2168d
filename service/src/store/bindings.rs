//! The table `_token_bindings`, which maps the hashes of custom tokens to accounts.
//!
//! As in BosBase, the first bind creates it, or renames a table with one of its former names.

use super::engine::{count_existing, lock_schema};
use super::{Db, execute, fetch, text};
use crate::ids;
use sha2::{Digest, Sha256};
use sqlx::Row;

/// The former names of the table, by precedence.
pub(super) const LEGACY: [(&str, &str); 2] = [
    (
        "_tokenBindings",
        r#"ALTER TABLE "_tokenBindings" RENAME TO "_token_bindings""#,
    ),
    (
        "tokenBindings",
        r#"ALTER TABLE "tokenBindings" RENAME TO "_token_bindings""#,
    ),
];

pub(super) const TABLE: &str = "_token_bindings";

const CREATE: [&str; 3] = [
    r#"CREATE TABLE IF NOT EXISTS "_token_bindings" (
        "id" TEXT PRIMARY KEY NOT NULL, "collectionRef" TEXT NOT NULL,
        "recordRef" TEXT NOT NULL, "tokenHash" TEXT NOT NULL,
        "created" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
        "updated" TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP)"#,
    r#"CREATE UNIQUE INDEX IF NOT EXISTS "idx__token_bindings_token"
        ON "_token_bindings" ("collectionRef", "tokenHash")"#,
    r#"CREATE INDEX IF NOT EXISTS "idx__token_bindings_record"
        ON "_token_bindings" ("collectionRef", "recordRef")"#,
];

fn hash(token: &str) -> String {
    ids::hex(&Sha256::digest(token))
}

/// Creates the table and its indexes if they do not exist. Must be called in a transaction.
async fn create_table(db: &mut Db) -> sqlx::Result<()> {
    let all = [
        TABLE,
        "idx__token_bindings_token",
        "idx__token_bindings_record",
    ];
    if count_existing(db, &all).await? == all.len() {
        return Ok(());
    }
    // Of concurrent instances, the first one creates everything.
    lock_schema(db).await?;
    if count_existing(db, &[TABLE]).await? == 0 {
        for (name, rename) in LEGACY {
            if count_existing(db, &[name]).await? == 1 {
                sqlx::query(rename).execute(&mut *db).await?;
                break;
            }
        }
    }
    for statement in CREATE {
        sqlx::query(statement).execute(&mut *db).await?;
    }
    Ok(())
}

/// Returns whether the table exists.
async fn table_exists(db: &mut Db) -> sqlx::Result<bool> {
    Ok(count_existing(db, &[TABLE]).await? == 1)
}

/// Binds a token to an account, replacing a binding to another account of the collection. Must be
/// called in a transaction.
pub async fn bind(
    db: &mut Db,
    collection_id: &str,
    account_id: &str,
    token: &str,
) -> sqlx::Result<()> {
    create_table(db).await?;
    sqlx::query(
        r#"INSERT INTO "_token_bindings" ("id", "collectionRef", "recordRef", "tokenHash")
        VALUES ($1, $2, $3, $4)
        ON CONFLICT ("collectionRef", "tokenHash") DO UPDATE
        SET "recordRef" = excluded."recordRef", "updated" = CURRENT_TIMESTAMP"#,
    )
    .bind(ids::binding())
    .bind(text(collection_id))
    .bind(text(account_id))
    .bind(hash(token))
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes the binding of a token to this account, if it exists.
pub async fn unbind(
    db: &mut Db,
    collection_id: &str,
    account_id: &str,
    token: &str,
) -> sqlx::Result<()> {
    let sql = r#"DELETE FROM "_token_bindings"
        WHERE "collectionRef" = $1 AND "recordRef" = $2 AND "tokenHash" = $3"#;
    delete(db, sql, &[collection_id, account_id, &hash(token)]).await
}

/// Returns the id of the account that a token is bound to.
pub async fn account_of(
    db: &mut Db,
    collection_id: &str,
    token: &str,
) -> sqlx::Result<Option<String>> {
    if !table_exists(db).await? {
        return Ok(None);
    }
    let sql = r#"SELECT "recordRef" FROM "_token_bindings"
        WHERE "collectionRef" = $1 AND "tokenHash" = $2"#;
    let row = fetch(db, sql, &[collection_id, &hash(token)]).await?;
    row.map(|row| row.try_get("recordRef")).transpose()
}

/// Deletes all bindings of an account.
pub async fn delete_of(db: &mut Db, collection_id: &str, account_id: &str) -> sqlx::Result<()> {
    let sql = r#"DELETE FROM "_token_bindings" WHERE "collectionRef" = $1 AND "recordRef" = $2"#;
    delete(db, sql, &[collection_id, account_id]).await
}

/// Deletes all bindings of a collection.
pub async fn delete_all(db: &mut Db, collection_id: &str) -> sqlx::Result<()> {
    let sql = r#"DELETE FROM "_token_bindings" WHERE "collectionRef" = $1"#;
    delete(db, sql, &[collection_id]).await
}

/// Executes a DELETE if the table exists.
async fn delete(db: &mut Db, sql: &'static str, parameters: &[&str]) -> sqlx::Result<()> {
    if table_exists(db).await? {
        execute(db, sql, parameters).await?;
    }
    Ok(())
}
