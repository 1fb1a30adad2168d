//! Names to addresses. The operating system's lookup cannot be interrupted, so it runs on a helper
//! thread that owns only copies; the call leaves when it has to and the thread ends when the system
//! answers. At most four such threads run in a process.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::thread;

use socket2::{Domain, Socket, Type};

use super::deadline::Until;
use super::wait::wait_for_wake;
use super::waker::Waker;
use super::{FailureKind, SystemError};
use crate::fork::{self, Guarded};

/// The most helper threads of a process.
const THREADS_MAX: usize = 4;

/// The stack of a helper thread, on which the system's resolver runs with whatever modules it is configured to
/// load. It is the standard library's own default; given here, no environment variable changes it.
const STACK_SIZE: usize = 2 * 1024 * 1024;

/// What was going on when a deadline passed or a call was stopped.
const DOING: &str = "looking up the server's name";

/// The helper threads of this process.
static THREADS: Guarded<Threads> = Guarded::new(Threads {
    generation: 0,
    running: 0,
    waiting: Vec::new(),
});

struct Threads {
    generation: u32,
    running: usize,
    /// The calls that wait until one more thread may run.
    waiting: Vec<Arc<Waker>>,
}

impl Threads {
    /// A child of a fork has none of its parent's threads.
    fn of_this_process(&mut self) -> &mut Self {
        if self.generation != fork::generation() {
            *self = Threads {
                generation: fork::generation(),
                running: 0,
                waiting: Vec::new(),
            };
        }
        self
    }
}

/// The addresses of `host`, for the call with this waker. A literal address is not looked up, nor is localhost.
pub(super) fn lookup(
    host: &str,
    port: u16,
    waker: &Arc<Waker>,
    until: Until<'_>,
) -> Result<Vec<SocketAddr>, FailureKind> {
    if let Ok(literal) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(literal, port)]);
    }
    if is_localhost(host) {
        return Ok(LOOPBACK
            .map(|address| SocketAddr::new(address, port))
            .into());
    }
    take_thread(waker, until)?;
    let answer = Awaited::by(waker);
    spawn((host.to_owned(), port), Arc::clone(&answer.0))?;
    loop {
        if let Some(found) = answer.take() {
            return found
                .map_err(|error| refusal_of(&error))
                .and_then(|addresses| {
                    let is_found = !addresses.is_empty();
                    is_found.then_some(addresses).ok_or(FailureKind::NameLookup)
                });
        }
        wait_for_wake(until).map_err(|ended| ended.during(DOING))?;
    }
}

/// The addresses of localhost. Servers for development mostly listen on the first.
const LOOPBACK: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::LOCALHOST),
    IpAddr::V6(Ipv6Addr::LOCALHOST),
];

/// Whether a name, in lower case, is localhost or below it: no name service is asked for those (RFC 6761 section
/// 6.3).
fn is_localhost(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    name == "localhost" || name.ends_with(".localhost")
}

/// Why the system resolved no name. Without a descriptor its resolver can read no file and ask nobody, and says
/// that there is no such name.
fn refusal_of(error: &io::Error) -> FailureKind {
    let probe = || Socket::new(Domain::IPV4, Type::DGRAM, None).err();
    let cause = SystemError::of(error).or_else(|| SystemError::of(&probe()?));
    cause.map_or(FailureKind::NameLookup, FailureKind::SystemAtLookup)
}

/// What a helper thread leaves behind, and whom it wakes.
struct Answer {
    found: Option<io::Result<Vec<SocketAddr>>>,
    waiting: Option<Arc<Waker>>,
}

/// An answer that a call waits for. Once the call has left nobody is woken.
struct Awaited(Arc<Guarded<Answer>>);

impl Awaited {
    fn by(waker: &Arc<Waker>) -> Self {
        Awaited(Arc::new(Guarded::new(Answer {
            found: None,
            waiting: Some(Arc::clone(waker)),
        })))
    }

    fn take(&self) -> Option<io::Result<Vec<SocketAddr>>> {
        self.0.with(|answer| answer.found.take())
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        self.0.with(|answer| answer.waiting = None);
    }
}

fn spawn(name: (String, u16), answer: Arc<Guarded<Answer>>) -> Result<(), FailureKind> {
    let run = move || {
        let found = name.to_socket_addrs().map(Iterator::collect);
        answer.with(|answer| {
            answer.found = Some(found);
            // Under the lock: a waker that has left belongs to another call from then on.
            answer.waiting.iter().for_each(|waker| waker.wake());
        });
        give_thread_back();
    };
    let builder = thread::Builder::new()
        .name("bosauth-lookup".into())
        .stack_size(STACK_SIZE);
    match builder.spawn(run) {
        Ok(_) => Ok(()),
        Err(_) => {
            give_thread_back();
            Err(FailureKind::SystemAtLookup(SystemError::Threads))
        }
    }
}

