//! The table `_token_bindings`: which account a custom token logs in to. It holds hashes only.
//!
//! The first bind makes it, or renames one of the names it once had. Until then nothing is bound.

use super::{Db, first, run, schema, text};
use crate::ids;
use sha2::{Digest, Sha256};
use sqlx::Row;

/// The names the table once had, in the order in which they are looked for.
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

/// The name it has.
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

/// The hash under which a token is kept.
fn hash(token: &str) -> String {
    ids::hex(&Sha256::digest(token))
}

/// Makes the table and its indexes, as far as they are missing. Belongs in a transaction.
async fn make_table(db: &mut Db) -> sqlx::Result<()> {
    let all = [
        TABLE,
        "idx__token_bindings_token",
        "idx__token_bindings_record",
    ];
    if schema::count(db, &all).await? == all.len() {
        return Ok(());
    }
    // Two instances may get here at once; the second one finds all done.
    schema::lock(db).await?;
    if schema::count(db, &[TABLE]).await? == 0 {
        for (name, rename) in LEGACY {
            if schema::count(db, &[name]).await? == 1 {
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

/// Whether anything was ever bound.
async fn is_there(db: &mut Db) -> sqlx::Result<bool> {
    Ok(schema::count(db, &[TABLE]).await? == 1)
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
    .bind(text(collection_id))
    .bind(text(account_id))
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
    if !is_there(db).await? {
        return Ok(());
    }
    run(
        db,
        r#"DELETE FROM "_token_bindings"
        WHERE "collectionRef" = $1 AND "recordRef" = $2 AND "tokenHash" = $3"#,
        &[collection_id, account_id, &hash(token)],
    )
    .await
}

/// The identifier of the account that a token of this collection logs in to.
pub async fn account_of(
    db: &mut Db,
    collection_id: &str,
    token: &str,
) -> sqlx::Result<Option<String>> {
    if !is_there(db).await? {
        return Ok(None);
    }
    let row = first(
        db,
        r#"SELECT "recordRef" FROM "_token_bindings"
        WHERE "collectionRef" = $1 AND "tokenHash" = $2"#,
        &[collection_id, &hash(token)],
    )
    .await?;
    row.map(|row| row.try_get("recordRef")).transpose()
}

/// Removes all bindings of an account.
pub async fn delete_of(db: &mut Db, collection_id: &str, account_id: &str) -> sqlx::Result<()> {
    if !is_there(db).await? {
        return Ok(());
    }
    run(
        db,
        r#"DELETE FROM "_token_bindings" WHERE "collectionRef" = $1 AND "recordRef" = $2"#,
        &[collection_id, account_id],
    )
    .await
}

/// Removes all bindings of a collection.
pub async fn delete_all(db: &mut Db, collection_id: &str) -> sqlx::Result<()> {
    if !is_there(db).await? {
        return Ok(());
    }
    run(
        db,
        r#"DELETE FROM "_token_bindings" WHERE "collectionRef" = $1"#,
        &[collection_id],
    )
    .await
}
