//! The client's session, the order of its changes, and what follows a change: [`SessionStore`].
//!
//! A login takes a ticket when it starts and commits when it succeeds. The commit takes effect only if no change with a
//! later ticket has committed: of two concurrent logins the one that started last wins, whatever the order of the
//! responses. A change that needs no request, such as a `clear`, takes its ticket with its commit: it always takes
//! effect, and a login in flight does not undo it. A refresh takes no ticket: it commits only if the session is still
//! the one that it started with. A load takes none either: it commits only if nothing has changed meanwhile.
//!
//! The commit changes the session in memory. Afterwards [`Committed::settle`] writes the newest session to the
//! storage and calls the listeners, both outside of the lock and one thread at a time: the storage always ends with the
//! session of the last commit, and listeners receive the changes in the order of the commits.

mod listeners;
#[cfg(test)]
mod model_tests;
mod persistence;
#[cfg(test)]
mod tests;
mod turn;

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::Session;
use super::change::{ChangeKind, Listener, SessionChange};
use super::storage::{Replaces, Storage};
use crate::clock::ServerClock;
use crate::error::{Error, Status};
use crate::fork::{ForkSafeMutex, ThreadOfProcess};

/// The interval at which a thread checks whether another one has finished.
const POLL_INTERVAL: Duration = Duration::from_micros(200);

/// The position of a login among the changes, in the order in which they started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(u64);

/// The client's session and the order of its changes.
#[derive(Default)]
pub(crate) struct SessionStore {
    storage: Option<Storage>,
    /// For the sessions that are returned.
    clock: Arc<ServerClock>,
    state: ForkSafeMutex<State>,
}

#[derive(Default)]
struct State {
    session: Option<Session>,
    started: u64,
    committed: u64,
    /// The number of changes.
    generation: u64,
    /// Whether the session was read from the storage, or has been changed since.
    is_loaded: bool,
    /// What the write of the current session may replace, if it has not been written.
    unwritten: Option<Replaces>,
    /// The thread that made the last change that was to be written.
    changed_by: Option<ThreadOfProcess>,
    last_write: Write,
    listeners: Vec<Arc<Listener>>,
    last_listener: u64,
    /// The changes that listeners have not received.
    unreported: VecDeque<SessionChange>,
    /// The threads between a commit and the end of [`Committed::settle`].
    settling: Vec<ThreadOfProcess>,
    /// The thread that uses the storage.
    storing: Option<ThreadOfProcess>,
    /// The thread that calls the listeners.
    reporting: Option<ThreadOfProcess>,
    closed: bool,
}

/// The last attempt to write the session to the storage, or the last successful read.
#[derive(Clone, Default)]
struct Write {
    generation: u64,
    error: Option<Error>,
}

impl State {
    /// Commits a change and returns the replaced session, which is to be dropped without the lock.
    fn commit(&mut self, kind: ChangeKind, session: Option<Session>) -> Option<Session> {
        self.generation += 1;
        self.is_loaded = true;
        if !self.listeners.is_empty() && !self.closed {
            self.unreported.push_back(SessionChange {
                kind,
                generation: self.generation,
                session: session.clone(),
            });
        }
        std::mem::replace(&mut self.session, session)
    }

    /// The session has changed and is to be written.
    fn add_unwritten(&mut self, replaces: Replaces) {
        self.unwritten = Some(match (self.unwritten.take(), replaces) {
            // The token that is stored is that of the first refresh which was not written.
            (Some(old @ Replaces::TokenOf(_)), Replaces::TokenOf(_)) => old,
            (Some(Replaces::Anything), _) => Replaces::Anything,
            (_, new) => new,
        });
    }

    /// Discards the write of a change that a thread of the parent was about to write at a fork: the parent writes it.
    fn discard_unwritten_of_parent(&mut self) {
        let is_of_parent = self
            .changed_by
            .is_some_and(|thread| !thread.is_of_this_process());
        if is_of_parent && self.last_write.generation != self.generation {
            self.unwritten = None;
        }
    }

    /// The status of the storage for the current session.
    fn store_status(&self) -> Option<Status> {
        if self.last_write.generation != self.generation {
            return Some(Status::StoreUnavailable);
        }
        self.last_write.error.as_ref().map(Error::status)
    }

    /// Whether only `thread` is inside of a call that uses the storage or calls listeners.
    fn is_idle_but_for(&self, thread: ThreadOfProcess) -> bool {
        let owners = self.storing.iter().chain(&self.reporting);
        let mut threads = owners.chain(&self.settling);
        threads.all(|other| *other == thread || !other.is_of_this_process())
    }
}

impl SessionStore {
    /// Creates a store without a session, which `storage` may have.
    pub fn new(storage: Option<Storage>, clock: Arc<ServerClock>) -> Self {
        SessionStore {
            storage,
            clock,
            state: ForkSafeMutex::default(),
        }
    }

    /// Starts a login.
    pub fn begin(&self) -> Ticket {
        self.state.with(|state| {
            state.started += 1;
            Ticket(state.started)
        })
    }