/// Waits until one more helper thread may run.
fn take_thread(waker: &Arc<Waker>, until: Until<'_>) -> Result<(), FailureKind> {
    loop {
        let is_taken = THREADS.with(|threads| {
            let threads = threads.of_this_process();
            waker.leave(&mut threads.waiting);
            let is_free = threads.running < THREADS_MAX;
            if is_free {
                threads.running += 1;
            } else {
                threads.waiting.push(Arc::clone(waker));
            }
            is_free
        });
        if is_taken {
            return Ok(());
        }
        if let Err(ended) = wait_for_wake(until) {
            THREADS.with(|threads| waker.leave(&mut threads.waiting));
            return Err(ended.during(DOING));
        }
    }
}

fn give_thread_back() {
    THREADS.with(|threads| {
        let threads = threads.of_this_process();
        threads.running = threads.running.saturating_sub(1);
        threads.waiting.iter().for_each(|waker| waker.wake());
    });
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::http::deadline::Deadline;
    use crate::http::wait::Ended;

    const LONG: Duration = Duration::from_secs(600);
    /// What the library takes for a name and the system's resolver for an address, so that nobody is asked.
    const NAMED: &str = "127.1";

    fn look_up(host: &str) -> Result<Vec<SocketAddr>, FailureKind> {
        let waker = Arc::new(Waker::new().expect("a descriptor"));
        let until = Until {
            deadline: Deadline::after(Duration::from_secs(60)),
            waker: &waker,
            hook: None,
        };
        lookup(host, 80, &waker, until)
    }

    #[test]
    fn literals_are_not_looked_up() {
        let localhost = SocketAddr::new(IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]), 80);
        assert_eq!(look_up("::1"), Ok(vec![localhost]));
    }

    #[test]
    fn localhost_is_loopback_whatever_a_name_service_says() {
        let loopback = LOOPBACK
            .map(|address| SocketAddr::new(address, 80))
            .to_vec();
        for host in ["localhost", "localhost.", "a.localhost", "a-1.b.localhost."] {
            assert_eq!(look_up(host), Ok(loopback.clone()), "{host}");
        }
        for host in [
            "localhost.example",
            "mylocalhost",
            "localhost.localdomain",
            ".",
        ] {
            assert!(!is_localhost(host), "{host}");
        }
    }

    #[test]
    fn names_are_found_or_not() {
        let is_loopback = |found: Vec<SocketAddr>| found.iter().all(|a| a.ip().is_loopback());
        assert!(look_up(NAMED).is_ok_and(is_loopback));
        assert_eq!(
            look_up("no-such-host.invalid"),
            Err(FailureKind::NameLookup)
        );
    }

    #[test]
    fn a_wait_ends_by_its_deadline_or_by_a_stop() {
        let waker = Arc::new(Waker::new().expect("a descriptor"));
        let until = |ms| Until {
            deadline: Deadline::after(Duration::from_millis(ms)),
            waker: &waker,
            hook: None,
        };
        let past = until(1);
        let ended = (0..).find_map(|_| wait_for_wake(past).err());
        assert_eq!(ended, Some(Ended::TimedOut));
        waker.wake();
        assert_eq!(wait_for_wake(until(60_000)), Ok(()));
        waker.stop();
        assert_eq!(wait_for_wake(until(60_000)), Err(Ended::Stopped));
        assert_eq!(wait_for_wake(until(60_000)), Err(Ended::Stopped));
    }

    /// Also where the call before has left its lookup behind, or its place among those that wait for a thread.
    #[test]
    fn more_calls_than_threads_all_get_their_answer() {
        let call = || {
            let waker = Arc::new(Waker::new().expect("a descriptor"));
            for short in (0..20).map(|turn| Duration::from_micros(20 * turn)) {
                for limit in [short, LONG] {
                    let until = Until {
                        deadline: Deadline::after(limit),
                        waker: &waker,
                        hook: None,
                    };
                    let found = lookup(NAMED, 80, &waker, until);
                    let is_late = matches!(found, Err(FailureKind::Timeout(_)));
                    assert!(found.is_ok() || is_late && limit < LONG, "{found:?}");
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..4 * THREADS_MAX {
                scope.spawn(call);
            }
        });
    }
}
