//! The tables, their version, and the check that a database belongs to this program.

use super::engine::{lock_schema, tables};
use super::error::OpenError;
use super::{Db, accounts, bindings, collections, limits, mfas, otps, records};
use sqlx::Row;

/// The version of the schema. Every change to the tables increments it.
const VERSION: i64 = 1;

/// All tables except `_token_bindings`, which the first bind creates.
const TABLES: [&str; 8] = [
    "CREATE TABLE IF NOT EXISTS local_schema (version BIGINT PRIMARY KEY)",
    collections::TABLE,
    accounts::TABLE,
    records::TABLE,
    mfas::TABLE,
    otps::TABLE,
    limits::RULES,
    limits::USES,
];

/// The prefix of the names in `TABLES`.
const PREFIX: &str = "local_";

/// Fails if the database belongs to another program, or to a newer version of this one.
pub async fn check_owner(db: &mut Db) -> Result<(), OpenError> {
    let tables = tables(db).await?;
    if tables.iter().any(|name| name.starts_with(PREFIX)) {
        return check_version(db, &tables).await;
    }
    // A table of bindings that was created by hand is adopted.
    let is_bindings = |name: &str| {
        name == bindings::TABLE || bindings::LEGACY.iter().any(|(legacy, _)| *legacy == name)
    };
    match tables.iter().find(|name| !is_bindings(name)) {
        None => Ok(()),
        Some(table) => Err(OpenError::Invalid(format!(
            "it belongs to another program: it has a table {table}, and none of bosbase-local"
        ))),
    }
}

async fn check_version(db: &mut Db, tables: &[String]) -> Result<(), OpenError> {
    if !tables.iter().any(|name| name == "local_schema") {
        return Ok(());
    }
    let row = sqlx::query("SELECT COALESCE(MAX(version), 0) FROM local_schema")
        .fetch_one(db)
        .await?;
    match row.try_get::<i64, _>(0)? {
        ..=VERSION => Ok(()),
        _ => Err(OpenError::Invalid(
            "it was created by a newer version of bosbase-local".to_owned(),
        )),
    }
}

/// Creates missing tables and built-in collections. Instances that start at the same time wait
/// for each other. Must be called in a transaction.
pub async fn migrate(db: &mut Db) -> Result<(), OpenError> {
    lock_schema(db).await?;
    check_owner(db).await?;
    for table in TABLES {
        sqlx::query(table).execute(&mut *db).await?;
    }
    for collection in collections::built_in() {
        if collections::by_id(db, &collection.id).await?.is_none() {
            collections::insert(db, &collection).await?;
        }
    }
    sqlx::query("INSERT INTO local_schema (version) VALUES ($1) ON CONFLICT DO NOTHING")
        .bind(VERSION)
        .execute(db)
        .await?;
    Ok(())
}
