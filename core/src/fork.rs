//! Fork safety: the library's shared state is consistent at a fork, and the child closes the sockets of its parent
//! and opens its own.
//!
//! All state that outlives a call or is shared by threads is in a [`ForkSafeMutex`]. All of them share one lock of the
//! process. A fork acquires that lock first (`pthread_atfork`), so that the child inherits neither an incomplete change
//! nor a lock that is never released. One lock is enough, because it is held only for a few instructions
//! and a system call that does not block.
//!
//! A signal handler may fork, too, and may have interrupted a thread that holds the lock. The lock is then re-entered:
//! the process forks in the middle of a change, which parent and child both complete after the handler has returned.
#![allow(
    unsafe_code,
    reason = "a custom lock; pthread_atfork, pthread_self and close have no safe form"
)]

use std::cell::UnsafeCell;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicU32, Ordering};

static GENERATION: AtomicU32 = AtomicU32::new(0);

/// The number of forks from the process that loaded the library to this one.
pub(crate) fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// A thread of a process. A child of a fork has none of its parent's threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ThreadOfProcess {
    generation: u32,
    thread: ThreadId,
}

impl ThreadOfProcess {
    /// The calling thread.
    pub fn current() -> Self {
        ThreadOfProcess {
            generation: generation(),
            thread: this_thread(),
        }
    }

    /// Whether it is a thread of this process.
    pub fn is_of_this_process(self) -> bool {
        self.generation == generation()
    }
}

/// A mutex whose value is consistent when another thread forks.
#[derive(Default)]
pub struct ForkSafeMutex<T>(UnsafeCell<T>);

// SAFETY: `with` is the only access to the value, and one thread at a time holds the lock.
unsafe impl<T: Send> Sync for ForkSafeMutex<T> {}

// As for `Mutex`, but without poisoning: `work` must not panic in the middle of a change.
impl<T> UnwindSafe for ForkSafeMutex<T> {}
impl<T> RefUnwindSafe for ForkSafeMutex<T> {}

impl<T> ForkSafeMutex<T> {
    /// Creates an unlocked mutex.
    pub const fn new(value: T) -> Self {
        ForkSafeMutex(UnsafeCell::new(value))
    }

    /// Runs `work` with the value. `work` must not block, use another `ForkSafeMutex`, or panic in the middle of a change.
    pub fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        let _lock = lock();
        // SAFETY: the lock is held, and a thread that holds it cannot take it again: no other reference exists.
        work(unsafe { &mut *self.0.get() })
    }
}

#[cfg(unix)]
pub(crate) use unix::ProcessSocket;
#[cfg(unix)]
use unix::{ThreadId, lock, this_thread};

