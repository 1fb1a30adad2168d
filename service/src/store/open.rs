//! Opening the database: a SQLite file, SQLite in memory, or PostgreSQL. A database that is
//! damaged or belongs to another program is rejected before anything is written.

use super::error::{OpenError, POSTGRES_TIMEOUT};
use super::{Db, Store, schema};
use crate::data::Data;
use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::{AnyConnection, AnyPool, Connection, Row};
use std::io;
use std::path::{Path, PathBuf};

/// The maximum number of PostgreSQL connections of one instance.
const CONNECTIONS: u32 = 16;

impl Store {
    /// Opens the database, in memory without `data`, and creates missing tables.
    pub async fn open(data: Option<&Data>) -> Result<Self, OpenError> {
        install_default_drivers();
        data.map_or(Ok(()), Data::check)
            .map_err(OpenError::Invalid)?;
        let pool = match data {
            None => sqlite("sqlite::memory:").await?,
            Some(Data::File(path)) => file(path).await?,
            Some(Data::Postgres(url)) => postgres(url).await?,
        };
        let mut transaction = pool.begin().await?;
        schema::migrate(&mut transaction).await?;
        transaction.commit().await?;
        Ok(Self { pool })
    }
}

async fn postgres(url: &str) -> Result<AnyPool, OpenError> {
    // A pool would retry, and hide the first error.
    tokio::time::timeout(POSTGRES_TIMEOUT, AnyConnection::connect(url))
        .await
        .map_err(|_| OpenError::Timeout)??
        .close()
        .await?;
    let options = AnyPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(POSTGRES_TIMEOUT);
    Ok(options.connect(url).await?)
}

async fn file(name: &Path) -> Result<AnyPool, OpenError> {
    let path = resolve(name)?;
    let url = url(&path);
    if std::fs::metadata(&path).is_ok_and(|file| file.len() > 0) {
        let mode = read_only_mode(&path);
        let mut reader = AnyConnection::connect(&format!("{url}?{mode}")).await?;
        inspect(&mut reader).await?;
        reader.close().await?;
    }
    let pool = sqlite(&format!("{url}?mode=rwc")).await?;
    sqlx::query("PRAGMA journal_mode = WAL")
        .execute(&pool)
        .await?;
    Ok(pool)
}

/// Returns the absolute path of a file that exists or can be created. SQLite gives no special
/// meaning to an absolute path, as it does to `:memory:` and `file:x`.
fn resolve(name: &Path) -> Result<PathBuf, OpenError> {
    let invalid = |error: io::Error| OpenError::Invalid(error.to_string());
    let path = std::path::absolute(name).map_err(invalid)?;
    let directory = path.parent().unwrap_or(&path);
    match std::fs::metadata(&path) {
        Ok(found) if found.is_dir() => Err(OpenError::Invalid(format!(
            "it is a directory: give the name of a file in it, like {}",
            name.join("bosbase.db").display()
        ))),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(invalid(error)),
        Err(_) if !directory.is_dir() => Err(OpenError::Invalid(format!(
            "the directory {} does not exist: create it first",
            directory.display()
        ))),
        // Not opened: closing it would release the POSIX locks of another server in this process.
        _ => Ok(path),
    }
}

/// Returns the open mode for inspecting a file. Without `immutable`, SQLite creates a missing
/// `-wal` file even for a reader; with it, an existing one is not read.
fn read_only_mode(path: &Path) -> &'static str {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    if Path::new(&wal).exists() {
        "mode=ro"
    } else {
        "mode=ro&immutable=true"
    }
}

/// Checks a file without changing it.
async fn inspect(db: &mut Db) -> Result<(), OpenError> {
    schema::check_owner(db).await?;
    let row = sqlx::query("PRAGMA quick_check(1)").fetch_one(db).await?;
    match row.try_get::<String, _>(0)?.as_str() {
        "ok" => Ok(()),
        report => {
            let error = report.lines().find(|line| !line.starts_with('*'));
            let error = error.unwrap_or_default();
            Err(OpenError::Invalid(format!("it is damaged: {error}")))
        }
    }
}

/// Opens SQLite with one connection: requests wait for it instead of failing on a locked file,
/// and its exclusive lock keeps other processes out.
async fn sqlite(url: &str) -> sqlx::Result<AnyPool> {
    AnyPoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_connect(|db, _| {
            Box::pin(async move {
                sqlx::query("PRAGMA locking_mode = EXCLUSIVE")
                    .execute(db)
                    .await?;
                Ok(())
            })
        })
        .connect(url)
        .await
}

/// Returns the URL of a file, with its name percent-encoded.
fn url(path: &Path) -> String {
    let mut url = "sqlite:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => {
                url.push(char::from(*byte));
            }
            other => url.push_str(&format!("%{other:02X}")),
        }
    }
    url
}
