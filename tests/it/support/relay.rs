//! A relay between a client and a server that injects faults by byte offset, below TLS, in either direction.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::faulty_server::{Listener, reset_on_close};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    ToServer,
    ToClient,
}

/// A fault of a connection after this many bytes in one direction.
#[derive(Clone, Debug)]
pub struct Fault {
    pub direction: Direction,
    pub after: usize,
    pub then: Then,
}

/// After a lasting one, no further fault of its direction applies.
#[derive(Clone, Debug)]
pub enum Then {
    /// Delays what follows.
    Delay(Duration),
    /// Inserts these bytes.
    Insert(Vec<u8>),
    /// Omits this many bytes.
    Omit(usize),
    /// Forwards what follows byte by byte at this interval.
    Drip(Duration),
    /// Drops what follows silently.
    Drop,
    /// Closes the connection.
    Close,
    /// Resets the connection.
    Reset,
}

/// The relay. It stops when it is dropped.
pub struct Relay(Listener);

impl Relay {
    /// A relay to `server` with these faults in each connection, the earliest first.
    pub fn start(server: SocketAddr, faults: Vec<Fault>) -> Self {
        Relay(Listener::start(
            |_| {},
            move |client, _| forward_both(&client, server, &faults),
        ))
    }

    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }
}

fn forward_both(client: &TcpStream, server: SocketAddr, faults: &[Fault]) {
    let Ok(server) = TcpStream::connect(server) else {
        return;
    };
    let _ = server.set_nodelay(true);
    let ends = Ends {
        client,
        server: &server,
        reset: AtomicBool::new(false),
    };
    thread::scope(|scope| {
        scope.spawn(|| ends.forward(Direction::ToServer, faults));
        ends.forward(Direction::ToClient, faults);
    });
}

/// The two ends of a connection.
struct Ends<'a> {
    client: &'a TcpStream,
    server: &'a TcpStream,
    /// Whether the connection ends with a reset and without a FIN before it.
    reset: AtomicBool,
}

impl Ends<'_> {
    /// Forwards one direction until it ends or a fault ends the connection.
    fn forward(&self, direction: Direction, faults: &[Fault]) {
        let (from, to) = match direction {
            Direction::ToServer => (self.client, self.server),
            Direction::ToClient => (self.server, self.client),
        };
        let mut passed = 0;
        for fault in faults.iter().filter(|fault| fault.direction == direction) {
            if !copy(from, to, fault.after - passed) {
                return self.end(to);
            }
            passed = fault.after;
            if !self.apply(&fault.then, from, to) {
                return;
            }
        }
        copy(from, to, usize::MAX);
        self.end(to);
    }

    /// Returns `false` if nothing more is forwarded.
    fn apply(&self, fault: &Then, from: &TcpStream, mut to: &TcpStream) -> bool {
        match fault {
            Then::Delay(time) => {
                thread::sleep(*time);
                return true;
            }
            Then::Insert(bytes) => return to.write_all(bytes).is_ok(),
            Then::Omit(count) => return read(from, *count, |_| true),
            Then::Drip(pause) => {
                read(from, usize::MAX, |bytes| drip(bytes, to, *pause));
                self.end(to);
            }
            Then::Drop => {
                read(from, usize::MAX, |_| true);
            }
            Then::Close => {
                self.end(self.client);
                self.end(self.server);
                read(from, usize::MAX, |_| true);
            }
            Then::Reset => {
                self.reset.store(true, Ordering::SeqCst);
                reset_on_close(self.client);
                // Stops the thread of the other direction: the last owner closes the socket.
                let _ = self.client.shutdown(Shutdown::Read);
                let _ = self.server.shutdown(Shutdown::Both);
            }
        }
        false
    }

    /// Closes the sending side.
    fn end(&self, to: &TcpStream) {
        if !self.reset.load(Ordering::SeqCst) {
            let _ = to.shutdown(Shutdown::Write);
        }
    }
}

fn drip(bytes: &[u8], mut to: &TcpStream, pause: Duration) -> bool {
    bytes.iter().all(|&byte| {
        thread::sleep(pause);
        to.write_all(&[byte]).is_ok()
    })
}

/// Forwards this many bytes. Returns `false` if one side ended first.
fn copy(from: &TcpStream, mut to: &TcpStream, count: usize) -> bool {
    read(from, count, |bytes| to.write_all(bytes).is_ok())
}

/// Reads this many bytes and passes them to `take`. Returns `false` if they end first or `take` returns `false`.
fn read(mut from: &TcpStream, mut count: usize, mut take: impl FnMut(&[u8]) -> bool) -> bool {
    let mut buffer = [0; 16 * 1024];
    while count > 0 {
        let most = count.min(buffer.len());
        match from.read(&mut buffer[..most]) {
            Ok(length) if length > 0 && take(&buffer[..length]) => count -= length,
            _ => return false,
        }
    }
    true
}
