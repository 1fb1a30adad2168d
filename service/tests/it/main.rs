//! The integration tests of bosbase-local, one module per subject.
#![allow(clippy::unwrap_used)]

mod bindings_table;
mod browser;
mod cli;
mod crash_recovery;
mod examples;
mod fault_api;
mod fault_injection;
mod instances;
mod mfa;
#[cfg(unix)]
mod postgres_outage;
mod rate_limits;
mod records;
mod replay;
mod sdks;
mod server;
mod shutdown;
#[cfg(unix)]
mod slow_clients;
mod support;
mod testing_guide;
