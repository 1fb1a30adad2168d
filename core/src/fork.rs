//! What keeps a fork from breaking anything: the library's shared state is whole when it happens, and the
//! child closes the sockets that are its parent's and opens its own.
//!
//! All state that outlives a call or is shared by threads is [`Guarded`], by one lock of the process. A fork
//! takes that lock first (`pthread_atfork`), so that no other thread is in the middle of a change that the
//! child would find half done, or holds a lock that nobody in the child would release. One lock serves
//! because nobody holds it for more than a few instructions and a system call that does not block.
//!
//! A signal handler may fork, too, and may have interrupted a thread that holds the lock. That thread passes:
//! it forks in the middle of its change, which parent and child both complete once the handler has returned.
#![allow(
    unsafe_code,
    reason = "a lock of our own; pthread_atfork, pthread_self and close have no safe form"
)]

use std::cell::UnsafeCell;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicU32, Ordering};

static GENERATION: AtomicU32 = AtomicU32::new(0);

/// How many forks lie between the process that loaded the library and this one.
pub(crate) fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// A value that one thread at a time uses, and that is whole whenever another thread forks.
#[derive(Default)]
pub struct Guarded<T>(UnsafeCell<T>);

// SAFETY: `with` is the only way to the value, and the lock lets one thread in at a time.
unsafe impl<T: Send> Sync for Guarded<T> {}

// As of `Mutex`, but without poisoning: `work` may not panic half-way.
impl<T> UnwindSafe for Guarded<T> {}
impl<T> RefUnwindSafe for Guarded<T> {}

impl<T> Guarded<T> {
    /// The value, not locked.
    pub const fn new(value: T) -> Self {
        Guarded(UnsafeCell::new(value))
    }

    /// Runs `work` with the value. `work` must not wait, use another guarded value, or panic half-way.
    pub fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        let _lock = lock();
        // SAFETY: the lock is held, and a thread that holds it cannot take it again: no other reference exists.
        work(unsafe { &mut *self.0.get() })
    }
}

#[cfg(unix)]
pub(crate) use unix::OwnSocket;
#[cfg(unix)]
use unix::lock;

#[cfg(not(unix))]
pub(crate) use elsewhere::OwnSocket;
#[cfg(not(unix))]
use elsewhere::lock;

#[cfg(unix)]
mod unix {
    use std::hint::spin_loop;
    use std::io;
    use std::mem::ManuallyDrop;
    use std::net::TcpStream;
    use std::os::fd::{AsRawFd, RawFd};
    use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::{GENERATION, Guarded, generation};

    /// The thread that holds the lock, as `pthread_self` names it, or [`NOBODY`].
    ///
    /// Who holds the lock and that it is held is one word, so that there is no moment at which a signal handler
    /// cannot tell whether it interrupted the holder: a mutex beside a thread-local flag has one, whichever
    /// of the two is set first. The name of a thread is that of its copy in a child, and needs neither memory nor
    /// a thread-local, which a thread that ends or a handler may not have.
    static HOLDER: AtomicUsize = AtomicUsize::new(NOBODY);
    const NOBODY: usize = 0;

    /// How often the holder has passed in [`before`] without having come out again. Used by the holder only, and
    /// a handler that interrupts it there leaves it as it was.
    static PASSED: AtomicU32 = AtomicU32::new(0);

    /// Whether this process has just been forked and still has its parent's sockets.
    static HAS_INHERITED: AtomicBool = AtomicBool::new(false);

    /// The open sockets, each with the generation of the process that opened it.
    static SOCKETS: Guarded<Vec<(RawFd, u32)>> = Guarded::new(Vec::new());

    /// The lock, released when it is dropped.
    pub(super) struct Lock(());

    impl Drop for Lock {
        fn drop(&mut self) {
            release();
        }
    }

    /// Takes the lock.
    pub(super) fn lock() -> Lock {
        prepare();
        acquire(this_thread());
        Lock(())
    }

