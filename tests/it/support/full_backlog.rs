//! An address on which nothing answers: nobody accepts, and the queue is full, so that the system drops what
//! comes.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

/// The most connections that a queue of no length takes.
const QUEUED_MAX: usize = 100;

/// The address, for as long as this lives.
pub struct FullBacklog {
    address: SocketAddr,
    _listener: Socket,
    _queued: Vec<TcpStream>,
}

impl FullBacklog {
    /// One at a free port of this machine.
    pub fn new() -> Self {
        FullBacklog::at((Ipv4Addr::LOCALHOST, 0).into())
    }

    /// One at this address.
    pub fn at(address: SocketAddr) -> Self {
        let listener = Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap();
        listener.bind(&address.into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(300)).ok();
        let queued: Vec<_> = std::iter::from_fn(connect).take(QUEUED_MAX).collect();
        assert!(queued.len() < QUEUED_MAX, "the queue does not fill");
        FullBacklog {
            address,
            _listener: listener,
            _queued: queued,
        }
    }

    /// Where nothing answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
