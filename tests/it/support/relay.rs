//! Stands between a client and a server and mistreats what passes: by the byte, below TLS, in either
//! direction.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::faulty_server::{Listener, reset_at_end};

/// Where bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    ToServer,
    ToClient,
}

/// What a connection suffers once so many bytes have gone one way.
#[derive(Clone, Debug)]
pub struct Fault {
    pub direction: Direction,
    pub after: usize,
    pub then: Then,
}

/// A fault that lasts ends the list of its way.
#[derive(Clone, Debug)]
pub enum Then {
    /// Holds back what follows for this long.
    Delay(Duration),
    /// Puts these bytes in between.
    Insert(Vec<u8>),
    /// Leaves out so many bytes.
    Omit(usize),
    /// Passes on what follows byte by byte, this far apart.
    Drip(Duration),
    /// Passes on nothing that follows, and says nothing of it.
    Drop,
    /// Ends the connection in order.
    Close,
    /// Resets the connection.
    Reset,
}

/// The relay. It ends when it is dropped.
pub struct Relay(Listener);

impl Relay {
    /// A relay to `server` in which each connection suffers these faults, the earliest first.
    pub fn start(server: SocketAddr, faults: Vec<Fault>) -> Self {
        Relay(Listener::start(
            |_| {},
            move |client, _| pass_both_ways(&client, server, &faults),
        ))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }
}

fn pass_both_ways(client: &TcpStream, server: SocketAddr, faults: &[Fault]) {
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
        scope.spawn(|| ends.pass(Direction::ToServer, faults));
        ends.pass(Direction::ToClient, faults);
    });
}

/// The two ends of a connection.
struct Ends<'a> {
    client: &'a TcpStream,
    server: &'a TcpStream,
    /// The connection ends with a reset and with nothing before it.
    reset: AtomicBool,
}

impl Ends<'_> {
    /// Passes on what goes this direction, until it ends or a fault ends the connection.
    fn pass(&self, direction: Direction, faults: &[Fault]) {
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
            if !self.suffer(&fault.then, from, to) {
                return;
            }
        }
        copy(from, to, usize::MAX);
        self.end(to);
    }

    /// `false` if nothing more is passed on this way.
    fn suffer(&self, fault: &Then, from: &TcpStream, mut to: &TcpStream) -> bool {
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
                reset_at_end(self.client);
                // The thread of the other way stops reading: the socket ends with the last who holds it.
                let _ = self.client.shutdown(Shutdown::Read);
                let _ = self.server.shutdown(Shutdown::Both);
            }
        }
        false
    }

    /// Says that nothing more comes.
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

/// Passes on so many bytes; `false` if one of the two ended first.
fn copy(from: &TcpStream, mut to: &TcpStream, count: usize) -> bool {
    read(from, count, |bytes| to.write_all(bytes).is_ok())
}

/// Reads so many bytes and gives them to `take`; `false` if they end first, or `take` says so.
fn read(mut from: &TcpStream, mut count: usize, mut take: impl FnMut(&[u8]) -> bool) -> bool {
    let mut buffer = [0; 16 * 1024];
    while count > 0 {
        let most = count.min(buffer.len());
        match from.read(&mut buffer[..most]) {
            Ok(got) if got > 0 && take(&buffer[..got]) => count -= got,
            _ => return false,
        }
    }
    true
}
