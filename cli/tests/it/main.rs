//! The program `bosauth`, run against `bosbase-local`.

#![allow(clippy::unwrap_used)]

mod command_line;
mod commands;
#[cfg(target_os = "linux")]
mod input;
#[cfg(target_os = "linux")]
mod keyring;
mod output;
mod profiles;
#[cfg(target_os = "linux")]
mod pty;
mod support;
#[cfg(unix)]
mod terminal;