    fn this_thread() -> usize {
        // SAFETY: it only reads, and cannot fail.
        unsafe { libc::pthread_self() as usize }
    }

    fn acquire(thread: usize) {
        if try_acquire(thread).is_err() {
            acquire_held(thread);
        }
    }

    fn try_acquire(thread: usize) -> Result<usize, usize> {
        HOLDER.compare_exchange(NOBODY, thread, Ordering::Acquire, Ordering::Relaxed)
    }

    /// Waits for a lock that was held at the first try. Those who wait are in no list that a fork could tear:
    /// they look again and again. The sleep lets a holder of lower priority run.
    #[cold]
    fn acquire_held(thread: usize) {
        for turn in 0_u32.. {
            match try_acquire(thread) {
                Ok(_) => return,
                Err(holder) => assert!(
                    holder != thread,
                    "guarded values are used one in the other, or in a signal handler"
                ),
            }
            match turn {
                0..100 => spin_loop(),
                100..110 => thread::yield_now(),
                _ => thread::sleep(Duration::from_micros(50)),
            }
        }
    }

    fn release() {
        if HAS_INHERITED.load(Ordering::Relaxed) {
            close_inherited();
        }
        HOLDER.store(NOBODY, Ordering::Release);
    }

    /// Closes what belongs to the parent. The lock is held, and no change is half done.
    #[cold]
    fn close_inherited() {
        HAS_INHERITED.store(false, Ordering::Relaxed);
        // SAFETY: the lock is held and this is no `work` of a guarded value: no other reference exists.
        let sockets = unsafe { &mut *SOCKETS.0.get() };
        sockets.retain(|&(socket, opened_in)| {
            let is_own = opened_in == generation();
            if !is_own {
                // SAFETY: the descriptor is this process's copy of the parent's. Its owner here, if one is left,
                // sees the new generation and leaves it alone.
                unsafe { libc::close(socket) };
            }
            is_own
        });
    }

    /// Whether forks are safe. Not a `Once`: a fork in the middle of it would leave the child waiting for ever.
    static PREPARED: AtomicBool = AtomicBool::new(false);

    /// Makes forks safe from now on. Two threads that are the first at once both do it; the handlers allow that.
    fn prepare() {
        // Miri has no forks.
        if PREPARED.load(Ordering::Acquire) || cfg!(miri) {
            return;
        }
        // SAFETY: the handlers are plain functions of a library that is never unloaded. It fails only without
        // memory; then a fork is what it would be without this.
        unsafe { libc::pthread_atfork(Some(before), Some(in_parent), Some(in_child)) };
        PREPARED.store(true, Ordering::Release);
    }

    /// Takes the lock, unless this thread holds it: then it was interrupted by a signal whose handler forks, the
    /// handlers of the fork run twice, or a handler forks in the middle of another fork.
    extern "C" fn before() {
        let thread = this_thread();
        if HOLDER.load(Ordering::Relaxed) == thread {
            PASSED.fetch_add(1, Ordering::Relaxed);
        } else {
            acquire(thread);
        }
    }

    extern "C" fn in_parent() {
        if PASSED.load(Ordering::Relaxed) > 0 {
            PASSED.fetch_sub(1, Ordering::Relaxed);
        } else {
            release();
        }
    }

    extern "C" fn in_child() {
        GENERATION.fetch_add(1, Ordering::Relaxed);
        // Whoever made this run may not have come to say so.
        PREPARED.store(true, Ordering::Release);
        // With the release of the lock: an interrupted holder may be in the middle of changing the list.
        HAS_INHERITED.store(true, Ordering::Relaxed);
        in_parent();
    }

    /// A socket, or another descriptor, that belongs to the process that opened it: a child closes its
    /// copy at once.
    pub(crate) struct OwnSocket<S: AsRawFd = TcpStream> {
        socket: ManuallyDrop<S>,
        generation: u32,
    }

