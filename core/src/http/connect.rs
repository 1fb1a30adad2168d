//! A new connection: the addresses of a name, one after the other, within one deadline.

use std::io;
use std::net::{SocketAddr, TcpStream};

use socket2::{Domain, Protocol, Socket, Type};

use super::wait::{Interest, Ready, wait};
use super::{Deadline, FailureKind};

const TIMEOUT: FailureKind = FailureKind::Timeout("connecting to the server");

/// Connects to the first address that answers. Each gets an equal share of the time left, so that a
/// dead one leaves some to the others. The socket does not block.
pub(super) fn connect(
    addresses: &[SocketAddr],
    deadline: Deadline,
) -> Result<TcpStream, FailureKind> {
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
fn connect_to(address: SocketAddr, deadline: Deadline) -> io::Result<Option<TcpStream>> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    socket.set_nonblocking(true)?;
    // A request is one write and waits for its answer: holding back its last packet only costs time.
    socket.set_tcp_nodelay(true)?;
    match socket.connect(&address.into()) {
        Err(error) if !is_under_way(&error) => return Err(error),
        _ => {}
    }
    let socket = TcpStream::from(socket);
    if wait(&socket, Interest::Write, deadline)? == Ready::TimedOut {
        return Ok(None);
    }
    match socket.take_error()? {
        Some(error) => Err(error),
        None => Ok(Some(socket)),
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
