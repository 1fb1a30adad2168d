//! Connections kept for the next request: the newest first, each probed before it is used.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::connection::Connection;

/// The most connections kept.
const IDLE_MAX: usize = 64;
/// How long a connection is kept: below the idle limits of common servers and proxies (60 s and more).
const IDLE_AGE_MAX: Duration = Duration::from_secs(50);

/// Idle connections to one server, the newest last.
#[derive(Default)]
pub(super) struct Pool {
    idle: Mutex<Vec<Idle>>,
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
        let outdated;
        let mut idle = self.lock();
        let newest = idle.pop()?;
        if newest.since.elapsed() <= IDLE_AGE_MAX {
            return Some(newest);
        }
        outdated = std::mem::take(&mut *idle);
        // Closing takes a system call each: not under the lock.
        drop(idle);
        drop(outdated);
        None
    }

    /// Keeps a connection whose exchange ended cleanly; the oldest makes room if there are too many.
    pub fn put(&self, connection: Connection) {
        let mut idle = self.lock();
        let oldest = (idle.len() >= IDLE_MAX).then(|| idle.remove(0));
        idle.push(Idle {
            connection,
            since: Instant::now(),
        });
        drop(idle);
        drop(oldest);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Idle>> {
        // Nothing that can panic runs under the lock.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
