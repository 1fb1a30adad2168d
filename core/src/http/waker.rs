//! Interrupts waits: a [`Waker`], lent to one call at a time.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Wakes the call that waits on it: [`Waker::stop`] cancels the call, [`Waker::wake`] interrupts one wait.
pub(crate) struct Waker {
    stopped: AtomicBool,
    signal: system::Signal,
}

impl Waker {
    /// Creates a waker that is not stopped. It uses one descriptor, or two where there is no eventfd.
    pub fn new() -> io::Result<Self> {
        Ok(Waker {
            stopped: AtomicBool::new(false),
            signal: system::Signal::new()?,
        })
    }

    /// Cancels the call that has this waker. Never blocks.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.wake();
    }

    /// Whether [`Waker::stop`] was called.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Whether this process created it. In the child of a fork it wakes nothing.
    pub fn is_current_process(&self) -> bool {
        self.signal.is_current_process()
    }

    /// Interrupts a wait, so that the call checks what it waits for. Never blocks. Errors are ignored: it fails only if
    /// a signal is already pending.
    pub fn wake(&self) {
        let _ = self.signal.raise();
    }

    /// Clears the signal, so that the next wait blocks.
    pub fn clear(&self) {
        let _ = self.signal.clear();
    }

    /// Removes this waker from a list, if it is in it.
    pub fn remove_from(self: &Arc<Self>, list: &mut Vec<Arc<Waker>>) -> Option<Arc<Waker>> {
        let at = list.iter().position(|other| Arc::ptr_eq(other, self))?;
        Some(list.swap_remove(at))
    }

    /// The descriptor that becomes readable when signalled.
    pub fn signal(&self) -> &system::Signal {
        &self.signal
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) mod system {
    use std::io;
    use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

    use rustix::event::{EventfdFlags, eventfd};

    use crate::fork::ProcessSocket;

    /// An eventfd.
    pub struct Signal(ProcessSocket<OwnedFd>);

    impl Signal {
        pub fn new() -> io::Result<Self> {
            let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
            let [counter] = ProcessSocket::open(|| Ok([eventfd(0, flags)?]))?;
            Ok(Signal(counter))
        }

        pub fn is_current_process(&self) -> bool {
            self.0.is_current_process()
        }

        /// Does nothing in the child of a fork, where the descriptor is closed.
        pub fn raise(&self) -> io::Result<()> {
            if self.0.is_current_process() {
                rustix::io::write(self.0.get(), &1_u64.to_ne_bytes())?;
            }
            Ok(())
        }

        pub fn clear(&self) -> io::Result<()> {
            rustix::io::read(self.0.get(), &mut [0; 8])?;
            Ok(())
        }
    }

    impl AsFd for Signal {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.0.get().as_fd()
        }
    }
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
pub(super) mod system {
    use std::io::{self, Read, Write};
    use std::os::fd::{AsFd, BorrowedFd};
    use std::os::unix::net::UnixStream;

    use crate::fork::ProcessSocket;

    /// A pair of connected sockets.
    pub struct Signal {
        reader: ProcessSocket<UnixStream>,
        writer: ProcessSocket<UnixStream>,
    }

    impl Signal {
        pub fn new() -> io::Result<Self> {
            let [reader, writer] = ProcessSocket::open(|| {
                let (reader, writer) = UnixStream::pair()?;
                reader.set_nonblocking(true)?;
                writer.set_nonblocking(true)?;
                Ok([reader, writer])
            })?;
            Ok(Signal { reader, writer })
        }

        pub fn is_current_process(&self) -> bool {
            self.reader.is_current_process()
        }

        /// Does nothing in the child of a fork, where the descriptors are closed.
        pub fn raise(&self) -> io::Result<()> {
            if self.writer.is_current_process() {
                self.writer.get().write(&[1])?;
            }
            Ok(())
        }

        pub fn clear(&self) -> io::Result<()> {
            self.reader.get().read(&mut [0; 64])?;
            Ok(())
        }
    }

    impl AsFd for Signal {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.reader.get().as_fd()
        }
    }
}

#[cfg(windows)]
pub(super) mod system {
    use std::io;
    use std::net::{Ipv4Addr, UdpSocket};
    use std::os::windows::io::{AsRawSocket, RawSocket};

    /// A datagram socket connected to itself, which receives no other datagrams.
    pub struct Signal(UdpSocket);

    impl Signal {
        pub fn new() -> io::Result<Self> {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
            socket.connect(socket.local_addr()?)?;
            socket.set_nonblocking(true)?;
            Ok(Signal(socket))
        }

        /// There is no fork on Windows.
        pub fn is_current_process(&self) -> bool {
            true
        }

        pub fn raise(&self) -> io::Result<()> {
            self.0.send(&[1]).map(drop)
        }

        pub fn clear(&self) -> io::Result<()> {
            self.0.recv(&mut [0; 8]).map(drop)
        }
    }

    impl AsRawSocket for Signal {
        fn as_raw_socket(&self) -> RawSocket {
            self.0.as_raw_socket()
        }
    }
}
