//! Where everything is kept: one SQL database, a file or in memory, and one module per table.
//!
//! The SQL is the same for every engine: TEXT and BIGINT columns, numbered parameters.

pub mod accounts;
pub mod bindings;
pub mod collections;
pub mod records;

use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyPool, Transaction};
use std::path::Path;

/// A connection, inside a transaction or not.
pub type Db = sqlx::AnyConnection;

/// The database.
pub struct Store {
    pool: AnyPool,
}

impl Store {
    /// Opens the file, which is made if it is not there, or without one an empty database in
    /// memory.
    pub async fn open(data: Option<&Path>) -> sqlx::Result<Self> {
        install_default_drivers();
        // SQLite has one writer. With one connection a request waits for its turn, and never
        // fails because the file is locked.
        let pool = AnyPoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect(&address(data))
            .await?;
        let store = Self { pool };
        store.prepare(data.is_some()).await?;
        Ok(store)
    }

    async fn prepare(&self, is_file: bool) -> sqlx::Result<()> {
        if is_file {
            let mut db = self.connection().await?;
            sqlx::query("PRAGMA journal_mode = WAL")
                .execute(&mut *db)
                .await?;
        }
        let mut db = self.transaction().await?;
        collections::create_table(&mut db).await?;
        accounts::create_table(&mut db).await?;
        records::create_table(&mut db).await?;
        for collection in collections::always_there() {
            if collections::by_id(&mut db, &collection.id).await?.is_none() {
                collections::insert(&mut db, &collection).await?;
            }
        }
        db.commit().await
    }

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

/// The address of the database, in which the name of a file is percent-encoded.
fn address(data: Option<&Path>) -> String {
    let Some(path) = data else {
        return "sqlite::memory:".to_owned();
    };
    let mut address = "sqlite:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => {
                address.push(char::from(*byte));
            }
            other => address.push_str(&format!("%{other:02X}")),
        }
    }
    address + "?mode=rwc"
}

/// Something stored as JSON is not what it should be.
fn damaged(error: serde_json::Error) -> sqlx::Error {
    sqlx::Error::Decode(error.into())
}
