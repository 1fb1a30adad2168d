//! What the tests of the library and of `bosbase-local` have in common: external programs, a closed port, and a
//! PostgreSQL server.

#![allow(clippy::unwrap_used)]

pub mod closed_port;
pub mod postgres;
pub mod programs;
