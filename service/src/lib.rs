//! BosBase's token API on SQLite or PostgreSQL, for local development and tests: bind, unbind and
//! log in.
//!
//! The same server is available as a program, `bosbase-local`. A test starts a server of its own,
//! which stops when it is dropped:
//!
//! ```
//! use bosbase_local::{Config, Seed, Server};
//!
//! # fn main() -> Result<(), bosbase_local::Error> {
//! let seed = r#"{"accounts": [
//!     {"collection": "users", "email": "a@example.com", "password": "correct horse 1"}]}"#;
//! let server = Server::start(Config {
//!     seed: Some(Seed::Text(seed.to_owned())),
//!     ..Config::default()
//! })?;
//! assert!(server.base_url().starts_with("http://127.0.0.1:"));
//! # Ok(())
//! # }
//! ```

mod app;
mod auth;
mod body;
mod call;
mod clock;
mod config;
mod control;
#[cfg(test)]
mod corpus_tests;
mod data;
mod expand;
mod faults;
mod fields;
mod form;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod handlers;
mod host;
mod ids;
mod inject;
mod json;
mod jwt;
mod limits;
mod log;
mod login;
mod otp;
mod passwords;
mod query;
mod record_form;
mod response;
mod routes;
mod rule;
mod second_factor;
mod seed;
mod server;
mod store;
mod validation;

// `corpus_tests` compiles the fuzzers as a module of this crate. They import it by its name.
#[cfg(test)]
extern crate self as bosbase_local;

pub use config::{Config, DEMO_PASSWORD, DEMO_SUPERUSER, DEMO_USER, Error, Seed};
pub use data::Data;
pub use server::Server;
