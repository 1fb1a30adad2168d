//! How a server is to be started, and why it was not.

use std::ffi::OsStr;
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

/// Where everything is kept.
#[derive(Clone)]
pub enum Data {
    /// A SQLite file, made if it is not there. Only one server at a time can use it.
    File(PathBuf),
    /// The URL of a PostgreSQL database (`postgres://user:password@host/name`). Several servers
    /// can use it at the same time, and answer as one.
    Postgres(String),
}

impl Data {
    /// What `--data` means: the URL of a PostgreSQL database or else the name of a file.
    #[must_use]
    pub fn named(text: &OsStr) -> Self {
        match text.to_str() {
            Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                Self::Postgres(url.to_owned())
            }
            _ => Self::File(text.into()),
        }
    }
}

/// The name of the file, or the URL without what may be a password.
impl fmt::Display for Data {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(formatter),
            Self::Postgres(url) => {
                let bare = url.split(['?', '#']).next().unwrap_or_default();
                let place = bare.split_once("://").map_or(bare, |(_, place)| place);
                let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
                write!(formatter, "postgres://{place}")
            }
        }
    }
}

/// As it is displayed, for a URL holds a password.
impl fmt::Debug for Data {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
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
            Self::File(path) => std::fs::read_to_string(path).map_err(|error| {
                Error(format!("cannot read the seed {}: {error}", path.display()))
            }),
        }
    }
}

/// A seed holds passwords, so that its text is not shown.
impl fmt::Debug for Seed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => formatter.write_str("Text(..)"),
            Self::File(path) => formatter.debug_tuple("File").field(path).finish(),
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
