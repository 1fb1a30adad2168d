//! A TCP or TLS server that handles each request as a test specifies, correctly or not, and records the bytes that
//! it receives.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use bosauth::{Client, ClientBuilder};

use super::WATCHDOG;
pub use super::listener::{Listener, reset_on_close};

/// A step in handling a request. After the last one the next request is read.
#[derive(Clone, Debug)]
pub enum Act {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends these bytes one by one, over TLS a record for each.
    Drip(Vec<u8>),
    /// Sends these bytes one by one on the wire, over TLS as one record.
    Trickle(Vec<u8>),
    /// Sends these bytes without the last byte on the wire: over TLS an incomplete record.
    Torn(Vec<u8>),
    /// Sends these bytes in plain text, also over TLS.
    Raw(Vec<u8>),
    /// Sends these bytes repeatedly and slowly until the client closes.
    Flood(Vec<u8>),
    /// Reads this many bytes.
    Take(usize),
    /// Sleeps.
    Wait(Duration),
    /// Waits for [`FaultyServer::release`].
    Hold,
    /// Sends nothing until the client closes.
    Silence,
    /// Shuts down the sending side and waits until the client closes.
    Finish,
    /// Closes the connection, over TLS with close_notify.
    Close,
    /// Closes the connection without close_notify.
    Cut,
    /// Resets the connection.
    Reset,
}

/// TCP or TLS.
#[derive(Clone, Copy)]
pub struct Transport {
    pub name: &'static str,
    /// The URL scheme.
    pub scheme: &'static str,
    /// The certificates that a client must trust, in PEM.
    pub roots: fn() -> Option<&'static str>,
    /// Accepts a connection.
    pub accept: fn(&TcpStream) -> io::Result<Box<dyn Wire>>,
}

/// Plain TCP.
pub const TCP: Transport = Transport {
    name: "tcp",
    scheme: "http",
    roots: || None,
    accept: |_| Ok(Box::new(Plain)),
};

/// The server side of a connection.
pub trait Wire {
    /// Reads some bytes and returns their number, 0 at the end.
    fn read(&mut self, socket: &TcpStream, buffer: &mut [u8]) -> io::Result<usize>;

    /// Encodes bytes for the wire.
    fn encode(&mut self, bytes: &[u8]) -> Vec<u8>;

    /// Encodes an orderly close.
    fn close_notify(&mut self) -> Vec<u8>;
}

struct Plain;

impl Wire for Plain {
    fn read(&mut self, mut socket: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
        socket.read(buffer)
    }

    fn encode(&mut self, bytes: &[u8]) -> Vec<u8> {
        bytes.to_vec()
    }

    fn close_notify(&mut self) -> Vec<u8> {
        Vec::new()
    }
}

/// A request as it was received.
#[derive(Clone, Debug)]
pub struct Request {
    /// 0 for the server's first request.
    pub number: usize,
    /// The number of its connection, 0 for the first.
    pub connection: usize,
    pub bytes: Vec<u8>,
    /// Whether one read returned all of it.
    pub single_read: bool,
}

impl Request {
    /// Request line and header fields.
    pub fn head(&self) -> &str {
        let end = head_length(&self.bytes).expect("a complete request");
        std::str::from_utf8(&self.bytes[..end]).expect("a head is ASCII")
    }

    pub fn target(&self) -> &str {
        self.head().split(' ').nth(1).expect("a request line")
    }

    pub fn body(&self) -> &[u8] {
        &self.bytes[head_length(&self.bytes).expect("a complete request")..]
    }
}

type Plan = dyn Fn(&Request) -> Vec<Act> + Send + Sync;

/// The server. It stops when it is dropped.
pub struct FaultyServer {
    transport: Transport,
    shared: Arc<Shared>,
    listener: Listener,
}

struct Shared {
    /// The steps for a new connection before anything is read.
    greeting: Vec<Act>,
    plan: Box<Plan>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    connections: usize,
    requests: Vec<Request>,
    /// The requests that have been handled, by number.
    handled: Vec<usize>,
    released: Vec<usize>,
    stopped: bool,
}

impl FaultyServer {
    /// A server that handles each request by the steps of `plan`.
    pub fn start(plan: impl Fn(&Request) -> Vec<Act> + Send + Sync + 'static) -> Self {
        FaultyServer::start_over(TCP, Vec::new(), plan)
    }

