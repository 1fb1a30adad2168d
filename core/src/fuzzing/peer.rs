//! A server on loopback that does what a script says, whatever it is asked.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

use socket2::SockRef;

use super::whole::whole;

/// The most bytes that a script sends.
const BYTES_MAX: usize = 64 * 1024;

/// No request is longer.
const REQUEST_MAX: usize = 4096;

/// What a peer does on its connections, one after the other. A connection has turns: the first before a
/// request, each other one after a request.
pub struct Script {
    connections: VecDeque<VecDeque<Vec<Act>>>,
    /// Whether it leaves a client without an answer.
    pub is_silent: bool,
}

/// One thing that a peer does.
enum Act {
    Send(Vec<u8>),
    /// Ends what it sends, but not what it receives.
    Shut,
    Close,
    Reset,
    /// Leaves the client waiting.
    Silence,
}

impl Script {
    /// Reads a script: bytes to send, and after a `~`
    /// `n` for the wait for the next request, `,` for the end of a piece, `*` for a repetition of this piece
    /// as often as the next byte says, `e` for the end of what is sent, `c` for a close, `r` for a reset, `s`
    /// for silence, `+` for the next connection, `~` for itself.
    pub fn read(text: &[u8]) -> Self {
        let mut script = Script {
            connections: VecDeque::from([VecDeque::from([Vec::new()])]),
            is_silent: false,
        };
        let (mut piece, mut size, mut bytes) = (Vec::new(), 0, text.iter());
        while let Some(&byte) = bytes.next().filter(|_| size < BYTES_MAX) {
            match (byte, bytes.as_slice().first()) {
                (b'~', Some(b'*')) => {
                    let times = bytes.nth(1).copied().unwrap_or(0).into();
                    let length = piece.len();
                    let room = (BYTES_MAX - size) / length.max(1);
                    piece = piece.repeat(room.min(times).max(1));
                    size += piece.len() - length;
                }
                (b'~', Some(letter @ (b'n' | b',' | b'e' | b'c' | b'r' | b's' | b'+'))) => {
                    script.add(Act::Send(std::mem::take(&mut piece)));
                    script.command(*letter);
                    bytes.next();
                }
                (b'~', Some(b'~')) => piece.extend(bytes.next()),
                _ => piece.push(byte),
            }
            size += 1;
        }
        script.add(Act::Send(piece));
        script
    }

    fn command(&mut self, letter: u8) {
        match letter {
            b'n' => self.last().push_back(Vec::new()),
            b'+' => self.connections.push_back(VecDeque::from([Vec::new()])),
            b'e' => self.add(Act::Shut),
            b'c' => self.add(Act::Close),
            b'r' => self.add(Act::Reset),
            // Every wait takes its time: one is enough.
            b's' if !self.is_silent => {
                self.is_silent = true;
                self.add(Act::Silence);
            }
            _ => {}
        }
    }

    fn add(&mut self, act: Act) {
        if let Some(turn) = self.last().back_mut() {
            turn.push(act);
        }
    }

    fn last(&mut self) -> &mut VecDeque<Vec<Act>> {
        if self.connections.is_empty() {
            self.connections.push_back(VecDeque::new());
        }
        let last = self.connections.len() - 1;
        &mut self.connections[last]
    }
}

/// How the peer has ended what it sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Not,
    Orderly,
    Reset,
}

/// What went over a connection from one request to the next.
#[derive(Debug)]
pub struct Exchange {
    /// Whether the connection had carried no request before.
    pub is_first: bool,
    /// The request, once it has come.
    pub request: Vec<u8>,
    /// What was sent since the request before it.
    pub sent: Vec<u8>,
    pub end: End,
    /// Whether it ended before the request came.
    pub ended_early: bool,
    is_silent: bool,
}

impl Exchange {
    fn new(is_first: bool) -> Self {
        Exchange {
            is_first,
            request: Vec::new(),
            sent: Vec::new(),
            end: End::Not,
            ended_early: false,
            is_silent: false,
        }
    }

    /// Whether another request may follow: the answer was whole, and nothing came after it.
    pub fn may_go_on(&self, body_max: usize) -> bool {
        self.end == End::Not
            && whole(&self.sent, false, body_max)
                .is_some_and(|whole| whole.keep_alive && whole.used == self.sent.len())
    }
}

