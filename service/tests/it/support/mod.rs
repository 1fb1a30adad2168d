//! Shared helpers: HTTP clients, the calls of the API, databases, the program as a process.

pub mod api;
pub mod client;
pub mod database;
pub mod docs;
pub mod process;
pub mod raw;
pub mod tools;
