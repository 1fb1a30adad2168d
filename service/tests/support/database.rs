//! A database of each kind, for tests that have to hold on all of them.

use super::postgres;
use super::program::unique;
use bosbase_local::{Config, Data, Seed, Server};
use serde_json::Value;
use sqlx::any::{AnyRow, install_default_drivers};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor, Row};
use std::path::{Path, PathBuf};

/// A database that is gone after the test.
pub enum Database {
    /// A SQLite file.
    File(PathBuf),
    /// The URL of a PostgreSQL database.
    Postgres(String),
}

impl Database {
    /// A SQLite file whose name holds `name`.
    pub fn file(name: &str) -> Self {
        Self::File(unique(&format!("bosbase {name}")))
    }

    /// A PostgreSQL database, or nothing where there is no PostgreSQL.
    pub fn postgres() -> Option<Self> {
        postgres::new_database().map(Self::Postgres)
    }

    /// One of each kind.
    pub fn each(name: &str) -> impl Iterator<Item = Self> {
        std::iter::once(Self::file(name)).chain(Self::postgres())
    }

    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// What `--data` is given.
    pub fn argument(&self) -> String {
        match self {
            Self::File(path) => path.to_str().unwrap().to_owned(),
            Self::Postgres(url) => url.clone(),
        }
    }

    pub fn data(&self) -> Data {
        Data::named(self.argument().as_ref())
    }

    /// A server on it, with its control address open.
    pub fn server(&self, seed: Option<&Value>) -> Server {
        Server::start(Config {
            data: Some(self.data()),
            seed: seed.map(|seed| Seed::Text(seed.to_string())),
            control: true,
            ..Config::default()
        })
        .unwrap()
    }

    /// The rows that a statement gives. No server may be using the file.
    pub fn rows(&self, sql: &str) -> Vec<AnyRow> {
        install_default_drivers();
        let address = match self {
            Self::File(path) => format!("sqlite:{}?mode=rwc", path.display()),
            Self::Postgres(url) => url.clone(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut connection = AnyConnection::connect(&address).await.unwrap();
            let rows = connection.fetch_all(AssertSqlSafe(sql)).await.unwrap();
            connection.close().await.unwrap();
            rows
        })
    }

    /// The first column of what a statement gives.
    pub fn texts(&self, sql: &str) -> Vec<String> {
        self.rows(sql).iter().map(|row| row.get(0)).collect()
    }

    /// The names of its tables, or of its indexes, that are like a pattern.
    pub fn names(&self, kind: &str, pattern: &str) -> Vec<String> {
        let asked = match self {
            Self::File(_) => format!("SELECT name FROM sqlite_master WHERE type = '{kind}'"),
            Self::Postgres(_) => format!(
                "SELECT CAST({kind}name AS TEXT) AS name FROM pg_catalog.pg_{}
                WHERE schemaname = 'public'",
                if kind == "index" { "indexes" } else { "tables" }
            ),
        };
        self.texts(&format!(
            "SELECT name FROM ({asked}) AS found WHERE lower(name) LIKE '{pattern}' ORDER BY name"
        ))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Self::File(path) = self {
            for end in ["", "-wal", "-shm"] {
                let _ = std::fs::remove_file(Path::new(&format!("{}{end}", path.display())));
            }
        }
    }
}
