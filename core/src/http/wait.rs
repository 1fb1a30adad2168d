//! Waiting until a socket is ready, the deadline has passed or somebody stops the call: one `poll`.

use std::io;
use std::net::TcpStream;
use std::time::Duration;

use super::deadline::{HOOK_PERIOD, Hook, Until};
use super::{FailureKind, SystemError};
use system::{Entry, is_ready, is_writable, of_socket, of_waker};

/// What to wait for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Interest {
    Read,
    Write,
    ReadOrWrite,
}

/// What a socket is ready for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ready {
    /// Reading will not block; it may tell of an end or an error.
    Read,
    /// Writing will not block; it may tell of an error.
    Write,
}

/// Why nothing is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The deadline has passed.
    TimedOut,
    /// The call was stopped.
    Stopped,
    /// The system cannot wait.
    Failed(SystemError),
    /// A signal handler forked during the call, and this is the child: it has no sockets of the call.
    Forked,
}

impl Ended {
    /// The failure of what the wait was for.
    pub fn during(self, doing: &'static str) -> FailureKind {
        match self {
            Ended::TimedOut => FailureKind::Timeout(doing),
            Ended::Stopped => FailureKind::Cancelled,
            Ended::Failed(error) => FailureKind::System(error),
            Ended::Forked => FailureKind::ConnectionLost,
        }
    }
}

/// Waits until `socket` is ready for `interest`. A deadline that has passed, and a stop, win over a ready
/// socket, so that a peer that never stops sending cannot outlast them.
pub(super) fn wait(
    socket: &TcpStream,
    interest: Interest,
    until: Until<'_>,
) -> Result<Ready, Ended> {
    let mut entries = [of_waker(until.waker), of_socket(socket, interest)];
    while !poll(&mut entries, until)? {}
    Ok(if interest == Interest::Write || is_writable(&entries[1]) {
        Ready::Write
    } else {
        Ready::Read
    })
}

/// Waits until one of the sockets, which connect, has succeeded or failed, and gives its place.
pub(super) fn wait_for_one_of<'a>(
    sockets: impl Iterator<Item = &'a TcpStream>,
    until: Until<'_>,
) -> Result<usize, Ended> {
    let mut entries = vec![of_waker(until.waker)];
    entries.extend(sockets.map(|socket| of_socket(socket, Interest::Write)));
    while !poll(&mut entries, until)? {}
    let ready = entries[1..].iter().position(is_ready);
    ready.ok_or(Ended::Failed(SystemError::Other))
}

/// Waits until [`super::waker::Waker::wake`] has been called, or returns for no reason: look, and wait again.
pub(super) fn wait_for_wake(until: Until<'_>) -> Result<(), Ended> {
    poll(&mut [of_waker(until.waker)], until).map(drop)
}

/// One `poll`, of the waker first and the sockets after it: whether one of the sockets is ready.
fn poll(entries: &mut [Entry<'_>], until: Until<'_>) -> Result<bool, Ended> {
    let left_now = left(until)?;
    let limit = if until.hook.is_some() {
        left_now.min(HOOK_PERIOD)
    } else {
        left_now
    };
    match system::poll(entries, turn(limit)) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {
            until.hook.inspect(|hook| hook.hurry());
            return Ok(false);
        }
        Err(error) => return Err(Ended::Failed(SystemError::local(&error))),
    }
    if is_ready(&entries[0]) {
        until.waker.clear();
        left(until)?;
    }
    Ok(entries[1..].iter().any(is_ready))
}

/// How long one `poll` waits when so much time is left. Linux lets it last a thousandth longer, for a process of
/// low priority a two-hundredth, up to 100 ms: a long wait ends early, and a short one takes the rest.
fn turn(left: Duration) -> Duration {
    if left > Duration::from_millis(100) {
        left - left / 100
    } else {
        left
    }
}

