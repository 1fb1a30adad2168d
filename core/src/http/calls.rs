//! The calls of one client that are under way. Each is lent a waker while it lasts, so that all of them can
//! be stopped, and waited for.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::deadline::Deadline;
use super::waker::Waker;
use super::{FailureKind, SystemError};
use crate::fork::{self, Guarded};

/// The most wakers kept for calls to come.
const IDLE_MAX: usize = 64;
/// Between two looks whether all calls have ended.
const PAUSE: Duration = Duration::from_millis(1);

/// The calls of one client that are under way.
pub(super) struct Calls(Guarded<State>);

#[derive(Default)]
struct State {
    /// No call begins any more.
    closed: bool,
    running: Vec<Arc<Waker>>,
    idle: Vec<Arc<Waker>>,
}

impl State {
    /// Begins a call with a waker that an earlier one gave back, if there is one.
    fn begin_with_idle(&mut self) -> Result<Option<Arc<Waker>>, FailureKind> {
        if self.closed {
            return Err(FailureKind::Cancelled);
        }
        let idle = self.idle.pop();
        self.running.extend(idle.clone());
        Ok(idle)
    }

    fn begin(&mut self, waker: &Arc<Waker>) -> Result<(), FailureKind> {
        if self.closed {
            return Err(FailureKind::Cancelled);
        }
        self.running.push(Arc::clone(waker));
        Ok(())
    }
}

impl Calls {
    /// No calls yet; `closed`: and none to come.
    pub fn new(closed: bool) -> Self {
        Calls(Guarded::new(State {
            closed,
            ..State::default()
        }))
    }

    /// Begins a call, with a waker to give back to [`Calls::end`].
    pub fn begin(&self) -> Result<Arc<Waker>, FailureKind> {
        if let Some(idle) = self.0.with(State::begin_with_idle)? {
            return Ok(idle);
        }
        let refused = |error| FailureKind::System(SystemError::local(&error));
        let waker = Arc::new(Waker::new().map_err(refused)?);
        self.0.with(|state| state.begin(&waker))?;
        Ok(waker)
    }

    /// Ends a call.
    pub fn end(&self, waker: &Arc<Waker>) {
        self.0.with(|state| {
            let Some(ended) = waker.leave(&mut state.running) else {
                return;
            };
            if !state.closed && !ended.is_stopped() && state.idle.len() < IDLE_MAX {
                state.idle.push(ended);
            }
        });
    }

    /// Stops all calls, now and from now on.
    pub fn close(&self) {
        let _idle = self.0.with(|state| {
            state.closed = true;
            state.running.iter().for_each(|waker| waker.stop());
            std::mem::take(&mut state.idle)
        });
    }

    /// Waits until no call is running. `false` once the deadline has passed.
    pub fn wait_for_end(&self, deadline: Deadline) -> bool {
        let generation = fork::generation();
        loop {
            // A child that a signal handler forked meanwhile has none of the threads that are waited for.
            let is_child = generation != fork::generation();
            if is_child || self.0.with(|state| state.running.is_empty()) {
                return true;
            }
            // Calls that were stopped are gone in less: to be told of it would need a descriptor, and there
            // may be none left.
            match deadline.left() {
                Some(left) => thread::sleep(left.min(PAUSE)),
                None => return false,
            }
        }
    }
}
