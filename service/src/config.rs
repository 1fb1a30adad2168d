//! The configuration of a server, and the error type.

use crate::data::{Data, redact};
use crate::seed;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// The email of the user of [`Config::demo`].
pub const DEMO_USER: &str = "user@example.com";
/// The email of the superuser of [`Config::demo`].
pub const DEMO_SUPERUSER: &str = "admin@example.com";
/// The password of both accounts of [`Config::demo`].
pub const DEMO_PASSWORD: &str = "correct horse 1";

/// The configuration of a server.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address to listen on. Port 0 selects a free port.
    pub address: SocketAddr,
    /// The database; `None` keeps all data in memory.
    pub data: Option<Data>,
    /// The initial collections, records and accounts.
    pub seed: Option<Seed>,
    /// Whether the control endpoint (`POST /_local/control`) is enabled.
    pub control: bool,
    /// The bcrypt cost for passwords, 4 to 31.
    pub seed_cost: u32,
    /// Whether a line is written to standard error for each request.
    pub log: bool,
}

impl Default for Config {
    /// A free port on the loopback address, an empty in-memory store, no control endpoint, no log.
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data: None,
            seed: None,
            control: false,
            seed_cost: 4,
            log: false,
        }
    }
}

impl Config {
    /// The default with a user [`DEMO_USER`] and a superuser [`DEMO_SUPERUSER`], both with the
    /// password [`DEMO_PASSWORD`].
    #[must_use]
    pub fn demo() -> Self {
        let seed = serde_json::json!({"accounts": [
            {"collection": "users", "email": DEMO_USER, "password": DEMO_PASSWORD,
                "verified": true, "fields": {"name": "Demo User"}},
            {"collection": "_superusers", "email": DEMO_SUPERUSER, "password": DEMO_PASSWORD},
        ]});
        Self {
            seed: Some(Seed::Text(seed.to_string())),
            ..Self::default()
        }
    }
}

/// The source of a seed. `README.md` describes the format.
#[derive(Clone)]
pub enum Seed {
    /// JSON.
    Text(String),
    /// A file containing JSON.
    File(PathBuf),
}

impl Seed {
    /// Returns the JSON.
    pub(crate) fn read(&self) -> Result<String, Error> {
        match self {
            Self::Text(json) => Ok(json.clone()),
            Self::File(path) => std::fs::read(path)
                .map_err(|error| error.to_string())
                .and_then(seed::decode_utf8)
                .map_err(|reason| Error(format!("cannot read {}: {reason}", self.name()))),
        }
    }

    /// The name in messages.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Text(_) => "the seed".to_owned(),
            Self::File(path) => format!("the seed {}", redact(path.as_os_str())),
        }
    }
}

/// Omits the JSON, which contains passwords.
impl fmt::Debug for Seed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => formatter.write_str("Text(..)"),
            Self::File(path) => write!(formatter, "File({:?})", redact(path.as_os_str())),
        }
    }
}

/// An error of [`Server::start`](crate::Server::start) or
/// [`Server::control`](crate::Server::control), with a message of one line.
#[derive(Debug)]
pub struct Error(pub(crate) String);

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
