//! Connections kept for the next request: the newest first, each probed before it is used.

use std::time::{Duration, Instant};

use super::connection::Connection;
use crate::fork::Guarded;

/// The most connections kept.
const IDLE_MAX: usize = 64;
/// How long a connection is kept: below the idle limits of common servers and proxies (60 s and more).
const IDLE_AGE_MAX: Duration = Duration::from_secs(50);

/// Idle connections to one server, the newest last.
#[derive(Default)]
pub(super) struct Pool {
    state: Guarded<State>,
}

#[derive(Default)]
struct State {
    closed: bool,
    idle: Vec<Idle>,
}

struct Idle {
    connection: Connection,
    since: Instant,
}

impl Pool {
    /// The newest connection that still is usable. Those found dead are closed.
    pub fn take(&self) -> Option<Connection> {
        loop {
            let mut newest = self.pop()?;
            if newest.connection.is_quiet() {
                return Some(newest.connection);
            }
        }
    }

    /// The newest connection; the others are closed if it is too old, since they are older.
    fn pop(&self) -> Option<Idle> {
        // Closing takes a system call each: what is closed leaves the lock first.
        let (newest, _outdated) = self.state.with(|State { idle, .. }| {
            let is_fresh = |newest: &Idle| newest.since.elapsed() <= IDLE_AGE_MAX;
            let outdated = if idle.last().is_some_and(is_fresh) {
                Vec::new()
            } else {
                std::mem::take(idle)
            };
            (idle.pop(), outdated)
        });
        newest
    }

    /// Keeps a connection whose exchange ended cleanly; the oldest makes room if there are too many.
    pub fn put(&self, connection: Connection) {
        let _closed = self.state.with(|State { closed, idle }| {
            if *closed {
                return Some(connection);
            }
            let oldest = (idle.len() >= IDLE_MAX).then(|| idle.remove(0).connection);
            idle.push(Idle {
                connection,
                since: Instant::now(),
            });
            oldest
        });
    }

    /// Closes all connections, and those that would come.
    pub fn close(&self) {
        let _idle = self.state.with(|state| {
            state.closed = true;
            std::mem::take(&mut state.idle)
        });
    }
}
