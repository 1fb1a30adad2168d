//! Where everything is kept: one SQL database, and one module per table.
//!
//! The SQL is the same for every engine: TEXT and BIGINT columns, numbered parameters. What
//! engines do not share stands in `opening.rs` and `schema.rs`.

pub mod accounts;
pub mod bindings;
pub mod collections;
pub mod limits;
pub mod mfas;
mod opening;
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
    /// A connection for single statements.
    pub async fn connection(&self) -> sqlx::Result<PoolConnection<Any>> {
        self.pool.acquire().await
    }

    /// A transaction, undone unless it is committed.
    pub async fn transaction(&self) -> sqlx::Result<Transaction<'static, Any>> {
        self.pool.begin().await
    }

    /// Ends all work on the database.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Carries out a statement that takes these texts.
async fn run(db: &mut Db, sql: &'static str, texts: &[&str]) -> sqlx::Result<()> {
    first(db, sql, texts).await.map(|_| ())
}

/// The first row that a statement with these texts gives.
async fn first(db: &mut Db, sql: &'static str, texts: &[&str]) -> sqlx::Result<Option<AnyRow>> {
    let bind = |query: sqlx::query::Query<'static, Any, _>, value: &&str| query.bind(text(value));
    texts
        .iter()
        .fold(sqlx::query(sql), bind)
        .fetch_optional(db)
        .await
}

/// A text as a database can hold it. PostgreSQL has no place for a NUL; what is put there stands
/// in no name or identifier, so that such a text is found nowhere.
fn text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// Something stored as JSON is not what it should be.
fn damaged(error: serde_json::Error) -> sqlx::Error {
    sqlx::Error::Decode(error.into())
}
