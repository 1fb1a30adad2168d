//! Names to addresses. The operating system's lookup cannot be interrupted, so it runs on a helper
//! thread that owns only copies; the call leaves by its deadline and the thread ends when the system
//! answers. At most four such threads run in a process.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::{Deadline, FailureKind};
use crate::fork::{self, Guarded};

/// The most helper threads of a process.
const THREADS_MAX: usize = 4;

/// How many helper threads run in this process, and a signal when one ends.
type Threads = Signal<usize>;

/// The threads of this process: a child of a fork has none of its parent's.
fn threads() -> Arc<Threads> {
    static THREADS: Guarded<(u32, Option<Arc<Threads>>)> = Guarded::new((0, None));
    THREADS.with(|(generation, threads)| {
        if *generation != fork::generation() {
            (*generation, *threads) = (fork::generation(), None);
        }
        Arc::clone(threads.get_or_insert_with(|| Arc::new(Signal::new(0))))
    })
}

/// The addresses of `host`. A literal address is not looked up.
pub(super) fn lookup(
    host: &str,
    port: u16,
    deadline: Deadline,
) -> Result<Vec<SocketAddr>, FailureKind> {
    if let Ok(literal) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(literal, port)]);
    }
    let threads = threads();
    take_thread(&threads, deadline)?;
    let answer = Arc::new(Signal::new(None));
    spawn((host.to_owned(), port), Arc::clone(&answer), threads)?;
    let found = answer
        .wait(deadline, |answer| answer.take())
        .ok_or(TIMEOUT)?;
    found
        .ok()
        .filter(|addresses| !addresses.is_empty())
        .ok_or(FailureKind::NameLookup)
}

const TIMEOUT: FailureKind = FailureKind::Timeout("looking up the server's name");

/// What a helper thread leaves behind.
type Answer = Signal<Option<io::Result<Vec<SocketAddr>>>>;

fn spawn(
    name: (String, u16),
    answer: Arc<Answer>,
    threads: Arc<Threads>,
) -> Result<(), FailureKind> {
    let ended = Arc::clone(&threads);
    let run = move || {
        let found = name.to_socket_addrs().map(Iterator::collect);
        answer.set(|slot| *slot = Some(found));
        ended.set(|running| *running -= 1);
    };
    match thread::Builder::new()
        .name("bosauth-lookup".into())
        .spawn(run)
    {
        Ok(_) => Ok(()),
        Err(_) => {
            threads.set(|running| *running -= 1);
            Err(FailureKind::NameLookup)
        }
    }
}

/// Waits until one more helper thread may run.
fn take_thread(threads: &Threads, deadline: Deadline) -> Result<(), FailureKind> {
    let take = |running: &mut usize| (*running < THREADS_MAX).then(|| *running += 1);
    threads.wait(deadline, take).ok_or(TIMEOUT)
}

/// A value that threads wait for.
struct Signal<T> {
    value: Mutex<T>,
    changed: Condvar,
}

impl<T> Signal<T> {
    const fn new(value: T) -> Self {
        Signal {
            value: Mutex::new(value),
            changed: Condvar::new(),
        }
    }

    /// Changes the value and wakes who waits for it.
    fn set(&self, change: impl FnOnce(&mut T)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    /// Waits until `take` gives something; `None` once the deadline has passed.
    fn wait<R>(&self, deadline: Deadline, mut take: impl FnMut(&mut T) -> Option<R>) -> Option<R> {
        let mut value = self.lock();
        loop {
            if let Some(taken) = take(&mut value) {
                return Some(taken);
            }
            let left = deadline.left()?;
            value = self
                .changed
                .wait_timeout(value, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, T> {
        // Nothing that can panic runs under the lock.
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn literals_are_not_looked_up() {
        let found = lookup("::1", 80, Deadline::after(Duration::from_secs(5)));
        assert_eq!(
            found,
            Ok(vec![SocketAddr::new(
                IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
                80
            )])
        );
    }

    #[test]
    fn names_are_found_or_not() {
        let deadline = Deadline::after(Duration::from_secs(60));
        assert!(
            lookup("localhost", 80, deadline)
                .is_ok_and(|found| found.iter().all(|a| a.ip().is_loopback()))
        );
        assert_eq!(
            lookup("no-such-host.invalid", 80, deadline),
            Err(FailureKind::NameLookup)
        );
    }

    #[test]
    fn a_wait_ends_by_its_deadline() {
        let never: Signal<()> = Signal::new(());
        assert_eq!(
            never.wait(Deadline::after(Duration::from_millis(1)), |()| None::<()>),
            None
        );
    }
}
