//! The tests of the library: a module for each subject, named after it.
//!
//! They run in the threads of one process. A test that counts or changes state of the process runs in a separate one:
//! a program of `tests/c`, a scenario driver, or this program.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]

mod abi;
#[cfg(target_os = "linux")]
mod android;
mod android_module;
mod bad_input;
#[cfg(unix)]
mod cancel;
mod connections;
mod cpp;
mod cut_connections;
#[cfg(target_os = "linux")]
mod dns;
mod docs;
mod echoed_secrets;
mod examples;
mod fault_matrix;
#[cfg(unix)]
mod fork;
mod forward_compat;
#[cfg(unix)]
mod guides;
mod header;
mod install;
mod java;
mod lifetimes;
mod manifests;
#[cfg(unix)]
mod process_lifecycle;
#[cfg(target_os = "linux")]
mod proxies;
mod python;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod releases;
mod requests;
mod resource_usage;
mod retries;
mod scenarios;
mod scripts;
mod secret_leaks;
mod send;
mod server_clock;
mod session_crashes;
#[cfg(unix)]
mod session_guide;
mod session_races;
#[cfg(unix)]
mod sessions;
mod status_tables;
mod support;
#[cfg(unix)]
mod swift;
mod threads;
mod tls;
mod versions;
