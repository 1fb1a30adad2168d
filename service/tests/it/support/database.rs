//! Databases of both engines.

use super::process::temp_path;
use bosauth_test_support::postgres;
use bosbase_local::{Config, Data, Seed, Server};
use serde_json::Value;
use sqlx::any::{AnyRow, install_default_drivers};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor, Row};
use std::path::{Path, PathBuf};

/// A database. The file is deleted on drop.
pub enum Database {
    /// A SQLite file.
    File(PathBuf),
    /// The URL of a PostgreSQL database.
    Postgres(String),
}

impl Database {
    /// Returns the name of a new SQLite file.
    pub fn file(name: &str) -> Self {
        Self::File(temp_path(&format!("bosbase {name}")))
    }

    /// Creates a PostgreSQL database. Returns `None` if PostgreSQL is not installed.
    pub fn postgres() -> Option<Self> {
        postgres::new_database().map(Self::Postgres)
    }

    /// Returns a database of each engine.
    pub fn each(name: &str) -> impl Iterator<Item = Self> {
        std::iter::once(Self::file(name)).chain(Self::postgres())
    }

    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Returns the argument of `--data`.
    pub fn argument(&self) -> String {
        match self {
            Self::File(path) => path.to_str().unwrap().to_owned(),
            Self::Postgres(url) => url.clone(),
        }
    }

    pub fn data(&self) -> Data {
        Data::parse(self.argument().as_ref())
    }

    /// Starts a server on it, with control enabled.
    pub fn server(&self, seed: Option<&Value>) -> Server {
        Server::start(Config {
            data: Some(self.data()),
            seed: seed.map(|seed| Seed::Text(seed.to_string())),
            control: true,
            ..Config::default()
        })
        .unwrap()
    }

    /// Executes a statement and returns its rows. No server may be using a file.
    pub fn rows(&self, sql: &str) -> Vec<AnyRow> {
        install_default_drivers();
        let url = match self {
            Self::File(path) => format!("sqlite:{}?mode=rwc", path.display()),
            Self::Postgres(url) => url.clone(),
        };
        block_on(async {
            let mut connection = AnyConnection::connect(&url).await.unwrap();
            let rows = connection.fetch_all(AssertSqlSafe(sql)).await.unwrap();
            connection.close().await.unwrap();
            rows
        })
    }

    /// Returns the first column of the rows of a statement.
    pub fn strings(&self, sql: &str) -> Vec<String> {
        self.rows(sql).iter().map(|row| row.get(0)).collect()
    }

    /// Returns the names of the tables or indexes (`kind`) that match a LIKE pattern.
    pub fn names(&self, kind: &str, pattern: &str) -> Vec<String> {
        let all = match self {
            Self::File(_) => format!("SELECT name FROM sqlite_master WHERE type = '{kind}'"),
            Self::Postgres(_) => format!(
                "SELECT CAST({kind}name AS TEXT) AS name FROM pg_catalog.pg_{}
                WHERE schemaname = 'public'",
                if kind == "index" { "indexes" } else { "tables" }
            ),
        };
        self.strings(&format!(
            "SELECT name FROM ({all}) AS all_names WHERE lower(name) LIKE '{pattern}' ORDER BY name"
        ))
    }
}

/// Runs a future on a new runtime.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future)
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Self::File(path) = self {
            for suffix in ["", "-wal", "-shm"] {
                let _ = std::fs::remove_file(Path::new(&format!("{}{suffix}", path.display())));
            }
        }
    }
}