#[cfg(not(unix))]
pub(crate) use other::ProcessSocket;
#[cfg(not(unix))]
use other::{ThreadId, lock, this_thread};

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

    use super::{ForkSafeMutex, GENERATION, generation};

    /// The thread that holds the lock, from `pthread_self`, or [`UNLOCKED`].
    ///
    /// The owner and the state of the lock are one word, so that a signal handler can always determine whether it
    /// interrupted the owner. A mutex and a thread-local flag would not suffice, in either order. `pthread_self`
    /// returns the same in the child of a fork, and needs neither memory nor thread-local storage, which a terminating
    /// thread or a handler may not have.
    static OWNER: AtomicUsize = AtomicUsize::new(UNLOCKED);
    const UNLOCKED: usize = 0;

    /// The number of nested calls of [`before`] by the owner. Used by the owner only; a handler that interrupts it
    /// restores the value.
    static REENTRIES: AtomicU32 = AtomicU32::new(0);

    /// Whether this process has been forked and still has its parent's sockets open.
    static HAS_INHERITED: AtomicBool = AtomicBool::new(false);

    /// The number of forks that this process and its ancestors have seen. Incremented after a fork, with the lock held.
    static FORKS: AtomicU32 = AtomicU32::new(0);

    /// The maximum number of attempts to open a descriptor between two forks.
    const OPEN_ATTEMPTS: u32 = 8;

    /// The open sockets, each with the generation of the process that opened it.
    static SOCKETS: ForkSafeMutex<Vec<(RawFd, u32)>> = ForkSafeMutex::new(Vec::new());

    /// The lock, released when it is dropped.
    pub(super) struct Lock(());

    impl Drop for Lock {
        fn drop(&mut self) {
            release();
        }
    }

    /// Acquires the lock.
    pub(super) fn lock() -> Lock {
        install_handlers();
        acquire(this_thread());
        Lock(())
    }

    /// The id of a thread, from `pthread_self`.
    pub(super) type ThreadId = usize;

    /// The id of the calling thread.
    pub(super) fn this_thread() -> ThreadId {
        // SAFETY: it only reads, and cannot fail.
        unsafe { libc::pthread_self() as usize }
    }

    fn acquire(thread: usize) {
        if try_acquire(thread).is_err() {
            acquire_contended(thread);
        }
    }

    fn try_acquire(thread: usize) -> Result<usize, usize> {
        OWNER.compare_exchange(UNLOCKED, thread, Ordering::Acquire, Ordering::Relaxed)
    }

    /// Waits for a lock that was held at the first attempt. Waiting threads poll: a fork could corrupt a list of them.
    /// The sleep lets an owner of lower priority run.
    #[cold]
    fn acquire_contended(thread: usize) {
        for attempt in 0_u32.. {
            match try_acquire(thread) {
                Ok(_) => return,
                Err(owner) => assert!(
                    owner != thread,
                    "ForkSafeMutex is used while one is locked, or in a signal handler"
                ),
            }
            match attempt {
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
        OWNER.store(UNLOCKED, Ordering::Release);
    }

    /// Closes the sockets of the parent. The lock is held, and no change is in progress.
    #[cold]
    fn close_inherited() {
        HAS_INHERITED.store(false, Ordering::Relaxed);
        // SAFETY: the lock is held, and not by a `with`: no other reference exists.
        let sockets = unsafe { &mut *SOCKETS.0.get() };
        sockets.retain(|&(socket, opened_in)| {
            let is_current = opened_in == generation();
            if !is_current {
                // SAFETY: the descriptor is this process's copy of the parent's. Its `ProcessSocket` here, if any, has an
                // old generation and does not close it.
                unsafe { libc::close(socket) };
            }
            is_current
        });
    }

    /// Whether the handlers are installed. Not a `Once`: after a fork in the middle of it the child would wait forever.
    static INSTALLED: AtomicBool = AtomicBool::new(false);

    /// Installs the fork handlers. Two threads may both do so; the handlers allow that.
    fn install_handlers() {
        // Miri has no forks.
        if INSTALLED.load(Ordering::Acquire) || cfg!(miri) {
            return;
        }
        // SAFETY: the handlers are plain functions of a library that is never unloaded. It fails only if memory is
        // exhausted; then forks are not protected.
        unsafe { libc::pthread_atfork(Some(before), Some(in_parent), Some(in_child)) };
        INSTALLED.store(true, Ordering::Release);
    }

    /// Acquires the lock, unless this thread holds it: then a signal handler forks that interrupted it, the handlers
    /// are installed twice, or a signal handler forks in the middle of another fork.
    extern "C" fn before() {
        let thread = this_thread();
        if OWNER.load(Ordering::Relaxed) == thread {
            REENTRIES.fetch_add(1, Ordering::Relaxed);
        } else {
            acquire(thread);
        }
    }

    extern "C" fn in_parent() {
        FORKS.fetch_add(1, Ordering::Relaxed);
        if REENTRIES.load(Ordering::Relaxed) > 0 {
            REENTRIES.fetch_sub(1, Ordering::Relaxed);
        } else {
            release();
        }
    }

    extern "C" fn in_child() {
        GENERATION.fetch_add(1, Ordering::Relaxed);
        // The thread that installed the handlers may not have recorded it yet.
        INSTALLED.store(true, Ordering::Release);
        // They are closed when the lock is released: an interrupted owner may be in the middle of changing the list.
        HAS_INHERITED.store(true, Ordering::Relaxed);
        in_parent();
    }

    /// A socket, or another descriptor, of the process that opened it. A child closes its copy at once.
    pub(crate) struct ProcessSocket<S: AsRawFd = TcpStream> {
        socket: ManuallyDrop<S>,
        generation: u32,
    }

    impl<S: AsRawFd> ProcessSocket<S> {
        /// Opens sockets, so that no fork occurs between their opening and their registration. `open` must not block:
        /// all other threads would wait for it.
        pub fn open<const N: usize>(
            open: impl FnOnce() -> io::Result<[S; N]>,
        ) -> io::Result<[Self; N]> {
            SOCKETS.with(|sockets| {
                // Before they are opened: if a handler forks now, they are the parent's.
                let generation = generation();
                let opened = open()?;
                sockets.extend(opened.iter().map(|socket| (socket.as_raw_fd(), generation)));
                Ok(opened.map(|socket| ProcessSocket {
                    socket: ManuallyDrop::new(socket),
                    generation,
                }))
            })
        }

        /// Opens a descriptor by a call that may block. If a fork occurs meanwhile, the child may have an unregistered
        /// copy: the descriptor is closed, and `open` called again.
        ///
        /// # Errors
        ///
        /// The error of `open`. `Interrupted`: a fork occurred at every attempt.
        pub fn open_blocking(open: impl Fn() -> io::Result<S>) -> io::Result<Self> {
            for _ in 0..OPEN_ATTEMPTS {
                // With the lock, which installs the handlers that count.
                let forks = SOCKETS.with(|_| FORKS.load(Ordering::Relaxed));
                if let Ok(registered) = Self::register(open()?, forks) {
                    return Ok(registered);
                }
            }
            Err(io::ErrorKind::Interrupted.into())
        }

        /// Registers a descriptor, or returns it if there have been more than `forks` forks.
        fn register(opened: S, forks: u32) -> Result<Self, S> {
            SOCKETS.with(|sockets| {
                // Read first: if a handler forks now, the descriptor is the parent's.
                let generation = generation();
                if FORKS.load(Ordering::Relaxed) != forks {
                    return Err(opened);
                }
                sockets.push((opened.as_raw_fd(), generation));
                Ok(ProcessSocket {
                    socket: ManuallyDrop::new(opened),
                    generation,
                })
            })
        }

        /// Closes it by a call that may block. Meanwhile a fork leaves the child with an unregistered copy.
        pub fn close_blocking(self) {
            let mut this = ManuallyDrop::new(self);
            if this.is_current_process() && SOCKETS.with(|sockets| this.unregister(sockets)) {
                // SAFETY: dropped once, here, and not used afterwards.
                unsafe { ManuallyDrop::drop(&mut this.socket) };
            }
        }

        /// Removes it from the list. Returns false if it is not there: a handler has forked, and the child has closed it.
        fn unregister(&self, sockets: &mut Vec<(RawFd, u32)>) -> bool {
            let entry = (self.socket.as_raw_fd(), self.generation);
            let at = sockets.iter().position(|&socket| socket == entry);
            at.map(|at| sockets.swap_remove(at)).is_some()
        }

        /// Whether this process opened it. If not, it has been closed.
        pub fn is_current_process(&self) -> bool {
            self.generation == generation()
        }

        /// Returns the socket. Only the process that opened it may use it.
        pub fn get(&self) -> &S {
            &self.socket
        }
    }

    impl<S: AsRawFd> Drop for ProcessSocket<S> {
        fn drop(&mut self) {
            // An inherited socket may be dropped while the lock is held.
            if !self.is_current_process() {
                return;
            }
            SOCKETS.with(|sockets| {
                if self.unregister(sockets) {
                    // SAFETY: dropped once, here, and not used afterwards.
                    unsafe { ManuallyDrop::drop(&mut self.socket) };
                }
            });
        }
    }

    #[cfg(test)]
    mod tests {
        #![allow(clippy::unwrap_used)]

        use std::cell::RefCell;
        use std::io::Write;

        use super::*;

        #[test]
        fn owner_of_the_lock_can_fork() {
            static COUNT: ForkSafeMutex<u32> = ForkSafeMutex::new(0);
            COUNT.with(|count| {
                *count += 1;
                for _ in 0..2 {
                    before();
                    before();
                    in_parent();
                    in_parent();
                    assert_eq!(OWNER.load(Ordering::Relaxed), this_thread());
                }
                *count += 1;
            });
            before();
            in_parent();
            assert_eq!(COUNT.with(|count| *count), 2);
        }

        #[test]
        fn descriptor_opened_during_a_fork_is_closed_and_opened_again() {
            let writers = RefCell::new(Vec::new());
            let opened = ProcessSocket::open_blocking(|| {
                let (reader, writer) = io::pipe()?;
                writers.borrow_mut().push(writer);
                if writers.borrow().len() == 1 {
                    before();
                    in_parent();
                }
                Ok(reader)
            })
            .unwrap();
            let entry = (opened.get().as_raw_fd(), generation());
            assert!(SOCKETS.with(|sockets| sockets.contains(&entry)));
            let is_closed = |mut writer: &io::PipeWriter| writer.write(b"x").is_err();
            let closed = || -> Vec<bool> { writers.borrow().iter().map(is_closed).collect() };
            // All but the last. Those in between: another test has simulated a fork, too.
            let expected = |last| {
                (1..closed().len())
                    .map(|_| true)
                    .chain([last])
                    .collect::<Vec<_>>()
            };
            assert!(closed().len() >= 2);
            assert_eq!(closed(), expected(false));
            opened.close_blocking();
            assert_eq!(closed(), expected(true));
        }

        #[test]
        fn opening_ends_although_every_attempt_is_interrupted() {
            let opened = ProcessSocket::open_blocking(|| {
                before();
                in_parent();
                io::pipe().map(|(reader, _)| reader)
            });
            let error = opened.err().expect("a child may have a copy");
            assert_eq!(error.kind(), io::ErrorKind::Interrupted);
        }

        #[test]
        fn nested_use_panics() {
            let (outer, inner) = (ForkSafeMutex::new(1), ForkSafeMutex::new(2));
            let nested = || outer.with(|_| inner.with(|value| *value));
            assert!(std::panic::catch_unwind(nested).is_err());
            assert_eq!(inner.with(|value| *value), 2, "the lock is released");
        }
    }
}

#[cfg(not(unix))]
mod other {
    use std::io;
    use std::net::TcpStream;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    static LOCK: Mutex<()> = Mutex::new(());

    /// Acquires the lock. There is no fork on this platform.
    pub(super) fn lock() -> MutexGuard<'static, ()> {
        LOCK.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) use std::thread::ThreadId;

    /// The id of the calling thread.
    pub(super) fn this_thread() -> ThreadId {
        std::thread::current().id()
    }

    /// A socket of the process that opened it.
    pub(crate) struct ProcessSocket<S = TcpStream>(S);

    impl<S> ProcessSocket<S> {
        /// Opens sockets.
        pub fn open<const N: usize>(
            open: impl FnOnce() -> io::Result<[S; N]>,
        ) -> io::Result<[Self; N]> {
            Ok(open()?.map(ProcessSocket))
        }

        /// Whether this process opened it.
        pub fn is_current_process(&self) -> bool {
            true
        }

        /// Returns the socket.
        pub fn get(&self) -> &S {
            &self.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_change_the_value_one_at_a_time() {
        let (threads, rounds) = if cfg!(miri) { (3, 20) } else { (8, 20_000) };
        let value = ForkSafeMutex::new((0, String::new()));
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    for _ in 0..rounds {
                        value.with(|(count, string)| {
                            *count += 1;
                            *string = count.to_string();
                        });
                    }
                });
            }
        });
        let all = threads * rounds;
        assert_eq!(value.with(|value| value.clone()), (all, all.to_string()));
    }

    #[test]
    fn mutex_is_sync_and_unwind_safe() {
        fn usable<T: Send + Sync + UnwindSafe + RefUnwindSafe>() {}
        usable::<ForkSafeMutex<std::cell::Cell<u8>>>();
        usable::<crate::Client>();
    }
}
