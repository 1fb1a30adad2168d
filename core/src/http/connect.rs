//! A new connection: the addresses of a name raced against each other (RFC 8305), within one deadline.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::deadline::{Deadline, Until};
use super::wait::{Ended, wait_for_one_of};
use super::{FailureKind, SystemError};
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
    let mut failure = FailureKind::Connect;
    loop {
        let mut turn = until;
        if let Some(address) = untried.next() {
            match begin(address) {
                Ok(socket) => trying.push(socket),
                Err(error) => {
                    failure = system_failure(&error, address).unwrap_or(failure);
                    continue;
                }
            }
            if untried.len() > 0 {
                turn = until.but_by(Deadline::after(HEAD_START));
            }
        }
        if trying.is_empty() {
            return Err(failure);
        }
        match first(&mut trying, turn) {
            Ok(Some(socket)) => return Ok(socket),
            Ok(None) => {}
            Err(Ended::TimedOut) if until.deadline.left().is_some() => {}
            Err(ended) => return Err(ended.during("connecting to the server")),
        }
    }
}

/// What this machine's system refused, if it did: that says more than that an address cannot be reached. An IPv6
/// address that cannot be assigned tells of a machine without IPv6, and of no lack of ports.
fn system_failure(error: &io::Error, address: SocketAddr) -> Option<FailureKind> {
    let cause = SystemError::of(error)?;
    (cause != SystemError::Ports || address.is_ipv4()).then_some(FailureKind::System(cause))
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
        Ok([TcpStream::from(socket)])
    })?;
    let options = SockRef::from(socket.get());
    options.set_nonblocking(true)?;
    // A request is one write and waits for its answer: holding back its last packet only costs time.
    options.set_tcp_nodelay(true)?;
    match options.connect(&address.into()) {
        Err(error) if !is_under_way(&error) => Err(error),
        _ => Ok(socket),
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

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::http::waker::Waker;

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

    const LONG: Duration = Duration::from_secs(600);

    /// Two listeners on one port: the first takes no connection, the second does.
    #[cfg(target_os = "linux")]
    fn dead_and_alive() -> ([Socket; 2], Vec<TcpStream>, [SocketAddr; 2]) {
        let listen = |host: u8, port: u16, backlog| {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
            let address = SocketAddr::new(Ipv4Addr::new(127, 0, 0, host).into(), port);
            socket.bind(&address.into()).expect("a free port");
            socket.listen(backlog).expect("to listen");
            let address = socket.local_addr().expect("bound").as_socket();
            (socket, address.expect("of IPv4"))
        };
        let (dead, full) = listen(2, 0, 0);
        let (alive, good) = listen(3, full.port(), 128);
        let short = Duration::from_millis(200);
        let fill = || TcpStream::connect_timeout(&full, short).ok();
        let fillers = std::iter::from_fn(fill).collect();
        ([dead, alive], fillers, [full, good])
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn dead_addresses_do_not_keep_a_good_one_away() {
        let (_sockets, _fillers, [dead, good]) = dead_and_alive();
        let refused = SocketAddr::new(Ipv4Addr::new(127, 0, 0, 4).into(), dead.port());
        let waker = Waker::new().expect("a descriptor");
        let until = |limit| Until {
            deadline: Deadline::after(limit),
            waker: &waker,
            hook: None,
        };
        for addresses in [
            &[good][..],
            &[refused, good],
            &[dead, good],
            &[dead, refused, dead, good, dead],
        ] {
            let socket = connect(addresses, until(LONG)).expect("one is good");
            assert_eq!(socket.get().peer_addr().ok(), Some(good), "{addresses:?}");
        }
        let none = |addresses: &[SocketAddr], limit| connect(addresses, until(limit)).err();
        assert_eq!(none(&[], LONG), Some(FailureKind::Connect));
        assert_eq!(none(&[refused; 3], LONG), Some(FailureKind::Connect));
        let short = none(&[dead, refused, dead], Duration::from_millis(50));
        assert!(matches!(short, Some(FailureKind::Timeout(_))), "{short:?}");
        waker.stop();
        let stopped = none(&[dead, good], LONG);
        assert_eq!(stopped, Some(FailureKind::Cancelled));
    }
}
