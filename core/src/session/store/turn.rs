//! Exclusive use of the storage or the listeners: [`Turn`].

use super::{SessionStore, State};
use crate::fork::ThreadOfProcess;

/// Returns the owner of the storage or of the calls of listeners.
pub(super) type Owner = fn(&mut State) -> &mut Option<ThreadOfProcess>;

/// The time in which this thread uses the storage or calls the listeners. No other thread does.
pub(super) struct Turn<'a> {
    store: &'a SessionStore,
    owner: Owner,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let thread = ThreadOfProcess::current();
        self.store.state.with(|state| {
            let owner = (self.owner)(state);
            // It may have ended already, and another one begun.
            if *owner == Some(thread) {
                *owner = None;
            }
        });
    }
}

impl SessionStore {
    /// Makes this thread the owner of what `owner` returns. Fails with the current owner.
    pub(super) fn take_turn(&self, owner: Owner) -> Result<Turn<'_>, ThreadOfProcess> {
        let thread = ThreadOfProcess::current();
        self.state.with(|state| {
            let current = owner(state);
            match *current {
                Some(other) if other.is_of_this_process() => Err(other),
                // A fork has left the thread in the parent.
                _ => {
                    *current = Some(thread);
                    Ok(Turn { store: self, owner })
                }
            }
        })
    }
}
