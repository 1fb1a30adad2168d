//! The queries that differ between SQLite and PostgreSQL.

use super::Db;
use sqlx::Row;

/// Whether the engine is PostgreSQL; otherwise it is SQLite.
fn is_postgres(db: &Db) -> bool {
    db.backend_name() == "PostgreSQL"
}

/// Returns how many of up to three tables and indexes exist. Names are case-sensitive.
pub async fn count_existing(db: &mut Db, names: &[&str]) -> sqlx::Result<usize> {
    let sql = if is_postgres(db) {
        "SELECT COUNT(*) FROM pg_catalog.pg_class
        JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname = current_schema() AND relname IN ($1, $2, $3)"
    } else {
        "SELECT COUNT(*) FROM sqlite_master WHERE name IN ($1, $2, $3)"
    };
    let name = |index: usize| names.get(index).copied().unwrap_or_default().to_owned();
    let row = sqlx::query(sql)
        .bind(name(0))
        .bind(name(1))
        .bind(name(2))
        .fetch_one(db)
        .await?;
    Ok(usize::try_from(row.try_get::<i64, _>(0)?).unwrap_or_default())
}

/// Serializes schema changes of several instances until the transaction ends. SQLite has only one
/// instance.
pub async fn lock_schema(db: &mut Db) -> sqlx::Result<()> {
    if is_postgres(db) {
        // The key is arbitrary, but the same in all instances.
        sqlx::query("SELECT CAST(pg_advisory_xact_lock(7240963518) AS TEXT)")
            .execute(db)
            .await?;
    }
    Ok(())
}

/// Returns the names of all tables.
pub async fn tables(db: &mut Db) -> sqlx::Result<Vec<String>> {
    let sql = if is_postgres(db) {
        "SELECT CAST(tablename AS TEXT) FROM pg_catalog.pg_tables
        WHERE schemaname = current_schema() ORDER BY tablename"
    } else {
        "SELECT name FROM sqlite_master
        WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
    };
    let rows = sqlx::query(sql).fetch_all(db).await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}
