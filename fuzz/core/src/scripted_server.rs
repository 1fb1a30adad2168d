//! A server on loopback that follows a script and ignores the contents of requests.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

use socket2::SockRef;

use super::http;

/// The most bytes that a script sends.
const BYTES_MAX: usize = 64 * 1024;

/// The size limit of a request.
const REQUEST_MAX: usize = 4096;

/// What a server does on each of its connections: steps before the first request, and steps after each request.
pub struct Script {
    connections: VecDeque<VecDeque<Vec<Step>>>,
    /// Whether a client receives no response.
    pub is_silent: bool,
}

enum Step {
    Send(Vec<u8>),
    /// Shuts down the sending side only.
    Shutdown,
    Close,
    Reset,
    /// Sends nothing more, and keeps the connection open.
    Silence,
}

impl Script {
    /// Parses a script: bytes to send, and commands of `~` and a character.
    /// `n` waits for the next request, `,` ends a write, `*` and a byte repeat the current write that many times,
    /// `e` shuts down sending, `c` closes, `r` resets, `s` keeps the connection open without a response, `+` starts
    /// the next connection, `~` sends a `~`.
    pub fn parse(input: &[u8]) -> Self {
        let mut script = Script {
            connections: VecDeque::from([VecDeque::from([Vec::new()])]),
            is_silent: false,
        };
        let (mut write, mut size, mut bytes) = (Vec::new(), 0, input.iter());
        while let Some(&byte) = bytes.next().filter(|_| size < BYTES_MAX) {
            match (byte, bytes.as_slice().first()) {
                (b'~', Some(b'*')) => {
                    let times = bytes.nth(1).copied().unwrap_or(0).into();
                    let length = write.len();
                    let room = (BYTES_MAX - size) / length.max(1);
                    write = write.repeat(room.min(times).max(1));
                    size += write.len() - length;
                }
                (b'~', Some(letter @ (b'n' | b',' | b'e' | b'c' | b'r' | b's' | b'+'))) => {
                    script.add(Step::Send(std::mem::take(&mut write)));
                    script.command(*letter);
                    bytes.next();
                }
                (b'~', Some(b'~')) => write.extend(bytes.next()),
                _ => write.push(byte),
            }
            size += 1;
        }
        script.add(Step::Send(write));
        script
    }

    fn command(&mut self, letter: u8) {
        match letter {
            b'n' => self.last().push_back(Vec::new()),
            b'+' => self.connections.push_back(VecDeque::from([Vec::new()])),
            b'e' => self.add(Step::Shutdown),
            b'c' => self.add(Step::Close),
            b'r' => self.add(Step::Reset),
            // One is enough: each of them lasts until the deadline.
            b's' if !self.is_silent => {
                self.is_silent = true;
                self.add(Step::Silence);
            }
            _ => {}
        }
    }

    fn add(&mut self, step: Step) {
        if let Some(steps) = self.last().back_mut() {
            steps.push(step);
        }
    }

    fn last(&mut self) -> &mut VecDeque<Vec<Step>> {
        if self.connections.is_empty() {
            self.connections.push_back(VecDeque::new());
        }
        let last = self.connections.len() - 1;
        &mut self.connections[last]
    }
}

/// How the server ended what it sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Open,
    Orderly,
    Reset,
}

/// What a connection carried from one request to the next.
#[derive(Debug)]
pub struct Exchange {
    /// Whether this is the connection's first request.
    pub is_first: bool,
    /// The request; empty until it arrives.
    pub request: Vec<u8>,
    /// What was sent since the previous request.
    pub sent: Vec<u8>,
    pub end: End,
    /// Whether the connection ended before the request arrived.
    pub ended_early: bool,
    is_silent: bool,
}

impl Exchange {
    fn new(is_first: bool) -> Self {
        Exchange {
            is_first,
            request: Vec::new(),
            sent: Vec::new(),
            end: End::Open,
            ended_early: false,
            is_silent: false,
        }
    }

    /// The method of the request, if it is one whose response has no body.
    pub fn method(&self) -> &'static str {
        if self.request.starts_with(b"HEAD ") {
            "HEAD"
        } else {
            ""
        }
    }

    /// Whether the connection can be reused: the response was complete, and nothing followed it.
    pub fn is_reusable(&self, body_max: usize) -> bool {
        self.end == End::Open
            && http::parse(self.method(), &self.sent, false, body_max)
                .is_some_and(|response| response.keep_alive && response.length == self.sent.len())
    }
}

