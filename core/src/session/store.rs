//! The client's session, the order of its changes, and what follows a change: [`SessionStore`].
//!
//! A change takes a ticket when it starts and commits when it succeeds. A commit takes effect only if no change with a
//! later ticket has committed: of two concurrent logins the one that started last wins, whatever the order of the
//! responses, and a login in flight does not undo a `clear`. A refresh takes no ticket: it commits only if the session
//! is still the one that it started with. A load takes none either: it commits only if nothing has changed meanwhile.
//!
//! The commit changes the session in memory. Afterwards [`SessionStore::settle`] writes the newest session to the
//! storage and calls the listeners, both outside of the lock and one thread at a time: the storage always ends with the
//! session of the last commit, and listeners receive the changes in the order of the commits.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::Session;
use super::change::{ChangeKind, Listener, SessionChange, Subscription};
use super::storage::{Replaces, Storage, store_error};
use crate::clock::ServerClock;
use crate::error::{Error, Status};
use crate::fork::{ForkSafeMutex, ThreadOfProcess};

/// The interval at which a thread checks whether another one has finished.
const POLL_INTERVAL: Duration = Duration::from_micros(200);

/// The position of a change in the order of starts.
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
    /// The thread that made the last change.
    changed_by: Option<ThreadOfProcess>,
    last_write: Write,
    listeners: Vec<Arc<Listener>>,
    last_listener: u64,
    /// The changes that listeners have not received.
    unreported: VecDeque<SessionChange>,
    /// The threads between a commit and the end of [`SessionStore::settle`].
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
        self.changed_by = Some(ThreadOfProcess::current());
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

    /// Starts a change.
    pub fn begin(&self) -> Ticket {
        self.state.with(|state| {
            state.started += 1;
            Ticket(state.started)
        })
    }

    /// Commits a change: `session` becomes the client's, or none with `None`, unless a later change has committed.
    /// Returns `None` in that case.
    pub fn commit(
        &self,
        ticket: Ticket,
        kind: ChangeKind,
        session: Option<&Session>,
    ) -> Option<Committed<'_>> {
        self.replace(kind, session, |state| {
            let is_latest = ticket.0 >= state.committed;
            if is_latest {
                state.committed = ticket.0;
            }
            is_latest.then_some(Replaces::Anything)
        })
    }

    /// Commits a refresh of the session `old`: `new` becomes the client's if `old` still is. Returns `None` if not.
    pub fn commit_refresh(&self, old: &Session, new: &Session) -> Option<Committed<'_>> {
        self.replace(ChangeKind::Refresh, Some(new), |state| {
            let current = state.session.as_ref();
            let is_current = current.is_some_and(|current| current.is(old));
            is_current.then(|| Replaces::TokenOf(old.clone()))
        })
    }

    /// Replaces the session if `may_replace` returns what the write to the storage may replace.
    fn replace(
        &self,
        kind: ChangeKind,
        session: Option<&Session>,
        may_replace: impl FnOnce(&mut State) -> Option<Replaces>,
    ) -> Option<Committed<'_>> {
        let new = session.map(|session| session.kept(true));
        // The old session is dropped, and its token zeroized, after the lock is released.
        let replaced = self.state.with(|state| {
            let Some(replaces) = may_replace(state) else {
                return Err(new);
            };
            state.discard_unwritten_of_parent();
            let old = state.commit(kind, new);
            if self.storage.is_some() {
                state.add_unwritten(replaces);
            }
            Ok((old, self.committed(state)))
        });
        replaced.ok().map(|(_, committed)| committed)
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

    /// Reads the session from the storage unless another thread has, and returns the client's session.
    fn load_first(&self, storage: &Storage) -> Result<Option<Session>, Error> {
        // In a function of the storage nothing can be read: the session is that in memory.
        if let Some(turn) = self.use_storage() {
            let is_loaded = self.state.with(|state| state.is_loaded);
            let loaded = (!is_loaded).then(|| self.load(storage));
            drop(turn);
            report(loaded.transpose()?.flatten());
        }
        Ok(self.state.with(|state| self.snapshot(state)))
    }

    /// The session with the server's clock and the status of the storage.
    fn snapshot(&self, state: &State) -> Option<Session> {
        let session = state.session.clone()?.with_clock(self.clock.get());
        let has_storage = self.storage.is_some();
        Some(session.stored(state.store_status().filter(|_| has_storage)))
    }

    /// Writes the session to the storage if that is still to be done, and reads what other processes have stored.
    pub fn sync(&self) -> Result<(), Error> {
        let Some(storage) = &self.storage else {
            return Ok(());
        };
        let turn = self.use_storage().ok_or_else(in_storage)?;
        let has_unwritten = self.state.with(|state| state.unwritten.is_some());
        if has_unwritten {
            self.write(storage)?;
        }
        let loaded = self.load(storage);
        drop(turn);
        report(loaded?);
        Ok(())
    }

    /// Reads the session from the storage, which this thread uses. It becomes the client's, if it is another one and
    /// nothing has changed meanwhile.
    fn load(&self, storage: &Storage) -> Result<Option<Committed<'_>>, Error> {
        // None if a change is still to be written: what is read then is older than the session.
        let generation = self
            .state
            .with(|state| state.unwritten.is_none().then_some(state.generation));
        let result = storage.load();
        // What the storage itself has changed meanwhile. `store_status` reports an error.
        let _ = self.write(storage);
        let loaded = result?.map(|session| session.kept(true));
        // The old session is dropped after the lock is released.
        let (_old, committed) = self.state.with(|state| {
            if generation != Some(state.generation) || state.unwritten.is_some() {
                return (loaded, None);
            }
            state.is_loaded = true;
            let (old, committed) = match is_same(&state.session, &loaded) {
                true => (loaded, None),
                false => {
                    let old = state.commit(ChangeKind::Load, loaded);
                    (old, Some(self.committed(state)))
                }
            };
            state.last_write = Write {
                generation: state.generation,
                error: None,
            };
            (old, committed)
        });
        Ok(committed)
    }

    /// Writes the session to the storage, unless another thread has written this generation or a later one. Returns the
    /// error of that write.
    fn write_generation(&self, generation: u64) -> Result<(), Error> {
        let Some(storage) = &self.storage else {
            return Ok(());
        };
        let _turn = self.use_storage().ok_or_else(in_storage)?;
        let write = self.state.with(|state| state.last_write.clone());
        if write.generation >= generation {
            return write.error.map_or(Ok(()), Err);
        }
        self.write(storage)?;
        // What the storage itself has changed meanwhile, or another thread. Not in a loop, which might not end.
        let has_unwritten = self.state.with(|state| state.unwritten.is_some());
        if has_unwritten {
            self.write(storage)
        } else {
            Ok(())
        }
    }

    /// Writes the session to the storage, which this thread uses.
    fn write(&self, storage: &Storage) -> Result<(), Error> {
        let (session, generation, replaces) = self.state.with(|state| {
            state.discard_unwritten_of_parent();
            let replaces = state.unwritten.take();
            (state.session.clone(), state.generation, replaces)
        });
        let Some(replaces) = replaces else {
            return Ok(());
        };
        let attempt = Attempt {
            store: self,
            generation,
            replaces,
            error: Some(Error::internal(
                "a bug in the session storage stopped the write",
            )),
        };
        attempt.run(storage, session.as_ref())
    }

    /// Waits until no other thread uses the storage. Returns `None` in a function of the storage.
    fn use_storage(&self) -> Option<Turn<'_>> {
        loop {
            match self.take_turn(|state| &mut state.storing) {
                Ok(turn) => return Some(turn),
                Err(owner) if owner == ThreadOfProcess::current() => return None,
                Err(_) => thread::sleep(POLL_INTERVAL),
            }
        }
    }

    /// Calls the listeners for each change they have not received, unless a thread is doing so: then that thread
    /// continues with the changes of this one.
    fn report(&self) {
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

    /// Makes this thread the owner of what `owner` returns. Fails with the current owner.
    fn take_turn(&self, owner: Owner) -> Result<Turn<'_>, ThreadOfProcess> {
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

/// Returns the owner of the storage or of the calls of listeners.
type Owner = fn(&mut State) -> &mut Option<ThreadOfProcess>;

/// The time in which this thread uses the storage or calls the listeners. No other thread does.
struct Turn<'a> {
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

fn is_same(old: &Option<Session>, new: &Option<Session>) -> bool {
    match (old, new) {
        (Some(old), Some(new)) => old.has_content_of(new),
        (old, new) => old.is_none() && new.is_none(),
    }
}

/// Reports a loaded session to the listeners. It is stored: the error of a later write is that of another call.
fn report(loaded: Option<Committed<'_>>) {
    if let Some(store) = loaded.as_ref().and_then(|loaded| loaded.store) {
        store.report();
    }
}

/// A write to the storage. Unless it succeeds, also if the storage panics, the session remains to be written.
struct Attempt<'a> {
    store: &'a SessionStore,
    generation: u64,
    replaces: Replaces,
    error: Option<Error>,
}

impl Attempt<'_> {
    fn run(mut self, storage: &Storage, session: Option<&Session>) -> Result<(), Error> {
        let result = storage.write(session, &self.replaces);
        self.error = result.as_ref().err().cloned();
        result
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.store.state.with(|state| {
            state.last_write = Write {
                generation: self.generation,
                error: self.error.take(),
            };
            if state.last_write.error.is_some() {
                let newer = state.unwritten.replace(self.replaces.clone());
                newer
                    .into_iter()
                    .for_each(|newer| state.add_unwritten(newer));
            }
        });
    }
}

/// The error of a call within a function of the storage.
fn in_storage() -> Error {
    store_error(
        Status::StoreUnavailable,
        "cannot use the session storage within one of its functions: a change is stored after that has returned",
    )
}
