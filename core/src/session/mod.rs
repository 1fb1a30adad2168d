//! Who is logged in, and which change of it wins. Knows nothing of the network.

pub(crate) mod keeper;
mod snapshot;

pub use snapshot::Session;
