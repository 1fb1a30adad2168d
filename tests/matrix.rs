//! The table of faults: what a server or a network may do to a call, and what the call must make of it.
//! Every fault meets every call over TCP and over TLS, from Rust and from C. Each line that is printed is a
//! fault and what the calls gave.
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

#[path = "matrix/http.rs"]
mod http;
#[path = "matrix/replies.rs"]
mod replies;
#[path = "matrix/row.rs"]
mod row;
#[path = "matrix/table.rs"]
mod table;
#[path = "matrix/ways.rs"]
mod ways;

// One test alone, so that what it leaves behind can be counted.
#[test]
fn no_fault_is_taken_for_a_success_or_left_waiting() {
    let rows = [replies::rows(), http::rows(), ways::rows()];
    table::check_all(rows.into_iter().flatten().collect());
}
