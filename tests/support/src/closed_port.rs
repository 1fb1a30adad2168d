//! A closed port: bound, so that no other test can use it, and not listening.

use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Socket, Type};

/// The port is closed until this is dropped.
pub struct ClosedPort(Socket);

impl ClosedPort {
    /// Binds a port of loopback.
    #[allow(
        clippy::new_without_default,
        reason = "it is not a value: each one has its own port"
    )]
    pub fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        socket.bind(&address.into()).unwrap();
        ClosedPort(socket)
    }

    /// The address, to which no connection succeeds.
    pub fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap().as_socket().unwrap()
    }
}
