//! What keeps a fork from breaking anything: the library's locks are free when it happens, and the child
//! closes the sockets that are its parent's and opens its own.
//!
//! Locks that outlive a call are [`Guarded`]: whoever holds one keeps the gate open for that time, and a
//! fork closes the gate first (`pthread_atfork`), so that no thread is in the middle of a change that the
//! child would find half done.
#![cfg_attr(
    unix,
    allow(unsafe_code, reason = "pthread_atfork and close have no safe form")
)]

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};

static GATE: RwLock<()> = RwLock::new(());
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// Keeps forks out until the result is dropped. Not to be held while waiting, nor twice by one thread.
fn gate() -> RwLockReadGuard<'static, ()> {
    prepare();
    GATE.read().unwrap_or_else(PoisonError::into_inner)
}

/// How many forks lie between the process that loaded the library and this one.
pub(crate) fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// A value behind a lock that is free whenever the process forks.
#[derive(Default)]
pub struct Guarded<T>(Mutex<T>);

impl<T> Guarded<T> {
    /// The value, not locked.
    pub const fn new(value: T) -> Self {
        Guarded(Mutex::new(value))
    }

    /// Runs `work` with the value. `work` must not wait, use another guarded value, or panic half-way.
    pub fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        let _gate = gate();
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(unix)]
pub(crate) use unix::OwnSocket;
#[cfg(unix)]
use unix::prepare;

#[cfg(not(unix))]
pub(crate) use elsewhere::OwnSocket;
#[cfg(not(unix))]
use elsewhere::prepare;

#[cfg(unix)]
mod unix {
    use std::cell::RefCell;
    use std::io;
    use std::mem::ManuallyDrop;
    use std::net::TcpStream;
    use std::os::fd::{AsRawFd, RawFd};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{PoisonError, RwLockWriteGuard};

    use super::{GATE, GENERATION, Guarded, generation};

    /// The open sockets of this process, for a child to close.
    static SOCKETS: Guarded<Vec<RawFd>> = Guarded::new(Vec::new());

    thread_local! {
        /// The closed gate, while this thread forks.
        static CLOSED: RefCell<Option<RwLockWriteGuard<'static, ()>>> = const { RefCell::new(None) };
    }

    /// Whether forks are safe. Not a `Once`: a fork in the middle of it would leave the child waiting for ever.
    static PREPARED: AtomicBool = AtomicBool::new(false);

    /// Makes forks safe from now on. Two threads that are the first at once both do it; the handlers allow that.
    pub(super) fn prepare() {
        // Miri has no forks.
        if PREPARED.load(Ordering::Acquire) || cfg!(miri) {
            return;
        }
        // SAFETY: the handlers are plain functions of a library that is never unloaded. It fails only without
        // memory; then a fork is what it would be without this.
        unsafe { libc::pthread_atfork(Some(before), Some(in_parent), Some(in_child)) };
        PREPARED.store(true, Ordering::Release);
    }

    extern "C" fn before() {
        let close = || GATE.write().unwrap_or_else(PoisonError::into_inner);
        // A thread that forks while it ends has no place for the gate; it goes on with it open.
        let _ = CLOSED.try_with(|closed| {
            closed.borrow_mut().get_or_insert_with(close);
        });
    }

    extern "C" fn in_parent() {
        let _ = CLOSED.try_with(RefCell::take);
    }

    extern "C" fn in_child() {
        GENERATION.fetch_add(1, Ordering::Relaxed);
        // Whoever made this run may not have come to say so.
        PREPARED.store(true, Ordering::Release);
        in_parent();
        for socket in SOCKETS.with(std::mem::take) {
            // SAFETY: the descriptor is this process's copy of the parent's. Its owner here, if one is left,
            // sees the new generation and leaves it alone.
            unsafe { libc::close(socket) };
        }
    }

    /// A socket, or another descriptor, that belongs to the process that opened it: a child closes its
    /// copy at once.
    pub(crate) struct OwnSocket<S: AsRawFd = TcpStream> {
        socket: ManuallyDrop<S>,
        generation: u32,
    }

    impl<S: AsRawFd> OwnSocket<S> {
        /// Opens sockets, so that no fork comes between their opening and their being known.
        pub fn open<const N: usize>(
            open: impl FnOnce() -> io::Result<[S; N]>,
        ) -> io::Result<[Self; N]> {
            SOCKETS.with(|sockets| {
                let opened = open()?;
                sockets.extend(opened.iter().map(S::as_raw_fd));
                Ok(opened.map(|socket| OwnSocket {
                    socket: ManuallyDrop::new(socket),
                    generation: generation(),
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
            if !self.is_ours() {
                return;
            }
            let descriptor = self.socket.as_raw_fd();
            SOCKETS.with(|sockets| {
                if let Some(at) = sockets.iter().position(|&socket| socket == descriptor) {
                    sockets.swap_remove(at);
                }
                // SAFETY: dropped once, here, and not used afterwards.
                unsafe { ManuallyDrop::drop(&mut self.socket) };
            });
        }
    }
}

#[cfg(not(unix))]
mod elsewhere {
    use std::io;
    use std::net::TcpStream;

    /// There is no fork here.
    pub(super) fn prepare() {}

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
