//! The fault matrix: the faults of server and network, and the expected result of a call. Every
//! fault is run for every call over TCP and over TLS, from Rust and from C. Prints a line for each fault with the
//! results.

/// Rows by a function, one a line: its arguments, then the expected result as the last one, if it takes that.
macro_rules! rows {
    ($row:path: $($($argument:expr),+ => $expected:expr;)+) => {
        vec![$($row($($argument),+, $expected)),+]
    };
    ($row:path: $($($argument:expr),+;)+) => {
        vec![$($row($($argument),+)),+]
    };
}

mod http;
mod network_faults;
mod responses;
mod row;
mod table;

#[test]
fn every_fault_has_its_documented_result() {
    let rows = [responses::rows(), http::rows(), network_faults::rows()];
    table::check_all(rows.into_iter().flatten().collect());
}
