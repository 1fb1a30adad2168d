//! The table of faults: what a server or a network may do to a call, and what the call must make of it.
//! Every fault meets every call over TCP and over TLS, from Rust and from C. Each line that is printed is a
//! fault and what the calls gave.

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
