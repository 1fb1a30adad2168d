//! The database, with one module per table.
//!
//! The SQL is the same for both engines: TEXT and BIGINT columns, numbered parameters. The
//! differences are in `open.rs` and `engine.rs`.

pub mod accounts;
pub mod bindings;
pub mod collections;
pub mod delete;
mod engine;
mod error;
pub mod limits;
pub mod mfas;
mod open;
pub mod otps;
pub mod records;
mod schema;

use sqlx::any::AnyRow;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyPool, Transaction};

/// A connection, inside a transaction or not.
pub type Db = sqlx::AnyConnection;

/// The database.
pub struct Store {
    pool: AnyPool,
}

impl Store {
    /// Returns a connection outside of a transaction.
    pub async fn connection(&self) -> sqlx::Result<PoolConnection<Any>> {
        self.pool.acquire().await
    }

    /// Starts a transaction. It is rolled back when dropped without a commit.
    pub async fn transaction(&self) -> sqlx::Result<Transaction<'static, Any>> {
        self.pool.begin().await
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Executes a statement with string parameters.
async fn execute(db: &mut Db, sql: &'static str, parameters: &[&str]) -> sqlx::Result<()> {
    fetch(db, sql, parameters).await.map(|_| ())
}

/// Executes a statement with string parameters, and returns the first row.
async fn fetch(
    db: &mut Db,
    sql: &'static str,
    parameters: &[&str],
) -> sqlx::Result<Option<AnyRow>> {
    let bind = |query: sqlx::query::Query<'static, Any, _>, value: &&str| query.bind(text(value));
    parameters
        .iter()
        .fold(sqlx::query(sql), bind)
        .fetch_optional(db)
        .await
}

/// Converts a string to an SQL TEXT. PostgreSQL does not allow NUL; the replacement character
/// occurs in no name or id, so such a string matches no row.
fn text(string: &str) -> String {
    string.replace('\0', "\u{fffd}")
}

/// Reports a column that does not hold the expected JSON.
fn damaged(error: serde_json::Error) -> sqlx::Error {
    sqlx::Error::Decode(error.into())
}
