//! Idle connections for later requests. The newest is used first, and each is probed before it is used.

use std::time::{Duration, Instant};

use super::connection::Connection;
use crate::fork::ForkSafeMutex;

/// The most connections kept.
const IDLE_MAX: usize = 64;
/// The age at which an idle connection is closed: below the idle limits of common servers and proxies (60 s and more).
const IDLE_AGE_MAX: Duration = Duration::from_secs(50);

/// Idle connections to one server, the newest last.
#[derive(Default)]
pub(super) struct Pool {
    state: ForkSafeMutex<State>,
}

#[derive(Default)]
struct State {
    closed: bool,
    /// Each with the time of its return.
    idle: Vec<(Connection, Instant)>,
}

impl Pool {
    /// Returns the newest connection that is still usable. Unusable ones are closed.
    pub fn take(&self) -> Option<Connection> {
        loop {
            let mut newest = self.pop()?;
            if newest.is_idle() {
                return Some(newest);
            }
        }
    }

    /// Returns the newest connection. If it is too old, closes all: the others are older.
    fn pop(&self) -> Option<Connection> {
        // Each close is a system call: they are closed outside of the lock.
        let (newest, _outdated) = self.state.with(|State { idle, .. }| {
            let is_fresh = |(_, since): &(_, Instant)| since.elapsed() <= IDLE_AGE_MAX;
            let outdated = if idle.last().is_some_and(is_fresh) {
                Vec::new()
            } else {
                std::mem::take(idle)
            };
            (idle.pop(), outdated)
        });
        newest.map(|(connection, _)| connection)
    }

    /// Keeps a connection whose exchange was complete. Closes the oldest if there are too many.
    pub fn put(&self, connection: Connection) {
        let _closed = self.state.with(|State { closed, idle }| {
            if *closed {
                return Some(connection);
            }
            let oldest = (idle.len() >= IDLE_MAX).then(|| idle.remove(0).0);
            idle.push((connection, Instant::now()));
            oldest
        });
    }

    /// Closes all connections, and those that are returned later.
    pub fn close(&self) {
        let _idle = self.state.with(|state| {
            state.closed = true;
            std::mem::take(&mut state.idle)
        });
    }
}
