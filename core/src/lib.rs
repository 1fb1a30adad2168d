//! Binds an app's own token to a BosBase account, unbinds it, and logs in with it.
//!
//! A *custom token* is a string that the app chooses: at least 128 random bits, stored where the app stores its
//! secrets. It is bound once, with email and password. From then on it logs in to the account on its own. A device id,
//! serial number or advertising id is not a secret and must not be used as a token.
//!
//! ```no_run
//! let client = bosauth::Client::builder("https://api.example.com").build()?;
//! let users = client.collection("users");
//! let token = bosauth::generate_token()?;
//! users.bind_token("ann@example.com", "her password", token.expose())?;
//! let session = users.auth_with_token(token.expose())?;
//! println!("hello {}", session.field("email").unwrap_or_default());
//! # Ok::<(), bosauth::Error>(())
//! ```
//!
//! Calls are synchronous and return by their deadline. [`Error::action`] returns what to do about an error. A
//! [`Client`] may be used by any number of threads at the same time.
//!
//! Settings are passed to [`Client::builder`], per-call options to [`Collection::with`]:
//!
//! ```no_run
//! use std::time::Duration;
//!
//! let client = bosauth::Client::builder("https://api.example.com")
//!     .timeout(Duration::from_secs(30))
//!     .build()?;
//! let options = bosauth::CallOptions::new().query("expand", "team");
//! let session = client.collection("users").with(&options).auth_with_token("a-long-random-token")?;
//! # Ok::<(), bosauth::Error>(())
//! ```
//!
//! # Sessions
//!
//! A login that succeeds sets the session of the client, which later requests use: [`Client::send`] sends any of them.
//! With [`ClientBuilder::session_file`] or [`ClientBuilder::session_storage`], the session is stored, and the account
//! is still logged in when the program starts again. [`Client::add_listener`] reports changes.
//!
//! # Second factors
//!
//! A login of an account with two factors fails with [`Status::MfaRequired`]. Pass its [`Error::mfa_id`] to a login
//! with another method, by [`CallOptions::mfa_id`].
//!
//! # Cancellation
//!
//! [`CallOptions::cancel`] passes a [`Cancel`] to calls. [`Cancel::trigger`], from any thread, ends them.
//! [`Client::close`] ends all calls of a client.
//!
//! # Errors common to all calls
//!
//! - Before anything is sent: [`Status::InvalidArgument`].
//! - From the network: [`Status::NameLookup`], [`Status::Connect`], [`Status::Tls`], [`Status::ConnectionLost`],
//!   [`Status::Timeout`].
//! - On cancellation: [`Status::Cancelled`].
//! - For an invalid response: [`Status::UnexpectedResponse`], [`Status::ResponseTooLarge`].
//! - From the server or a proxy: [`Status::RateLimited`], [`Status::Server`], [`Status::Proxy`], [`Status::Refused`].
//! - For a bug in this crate: [`Status::Internal`].
#![deny(missing_docs)]
#![deny(unsafe_code)]

mod client;
mod clock;
mod collection;
mod config;
#[cfg(all(unix, test))]
mod corpus_tests;
mod deferred_error;
mod error;
mod fork;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod http;
pub mod input;
mod options;
mod pem;
mod pending;
mod protocol;
mod refresh;
mod request;
mod secret;
mod send;
mod session;
mod token;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

// `corpus_tests` compiles the fuzzers as a module of this crate. They import it by its name.
#[cfg(all(unix, test))]
extern crate self as bosauth;

pub use client::Client;
pub use collection::Collection;
pub use config::ClientBuilder;
#[doc(hidden)] // for the setters of the C ABI
pub use deferred_error::DeferredError;
pub use error::{Action, Error, Status};
#[doc(hidden)] // for the locks of the C ABI
pub use fork::ForkSafeMutex;
pub use http::Cancel;
pub use options::CallOptions;
pub use secret::Secret;
pub use send::Response;
pub use session::{ChangeKind, Session, SessionChange, SessionStorage, StorageError, Subscription};
pub use token::generate_token;

/// The version of this crate.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
