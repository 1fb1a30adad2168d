//! Waiting until a socket is ready or a deadline has passed: one `poll`.

use std::io;
use std::net::TcpStream;

use super::Deadline;

/// What to wait for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Interest {
    Read,
    Write,
    ReadOrWrite,
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ready {
    /// Reading will not block; it may tell of an end or an error.
    Read,
    /// Writing will not block; it may tell of an error.
    Write,
    /// The deadline has passed.
    TimedOut,
}

/// Waits until `socket` is ready for `interest`. A deadline that has passed wins over a ready socket,
/// so that a peer that never stops sending cannot outlast it.
pub(super) fn wait(
    socket: &TcpStream,
    interest: Interest,
    deadline: Deadline,
) -> io::Result<Ready> {
    loop {
        let Some(left) = deadline.left() else {
            return Ok(Ready::TimedOut);
        };
        match system::poll(socket, interest, left) {
            Ok(Some(ready)) => return Ok(ready),
            Ok(None) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(unix)]
mod system {
    use std::io;
    use std::net::TcpStream;
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll as system_poll};

    use super::{Interest, Ready};

    /// One `poll`; `None` if `left` passed without anything happening.
    pub fn poll(
        socket: &TcpStream,
        interest: Interest,
        left: Duration,
    ) -> io::Result<Option<Ready>> {
        let wanted = match interest {
            Interest::Read => PollFlags::IN,
            Interest::Write => PollFlags::OUT,
            Interest::ReadOrWrite => PollFlags::IN | PollFlags::OUT,
        };
        let mut descriptors = [PollFd::new(socket, wanted)];
        let timeout = Timespec::try_from(left).map_err(io::Error::other)?;
        if system_poll(&mut descriptors, Some(&timeout))? == 0 {
            return Ok(None);
        }
        let writable = descriptors[0].revents() == PollFlags::OUT || interest == Interest::Write;
        Ok(Some(if writable { Ready::Write } else { Ready::Read }))
    }
}

#[cfg(windows)]
mod system {
    #![allow(unsafe_code, reason = "WSAPoll has no safe wrapper")]

    use std::io;
    use std::net::TcpStream;
    use std::os::windows::io::AsRawSocket;
    use std::time::Duration;

    use windows_sys::Win32::Networking::WinSock::{
        POLLRDNORM, POLLWRNORM, SOCKET_ERROR, WSAPOLLFD, WSAPoll,
    };

    use super::{Interest, Ready};

    /// One `WSAPoll`; `None` if `left` passed without anything happening.
    pub fn poll(
        socket: &TcpStream,
        interest: Interest,
        left: Duration,
    ) -> io::Result<Option<Ready>> {
        let wanted = match interest {
            Interest::Read => POLLRDNORM,
            Interest::Write => POLLWRNORM,
            Interest::ReadOrWrite => POLLRDNORM | POLLWRNORM,
        };
        let mut descriptor = WSAPOLLFD {
            fd: socket.as_raw_socket() as usize,
            events: wanted,
            revents: 0,
        };
        // Rounded up: a wait that is cut short would spin until the deadline.
        let milliseconds = i32::try_from(left.as_millis() + 1).unwrap_or(i32::MAX);
        // SAFETY: the pointer is to one live WSAPOLLFD and the count says one.
        match unsafe { WSAPoll(&mut descriptor, 1, milliseconds) } {
            0 => Ok(None),
            SOCKET_ERROR => Err(io::Error::last_os_error()),
            _ => {
                let writable = descriptor.revents == POLLWRNORM || interest == Interest::Write;
                Ok(Some(if writable { Ready::Write } else { Ready::Read }))
            }
        }
    }
}