/// How much time is left to a call, unless it has been stopped. Calls a wait hook that is due.
pub(super) fn left(until: Until<'_>) -> Result<Duration, Ended> {
    if !until.waker.is_stopped() && until.hook.is_some_and(Hook::ends_call) {
        until.waker.stop();
    }
    if until.waker.is_stopped() {
        return Err(Ended::Stopped);
    }
    // A call in which a signal handler forked goes on in the child, too, without its sockets.
    if !until.waker.is_current_process() {
        return Err(Ended::Forked);
    }
    until.deadline.left().ok_or(Ended::TimedOut)
}

#[cfg(unix)]
mod system {
    use std::io;
    use std::net::TcpStream;
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec};

    use super::Interest;
    use crate::http::waker::Waker;

    /// What `poll` is asked about one descriptor, and what it says.
    pub type Entry<'a> = PollFd<'a>;

    pub fn of_waker(waker: &Waker) -> Entry<'_> {
        PollFd::new(waker.signal(), PollFlags::IN)
    }

    pub fn of_socket(socket: &TcpStream, interest: Interest) -> Entry<'_> {
        let wanted = match interest {
            Interest::Read => PollFlags::IN,
            Interest::Write => PollFlags::OUT,
            Interest::ReadOrWrite => PollFlags::IN | PollFlags::OUT,
        };
        PollFd::new(socket, wanted)
    }

    /// Whether something happened: what was asked for, an end or an error.
    pub fn is_ready(entry: &Entry<'_>) -> bool {
        !entry.revents().is_empty()
    }

    /// Whether writing will not block, and nothing else happened.
    pub fn is_writable(entry: &Entry<'_>) -> bool {
        entry.revents() == PollFlags::OUT
    }

    pub fn poll(entries: &mut [Entry<'_>], left: Duration) -> io::Result<()> {
        let timeout = Timespec::try_from(left).map_err(io::Error::other)?;
        rustix::event::poll(entries, Some(&timeout))?;
        Ok(())
    }
}

#[cfg(windows)]
mod system {
    #![allow(unsafe_code, reason = "WSAPoll has no safe wrapper")]

    use std::io;
    use std::marker::PhantomData;
    use std::net::TcpStream;
    use std::os::windows::io::AsRawSocket;
    use std::time::Duration;

    use windows_sys::Win32::Networking::WinSock::{
        POLLRDNORM, POLLWRNORM, SOCKET_ERROR, WSAPOLLFD, WSAPoll,
    };

    use super::Interest;
    use crate::http::waker::Waker;

    /// What `WSAPoll` is asked about one socket, and what it says.
    #[repr(transparent)]
    pub struct Entry<'a>(WSAPOLLFD, PhantomData<&'a ()>);

    pub fn of_waker(waker: &Waker) -> Entry<'_> {
        entry(waker.signal(), POLLRDNORM)
    }

    pub fn of_socket(socket: &TcpStream, interest: Interest) -> Entry<'_> {
        let wanted = match interest {
            Interest::Read => POLLRDNORM,
            Interest::Write => POLLWRNORM,
            Interest::ReadOrWrite => POLLRDNORM | POLLWRNORM,
        };
        entry(socket, wanted)
    }

    fn entry(socket: &impl AsRawSocket, events: i16) -> Entry<'_> {
        let fd = socket.as_raw_socket() as usize;
        Entry(
            WSAPOLLFD {
                fd,
                events,
                revents: 0,
            },
            PhantomData,
        )
    }

    /// Whether something happened: what was asked for, an end or an error.
    pub fn is_ready(entry: &Entry<'_>) -> bool {
        entry.0.revents != 0
    }

    /// Whether writing will not block, and nothing else happened.
    pub fn is_writable(entry: &Entry<'_>) -> bool {
        entry.0.revents == POLLWRNORM
    }

    pub fn poll(entries: &mut [Entry<'_>], left: Duration) -> io::Result<()> {
        // Rounded up: a wait that is cut short would spin until the deadline.
        let milliseconds = i32::try_from(left.as_millis() + 1).unwrap_or(i32::MAX);
        let count = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        // SAFETY: an Entry is a WSAPOLLFD and nothing else; there are at least `count` of them.
        match unsafe { WSAPoll(entries.as_mut_ptr().cast(), count, milliseconds) } {
            SOCKET_ERROR => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }
}
