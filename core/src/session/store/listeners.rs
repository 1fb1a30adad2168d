//! The store's changes are reported to its listeners, by one thread at a time.

use std::sync::Arc;

use super::SessionStore;
use crate::error::Error;
use crate::session::change::{Listener, SessionChange, Subscription};

impl SessionStore {
    /// Calls the listeners for each change they have not received, unless a thread is doing so: then that thread
    /// continues with the changes of this one.
    pub(super) fn report(&self) {
        let Ok(_turn) = self.take_turn(|state| &mut state.reporting) else {
            return;
        };
        while let Some((change, listeners)) = self.next_unreported() {
            for listener in listeners {
                if self.has_listener(&listener) {
                    (listener.call)(&change);
                }
            }
        }
    }

    /// The oldest change that listeners have not received, and the listeners that were added before it. If there is none,
    /// the turn ends with the same lock: a later change is reported by its own thread.
    fn next_unreported(&self) -> Option<(SessionChange, Vec<Arc<Listener>>)> {
        self.state.with(|state| match state.unreported.pop_front() {
            Some(mut change) => {
                let is_stored_one = self.storage.is_some() && change.generation == state.generation;
                let status = state.store_status().filter(|_| is_stored_one);
                let session = change.session.take();
                change.session =
                    session.map(|session| session.with_clock(self.clock.get()).stored(status));
                let listeners = state.listeners.iter();
                let listeners = listeners.filter(|listener| listener.since < change.generation);
                let listeners = listeners.map(Arc::clone).collect();
                Some((change, listeners))
            }
            None => {
                state.reporting = None;
                None
            }
        })
    }

    fn has_listener(&self, listener: &Listener) -> bool {
        self.state.with(|state| {
            let mut listeners = state.listeners.iter();
            !state.closed && listeners.any(|other| other.id == listener.id)
        })
    }

    /// Adds a listener for the changes from now on.
    pub fn add_listener(
        self: &Arc<Self>,
        call: impl Fn(&SessionChange) + Send + Sync + 'static,
    ) -> Subscription {
        let subscription = self.subscribe();
        self.listen(subscription.id(), call);
        subscription
    }

    /// Adds a listener after `register` has received its subscription, unless that fails.
    pub fn add_registered_listener(
        self: &Arc<Self>,
        call: impl Fn(&SessionChange) + Send + Sync + 'static,
        register: impl FnOnce(Subscription) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let subscription = self.subscribe();
        let id = subscription.id();
        register(subscription)?;
        self.listen(id, call);
        Ok(())
    }

    /// Creates the subscription of a listener that is still to be added.
    fn subscribe(self: &Arc<Self>) -> Subscription {
        let id = self.state.with(|state| {
            state.last_listener += 1;
            state.last_listener
        });
        Subscription::new(self, id)
    }

    /// Adds the listener of the subscription with this id.
    fn listen(&self, id: u64, call: impl Fn(&SessionChange) + Send + Sync + 'static) {
        let call = Box::new(call);
        let mut listener = Listener { id, since: 0, call };
        self.state.with(|state| {
            listener.since = state.generation;
            state.listeners.push(Arc::new(listener));
        });
    }

    /// Removes a listener. It is dropped on this thread, or on the one that is calling it after the call.
    pub fn remove_listener(&self, id: u64) {
        let _removed = self.state.with(|state| {
            let at = state.listeners.iter().position(|other| other.id == id);
            at.map(|at| state.listeners.remove(at))
        });
    }
}
