//! A new connection: the addresses of a name raced against each other (RFC 8305), within one deadline.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use super::FailureKind;
use super::deadline::{Deadline, Until};
use super::wait::{Ended, wait_for_one_of};
use crate::fork::OwnSocket;

/// How long an address has for itself before the next one is tried too (RFC 8305 section 5).
const HEAD_START: Duration = Duration::from_millis(250);

/// Connects to the address that answers first. They are tried in their order, IPv6 and IPv4 by turns; the
/// next one as soon as one fails, and beside the others if none has answered for a while. The socket does
/// not block.
pub(super) fn connect(
    addresses: &[SocketAddr],
    until: Until<'_>,
) -> Result<OwnSocket, FailureKind> {
    let mut untried = by_turns(addresses).into_iter();
    let mut trying: Vec<OwnSocket> = Vec::new();
    loop {
        let mut turn = until;
        if let Some(address) = untried.next() {
            match begin(address) {
                Ok(socket) => trying.push(socket),
                Err(_) => continue,
            }
            if untried.len() > 0 {
                turn = until.but_by(Deadline::after(HEAD_START));
            }
        }
        if trying.is_empty() {
            return Err(FailureKind::Connect);
        }
        match first(&mut trying, turn) {
            Ok(Some(socket)) => return Ok(socket),
            Ok(None) => {}
            Err(Ended::TimedOut) if until.deadline.left().is_some() => {}
            Err(ended) => return Err(ended.during("connecting to the server")),
        }
    }
}

/// The addresses in their order, but those of the two families by turns as long as there are both.
fn by_turns(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let is_first = |address: &&SocketAddr| address.is_ipv4() == addresses[0].is_ipv4();
    let mut first = addresses.iter().filter(is_first);
    let mut second = addresses.iter().filter(|address| !is_first(address));
    let mut all = Vec::with_capacity(addresses.len());
    while all.len() < addresses.len() {
        all.extend(first.next().into_iter().chain(second.next()));
    }
    all
}

/// Waits for one of the sockets: `None` if it has failed; then it is not tried any more.
fn first(trying: &mut Vec<OwnSocket>, until: Until<'_>) -> Result<Option<OwnSocket>, Ended> {
    let place = wait_for_one_of(trying.iter().map(OwnSocket::get), until)?;
    let socket = trying.swap_remove(place);
    let has_failed = !matches!(socket.get().take_error(), Ok(None));
    Ok((!has_failed).then_some(socket))
}

/// A socket that does not block and has begun to connect.
fn begin(address: SocketAddr) -> io::Result<OwnSocket> {
    let [socket] = OwnSocket::open(|| {
        let socket = Socket::new(
            Domain::for_address(address),
            Type::STREAM,
            Some(Protocol::TCP),
        )?;
        socket.set_nonblocking(true)?;
        // A request is one write and waits for its answer: holding back its last packet only costs time.
        socket.set_tcp_nodelay(true)?;
        match socket.connect(&address.into()) {
            Err(error) if !is_under_way(&error) => Err(error),
            _ => Ok([TcpStream::from(socket)]),
        }
    })?;
    Ok(socket)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_families_take_turns() {
        let parse = |text: &str| -> Vec<SocketAddr> {
            let address = |name: &str| SocketAddr::new(name.parse().expect("an address"), 80);
            text.split_whitespace().map(address).collect()
        };
        for (given, tried) in [
            ("", ""),
            ("10.0.0.1 10.0.0.2", "10.0.0.1 10.0.0.2"),
            (
                "::1 ::2 ::3 10.0.0.1 10.0.0.2",
                "::1 10.0.0.1 ::2 10.0.0.2 ::3",
            ),
            ("10.0.0.1 ::1 ::2", "10.0.0.1 ::1 ::2"),
        ] {
            assert_eq!(by_turns(&parse(given)), parse(tried), "{given}");
        }
    }
}