/// The peer, at work.
pub struct Peer<'a> {
    script: Script,
    listener: &'a TcpListener,
    visit: Option<Visit>,
    body_max: usize,
    /// What happened since this was last emptied. The last one may still go on.
    pub exchanges: Vec<Exchange>,
}

struct Visit {
    stream: TcpStream,
    turns: VecDeque<Vec<Act>>,
}

impl<'a> Peer<'a> {
    /// A peer of a client that takes bodies of up to `body_max` bytes.
    pub fn new(script: Script, listener: &'a TcpListener, body_max: usize) -> Self {
        Peer {
            script,
            listener,
            visit: None,
            body_max,
            exchanges: Vec::new(),
        }
    }

    /// The connection that is open.
    pub fn stream(&self) -> Option<&TcpStream> {
        self.visit.as_ref().map(|visit| &visit.stream)
    }

    /// Takes in a client that has connected.
    pub fn accept(&mut self) {
        let Ok((stream, _)) = self.listener.accept() else {
            return;
        };
        let is_set = stream.set_nonblocking(true).and(stream.set_nodelay(true));
        is_set.expect("a socket can be set up");
        let turns = self.script.connections.pop_front().unwrap_or_default();
        self.visit = Some(Visit { stream, turns });
        self.exchanges.push(Exchange::new(true));
        self.take_turn();
    }

    /// Takes in what came over the open connection: a request or its end.
    pub fn receive(&mut self) {
        let Some(visit) = &mut self.visit else { return };
        let mut buffer = vec![0; REQUEST_MAX];
        match visit.stream.read(&mut buffer) {
            Ok(count @ 1..) => buffer.truncate(count),
            _ => return self.visit = None,
        }
        if self
            .exchanges
            .last()
            .is_none_or(|last| !last.request.is_empty())
        {
            self.exchanges.push(Exchange::new(false));
        }
        if let Some(exchange) = self.exchanges.last_mut() {
            exchange.request = buffer;
        }
        self.take_turn();
        self.let_go();
    }

    fn take_turn(&mut self) {
        let Some(visit) = &mut self.visit else { return };
        for act in visit.turns.pop_front().unwrap_or_default() {
            self.act(act);
        }
    }

    fn act(&mut self, act: Act) {
        let (Some(visit), Some(exchange)) = (&mut self.visit, self.exchanges.last_mut()) else {
            return;
        };
        match act {
            Act::Send(bytes) => {
                if exchange.end == End::Not && !send(&visit.stream, &bytes, &mut exchange.sent) {
                    self.end(End::Orderly);
                }
            }
            Act::Shut => {
                let _ = visit.stream.shutdown(Shutdown::Write);
                exchange.ended_early |= exchange.request.is_empty();
                exchange.end = End::Orderly;
            }
            Act::Close => self.end(End::Orderly),
            Act::Reset => self.end(End::Reset),
            Act::Silence => exchange.is_silent = true,
        }
    }

    /// Closes the connection if the client would wait for more in vain: a client that waits costs time.
    fn let_go(&mut self) {
        let waits = self.exchanges.last().is_some_and(|last| {
            !last.is_silent && whole(&last.sent, false, self.body_max).is_none()
        });
        if waits {
            self.end(End::Orderly);
        }
    }

    fn end(&mut self, end: End) {
        let (Some(visit), Some(exchange)) = (self.visit.take(), self.exchanges.last_mut()) else {
            return;
        };
        if end == End::Reset {
            reset(&visit.stream);
        }
        if exchange.end == End::Not {
            exchange.ended_early |= exchange.request.is_empty();
            exchange.end = end;
        }
    }
}

impl Drop for Peer<'_> {
    /// Leaves nothing behind for the system to remember.
    fn drop(&mut self) {
        self.stream().inspect(|stream| reset(stream));
    }
}

/// Sends bytes as a piece of their own; `false` if the system does not take all of them.
fn send(mut stream: &TcpStream, bytes: &[u8], sent: &mut Vec<u8>) -> bool {
    let mut rest = bytes;
    while !rest.is_empty() {
        match stream.write(rest) {
            Ok(count) => {
                sent.extend(&rest[..count]);
                rest = &rest[count..];
            }
            Err(_) => return false,
        }
    }
    // The client may see the piece by itself.
    std::thread::yield_now();
    true
}

/// Makes the system answer with a reset from now on.
fn reset(stream: &TcpStream) {
    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
}
