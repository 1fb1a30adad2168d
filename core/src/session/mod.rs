//! The client's session and its changes. Independent of the network.

#[allow(dead_code, reason = "the client does not use it yet")]
mod file;
mod snapshot;
mod store;

pub use snapshot::Session;
pub(crate) use store::SessionStore;
