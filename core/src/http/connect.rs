//! A new connection: the addresses of a name, one after the other, within one deadline.

use std::io;
use std::net::{SocketAddr, TcpStream};

use socket2::{Domain, Protocol, Socket, Type};

use super::wait::{Interest, Ready, wait};
use super::{Deadline, FailureKind};
use crate::fork::OwnSocket;

const TIMEOUT: FailureKind = FailureKind::Timeout("connecting to the server");

/// Connects to the first address that answers. Each gets an equal share of the time left, so that a
/// dead one leaves some to the others. The socket does not block.
pub(super) fn connect(
    addresses: &[SocketAddr],
    deadline: Deadline,
) -> Result<OwnSocket, FailureKind> {
    for (tried, &address) in addresses.iter().enumerate() {
        let share = deadline.share(addresses.len() - tried);
        if let Ok(Some(socket)) = connect_to(address, share) {
            return Ok(socket);
        }
    }
    Err(if deadline.left().is_none() {
        TIMEOUT
    } else {
        FailureKind::Connect
    })
}

/// Connects to one address; `None` once the deadline has passed.
fn connect_to(address: SocketAddr, deadline: Deadline) -> io::Result<Option<OwnSocket>> {
    let socket = OwnSocket::open(|| begin(address))?;
    if wait(socket.stream(), Interest::Write, deadline)? == Ready::TimedOut {
        return Ok(None);
    }
    match socket.stream().take_error()? {
        Some(error) => Err(error),
        None => Ok(Some(socket)),
    }
}

/// A socket that does not block and has begun to connect.
fn begin(address: SocketAddr) -> io::Result<TcpStream> {
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    // A request is one write and waits for its answer: holding back its last packet only costs time.
    socket.set_tcp_nodelay(true)?;
    match socket.connect(&address.into()) {
        Err(error) if !is_under_way(&error) => Err(error),
        _ => Ok(socket.into()),
    }
}

/// Whether a connect that did not succeed at once goes on by itself. A signal does not end it.
fn is_under_way(error: &io::Error) -> bool {
    #[cfg(unix)]
    let in_progress = error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error());
    #[cfg(not(unix))]
    let in_progress = false;
    in_progress
        || matches!(
            error.kind(),
            io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
        )
}
