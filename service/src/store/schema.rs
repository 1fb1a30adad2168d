//! Which tables there are, and how they come to be: the one place that asks an engine about
//! itself.

use super::opening::Unusable;
use super::{Db, accounts, bindings, collections, limits, mfas, otps, records};
use sqlx::Row;

/// The version of the tables below. A step that changes them raises it.
const VERSION: i64 = 1;

/// What makes our own tables. `_token_bindings` is not among them: the first bind makes it.
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

/// What all our own tables are called.
const OURS: &str = "local_";

/// Whether the engine is PostgreSQL; else it is SQLite.
fn is_postgres(db: &Db) -> bool {
    db.backend_name() == "PostgreSQL"
}

/// How many of these tables and indexes there are. Names are compared to the letter.
pub async fn count(db: &mut Db, names: &[&str]) -> sqlx::Result<usize> {
    let asked = if is_postgres(db) {
        "SELECT COUNT(*) FROM pg_catalog.pg_class
        JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname = current_schema() AND relname IN ($1, $2, $3)"
    } else {
        "SELECT COUNT(*) FROM sqlite_master WHERE name IN ($1, $2, $3)"
    };
    let name = |at: usize| names.get(at).copied().unwrap_or_default().to_owned();
    let row = sqlx::query(asked)
        .bind(name(0))
        .bind(name(1))
        .bind(name(2))
        .fetch_one(db)
        .await?;
    Ok(usize::try_from(row.try_get::<i64, _>(0)?).unwrap_or_default())
}

/// Lets one instance at a time change tables, until the transaction ends. SQLite has only one
/// instance.
pub async fn lock(db: &mut Db) -> sqlx::Result<()> {
    if is_postgres(db) {
        // Any number does, so long as all instances take the same.
        sqlx::query("SELECT CAST(pg_advisory_xact_lock(7240963518) AS TEXT)")
            .execute(db)
            .await?;
    }
    Ok(())
}

/// Refuses a database that holds what is not ours, so that nothing of it is changed.
pub async fn refuse_foreign(db: &mut Db) -> Result<(), Unusable> {
    let tables = tables(db).await?;
    if tables.iter().any(|name| name.starts_with(OURS)) {
        return refuse_newer(db, &tables).await;
    }
    // Bindings may have been put there by hand, to be taken over.
    let may_be = |name: &str| {
        name == bindings::TABLE || bindings::LEGACY.iter().any(|(legacy, _)| *legacy == name)
    };
    match tables.iter().find(|name| !may_be(name)) {
        None => Ok(()),
        Some(foreign) => Err(Unusable::Refused(format!(
            "it belongs to something else: there is a table {foreign}, and none of ours"
        ))),
    }
}

async fn refuse_newer(db: &mut Db, tables: &[String]) -> Result<(), Unusable> {
    if !tables.iter().any(|name| name == "local_schema") {
        return Ok(());
    }
    let row = sqlx::query("SELECT COALESCE(MAX(version), 0) FROM local_schema")
        .fetch_one(db)
        .await?;
    match row.try_get::<i64, _>(0)? {
        ..=VERSION => Ok(()),
        _ => Err(Unusable::Refused(
            "it was made by a newer version of this program".to_owned(),
        )),
    }
}

async fn tables(db: &mut Db) -> sqlx::Result<Vec<String>> {
    let asked = if is_postgres(db) {
        "SELECT CAST(tablename AS TEXT) FROM pg_catalog.pg_tables
        WHERE schemaname = current_schema() ORDER BY tablename"
    } else {
        "SELECT name FROM sqlite_master
        WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
    };
    let rows = sqlx::query(asked).fetch_all(db).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

/// Makes what is missing of our tables. Instances that start together take turns, and all but
/// the first find everything done. Belongs in a transaction.
pub async fn migrate(db: &mut Db) -> Result<(), Unusable> {
    lock(db).await?;
    refuse_foreign(db).await?;
    for table in TABLES {
        sqlx::query(table).execute(&mut *db).await?;
    }
    for collection in collections::always_there() {
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
