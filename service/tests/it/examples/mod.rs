//! The Rust examples of the pages in `docs/`.

mod login;
mod lost_response;
mod restart;
