//! How a server is to be started, and why it was not.

use crate::data::{Data, shown};
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

/// How a server is to be started.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens. Port 0 takes a free port.
    pub address: SocketAddr,
    /// Where everything is kept; without it, in memory.
    pub data: Option<Data>,
    /// What the store is to hold before the first request.
    pub seed: Option<Seed>,
    /// Whether the control address (`POST /_local/control`) is there.
    pub control: bool,
    /// The bcrypt cost of the passwords of seeded accounts, 4 to 31.
    pub seed_cost: u32,
    /// Whether a line is written to the standard error output for each request.
    pub log: bool,
}

impl Default for Config {
    /// A free port on this machine, an empty store in memory, no control address, no log.
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
    /// As the default, with a user [`DEMO_USER`] and a superuser [`DEMO_SUPERUSER`], both with
    /// the password [`DEMO_PASSWORD`].
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

/// Where a seed comes from. `README.md` describes what it holds.
#[derive(Clone)]
pub enum Seed {
    /// The JSON itself.
    Text(String),
    /// A file with the JSON.
    File(PathBuf),
}

impl Seed {
    pub(crate) fn text(&self) -> Result<String, Error> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::File(path) => std::fs::read(path)
                .map_err(|error| error.to_string())
                .and_then(seed::decoded)
                .map_err(|reason| Error(format!("cannot read {}: {reason}", self.name()))),
        }
    }
}

impl Seed {
    /// What a message calls it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Text(_) => "the seed".to_owned(),
            Self::File(path) => format!("the seed {}", shown(path.as_os_str())),
        }
    }
}

/// A seed holds passwords, so that its text is not shown.
impl fmt::Debug for Seed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => formatter.write_str("Text(..)"),
            Self::File(path) => write!(formatter, "File({:?})", shown(path.as_os_str())),
        }
    }
}

/// Why a server did not start, or did not do what it was asked to: one line for a person.
#[derive(Debug)]
pub struct Error(pub(crate) String);

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
