//! Stopping calls from outside: [`Cancel`].

use std::fmt;
use std::sync::Arc;

use crate::fork::Guarded;
use crate::http::Waker;

/// A wish that calls stop, to be given to calls by [`CallOptions::set_cancel`](crate::CallOptions::set_cancel)
/// and made known by [`Cancel::trigger`].
///
/// Clones are the same wish. It may serve any number of calls, clients and threads, and stays triggered for
/// good: a call that begins afterwards ends at once and sends nothing.
#[derive(Clone, Default)]
pub struct Cancel(Arc<Guarded<State>>);

#[derive(Default)]
struct State {
    triggered: bool,
    listening: Vec<Arc<Waker>>,
}

impl Cancel {
    /// A wish that is not yet made known.
    pub fn new() -> Self {
        Cancel::default()
    }

    /// Stops the calls that have it, on whatever thread they run and whatever they wait for: each ends with
    /// [`Status::Cancelled`](crate::Status::Cancelled), unless its answer has already been accepted. It does
    /// not wait for them. A bind that is stopped may have happened: see
    /// [`Error::outcome_unknown`](crate::Error::outcome_unknown).
    pub fn trigger(&self) {
        // Under the lock: a waker that leaves the list belongs to another call from then on.
        self.0.with(|state| {
            state.triggered = true;
            state.listening.iter().for_each(|waker| waker.stop());
        });
    }

    /// Whether it has been triggered.
    pub fn is_triggered(&self) -> bool {
        self.0.with(|state| state.triggered)
    }

    /// Stops `waker` when it is triggered, until [`Cancel::forget`]. `false` if it is triggered already.
    pub(crate) fn listen(&self, waker: &Arc<Waker>) -> bool {
        self.0.with(|state| {
            if !state.triggered {
                state.listening.push(Arc::clone(waker));
            }
            !state.triggered
        })
    }

    /// Leaves `waker` alone from now on.
    pub(crate) fn forget(&self, waker: &Arc<Waker>) {
        self.0.with(|state| waker.leave(&mut state.listening));
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancel")
            .field("is_triggered", &self.is_triggered())
            .finish_non_exhaustive()
    }
}
