//! Why a database cannot be opened.

use crate::data;
use std::fmt;
use std::time::Duration;

/// How long to wait for PostgreSQL: for a free connection, or for a new one. A server that is
/// down may still accept connections.
pub const POSTGRES_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a database cannot be opened.
#[derive(Debug)]
pub enum OpenError {
    /// It is not a database of this program, or is damaged.
    Invalid(String),
    /// The database reported an error.
    Database(sqlx::Error),
    /// It did not respond within [`POSTGRES_TIMEOUT`].
    Timeout,
}

impl fmt::Display for OpenError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(reason) => formatter.write_str(reason),
            Self::Timeout => write!(
                formatter,
                "the database did not respond within {} seconds",
                POSTGRES_TIMEOUT.as_secs()
            ),
            // The error may quote the URL.
            Self::Database(sqlx::Error::Configuration(_)) => formatter.write_str(data::INVALID_URL),
            Self::Database(error) if error.to_string().contains("database is locked") => {
                formatter.write_str("it is in use by another process")
            }
            Self::Database(error) if error.to_string().contains("unable to open database") => {
                formatter.write_str(
                    "it cannot be opened: check the permissions of the file and its directory",
                )
            }
            Self::Database(error) => error.fmt(formatter),
        }
    }
}

impl From<sqlx::Error> for OpenError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}