    /// A server over a transport. `greeting` is sent on a new connection.
    pub fn start_over(
        transport: Transport,
        greeting: Vec<Act>,
        plan: impl Fn(&Request) -> Vec<Act> + Send + Sync + 'static,
    ) -> Self {
        let shared = Arc::new(Shared {
            greeting,
            plan: Box::new(plan),
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let [counting, serving] = [Arc::clone(&shared), Arc::clone(&shared)];
        let listener = Listener::start(
            move |_| counting.change(|state| state.connections += 1),
            move |socket, number| serve(transport, socket, number, &serving),
        );
        FaultyServer {
            transport,
            shared,
            listener,
        }
    }

    /// A server that handles every request by the same steps.
    pub fn always(acts: Vec<Act>) -> Self {
        FaultyServer::start(move |_| acts.clone())
    }

    /// A server that sends the same response to every request.
    pub fn responding(bytes: impl Into<Vec<u8>>) -> Self {
        FaultyServer::always(vec![Act::Send(bytes.into())])
    }

    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    pub fn url(&self) -> String {
        format!("{}://{}", self.transport.scheme, self.address())
    }

    /// A client builder with its URL and its certificate.
    pub fn client_builder(&self) -> ClientBuilder {
        let client = Client::builder(&self.url());
        match (self.transport.roots)() {
            Some(roots) => client.roots_pem(roots),
            None => client,
        }
    }

    pub fn client(&self) -> Client {
        self.client_builder().build().expect("a client")
    }

    /// All requests received so far.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.lock().requests.clone()
    }

    /// The only request.
    pub fn request(&self) -> Request {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "one request");
        requests[0].clone()
    }

    /// Waits for this many requests.
    pub fn wait_for_requests(&self, count: usize) {
        self.wait(|state| state.requests.len() >= count);
    }

    /// Waits until this many requests have been handled.
    pub fn wait_until_handled(&self, count: usize) {
        self.wait(|state| state.handled.len() >= count);
    }

    /// Ends the [`Act::Hold`] of this request.
    pub fn release(&self, request: usize) {
        self.shared.change(|state| state.released.push(request));
    }

    /// The number of connections so far. They are accepted in order: once another one is accepted, all
    /// earlier ones have been counted.
    pub fn connections(&self) -> usize {
        let before = self.shared.lock().connections;
        let _own = TcpStream::connect(self.address()).expect("the server listens");
        self.wait(|state| state.connections > before);
        self.shared.change(|state| {
            state.connections -= 1;
            state.connections
        })
    }

    fn wait(&self, reached: impl Fn(&State) -> bool) {
        self.shared.wait(reached);
    }
}

impl Drop for FaultyServer {
    fn drop(&mut self) {
        self.shared.change(|state| state.stopped = true);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread of the server panics")
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.notify_all();
        result
    }

    fn wait(&self, reached: impl Fn(&State) -> bool) {
        let waiting = |state: &mut State| !reached(state) && !state.stopped;
        let (state, timeout) = self
            .changed
            .wait_timeout_while(self.lock(), WATCHDOG, waiting)
            .expect("no thread of the server panics");
        drop(state);
        assert!(!timeout.timed_out(), "the wait timed out");
    }

    /// Records a request.
    fn record(&self, connection: usize, bytes: Vec<u8>, single_read: bool) -> Request {
        self.change(|state| {
            let number = state.requests.len();
            let request = Request {
                number,
                connection,
                bytes,
                single_read,
            };
            state.requests.push(request.clone());
            request
        })
    }
}

/// Serves one connection.
fn serve(transport: Transport, socket: Arc<TcpStream>, number: usize, shared: &Shared) {
    let Ok(wire) = (transport.accept)(&socket) else {
        return;
    };
    let mut connection = Connection {
        socket,
        wire,
        unused: Vec::new(),
    };
    // No request is held in a greeting.
    if !connection.perform_all(&shared.greeting, usize::MAX, shared) {
        return;
    }
    while let Some((bytes, single_read)) = connection.read_request() {
        let request = shared.record(number, bytes, single_read);
        let goes_on = connection.perform_all(&(shared.plan)(&request), request.number, shared);
        if !goes_on {
            drop(connection);
            return shared.change(|state| state.handled.push(request.number));
        }
        shared.change(|state| state.handled.push(request.number));
    }
}

