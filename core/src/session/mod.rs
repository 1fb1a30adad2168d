//! The client's session and its changes. Independent of the network.

mod snapshot;
mod store;

pub use snapshot::Session;
pub(crate) use store::SessionStore;
