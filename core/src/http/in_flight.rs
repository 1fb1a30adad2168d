//! The calls of one client that are in flight. Each borrows a waker, so that all of them can be cancelled and waited
//! for.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::error::Cause;
use super::limits::Deadline;
use super::system_error::SystemError;
use super::waker::Waker;
use crate::fork::{self, ForkSafeMutex};

/// The most wakers kept for later calls.
const IDLE_MAX: usize = 64;
/// The interval at which a close checks whether all calls have returned.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// The calls of one client that are in flight.
pub(super) struct InFlight(ForkSafeMutex<State>);

#[derive(Default)]
struct State {
    /// No call may start any more.
    closed: bool,
    running: Vec<Arc<Waker>>,
    idle: Vec<Arc<Waker>>,
}

impl State {
    /// Starts a call with this waker, or with an idle one.
    fn start(&mut self, new: Option<Arc<Waker>>) -> Result<Option<Arc<Waker>>, Cause> {
        if self.closed {
            return Err(Cause::Cancelled);
        }
        let waker = new.or_else(|| self.idle.pop());
        self.running.extend(waker.clone());
        Ok(waker)
    }
}

impl InFlight {
    /// No calls; with `closed`, none can start.
    pub fn new(closed: bool) -> Self {
        InFlight(ForkSafeMutex::new(State {
            closed,
            ..State::default()
        }))
    }

    /// Starts a call. Its waker must be returned to [`InFlight::finish`].
    pub fn start(&self) -> Result<Arc<Waker>, Cause> {
        if let Some(idle) = self.0.with(|state| state.start(None))? {
            return Ok(idle);
        }
        // Outside of the lock: it takes system calls.
        let system = |error| Cause::System(SystemError::local(&error));
        let waker = Arc::new(Waker::new().map_err(system)?);
        self.0.with(|state| state.start(Some(Arc::clone(&waker))))?;
        Ok(waker)
    }

    /// Finishes a call.
    pub fn finish(&self, waker: &Arc<Waker>) {
        self.0.with(|state| {
            let Some(waker) = waker.remove_from(&mut state.running) else {
                return;
            };
            if !state.closed && !waker.is_stopped() && state.idle.len() < IDLE_MAX {
                state.idle.push(waker);
            }
        });
    }

    /// Cancels all calls and prevents new ones.
    pub fn close(&self) {
        let _idle = self.0.with(|state| {
            state.closed = true;
            state.running.iter().for_each(|waker| waker.stop());
            std::mem::take(&mut state.idle)
        });
    }

    /// Waits until no call is in flight. Returns `false` if the deadline passes first.
    pub fn wait(&self, deadline: Deadline) -> bool {
        let generation = fork::generation();
        loop {
            // A child forked by a signal handler in the meantime has none of the threads that are waited for.
            let is_child = generation != fork::generation();
            if is_child || self.0.with(|state| state.running.is_empty()) {
                return true;
            }
            // Polling: a notification would need a descriptor, which the process may not have.
            match deadline.remaining() {
                Some(remaining) => thread::sleep(remaining.min(POLL_INTERVAL)),
                None => return false,
            }
        }
    }
}
