//! Helpers shared by the tests.

#[cfg(target_os = "linux")]
pub mod android;
#[cfg(target_os = "linux")]
pub mod dns_server;
pub mod driver;
pub mod faulty_server;
pub mod fields;
pub mod full_backlog;
pub mod https;
pub mod java;
pub mod library;
mod listener;
pub mod markdown;
pub mod python_suite;
pub mod relay;
pub mod resources;
pub mod responses;
pub mod rng;
pub mod scenario;
pub mod secrets;
pub mod server;
pub mod service;
#[cfg(unix)]
pub mod swift;
pub mod tools;

/// The limit of a wait, far above any duration without a bug.
pub const WATCHDOG: std::time::Duration = std::time::Duration::from_secs(120);