    impl<S: AsRawFd> OwnSocket<S> {
        /// Opens sockets, so that no fork comes between their opening and their being known. `open` must not
        /// wait: all other threads would wait for it.
        pub fn open<const N: usize>(
            open: impl FnOnce() -> io::Result<[S; N]>,
        ) -> io::Result<[Self; N]> {
            SOCKETS.with(|sockets| {
                // Before they are opened: a handler that forks now makes them the parent's.
                let generation = generation();
                let opened = open()?;
                sockets.extend(opened.iter().map(|socket| (socket.as_raw_fd(), generation)));
                Ok(opened.map(|socket| OwnSocket {
                    socket: ManuallyDrop::new(socket),
                    generation,
                }))
            })
        }

        /// Whether this process opened it. If not it is closed already.
        pub fn is_ours(&self) -> bool {
            self.generation == generation()
        }

        /// The socket, to be used by the process that opened it only.
        pub fn get(&self) -> &S {
            &self.socket
        }
    }

    impl<S: AsRawFd> Drop for OwnSocket<S> {
        fn drop(&mut self) {
            // What was inherited may be dropped by whoever holds the lock.
            if !self.is_ours() {
                return;
            }
            let entry = (self.socket.as_raw_fd(), self.generation);
            SOCKETS.with(|sockets| {
                // Not in the list: a handler has forked since, and the child has closed it.
                if let Some(at) = sockets.iter().position(|&socket| socket == entry) {
                    sockets.swap_remove(at);
                    // SAFETY: dropped once, here, and not used afterwards.
                    unsafe { ManuallyDrop::drop(&mut self.socket) };
                }
            });
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_thread_that_holds_the_lock_passes_a_fork() {
            static COUNT: Guarded<u32> = Guarded::new(0);
            COUNT.with(|count| {
                *count += 1;
                for _ in 0..2 {
                    before();
                    before();
                    in_parent();
                    in_parent();
                    assert_eq!(HOLDER.load(Ordering::Relaxed), this_thread());
                }
                *count += 1;
            });
            before();
            in_parent();
            assert_eq!(COUNT.with(|count| *count), 2);
        }

        #[test]
        fn guarded_values_used_one_in_the_other_are_a_bug_that_is_told() {
            let (outer, inner) = (Guarded::new(1), Guarded::new(2));
            let nested = || outer.with(|_| inner.with(|value| *value));
            assert!(std::panic::catch_unwind(nested).is_err());
            assert_eq!(inner.with(|value| *value), 2, "the lock is free again");
        }
    }
}

#[cfg(not(unix))]
mod elsewhere {
    use std::io;
    use std::net::TcpStream;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    static LOCK: Mutex<()> = Mutex::new(());

    /// Takes the lock. There is no fork here.
    pub(super) fn lock() -> MutexGuard<'static, ()> {
        LOCK.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A socket that belongs to the process that opened it.
    pub(crate) struct OwnSocket<S = TcpStream>(S);

    impl<S> OwnSocket<S> {
        /// Opens sockets.
        pub fn open<const N: usize>(
            open: impl FnOnce() -> io::Result<[S; N]>,
        ) -> io::Result<[Self; N]> {
            Ok(open()?.map(OwnSocket))
        }

        /// Whether this process opened it.
        pub fn is_ours(&self) -> bool {
            true
        }

        /// The socket.
        pub fn get(&self) -> &S {
            &self.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_change_a_guarded_value_one_at_a_time() {
        let (threads, rounds) = if cfg!(miri) { (3, 20) } else { (8, 20_000) };
        let value = Guarded::new((0, String::new()));
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    for _ in 0..rounds {
                        value.with(|(count, text)| {
                            *count += 1;
                            *text = count.to_string();
                        });
                    }
                });
            }
        });
        let all = threads * rounds;
        assert_eq!(value.with(|value| value.clone()), (all, all.to_string()));
    }

    #[test]
    fn what_is_guarded_may_be_shared_and_caught() {
        fn usable<T: Send + Sync + UnwindSafe + RefUnwindSafe>() {}
        usable::<Guarded<std::cell::Cell<u8>>>();
        usable::<crate::Client>();
    }
}
