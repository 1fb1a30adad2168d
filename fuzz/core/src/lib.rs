//! The checks of the fuzzers in `fuzz_targets`: each compares the library with a plain implementation that shares no
//! code with it.
//!
//! The unit tests of the library compile this file as a module (`core/src/corpus_tests.rs`), so its modules import
//! each other with `super`, and the library as `bosauth`.

mod exchange;
mod http;
mod json;
mod jwt;
mod paths;
mod record;
mod request;
mod response;
mod responses;
mod scripted_server;
mod session_text;

pub use exchange::exchange;
pub use jwt::jwt;
pub use paths::{paths, stays_below_base};
pub use record::record;
pub use request::request;
pub use response::response;
pub use responses::responses;
pub use session_text::session_text;

/// Splits `data` at NULs, which no argument of the library may contain.
fn strings(data: &[u8]) -> Option<Vec<&str>> {
    let data = std::str::from_utf8(data).ok()?;
    Some(data.split('\0').collect())
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(bytes, part).is_some()
}
