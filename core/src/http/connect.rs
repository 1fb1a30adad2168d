//! Opens a connection: races the addresses of a host (RFC 8305) within one deadline.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::error::Cause;
use super::limits::{Deadline, Limits};
use super::system_error::SystemError;
use super::wait::wait_for_one_of;
use crate::fork::ProcessSocket;

/// The time an attempt has before the next address is tried, too (RFC 8305 section 5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Connects to the first address that accepts. The addresses are tried in their order, with IPv6 and IPv4 interleaved:
/// the next one when one fails, and in parallel after [`ATTEMPT_DELAY`]. The socket is non-blocking.
pub(super) fn connect(
    addresses: &[SocketAddr],
    limits: Limits<'_>,
) -> Result<ProcessSocket, Cause> {
    let limits = limits.during("connecting to the server");
    let mut untried = interleave(addresses).into_iter();
    let mut pending: Vec<ProcessSocket> = Vec::new();
    let mut failure = Cause::Connect;
    loop {
        let mut attempt = limits;
        if let Some(address) = untried.next() {
            match start(address) {
                Ok(socket) => pending.push(socket),
                Err(error) => {
                    failure = system_cause(&error, address).unwrap_or(failure);
                    continue;
                }
            }
            if untried.len() > 0 {
                attempt = limits.capped_at(Deadline::after(ATTEMPT_DELAY));
            }
        }
        if pending.is_empty() {
            return Err(failure);
        }
        match wait_for_first(&mut pending, attempt) {
            Ok(Some(socket)) => return Ok(socket),
            Ok(None) => {}
            Err(Cause::Timeout(_)) if limits.deadline.remaining().is_some() => {}
            Err(cause) => return Err(cause),
        }
    }
}

/// The cause, if the local system refused a resource: it is more specific than an unreachable address. An IPv6 address
/// that cannot be assigned means that the machine has no IPv6, not that it has no free ports.
fn system_cause(error: &io::Error, address: SocketAddr) -> Option<Cause> {
    let cause = SystemError::of(error)?;
    (cause != SystemError::PORTS || address.is_ipv4()).then_some(Cause::System(cause))
}

/// Alternates the two address families, starting with that of the first address.
fn interleave(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let is_first = |address: &&SocketAddr| address.is_ipv4() == addresses[0].is_ipv4();
    let mut first = addresses.iter().filter(is_first);
    let mut second = addresses.iter().filter(|address| !is_first(address));
    let mut all = Vec::with_capacity(addresses.len());
    while all.len() < addresses.len() {
        all.extend(first.next().into_iter().chain(second.next()));
    }
    all
}

/// Waits for one of the sockets to connect or fail. A failed one is removed, and `None` returned.
fn wait_for_first(
    pending: &mut Vec<ProcessSocket>,
    limits: Limits<'_>,
) -> Result<Option<ProcessSocket>, Cause> {
    let ready = wait_for_one_of(pending.iter().map(ProcessSocket::get), limits)?;
    let socket = pending.swap_remove(ready);
    let has_failed = !matches!(socket.get().take_error(), Ok(None));
    Ok((!has_failed).then_some(socket))
}

/// Opens a non-blocking socket and starts to connect it.
fn start(address: SocketAddr) -> io::Result<ProcessSocket> {
    let [socket] = ProcessSocket::open(|| {
        let socket = Socket::new(
            Domain::for_address(address),
            Type::STREAM,
            Some(Protocol::TCP),
        )?;
        Ok([TcpStream::from(socket)])
    })?;
    let options = SockRef::from(socket.get());
    options.set_nonblocking(true)?;
    // A request is one write and then waits for its response: delaying its last packet only costs time.
    options.set_tcp_nodelay(true)?;
    match options.connect(&address.into()) {
        Err(error) if !is_in_progress(&error) => Err(error),
        _ => Ok(socket),
    }
}

/// Whether a connect that has not succeeded continues in the background. A signal does not interrupt it.
fn is_in_progress(error: &io::Error) -> bool {
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
    fn address_families_are_interleaved() {
        let parse = |addresses: &str| -> Vec<SocketAddr> {
            let address = |name: &str| SocketAddr::new(name.parse().expect("an address"), 80);
            addresses.split_whitespace().map(address).collect()
        };
        for (input, expected) in [
            ("", ""),
            ("10.0.0.1 10.0.0.2", "10.0.0.1 10.0.0.2"),
            (
                "::1 ::2 ::3 10.0.0.1 10.0.0.2",
                "::1 10.0.0.1 ::2 10.0.0.2 ::3",
            ),
            ("10.0.0.1 ::1 ::2", "10.0.0.1 ::1 ::2"),
        ] {
            assert_eq!(interleave(&parse(input)), parse(expected), "{input}");
        }
    }

    const LONG: Duration = Duration::from_secs(600);

    /// Two listeners on one port: the first accepts no connection, the second does.
    #[cfg(target_os = "linux")]
    fn full_and_accepting() -> ([Socket; 2], Vec<TcpStream>, [SocketAddr; 2]) {
        let listen = |host: u8, port: u16, backlog| {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
            let address = SocketAddr::new(Ipv4Addr::new(127, 0, 0, host).into(), port);
            socket.bind(&address.into()).expect("a free port");
            socket.listen(backlog).expect("to listen");
            let address = socket.local_addr().expect("bound").as_socket();
            (socket, address.expect("of IPv4"))
        };
        let (full_socket, full) = listen(2, 0, 0);
        let (accepting_socket, accepting) = listen(3, full.port(), 128);
        let short = Duration::from_millis(200);
        let fill = || TcpStream::connect_timeout(&full, short).ok();
        let fillers = std::iter::from_fn(fill).collect();
        ([full_socket, accepting_socket], fillers, [full, accepting])
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn unreachable_addresses_do_not_block_a_reachable_one() {
        let (_sockets, _fillers, [full, accepting]) = full_and_accepting();
        let refused = SocketAddr::new(Ipv4Addr::new(127, 0, 0, 4).into(), full.port());
        let waker = Waker::new().expect("a descriptor");
        let limits = |limit| Limits {
            deadline: Deadline::after(limit),
            waker: &waker,
            hook: None,
            phase: "",
        };
        for addresses in [
            &[accepting][..],
            &[refused, accepting],
            &[full, accepting],
            &[full, refused, full, accepting, full],
        ] {
            let socket = connect(addresses, limits(LONG)).expect("one accepts");
            assert_eq!(
                socket.get().peer_addr().ok(),
                Some(accepting),
                "{addresses:?}"
            );
        }
        let none = |addresses: &[SocketAddr], limit| connect(addresses, limits(limit)).err();
        assert_eq!(none(&[], LONG), Some(Cause::Connect));
        assert_eq!(none(&[refused; 3], LONG), Some(Cause::Connect));
        let short = none(&[full, refused, full], Duration::from_millis(50));
        assert!(matches!(short, Some(Cause::Timeout(_))), "{short:?}");
        waker.stop();
        let stopped = none(&[full, accepting], LONG);
        assert_eq!(stopped, Some(Cause::Cancelled));
    }
}
