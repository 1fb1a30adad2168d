//! Name resolution. The operating system's resolver cannot be interrupted, so it runs on a helper thread that owns
//! only copies: the call returns at its deadline or on cancellation, and the thread ends when the resolver returns. A
//! process has at most four such threads.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::thread;

use socket2::{Domain, Socket, Type};

use super::error::Cause;
use super::limits::Limits;
use super::system_error::SystemError;
use super::wait::wait_for_wake;
use super::waker::Waker;
use crate::fork::{self, ForkSafeMutex};

/// The most helper threads of a process.
const THREADS_MAX: usize = 4;

/// The stack size of a helper thread, which runs the system's resolver and the modules it loads. It is the default of
/// Rust's standard library. Set here, no environment variable changes it.
const STACK_SIZE: usize = 2 * 1024 * 1024;

/// The addresses of localhost. Development servers mostly listen on the first.
const LOOPBACK: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::LOCALHOST),
    IpAddr::V6(Ipv6Addr::LOCALHOST),
];

/// The helper threads of this process.
static THREADS: ForkSafeMutex<Threads> = ForkSafeMutex::new(Threads::new(0));

struct Threads {
    generation: u32,
    running: usize,
    /// The calls that wait for a free thread.
    waiting: Vec<Arc<Waker>>,
}

impl Threads {
    const fn new(generation: u32) -> Self {
        Threads {
            generation,
            running: 0,
            waiting: Vec::new(),
        }
    }

    /// Resets the state in the child of a fork: it has none of its parent's threads.
    fn of_this_process(&mut self) -> &mut Self {
        if self.generation != fork::generation() {
            *self = Threads::new(fork::generation());
        }
        self
    }
}

/// Resolves `host` for the call with this waker. IP addresses and localhost are not passed to the system's resolver.
pub(super) fn resolve(
    host: &str,
    port: u16,
    waker: &Arc<Waker>,
    limits: Limits<'_>,
) -> Result<Vec<SocketAddr>, Cause> {
    let limits = limits.during("resolving the host name");
    let with_port = |address| SocketAddr::new(address, port);
    if let Ok(address) = host.parse() {
        return Ok(vec![with_port(address)]);
    }
    if is_localhost(host) {
        return Ok(LOOPBACK.map(with_port).into());
    }
    acquire_thread(waker, limits)?;
    let resolution = Resolution::new(waker);
    spawn((host.to_owned(), port), Arc::clone(&resolution.0))?;
    loop {
        match resolution.take() {
            Some(Ok(addresses)) if addresses.is_empty() => return Err(Cause::Resolve),
            Some(result) => return result.map_err(|error| cause(&error)),
            None => wait_for_wake(limits)?,
        }
    }
}

/// Whether a name, in lower case, is localhost or a subdomain of it. Those are not sent to a DNS server (RFC 6761
/// section 6.3).
fn is_localhost(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    name == "localhost" || name.ends_with(".localhost")
}

/// The cause of an error of the system's resolver. Without a free descriptor it can neither read a file nor send a
/// query, and reports that the name does not exist.
fn cause(error: &io::Error) -> Cause {
    let probe = || Socket::new(Domain::IPV4, Type::DGRAM, None).err();
    let system = SystemError::of(error).or_else(|| SystemError::of(&probe()?));
    system.map_or(Cause::Resolve, Cause::SystemAtResolve)
}

/// The result of a helper thread, and the call that waits for it.
struct State {
    result: Option<io::Result<Vec<SocketAddr>>>,
    waiting: Option<Arc<Waker>>,
}

/// A resolution in progress. Once dropped, it wakes no call.
struct Resolution(Arc<ForkSafeMutex<State>>);

impl Resolution {
    fn new(waker: &Arc<Waker>) -> Self {
        Resolution(Arc::new(ForkSafeMutex::new(State {
            result: None,
            waiting: Some(Arc::clone(waker)),
        })))
    }

    fn take(&self) -> Option<io::Result<Vec<SocketAddr>>> {
        self.0.with(|state| state.result.take())
    }
}

impl Drop for Resolution {
    fn drop(&mut self) {
        self.0.with(|state| state.waiting = None);
    }
}

