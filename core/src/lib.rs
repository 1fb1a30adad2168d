//! Bind an app's own token to a BosBase account, unbind it, and log in with it.
//!
//! A *custom token* is a string of the app's own: at least 128 random bits, kept where the app keeps
//! secrets. Bound once with email and password, it logs the account in by itself from then on. A device
//! id, a serial number or an advertising id is no secret and must not be a token.
//!
//! ```no_run
//! let client = bosauth::Client::builder("https://api.example.com").build()?;
//! let users = client.collection("users");
//! users.bind_token("ann@example.com", "her password", "a-long-random-token")?;
//! let session = users.auth_with_token("a-long-random-token")?;
//! println!("hello {}", session.field("email").unwrap_or_default());
//! # Ok::<(), bosauth::Error>(())
//! ```
//!
//! Every call is synchronous, ends by its deadline, and says in its [`Error`] what to do
//! ([`Error::action`]). A [`Client`] may be used from any number of threads at once.
#![deny(missing_docs)]
#![deny(unsafe_code)]

mod cancel;
mod client;
mod collection;
mod config;
#[cfg(all(unix, test))]
mod corpus_tests;
mod error;
mod fork;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod http;
pub mod input;
mod options;
mod pem;
mod protocol;
mod secret;
mod session;

// `corpus_tests` compiles the fuzzers as a module of this crate. They import it by its name.
#[cfg(all(unix, test))]
extern crate self as bosauth;

pub use cancel::Cancel;
pub use client::{Client, ClientBuilder};
pub use collection::Collection;
pub use config::Config;
pub use error::{Action, Error, Status};
#[doc(hidden)] // for the locks of bindings
pub use fork::Guarded;
pub use options::CallOptions;
pub use session::Session;

/// This library's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
