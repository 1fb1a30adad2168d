//! Opening the database: a file, one in memory or a PostgreSQL server. What is not ours, or is
//! damaged, is refused before anything is written.

use super::{Db, Store, schema};
use crate::data::{self, Data};
use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::{AnyConnection, AnyPool, Connection, Row};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fmt, io};

/// How many requests of one instance may use PostgreSQL at once.
const CONNECTIONS: u32 = 16;

/// How long a request waits for PostgreSQL: for a connection that is free, or to be made. A server
/// that is down answers nothing, and may even take connections.
const POSTGRES_PATIENCE: Duration = Duration::from_secs(5);

/// Why a database is not used.
#[derive(Debug)]
pub enum Unusable {
    /// What lies there is none of ours.
    Refused(String),
    /// The database itself says no.
    Database(sqlx::Error),
    /// It does not answer in time.
    Silent,
}

impl fmt::Display for Unusable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(reason) => formatter.write_str(reason),
            Self::Silent => write!(
                formatter,
                "the database did not respond within {} seconds",
                POSTGRES_PATIENCE.as_secs()
            ),
            // The reason may quote the URL.
            Self::Database(sqlx::Error::Configuration(_)) => {
                formatter.write_str(data::invalid_url())
            }
            Self::Database(error) if error.to_string().contains("database is locked") => {
                formatter.write_str("it is in use by another process")
            }
            Self::Database(error) if error.to_string().contains("unable to open database") => {
                formatter.write_str(
                    "it cannot be opened: check that it and its folder can be read and written",
                )
            }
            Self::Database(error) => error.fmt(formatter),
        }
    }
}

impl From<sqlx::Error> for Unusable {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl Store {
    /// Opens the database, which without `data` is an empty one in memory, and brings its tables
    /// up to date.
    pub async fn open(data: Option<&Data>) -> Result<Self, Unusable> {
        install_default_drivers();
        data.map_or(Ok(()), Data::check)
            .map_err(Unusable::Refused)?;
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

async fn postgres(url: &str) -> Result<AnyPool, Unusable> {
    // A pool would go on trying, and then not say what is wrong.
    tokio::time::timeout(POSTGRES_PATIENCE, AnyConnection::connect(url))
        .await
        .map_err(|_| Unusable::Silent)??
        .close()
        .await?;
    let options = AnyPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(POSTGRES_PATIENCE);
    Ok(options.connect(url).await?)
}

async fn file(name: &Path) -> Result<AnyPool, Unusable> {
    let path = usable(name)?;
    let address = address(&path);
    if std::fs::metadata(&path).is_ok_and(|file| file.len() > 0) {
        let mode = reading_mode(&path);
        let mut reader = AnyConnection::connect(&format!("{address}?{mode}")).await?;
        inspect(&mut reader).await?;
        reader.close().await?;
    }
    let pool = sqlite(&format!("{address}?mode=rwc")).await?;
    sqlx::query("PRAGMA journal_mode = WAL")
        .execute(&pool)
        .await?;
    Ok(pool)
}

/// The whole path of a file that can be opened, or can be made as far as its folder goes. With a
/// whole path no name means something else to SQLite, as `:memory:` and `file:x` do.
fn usable(name: &Path) -> Result<PathBuf, Unusable> {
    let refused = |error: io::Error| Unusable::Refused(error.to_string());
    let path = std::path::absolute(name).map_err(refused)?;
    let folder = path.parent().unwrap_or(&path);
    match std::fs::metadata(&path) {
        Ok(found) if found.is_dir() => Err(Unusable::Refused(format!(
            "it is a folder: give the name of a file in it, like {}",
            name.join("bosbase.db").display()
        ))),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(refused(error)),
        Err(_) if !folder.is_dir() => Err(Unusable::Refused(format!(
            "there is no folder {}: make it first",
            folder.display()
        ))),
        // Not even opened to look: closing it would free the locks that another server in this
        // process has on it.
        _ => Ok(path),
    }
}

/// How a file is opened to look at it. Even a reader puts a `-wal` beside a file that wants one,
/// unless the file is said never to change; but what is in a `-wal` that is there must be read.
fn reading_mode(path: &Path) -> &'static str {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if Path::new(&log).exists() {
        "mode=ro"
    } else {
        "mode=ro&immutable=true"
    }
}

/// Looks at a file without changing it.
async fn inspect(db: &mut Db) -> Result<(), Unusable> {
    schema::refuse_foreign(db).await?;
    let row = sqlx::query("PRAGMA quick_check(1)").fetch_one(db).await?;
    match row.try_get::<String, _>(0)?.as_str() {
        "ok" => Ok(()),
        damage => {
            let first = damage.lines().find(|line| !line.starts_with('*'));
            let first = first.unwrap_or_default();
            Err(Unusable::Refused(format!("it is damaged: {first}")))
        }
    }
}

/// SQLite has one writer. With one connection a request waits for its turn, and never fails
/// because the file is locked; and that connection keeps all others out.
async fn sqlite(address: &str) -> sqlx::Result<AnyPool> {
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
        .connect(address)
        .await
}

/// The address of a file, whose name is percent-encoded in it.
fn address(path: &Path) -> String {
    let mut address = "sqlite:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => {
                address.push(char::from(*byte));
            }
            other => address.push_str(&format!("%{other:02X}")),
        }
    }
    address
}
