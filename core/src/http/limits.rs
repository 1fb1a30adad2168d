//! The limits of a call: its deadline, cancellation and wait hook.

use std::cell::Cell;
use std::time::{Duration, Instant};

use super::waker::Waker;

/// The longest wait. Every clock can represent its end.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
/// The longest time between two calls of a wait hook.
const HOOK_PERIOD: Duration = Duration::from_millis(200);

/// A point in time at which a wait ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    /// Returns the deadline after this time. It may be of any length: the app chooses how long a close waits.
    pub fn after(duration: Duration) -> Self {
        Deadline(Instant::now() + duration.min(LONGEST))
    }

    /// Returns the remaining time; `None` once the deadline has passed.
    pub fn remaining(self) -> Option<Duration> {
        self.0
            .checked_duration_since(Instant::now())
            .filter(|remaining| !remaining.is_zero())
    }
}

/// The limits of one phase of a call.
#[derive(Clone, Copy)]
pub(super) struct Limits<'a> {
    pub deadline: Deadline,
    /// Stopped when the call is cancelled.
    pub waker: &'a Waker,
    pub hook: Option<&'a Hook<'a>>,
    /// What the call does, for the message of a timeout.
    pub phase: &'static str,
}

impl Limits<'_> {
    /// The same limits with an earlier deadline, if `deadline` is earlier.
    pub fn capped_at(self, deadline: Deadline) -> Self {
        Limits {
            deadline: self.deadline.min(deadline),
            ..self
        }
    }

    /// The same limits in another phase.
    pub fn during(self, phase: &'static str) -> Self {
        Limits { phase, ..self }
    }
}

/// A wait hook of the app, and when its next call is due.
pub(super) struct Hook<'a> {
    function: &'a WaitHook,
    due: Cell<Instant>,
}

/// Called on the thread of the call; `true` cancels it.
pub(crate) type WaitHook = dyn Fn() -> bool + Send + Sync;

impl<'a> Hook<'a> {
    /// A hook that is due after one period.
    pub fn new(function: &'a WaitHook) -> Self {
        let due = Cell::new(Instant::now() + HOOK_PERIOD);
        Hook { function, due }
    }

    /// Makes the hook due at once.
    pub fn set_due(&self) {
        self.due.set(Instant::now());
    }

    /// The time until the hook is due; zero if it is due.
    pub fn until_due(&self) -> Duration {
        self.due.get().saturating_duration_since(Instant::now())
    }

    /// Calls the hook if it is due. Returns whether it cancels the call.
    pub fn cancels_call(&self) -> bool {
        if Instant::now() < self.due.get() {
            return false;
        }
        let cancels = (self.function)();
        // After the call, which may take long.
        self.due.set(Instant::now() + HOOK_PERIOD);
        cancels
    }
}
