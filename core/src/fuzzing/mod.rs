//! What the fuzzers in `fuzz/core` run, each with checks that share no code with what they check. No part
//! of the API.

mod answer;
#[cfg(test)]
mod corpus_tests;
mod exchange;
mod jwt;
mod paths;
mod peer;
mod plain;
mod record;
mod replies;
mod request;
mod whole;

pub use answer::answer;
pub use exchange::exchange;
pub use jwt::jwt;
pub use paths::paths;
pub use record::record;
pub use replies::replies;
pub use request::request;
