//! An address that does not respond: its backlog is full, so that the system drops new connections.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

/// More connections than a backlog of length 0 holds.
const QUEUED_MAX: usize = 100;

/// The address does not respond until this is dropped.
pub struct FullBacklog {
    address: SocketAddr,
    _listener: Socket,
    _queued: Vec<TcpStream>,
}

impl FullBacklog {
    /// At a free port of localhost.
    pub fn new() -> Self {
        FullBacklog::at((Ipv4Addr::LOCALHOST, 0).into())
    }

    pub fn at(address: SocketAddr) -> Self {
        let listener = Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap();
        listener.bind(&address.into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(300)).ok();
        let queued: Vec<_> = std::iter::from_fn(connect).take(QUEUED_MAX).collect();
        assert!(queued.len() < QUEUED_MAX, "the backlog does not fill");
        FullBacklog {
            address,
            _listener: listener,
            _queued: queued,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
