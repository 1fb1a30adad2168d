//! How long a request may go on: until its moment has come, or somebody wants it to stop.

use std::cell::Cell;
use std::time::{Duration, Instant};

use super::waker::Waker;

/// As good as for ever, and a moment that every clock can tell.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
/// The longest time between two calls of a wait hook.
pub(super) const HOOK_PERIOD: Duration = Duration::from_millis(200);

/// A moment by which something must have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    /// This long from now. However long: the wait for a client's end is the app's to choose.
    pub fn after(duration: Duration) -> Self {
        Deadline(Instant::now() + duration.min(LONGEST))
    }

    /// What is left of it; `None` once it has passed.
    pub fn left(self) -> Option<Duration> {
        self.0
            .checked_duration_since(Instant::now())
            .filter(|left| !left.is_zero())
    }
}

/// How long a request may go on.
#[derive(Clone, Copy)]
pub(super) struct Until<'a> {
    pub deadline: Deadline,
    /// Who can stop it.
    pub waker: &'a Waker,
    /// What is asked now and then whether to go on.
    pub hook: Option<&'a Hook<'a>>,
}

impl Until<'_> {
    /// The same, but at the latest until `deadline`.
    pub fn but_by(self, deadline: Deadline) -> Self {
        Until {
            deadline: self.deadline.min(deadline),
            ..self
        }
    }
}

/// A wait hook of the app, and when its next call is due.
pub(super) struct Hook<'a> {
    function: &'a WaitHook,
    due: Cell<Instant>,
}

/// Called on the thread of the call; `true` ends it.
pub(crate) type WaitHook = dyn Fn() -> bool + Send + Sync;

impl<'a> Hook<'a> {
    /// A hook that is due after one period.
    pub fn new(function: &'a WaitHook) -> Self {
        let due = Cell::new(Instant::now() + HOOK_PERIOD);
        Hook { function, due }
    }

    /// Makes it due at once.
    pub fn hurry(&self) {
        self.due.set(Instant::now());
    }

    /// Calls it if it is due: whether the call has to end.
    pub fn ends_call(&self) -> bool {
        if Instant::now() < self.due.get() {
            return false;
        }
        let ends = (self.function)();
        // After the call, which may take long.
        self.due.set(Instant::now() + HOOK_PERIOD);
        ends
    }
}