fn spawn(name: (String, u16), state: Arc<ForkSafeMutex<State>>) -> Result<(), Cause> {
    let run = move || {
        let result = name.to_socket_addrs().map(Iterator::collect);
        state.with(|state| {
            state.result = Some(result);
            // Under the lock: a waker that has been removed belongs to another call.
            state.waiting.iter().for_each(|waker| waker.wake());
        });
        release_thread();
    };
    let builder = thread::Builder::new()
        .name("bosauth-resolve".into())
        .stack_size(STACK_SIZE);
    builder.spawn(run).map(drop).map_err(|_| {
        release_thread();
        Cause::SystemAtResolve(SystemError::THREADS)
    })
}

/// Waits for a free helper thread and reserves it.
fn acquire_thread(waker: &Arc<Waker>, limits: Limits<'_>) -> Result<(), Cause> {
    loop {
        let is_acquired = THREADS.with(|threads| {
            let threads = threads.of_this_process();
            waker.remove_from(&mut threads.waiting);
            let is_free = threads.running < THREADS_MAX;
            if is_free {
                threads.running += 1;
            } else {
                threads.waiting.push(Arc::clone(waker));
            }
            is_free
        });
        if is_acquired {
            return Ok(());
        }
        wait_for_wake(limits).inspect_err(|_| {
            THREADS.with(|threads| waker.remove_from(&mut threads.waiting));
        })?;
    }
}

fn release_thread() {
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
    use crate::http::limits::Deadline;

    const LONG: Duration = Duration::from_secs(600);
    /// A name to the library and an address to the system's resolver, which sends no query for it.
    const NAME: &str = "127.1";

    fn resolve_now(host: &str) -> Result<Vec<SocketAddr>, Cause> {
        let waker = Arc::new(Waker::new().expect("a descriptor"));
        let limits = Limits {
            deadline: Deadline::after(Duration::from_secs(60)),
            waker: &waker,
            hook: None,
            phase: "",
        };
        resolve(host, 80, &waker, limits)
    }

    #[test]
    fn ip_addresses_are_not_resolved() {
        let localhost = SocketAddr::new(IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]), 80);
        assert_eq!(resolve_now("::1"), Ok(vec![localhost]));
    }

    #[test]
    fn localhost_is_loopback() {
        let loopback = LOOPBACK
            .map(|address| SocketAddr::new(address, 80))
            .to_vec();
        for host in ["localhost", "localhost.", "a.localhost", "a-1.b.localhost."] {
            assert_eq!(resolve_now(host), Ok(loopback.clone()), "{host}");
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
    fn names_are_resolved() {
        let is_loopback = |found: Vec<SocketAddr>| found.iter().all(|a| a.ip().is_loopback());
        assert!(resolve_now(NAME).is_ok_and(is_loopback));
        assert_eq!(resolve_now("no-such-host.invalid"), Err(Cause::Resolve));
    }

    #[test]
    fn wait_ends_at_deadline_wake_and_cancellation() {
        let waker = Arc::new(Waker::new().expect("a descriptor"));
        let limits = |ms| Limits {
            deadline: Deadline::after(Duration::from_millis(ms)),
            waker: &waker,
            hook: None,
            phase: "",
        };
        let past = limits(1);
        let cause = (0..).find_map(|_| wait_for_wake(past).err());
        assert_eq!(cause, Some(Cause::Timeout("")));
        waker.wake();
        assert_eq!(wait_for_wake(limits(60_000)), Ok(()));
        waker.stop();
        assert_eq!(wait_for_wake(limits(60_000)), Err(Cause::Cancelled));
        assert_eq!(wait_for_wake(limits(60_000)), Err(Cause::Cancelled));
    }

    /// Half of the calls time out during their resolution or while they wait for a thread.
    #[test]
    fn more_calls_than_threads_are_all_resolved() {
        let call = || {
            let waker = Arc::new(Waker::new().expect("a descriptor"));
            for short in (0..20).map(|turn| Duration::from_micros(20 * turn)) {
                for limit in [short, LONG] {
                    let limits = Limits {
                        deadline: Deadline::after(limit),
                        waker: &waker,
                        hook: None,
                        phase: "",
                    };
                    let result = resolve(NAME, 80, &waker, limits);
                    let is_late = matches!(result, Err(Cause::Timeout(_)));
                    assert!(result.is_ok() || is_late && limit < LONG, "{result:?}");
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
