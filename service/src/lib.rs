//! BosBase's token API on SQLite or PostgreSQL, for quick starts and tests: bind, unbind, log in.
//!
//! The same service is a program (`bosbase-local`) and this crate. A test starts its own server,
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

mod answer;
mod call;
mod caller;
mod clock;
mod config;
#[cfg(test)]
mod corpus_tests;
mod data;
mod expand;
mod faults;
mod form;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod handlers;
mod host;
mod ids;
mod json;
mod jwt;
mod limits;
mod log;
mod login;
mod otp;
mod passwords;
mod picker;
mod query;
mod routes;
mod rule;
mod second_factor;
mod seed;
mod server;
mod steps;
mod store;
mod validation;

// `corpus_tests` compiles the fuzzers as a module of this crate. They import it by its name.
#[cfg(test)]
extern crate self as bosbase_local;

pub use config::{Config, DEMO_PASSWORD, DEMO_SUPERUSER, DEMO_USER, Error, Seed};
pub use data::Data;
pub use server::Server;

/// What all requests share. Everything that changes is in the store, but for the faults, which
/// are of this instance only.
struct App {
    store: store::Store,
    /// The bcrypt cost of the passwords of seeded accounts, and of one-time passwords.
    seed_cost: u32,
    /// Whether the control address is there.
    control: bool,
    /// Whether a line is written for each request.
    log: bool,
    /// What is to go wrong.
    faults: faults::Faults,
}
