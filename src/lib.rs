//! The C ABI of bosauth: one file per noun of the header. All logic is in the core crate. The conventions of all
//! functions are at the top of `include/bosauth.h`.
#![deny(missing_docs)]
#![allow(non_camel_case_types, reason = "the names are those of the C header")]
#![allow(
    clippy::missing_safety_doc,
    reason = "the header's conventions are the safety contract of every function"
)]

#[cfg(panic = "abort")]
compile_error!(
    "bosauth turns a panic into BOSAUTH_ERROR_INTERNAL, so it cannot be built with panic = \"abort\""
);

/// The ABI version.
pub mod abi;
mod arguments;
mod callback;
mod calls;
mod cancel;
mod client;
mod config;
mod error;
mod ffi;
mod handles;
mod library;
mod listener;
mod options;
mod response;
mod session;
mod session_store;
pub mod status;
mod string;
mod token;
mod zeroizing_alloc;
