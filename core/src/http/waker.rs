//! What ends a wait early: a [`Waker`], lent to one call at a time.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Wakes the call that waits on it: for good by [`Waker::stop`], to look around by [`Waker::wake`].
pub(crate) struct Waker {
    stopped: AtomicBool,
    signal: system::Signal,
}

impl Waker {
    /// A waker that nobody has stopped. It takes a descriptor of the system (two where there is no eventfd).
    pub fn new() -> io::Result<Self> {
        Ok(Waker {
            stopped: AtomicBool::new(false),
            signal: system::Signal::new()?,
        })
    }

    /// Ends the call that has this waker. It never waits itself.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.wake();
    }

    /// Whether [`Waker::stop`] was called.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Whether it still can wake anybody: not in the child of a process that made it.
    pub fn is_current_process(&self) -> bool {
        self.signal.is_current_process()
    }

    /// Ends a wait; whoever waited looks whether what it waits for is there. It never waits itself. What the
    /// system makes of it does not matter: it fails only if a signal is there already.
    pub fn wake(&self) {
        let _ = self.signal.raise();
    }

    /// Takes the signal back, so that the next wait does wait.
    pub fn clear(&self) {
        let _ = self.signal.clear();
    }

    /// Takes this waker out of a list, if it is in it.
    pub fn leave(self: &Arc<Self>, list: &mut Vec<Arc<Waker>>) -> Option<Arc<Waker>> {
        let at = list.iter().position(|other| Arc::ptr_eq(other, self))?;
        Some(list.swap_remove(at))
    }

    /// What becomes readable with a signal.
    pub fn signal(&self) -> &system::Signal {
        &self.signal
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) mod system {
    use std::io;
    use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

    use rustix::event::{EventfdFlags, eventfd};

    use crate::fork::OwnSocket;

    /// An eventfd.
    pub struct Signal(OwnSocket<OwnedFd>);

    impl Signal {
        pub fn new() -> io::Result<Self> {
            let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
            let [counter] = OwnSocket::open(|| Ok([eventfd(0, flags)?]))?;
            Ok(Signal(counter))
        }

        pub fn is_current_process(&self) -> bool {
            self.0.is_ours()
        }

        /// Nothing in a child of the process that made it: the descriptor is closed there.
        pub fn raise(&self) -> io::Result<()> {
            if self.0.is_ours() {
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

    use crate::fork::OwnSocket;

    /// Two sockets joined to each other: what is written into the one can be read from the other.
    pub struct Signal {
        reader: OwnSocket<UnixStream>,
        writer: OwnSocket<UnixStream>,
    }

    impl Signal {
        pub fn new() -> io::Result<Self> {
            let [reader, writer] = OwnSocket::open(|| {
                let (reader, writer) = UnixStream::pair()?;
                reader.set_nonblocking(true)?;
                writer.set_nonblocking(true)?;
                Ok([reader, writer])
            })?;
            Ok(Signal { reader, writer })
        }

        pub fn is_current_process(&self) -> bool {
            self.reader.is_ours()
        }

        /// Nothing in a child of the process that made it: the descriptors are closed there.
        pub fn raise(&self) -> io::Result<()> {
            if self.writer.is_ours() {
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

    /// A datagram socket joined to itself: it takes datagrams from nobody else.
    pub struct Signal(UdpSocket);

    impl Signal {
        pub fn new() -> io::Result<Self> {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
            socket.connect(socket.local_addr()?)?;
            socket.set_nonblocking(true)?;
            Ok(Signal(socket))
        }

        /// There is no fork here.
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
