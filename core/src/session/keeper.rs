//! Which change of the session wins: [`Keeper`].
//!
//! A change draws a ticket when it starts and commits when it succeeds; it wins only if no change with
//! a later ticket has committed. So of two logins at once the one begun last stays, in whatever order
//! the answers come, and a login that was under way does not undo a `clear`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Session;

/// The order in which a change began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(u64);

/// The client's session and the order of its changes.
#[derive(Default)]
pub(crate) struct Keeper {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    session: Option<Session>,
    drawn: u64,
    committed: u64,
}

impl Keeper {
    /// Begins a change.
    pub fn draw(&self) -> Ticket {
        let mut state = self.lock();
        state.drawn += 1;
        Ticket(state.drawn)
    }

    /// Ends a change that succeeded: `session` becomes the client's (`None`: nobody's) unless a later
    /// change has committed. Answers whether it did.
    pub fn commit(&self, ticket: Ticket, session: Option<&Session>) -> bool {
        // The old session is dropped, and its token wiped, after the lock is released.
        let _old;
        let mut state = self.lock();
        if ticket.0 < state.committed {
            return false;
        }
        state.committed = ticket.0;
        _old = std::mem::replace(&mut state.session, session.map(|s| s.kept(true)));
        drop(state);
        true
    }

    /// The client's session now.
    pub fn current(&self) -> Option<Session> {
        self.lock().session.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under the lock, so a poisoned state is a whole one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
