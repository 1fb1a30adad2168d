//! The table `_token_bindings`: which account a custom token logs in to. It holds hashes only.
//!
//! The first bind makes it, or renames one of the names it once had. Until then nothing is bound.

use super::Db;
use crate::ids;
use sha2::{Digest, Sha256};
use sqlx::Row;

/// The names the table once had, in the order in which they are looked for.
const LEGACY: [(&str, &str); 2] = [
    (
        "_tokenBindings",
        r#"ALTER TABLE "_tokenBindings" RENAME TO "_token_bindings""#,
    ),
    (
        "tokenBindings",
        r#"ALTER TABLE "tokenBindings" RENAME TO "_token_bindings""#,
    ),
];

const TABLE: &str = "_token_bindings";

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

/// The hash under which a token is kept.
fn hash(token: &str) -> String {
    ids::hex(&Sha256::digest(token))
}

/// Whether there is a table of exactly this name. Engines differ in how they are asked.
async fn is_there(db: &mut Db, table: &str) -> sqlx::Result<bool> {
    let row = sqlx::query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1")
        .bind(table.to_owned())
        .fetch_optional(db)
        .await?;
    Ok(row.is_some())
}

async fn make_table(db: &mut Db) -> sqlx::Result<()> {
    if !is_there(db, TABLE).await? {
        for (name, rename) in LEGACY {
            if is_there(db, name).await? {
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

/// Binds a token to an account, taking it from any other account of the collection. Belongs in
/// a transaction.
pub async fn bind(
    db: &mut Db,
    collection_id: &str,
    account_id: &str,
    token: &str,
) -> sqlx::Result<()> {
    make_table(db).await?;
    sqlx::query(
        r#"INSERT INTO "_token_bindings" ("id", "collectionRef", "recordRef", "tokenHash")
        VALUES ($1, $2, $3, $4)
        ON CONFLICT ("collectionRef", "tokenHash") DO UPDATE
        SET "recordRef" = excluded."recordRef", "updated" = CURRENT_TIMESTAMP"#,
    )
    .bind(ids::binding())
    .bind(collection_id.to_owned())
    .bind(account_id.to_owned())
    .bind(hash(token))
    .execute(db)
    .await?;
    Ok(())
}

/// Removes the binding of a token to this account, if there is one.
pub async fn unbind(
    db: &mut Db,
    collection_id: &str,
    account_id: &str,
    token: &str,
) -> sqlx::Result<()> {
    if !is_there(db, TABLE).await? {
        return Ok(());
    }
    sqlx::query(
        r#"DELETE FROM "_token_bindings"
        WHERE "collectionRef" = $1 AND "recordRef" = $2 AND "tokenHash" = $3"#,
    )
    .bind(collection_id.to_owned())
    .bind(account_id.to_owned())
    .bind(hash(token))
    .execute(db)
    .await?;
    Ok(())
}

/// The identifier of the account that a token of this collection logs in to.
pub async fn account_of(
    db: &mut Db,
    collection_id: &str,
    token: &str,
) -> sqlx::Result<Option<String>> {
    if !is_there(db, TABLE).await? {
        return Ok(None);
    }
    let row = sqlx::query(
        r#"SELECT "recordRef" FROM "_token_bindings"
        WHERE "collectionRef" = $1 AND "tokenHash" = $2"#,
    )
    .bind(collection_id.to_owned())
    .bind(hash(token))
    .fetch_optional(db)
    .await?;
    row.map(|row| row.try_get("recordRef")).transpose()
}

/// Removes all bindings of an account.
pub async fn delete_of(db: &mut Db, collection_id: &str, account_id: &str) -> sqlx::Result<()> {
    if !is_there(db, TABLE).await? {
        return Ok(());
    }
    sqlx::query(r#"DELETE FROM "_token_bindings" WHERE "collectionRef" = $1 AND "recordRef" = $2"#)
        .bind(collection_id.to_owned())
        .bind(account_id.to_owned())
        .execute(db)
        .await?;
    Ok(())
}

/// Removes all bindings of a collection.
pub async fn delete_all(db: &mut Db, collection_id: &str) -> sqlx::Result<()> {
    if !is_there(db, TABLE).await? {
        return Ok(());
    }
    sqlx::query(r#"DELETE FROM "_token_bindings" WHERE "collectionRef" = $1"#)
        .bind(collection_id.to_owned())
        .execute(db)
        .await?;
    Ok(())
}
