//! The C ABI of bosauth: handles, text in and out, one file per noun of the header. All logic is in the
//! core crate; the rules every function follows stand at the top of `include/bosauth.h`.
#![deny(missing_docs)]
#![allow(non_camel_case_types, reason = "the names are those of the C header")]
#![allow(
    clippy::missing_safety_doc,
    reason = "the header's rules are the safety contract of every entry"
)]

#[cfg(panic = "abort")]
compile_error!(
    "bosauth turns a panic into BOSAUTH_ERROR_INTERNAL, so it cannot be built with panic = \"abort\""
);

/// The number of the ABI.
pub mod abi;
mod calls;
mod cancel;
mod client;
mod config;
mod entry;
mod error;
mod handles;
mod library;
mod options;
mod session;
pub mod status;
mod sticky;
mod text;
mod wiping;
