//! Cancellation of calls: [`Cancel`].

use std::fmt;
use std::sync::Arc;

use super::waker::Waker;
use crate::fork::ForkSafeMutex;

/// A cancellation handle. Pass it to calls with [`CallOptions::cancel`](crate::CallOptions::cancel), and
/// cancel them with [`Cancel::trigger`].
///
/// Clones are the same handle. It may be shared by any number of calls, clients and threads. It stays triggered: a
/// call that starts afterwards fails at once and sends nothing.
#[derive(Clone, Default)]
pub struct Cancel(Arc<ForkSafeMutex<State>>);

#[derive(Default)]
struct State {
    triggered: bool,
    listening: Vec<Arc<Waker>>,
}

impl Cancel {
    /// Creates a handle that is not triggered.
    pub fn new() -> Self {
        Cancel::default()
    }

    /// Cancels the calls that have this handle, on every thread and in every phase. Each fails with
    /// [`Status::Cancelled`](crate::Status::Cancelled), unless its response has already been accepted. Returns at
    /// once. The server may have processed a cancelled bind: see
    /// [`Error::outcome_unknown`](crate::Error::outcome_unknown).
    pub fn trigger(&self) {
        // Under the lock: a waker that has left the list belongs to another call.
        self.0.with(|state| {
            state.triggered = true;
            state.listening.iter().for_each(|waker| waker.stop());
        });
    }

    /// Returns whether it has been triggered.
    pub fn is_triggered(&self) -> bool {
        self.0.with(|state| state.triggered)
    }

    /// Stops `waker` when triggered, until [`Cancel::forget`]. Returns `false` if already triggered.
    pub(super) fn listen(&self, waker: &Arc<Waker>) -> bool {
        self.0.with(|state| {
            if !state.triggered {
                state.listening.push(Arc::clone(waker));
            }
            !state.triggered
        })
    }

    /// Undoes [`Cancel::listen`].
    pub(super) fn forget(&self, waker: &Arc<Waker>) {
        self.0.with(|state| waker.remove_from(&mut state.listening));
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancel")
            .field("is_triggered", &self.is_triggered())
            .finish_non_exhaustive()
    }
}
