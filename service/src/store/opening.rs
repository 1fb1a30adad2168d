//! Opening the database: a file, one in memory or a PostgreSQL server. What is not ours, or is
//! damaged, is refused before anything is written.

use super::{Db, Store, schema};
use crate::config::Data;
use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::{AnyConnection, AnyPool, Connection, Row};
use std::fmt;
use std::path::Path;

/// How many requests of one instance may use PostgreSQL at once.
const CONNECTIONS: u32 = 16;

/// Why a database is not used.
#[derive(Debug)]
pub enum Unusable {
    /// What lies there is none of ours.
    Refused(String),
    /// The database itself says no.
    Database(sqlx::Error),
}

impl fmt::Display for Unusable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(reason) => formatter.write_str(reason),
            Self::Database(error) if error.to_string().contains("database is locked") => {
                formatter.write_str("it is in use by another process")
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
    // A pool would try for half a minute, and then not say what is wrong.
    AnyConnection::connect(url).await?.close().await?;
    let options = AnyPoolOptions::new().max_connections(CONNECTIONS);
    Ok(options.connect(url).await?)
}

async fn file(path: &Path) -> Result<AnyPool, Unusable> {
    let address = address(path);
    if std::fs::metadata(path).is_ok_and(|file| file.len() > 0) {
        let mode = reading_mode(path);
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
