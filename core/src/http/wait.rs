//! Waits until a socket is ready, the deadline has passed or the call is cancelled, with one `poll`.

use std::io;
use std::net::TcpStream;
use std::time::Duration;

use super::error::Cause;
use super::limits::{Hook, Limits};
use super::system_error::SystemError;
use system::{Entry, entry, is_only_writable, is_ready};
pub(super) use system::{Events, READ, WRITE};

/// Waits until `socket` is ready for one of `events`. Returns whether it may be read: then a read returns bytes, an end
/// or an error. The limits take precedence over a ready socket, so that a peer that never stops sending cannot exceed
/// them.
pub(super) fn wait(socket: &TcpStream, events: Events, limits: Limits<'_>) -> Result<bool, Cause> {
    let mut entries = [entry(limits.waker.signal(), READ), entry(socket, events)];
    while !poll(&mut entries, limits)? {}
    Ok(!is_only_writable(&entries[1]))
}

/// Waits until one of the connecting sockets has succeeded or failed, and returns its index.
pub(super) fn wait_for_one_of<'a>(
    sockets: impl Iterator<Item = &'a TcpStream>,
    limits: Limits<'_>,
) -> Result<usize, Cause> {
    let mut entries = vec![entry(limits.waker.signal(), READ)];
    entries.extend(sockets.map(|socket| entry(socket, WRITE)));
    while !poll(&mut entries, limits)? {}
    let ready = entries[1..].iter().position(is_ready);
    ready.ok_or(Cause::System(SystemError::OTHER))
}

/// Waits for [`super::waker::Waker::wake`]. May return spuriously.
pub(super) fn wait_for_wake(limits: Limits<'_>) -> Result<(), Cause> {
    poll(&mut [entry(limits.waker.signal(), READ)], limits).map(drop)
}

/// Polls once: the waker first, then the sockets. Returns whether one of the sockets is ready.
fn poll(entries: &mut [Entry<'_>], limits: Limits<'_>) -> Result<bool, Cause> {
    let mut remaining = remaining_time(limits)?;
    if let Some(hook) = limits.hook {
        remaining = remaining.min(hook.until_due());
    }
    match system::poll(entries, poll_timeout(remaining)) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {
            limits.hook.inspect(|hook| hook.set_due());
            return Ok(false);
        }
        Err(error) => return Err(Cause::System(SystemError::local(&error))),
    }
    if is_ready(&entries[0]) {
        limits.waker.clear();
        remaining_time(limits)?;
    }
    Ok(entries[1..].iter().any(is_ready))
}

/// Returns the timeout of one `poll` for the remaining time. Linux may exceed it by 0.1 %, for a process of low priority by
/// 0.5 %, up to 100 ms: a long wait ends early, and a short one takes the rest.
fn poll_timeout(remaining: Duration) -> Duration {
    if remaining > Duration::from_millis(100) {
        remaining - remaining / 100
    } else {
        remaining
    }
}

/// Returns the remaining time of a call that has not been cancelled. Calls the wait hook if it is due.
pub(super) fn remaining_time(limits: Limits<'_>) -> Result<Duration, Cause> {
    let waker = limits.waker;
    if !waker.is_stopped() && limits.hook.is_some_and(Hook::cancels_call) {
        waker.stop();
    }
    if waker.is_stopped() {
        return Err(Cause::Cancelled);
    }
    // If a signal handler forks during the call, the call also continues in the child, which has no sockets.
    if !waker.is_current_process() {
        return Err(Cause::ConnectionLost);
    }
    limits
        .deadline
        .remaining()
        .ok_or(Cause::Timeout(limits.phase))
}

#[cfg(unix)]
mod system {
    use std::io;
    use std::os::fd::AsFd;
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec};

    /// What to wait for.
    pub type Events = PollFlags;
    pub const READ: Events = PollFlags::IN;
    pub const WRITE: Events = PollFlags::OUT;

    /// A descriptor to poll, and its events.
    pub type Entry<'a> = PollFd<'a>;

    pub fn entry<'a>(descriptor: &'a impl AsFd, events: Events) -> Entry<'a> {
        PollFd::new(descriptor, events)
    }

    /// Whether any event occurred: a requested one, an end or an error.
    pub fn is_ready(entry: &Entry<'_>) -> bool {
        !entry.revents().is_empty()
    }

    /// Whether a write will not block, and no other event occurred.
    pub fn is_only_writable(entry: &Entry<'_>) -> bool {
        entry.revents() == WRITE
    }

    pub fn poll(entries: &mut [Entry<'_>], remaining: Duration) -> io::Result<()> {
        let timeout = Timespec::try_from(remaining).map_err(io::Error::other)?;
        rustix::event::poll(entries, Some(&timeout))?;
        Ok(())
    }
}

#[cfg(windows)]
mod system {
    #![allow(unsafe_code, reason = "WSAPoll has no safe wrapper")]

    use std::io;
    use std::marker::PhantomData;
    use std::os::windows::io::AsRawSocket;
    use std::time::Duration;

    use windows_sys::Win32::Networking::WinSock::{
        POLLRDNORM, POLLWRNORM, SOCKET_ERROR, WSAPOLLFD, WSAPoll,
    };

    /// What to wait for.
    pub type Events = i16;
    pub const READ: Events = POLLRDNORM;
    pub const WRITE: Events = POLLWRNORM;

    /// A socket to poll, and its events.
    #[repr(transparent)]
    pub struct Entry<'a>(WSAPOLLFD, PhantomData<&'a ()>);

    pub fn entry<'a>(socket: &'a impl AsRawSocket, events: Events) -> Entry<'a> {
        let fd = socket.as_raw_socket() as usize;
        let entry = WSAPOLLFD {
            fd,
            events,
            revents: 0,
        };
        Entry(entry, PhantomData)
    }

    /// Whether any event occurred: a requested one, an end or an error.
    pub fn is_ready(entry: &Entry<'_>) -> bool {
        entry.0.revents != 0
    }

    /// Whether a write will not block, and no other event occurred.
    pub fn is_only_writable(entry: &Entry<'_>) -> bool {
        entry.0.revents == WRITE
    }

    pub fn poll(entries: &mut [Entry<'_>], remaining: Duration) -> io::Result<()> {
        // Rounded up: a shorter wait would spin until the deadline.
        let milliseconds = i32::try_from(remaining.as_millis() + 1).unwrap_or(i32::MAX);
        let count = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        // SAFETY: an Entry is a WSAPOLLFD and nothing else; there are at least `count` of them.
        match unsafe { WSAPoll(entries.as_mut_ptr().cast(), count, milliseconds) } {
            SOCKET_ERROR => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }
}