/// An open connection.
struct Connection {
    socket: Arc<TcpStream>,
    wire: Box<dyn Wire>,
    /// Bytes that belong to the next request.
    unused: Vec<u8>,
}

impl Connection {
    /// Performs these steps. Returns `false` if one closes the connection.
    fn perform_all(&mut self, acts: &[Act], request: usize, shared: &Shared) -> bool {
        acts.iter().all(|act| self.perform(act, request, shared))
    }

    fn perform(&mut self, act: &Act, request: usize, shared: &Shared) -> bool {
        match act {
            Act::Send(bytes) => self.send(bytes),
            Act::Drip(bytes) => bytes.iter().all(|&byte| pause() && self.send(&[byte])),
            Act::Trickle(bytes) => {
                let encoded = self.wire.encode(bytes);
                encoded.iter().all(|&byte| pause() && self.put(&[byte]))
            }
            Act::Torn(bytes) => {
                let encoded = self.wire.encode(bytes);
                self.put(&encoded[..encoded.len() - 1])
            }
            Act::Raw(bytes) => self.put(bytes),
            Act::Flood(bytes) => self.flood(bytes),
            Act::Take(count) => self.take(*count),
            Act::Wait(time) => {
                thread::sleep(*time);
                true
            }
            Act::Hold => {
                shared.wait(|state| state.released.contains(&request));
                true
            }
            Act::Silence => self.drain(),
            Act::Finish => {
                self.send_close_notify();
                let _ = self.socket.shutdown(Shutdown::Write);
                self.drain()
            }
            Act::Close => {
                self.send_close_notify();
                false
            }
            Act::Cut => false,
            Act::Reset => {
                reset_on_close(&self.socket);
                false
            }
        }
    }

    fn send(&mut self, bytes: &[u8]) -> bool {
        let encoded = self.wire.encode(bytes);
        self.put(&encoded)
    }

    fn put(&self, bytes: &[u8]) -> bool {
        (&*self.socket).write_all(bytes).is_ok()
    }

    fn flood(&mut self, bytes: &[u8]) -> bool {
        while self.send(bytes) {
            thread::sleep(Duration::from_millis(10));
        }
        false
    }

    fn send_close_notify(&mut self) {
        let close_notify = self.wire.close_notify();
        self.put(&close_notify);
    }

    /// Reads until the client closes.
    fn drain(&mut self) -> bool {
        while self.read(64) > 0 {}
        false
    }

    fn take(&mut self, mut count: usize) -> bool {
        while count > 0 {
            match self.read(count) {
                0 => return false,
                taken => count -= taken,
            }
        }
        self.unused.clear();
        true
    }

    /// Reads up to `most` bytes and returns their number, 0 once the client has closed.
    fn read(&mut self, most: usize) -> usize {
        let length = self.unused.len();
        self.unused.resize(length + most, 0);
        let count = self
            .wire
            .read(&self.socket, &mut self.unused[length..])
            .unwrap_or(0);
        self.unused.truncate(length + count);
        count
    }

    /// The next request, and whether one read returned all of it. `None` once the client has closed.
    fn read_request(&mut self) -> Option<(Vec<u8>, bool)> {
        let mut reads = 0;
        loop {
            if let Some(length) = request_length(&self.unused) {
                let rest = self.unused.split_off(length);
                return Some((std::mem::replace(&mut self.unused, rest), reads <= 1));
            }
            reads += 1;
            if self.read(256 * 1024) == 0 {
                return None;
            }
        }
    }
}

/// Sleeps long enough for the bytes sent before to become a packet.
fn pause() -> bool {
    thread::sleep(Duration::from_millis(1));
    true
}

/// The length of the request at the start of `bytes`, if it is complete.
fn request_length(bytes: &[u8]) -> Option<usize> {
    let head = head_length(bytes)?;
    let fields = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    let length = fields
        .split("\r\n")
        .find_map(|field| field.strip_prefix("content-length: ")?.parse().ok());
    let length = head + length.unwrap_or(0_usize);
    (bytes.len() >= length).then_some(length)
}

fn head_length(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some(end + 4)
}
