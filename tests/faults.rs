//! The library against servers and networks that misbehave: what it makes of every answer, what it sends,
//! which connections it uses again, and which session wins.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]

#[path = "support/driver.rs"]
mod driver;
#[path = "support/fields.rs"]
mod fields;
#[path = "support/library.rs"]
mod library;
#[path = "support/peer.rs"]
mod peer;
#[path = "drivers/rust.rs"]
mod rust;
#[path = "support/tools.rs"]
mod tools;

#[path = "faults/answers.rs"]
mod answers;
#[path = "faults/cell.rs"]
mod cell;
#[path = "faults/connections.rs"]
mod connections;
#[path = "faults/echo.rs"]
mod echo;
#[path = "faults/http.rs"]
mod http;
#[path = "faults/races.rs"]
mod races;
#[path = "faults/second_try.rs"]
mod second_try;
#[path = "faults/sent.rs"]
mod sent;