pub struct ScriptedServer<'a> {
    script: Script,
    listener: &'a TcpListener,
    connection: Option<Connection>,
    body_max: usize,
    /// The exchanges since the caller last cleared this. The last one may be in progress.
    pub exchanges: Vec<Exchange>,
}

struct Connection {
    stream: TcpStream,
    steps: VecDeque<Vec<Step>>,
}

impl<'a> ScriptedServer<'a> {
    /// A server for a client that accepts bodies of up to `body_max` bytes.
    pub fn new(script: Script, listener: &'a TcpListener, body_max: usize) -> Self {
        ScriptedServer {
            script,
            listener,
            connection: None,
            body_max,
            exchanges: Vec::new(),
        }
    }

    /// The open connection.
    pub fn stream(&self) -> Option<&TcpStream> {
        self.connection
            .as_ref()
            .map(|connection| &connection.stream)
    }

    /// Accepts a connection.
    pub fn accept(&mut self) {
        let Ok((stream, _)) = self.listener.accept() else {
            return;
        };
        let result = stream.set_nonblocking(true).and(stream.set_nodelay(true));
        result.expect("a socket has these options");
        let steps = self.script.connections.pop_front().unwrap_or_default();
        self.connection = Some(Connection { stream, steps });
        self.exchanges.push(Exchange::new(true));
        self.run_steps();
    }

    /// Reads a request from the open connection, or its end.
    pub fn receive(&mut self) {
        let Some(connection) = &mut self.connection else {
            return;
        };
        let mut buffer = vec![0; REQUEST_MAX];
        match connection.stream.read(&mut buffer) {
            Ok(count @ 1..) => buffer.truncate(count),
            _ => return self.connection = None,
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
        self.run_steps();
        self.close_if_incomplete();
    }

    fn run_steps(&mut self) {
        let Some(connection) = &mut self.connection else {
            return;
        };
        for step in connection.steps.pop_front().unwrap_or_default() {
            self.run(step);
        }
    }

    fn run(&mut self, step: Step) {
        let (Some(connection), Some(exchange)) = (&self.connection, self.exchanges.last_mut())
        else {
            return;
        };
        let stream = &connection.stream;
        match step {
            Step::Send(bytes) => {
                if exchange.end == End::Open && !send(stream, &bytes, &mut exchange.sent) {
                    self.end(End::Orderly);
                }
            }
            Step::Shutdown => {
                let _ = stream.shutdown(Shutdown::Write);
                exchange.ended_early |= exchange.request.is_empty();
                exchange.end = End::Orderly;
            }
            Step::Close => self.end(End::Orderly),
            Step::Reset => self.end(End::Reset),
            Step::Silence => exchange.is_silent = true,
        }
    }

    /// Closes the connection if the client would otherwise wait until its deadline.
    fn close_if_incomplete(&mut self) {
        let is_incomplete = self.exchanges.last().is_some_and(|last| {
            !last.is_silent
                && http::parse(last.method(), &last.sent, false, self.body_max).is_none()
        });
        if is_incomplete {
            self.end(End::Orderly);
        }
    }

    fn end(&mut self, end: End) {
        let connection = self.connection.take();
        let (Some(connection), Some(exchange)) = (connection, self.exchanges.last_mut()) else {
            return;
        };
        if end == End::Reset {
            reset_on_close(&connection.stream);
        }
        if exchange.end == End::Open {
            exchange.ended_early |= exchange.request.is_empty();
            exchange.end = end;
        }
    }
}

impl Drop for ScriptedServer<'_> {
    /// Leaves no connection in TIME_WAIT: a long run would collect too many.
    fn drop(&mut self) {
        self.stream().inspect(|stream| reset_on_close(stream));
    }
}

/// Sends bytes in a separate segment. Returns false if the system does not take all of them.
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
    // Lets the client read the segment by itself.
    std::thread::yield_now();
    true
}

/// Makes the system send RST when the connection is closed.
fn reset_on_close(stream: &TcpStream) {
    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
}
