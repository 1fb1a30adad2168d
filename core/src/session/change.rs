//! Changes of the session and their listeners.

use std::fmt;
use std::sync::{Arc, Weak};

use super::{Session, SessionStore};
use crate::error::c_enum;

c_enum! {
    /// What changed the session. The numbers are those of the C header.
    ChangeKind {
        /// A login.
        Login = 1, c"LOGIN";
        /// A refresh.
        Refresh = 2, c"REFRESH";
        /// A session that the app has saved.
        Save = 3, c"SAVE";
        /// The app has removed the session.
        Clear = 4, c"CLEAR";
        /// An imported session.
        Import = 5, c"IMPORT";
        /// The stored session was read, or it was removed by another process.
        Load = 6, c"LOAD";
    }
}

/// A change of the client's session, as listeners receive it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SessionChange {
    /// What changed the session.
    pub kind: ChangeKind,
    /// The number of changes of the client up to this one; see [`Client::generation`](crate::Client::generation).
    pub generation: u64,
    /// The session from then on; `None` if nobody is logged in any more.
    pub session: Option<Session>,
}

/// A listener of a client.
pub(super) struct Listener {
    pub id: u64,
    /// It receives the changes after this generation.
    pub since: u64,
    pub call: Box<dyn Fn(&SessionChange) + Send + Sync>,
}

/// A listener's registration, returned by [`Client::add_listener`](crate::Client::add_listener). Dropping it removes the
/// listener: no call of it starts any more. One in progress on another thread may finish.
#[must_use = "dropping it removes the listener"]
pub struct Subscription {
    store: Weak<SessionStore>,
    id: u64,
}

impl Subscription {
    pub(super) fn new(store: &Arc<SessionStore>, id: u64) -> Self {
        Subscription {
            store: Arc::downgrade(store),
            id,
        }
    }

    /// The id of the listener.
    pub(super) fn id(&self) -> u64 {
        self.id
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(store) = self.store.upgrade() {
            store.remove_listener(self.id);
        }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").finish_non_exhaustive()
    }
}
