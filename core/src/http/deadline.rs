//! How long a request may go on: until its moment has come, or somebody wants it to stop.

use std::time::{Duration, Instant};

use super::waker::Waker;

/// A moment by which something must have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    /// This long from now.
    pub fn after(duration: Duration) -> Self {
        Deadline(Instant::now() + duration)
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