    /// Commits a change that needs no request: `session` becomes the client's, or none with `None`.
    pub fn set(&self, kind: ChangeKind, session: Option<&Session>) -> Committed<'_> {
        let new = session.map(|session| session.kept(true));
        // The old session is dropped, and its token zeroized, after the lock is released.
        let (_old, committed) = self.state.with(|state| {
            state.started += 1;
            state.committed = state.started;
            self.replace(state, kind, new, Replaces::Anything)
        });
        committed
    }

    /// Commits a login: `session` becomes the client's, unless a later change has committed. Returns `None` in that case.
    pub fn commit_login(&self, ticket: Ticket, session: &Session) -> Option<Committed<'_>> {
        self.replace_if(ChangeKind::Login, session, |state| {
            let is_latest = ticket.0 >= state.committed;
            if is_latest {
                state.committed = ticket.0;
            }
            is_latest.then_some(Replaces::Anything)
        })
    }

    /// Commits a refresh of the session `old`: `new` becomes the client's if `old` still is. Returns `None` if not.
    pub fn commit_refresh(&self, old: &Session, new: &Session) -> Option<Committed<'_>> {
        self.replace_if(ChangeKind::Refresh, new, |state| {
            let current = state.session.as_ref();
            let is_current = current.is_some_and(|current| current.is(old));
            is_current.then(|| Replaces::TokenOf(old.clone()))
        })
    }

    /// Replaces the session if `may_replace` returns what the write to the storage may replace.
    fn replace_if(
        &self,
        kind: ChangeKind,
        session: &Session,
        may_replace: impl FnOnce(&mut State) -> Option<Replaces>,
    ) -> Option<Committed<'_>> {
        let new = session.kept(true);
        // As in `set`.
        let replaced = self.state.with(|state| match may_replace(state) {
            Some(replaces) => Ok(self.replace(state, kind, Some(new), replaces)),
            None => Err(new),
        });
        replaced.ok().map(|(_old, committed)| committed)
    }

    /// Replaces the session. Returns the old one, which is to be dropped without the lock.
    fn replace(
        &self,
        state: &mut State,
        kind: ChangeKind,
        new: Option<Session>,
        replaces: Replaces,
    ) -> (Option<Session>, Committed<'_>) {
        state.discard_unwritten_of_parent();
        let old = state.commit(kind, new);
        if self.storage.is_some() {
            state.changed_by = Some(ThreadOfProcess::current());
            state.add_unwritten(replaces);
        }
        (old, self.committed(state))
    }

    /// The change that has just been committed.
    fn committed(&self, state: &mut State) -> Committed<'_> {
        let must_settle = self.storage.is_some() || !state.unreported.is_empty();
        if must_settle {
            state.settling.push(ThreadOfProcess::current());
        }
        Committed {
            store: must_settle.then_some(self),
            generation: state.generation,
        }
    }

    /// Returns the client's session. Reads it from the storage if it has not been read.
    pub fn current(&self) -> Result<Option<Session>, Error> {
        let (session, is_loaded) = self.state.with(|state| {
            let is_loaded = state.is_loaded || self.storage.is_none();
            (self.snapshot(state), is_loaded)
        });
        match (&self.storage, is_loaded) {
            (Some(storage), false) => self.load_first(storage),
            _ => Ok(session),
        }
    }

    /// The session with the server's clock and the status of the storage.
    fn snapshot(&self, state: &State) -> Option<Session> {
        let session = state.session.clone()?.with_clock(self.clock.get());
        let has_storage = self.storage.is_some();
        Some(session.stored(state.store_status().filter(|_| has_storage)))
    }

    /// The session and generation, without reading the storage.
    #[cfg(test)]
    pub fn in_memory(&self) -> (Option<Session>, u64) {
        self.state
            .with(|state| (state.session.clone(), state.generation))
    }

    /// The number of changes so far.
    pub fn generation(&self) -> u64 {
        self.state.with(|state| state.generation)
    }

    /// Ends the calls of listeners.
    pub fn close(&self) {
        let _unreported = self.state.with(|state| {
            state.closed = true;
            std::mem::take(&mut state.unreported)
        });
    }

    /// Waits until no other thread uses the storage or calls listeners. Returns `false` if the deadline passes first.
    pub fn wait(&self, deadline: Option<Instant>) -> bool {
        let thread = ThreadOfProcess::current();
        loop {
            if self.state.with(|state| state.is_idle_but_for(thread)) {
                return true;
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return false;
            }
            thread::sleep(POLL_INTERVAL);
        }
    }
}

/// A change that has been committed. [`Committed::settle`] writes it to the storage and calls the listeners.
#[must_use]
pub(crate) struct Committed<'a> {
    /// `None` if there is neither a storage nor a change to be reported.
    store: Option<&'a SessionStore>,
    generation: u64,
}

impl Committed<'_> {
    /// Writes the newest session to the storage, and calls the listeners. Returns the error of the storage.
    pub fn settle(self) -> Result<(), Error> {
        let Some(store) = self.store else {
            return Ok(());
        };
        let result = store.write_generation(self.generation);
        store.report();
        result
    }
}

impl Drop for Committed<'_> {
    fn drop(&mut self) {
        let Some(store) = self.store else {
            return;
        };
        let thread = ThreadOfProcess::current();
        store.state.with(|state| {
            let at = state.settling.iter().position(|other| *other == thread);
            at.map(|at| state.settling.swap_remove(at))
        });
    }
}
