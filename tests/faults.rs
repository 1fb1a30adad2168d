//! The library against servers that misbehave: what it sends, what it shows of an answer, that one cut
//! anywhere is none, which connections it uses again, and which session wins. `matrix.rs` has what it makes
//! of every answer.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]

#[path = "support/answers.rs"]
mod answers;
#[path = "support/driver.rs"]
mod driver;
#[path = "support/fields.rs"]
mod fields;
#[path = "support/full_queue.rs"]
mod full_queue;
#[path = "support/holdings.rs"]
mod holdings;
#[path = "support/https.rs"]
mod https;
#[path = "support/library.rs"]
mod library;
#[path = "support/peer.rs"]
mod peer;
#[path = "support/relay.rs"]
mod relay;
#[path = "drivers/rust.rs"]
mod rust;
#[path = "support/tools.rs"]
mod tools;

#[path = "faults/connections.rs"]
mod connections;
#[path = "faults/cuts.rs"]
mod cuts;
#[path = "faults/echo.rs"]
mod echo;
#[path = "faults/races.rs"]
mod races;
#[path = "faults/second_try.rs"]
mod second_try;
#[path = "faults/sent.rs"]
mod sent;
