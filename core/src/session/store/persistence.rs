//! The store's session is read from the storage and written to it, by one thread at a time.

use std::thread;
use std::time::Duration;

use super::turn::Turn;
use super::{Committed, POLL_INTERVAL, SessionStore, Write};
use crate::error::{Error, Status};
use crate::fork::ThreadOfProcess;
use crate::session::Session;
use crate::session::change::ChangeKind;
use crate::session::storage::{Replaces, Storage, store_error};

/// The longest time between two checks whether another thread still uses the storage.
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

impl SessionStore {
    /// Reads the session from the storage unless another thread has, and returns the client's session.
    pub(super) fn load_first(&self, storage: &Storage) -> Result<Option<Session>, Error> {
        // In a function of the storage nothing can be read: the session is that in memory.
        if let Some(turn) = self.use_storage() {
            let is_loaded = self.state.with(|state| state.is_loaded);
            let loaded = (!is_loaded).then(|| self.load(storage));
            drop(turn);
            report(loaded.transpose()?.flatten());
        }
        Ok(self.state.with(|state| self.snapshot(state)))
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
    pub(super) fn write_generation(&self, generation: u64) -> Result<(), Error> {
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
        let mut pause = POLL_INTERVAL;
        loop {
            match self.take_turn(|state| &mut state.storing) {
                Ok(turn) => return Some(turn),
                Err(owner) if owner == ThreadOfProcess::current() => return None,
                Err(_) => thread::sleep(pause),
            }
            // A storage of the app may wait for the user.
            pause = LONGEST_PAUSE.min(pause * 2);
        }
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
