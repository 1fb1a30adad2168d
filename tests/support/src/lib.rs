//! What the tests of the library and of `bosbase-local` have in common: external programs, and a PostgreSQL server.

#![allow(clippy::unwrap_used)]

pub mod postgres;
pub mod programs;
