//! The client's session, its changes, and where it is stored. Independent of the network.

mod change;
mod file;
mod snapshot;
mod storage;
mod store;
pub(crate) mod text;

pub use change::{ChangeKind, SessionChange, Subscription};
pub use snapshot::Session;
pub use storage::{SessionStorage, StorageError};
pub(crate) use storage::{Storage, StorageConfig};
pub(crate) use store::{Committed, SessionStore};
