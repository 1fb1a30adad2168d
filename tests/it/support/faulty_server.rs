//! A real TCP server that does with each request what a test tells it to, good or bad, and remembers
//! exactly what it received. It speaks through a [`Transport`]: plainly, or over TLS.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use super::WATCHDOG;
pub use super::listener::{Listener, reset_at_end};

/// What to do next with a connection. After the last act the next request is read from it.
#[derive(Clone, Debug)]
pub enum Act {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends these bytes one by one. Over TLS each is a record.
    Drip(Vec<u8>),
    /// Sends these bytes together, but what they are on the wire byte by byte. Over TLS it is one record
    /// that drips.
    Trickle(Vec<u8>),
    /// Sends these bytes but for the end of what they are on the wire. Over TLS the record stays
    /// incomplete.
    Torn(Vec<u8>),
    /// Puts these bytes on the wire, below TLS.
    Raw(Vec<u8>),
    /// Sends these bytes again and again, slowly, until the client is gone.
    Flood(Vec<u8>),
    /// Reads so many bytes.
    Take(usize),
    /// Waits that long.
    Wait(Duration),
    /// Waits for [`FaultyServer::release`] of this request.
    Hold,
    /// Sends nothing more and waits until the client is gone.
    Silence,
    /// Says that nothing more comes and waits until the client is gone.
    Finish,
    /// Ends the connection in order.
    Close,
    /// Ends the connection without TLS's close_notify.
    Cut,
    /// Resets the connection.
    Reset,
}

/// How bytes go over a connection.
#[derive(Clone, Copy)]
pub struct Transport {
    pub name: &'static str,
    /// The scheme of URLs.
    pub scheme: &'static str,
    /// What a client has to trust, in PEM.
    pub roots: fn() -> Option<&'static str>,
    /// Makes the server's side of it, which may take a handshake.
    pub begin: fn(&TcpStream) -> io::Result<Box<dyn Wire>>,
}

/// The bytes as they are.
pub const TCP: Transport = Transport {
    name: "tcp",
    scheme: "http",
    roots: || None,
    begin: |_| Ok(Box::new(Plain)),
};

/// The server's side of a transport on one connection.
pub trait Wire {
    /// Reads some bytes of what the client says: how many, 0 once it has ended.
    fn read(&mut self, socket: &TcpStream, buffer: &mut [u8]) -> io::Result<usize>;

    /// What these bytes are on the wire.
    fn encode(&mut self, bytes: &[u8]) -> Vec<u8>;

    /// What an orderly end is on the wire.
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

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    /// 0 for the first that the server received.
    pub number: usize,
    /// The connection on which it came, 0 for the first.
    pub connection: usize,
    pub bytes: Vec<u8>,
    /// Whether all of it was there at the first look.
    pub single_read: bool,
}

impl Request {
    /// Request line and fields, each with its CRLF.
    pub fn head(&self) -> &str {
        let end = head_length(&self.bytes).expect("a complete request");
        std::str::from_utf8(&self.bytes[..end]).expect("a head is ASCII")
    }

    /// The request target.
    pub fn target(&self) -> &str {
        self.head().split(' ').nth(1).expect("a request line")
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.bytes[head_length(&self.bytes).expect("a complete request")..]
    }
}

type Plan = dyn Fn(&Request) -> Vec<Act> + Send + Sync;

/// The server. It ends when it is dropped.
pub struct FaultyServer {
    transport: Transport,
    shared: Arc<Shared>,
    listener: Listener,
}

struct Shared {
    /// What is done with a new connection before anything is read.
    greeting: Vec<Act>,
    plan: Box<Plan>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    connections: usize,
    requests: Vec<Request>,
    /// The numbers of the requests whose acts have been done.
    done: Vec<usize>,
    released: Vec<usize>,
    over: bool,
}

impl FaultyServer {
    /// A server that does with each request what `plan` says.
    pub fn start(plan: impl Fn(&Request) -> Vec<Act> + Send + Sync + 'static) -> Self {
        FaultyServer::start_over(TCP, Vec::new(), plan)
    }

    /// The same over another transport. Each connection begins with a greeting.
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

    /// A server that does the same with every request.
    pub fn always(acts: Vec<Act>) -> Self {
        FaultyServer::start(move |_| acts.clone())
    }

    /// A server that sends the same bytes for every request.
    pub fn responding(bytes: impl Into<Vec<u8>>) -> Self {
        FaultyServer::always(vec![Act::Send(bytes.into())])
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        format!("{}://{}", self.transport.scheme, self.address())
    }

    /// What a client has to trust, in PEM.
    pub fn roots(&self) -> Option<&'static str> {
        (self.transport.roots)()
    }

    /// Everything it received so far.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.lock().requests.clone()
    }

    /// The one request that it received.
    pub fn request(&self) -> Request {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "one request is sent, and once");
        requests[0].clone()
    }

    /// Waits until so many requests have come.
    pub fn wait_for_requests(&self, count: usize) {
        self.wait(|state| state.requests.len() >= count);
    }

    /// Waits until everything has been done that was to be done for so many requests.
    pub fn wait_until_done(&self, count: usize) {
        self.wait(|state| state.done.len() >= count);
    }

    /// Ends the [`Act::Hold`] of this request.
    pub fn release(&self, request: usize) {
        self.shared.change(|state| state.released.push(request));
    }

    /// How many connections it got. Connections are taken in order, so that one of our own, once it is
    /// taken, shows that all before it have been counted.
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
        self.shared.change(|state| state.over = true);
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
        let waiting = |state: &mut State| !reached(state) && !state.over;
        let (state, timeout) = self
            .changed
            .wait_timeout_while(self.lock(), WATCHDOG, waiting)
            .expect("no thread of the server panics");
        drop(state);
        assert!(!timeout.timed_out(), "what was waited for did not happen");
    }

    /// Remembers a request and gives it its number.
    fn remember(&self, connection: usize, bytes: Vec<u8>, single_read: bool) -> Request {
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

/// Serves one connection to its end.
fn serve(transport: Transport, socket: Arc<TcpStream>, number: usize, shared: &Shared) {
    let Ok(wire) = (transport.begin)(&socket) else {
        return;
    };
    let mut visit = Connection {
        socket,
        wire,
        unused: Vec::new(),
    };
    // No request is held in a greeting.
    if !visit.perform_all(&shared.greeting, usize::MAX, shared) {
        return;
    }
    while let Some((bytes, single_read)) = visit.read_request() {
        let request = shared.remember(number, bytes, single_read);
        let goes_on = visit.perform_all(&(shared.plan)(&request), request.number, shared);
        if !goes_on {
            drop(visit);
            return shared.change(|state| state.done.push(request.number));
        }
        shared.change(|state| state.done.push(request.number));
    }
}

/// A connection that is open.
struct Connection {
    socket: Arc<TcpStream>,
    wire: Box<dyn Wire>,
    /// What was read and belongs to the next request.
    unused: Vec<u8>,
}

impl Connection {
    /// Does these acts; `false` if one ends the connection.
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
                self.say_goodbye();
                let _ = self.socket.shutdown(Shutdown::Write);
                self.drain()
            }
            Act::Close => {
                self.say_goodbye();
                false
            }
            Act::Cut => false,
            Act::Reset => {
                reset_at_end(&self.socket);
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

    fn say_goodbye(&mut self) {
        let close_notify = self.wire.close_notify();
        self.put(&close_notify);
    }

    /// Reads until the client is gone.
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

    /// Reads at most so many bytes: how many came, 0 once the client is gone.
    fn read(&mut self, most: usize) -> usize {
        let held = self.unused.len();
        self.unused.resize(held + most, 0);
        let count = self
            .wire
            .read(&self.socket, &mut self.unused[held..])
            .unwrap_or(0);
        self.unused.truncate(held + count);
        count
    }

    /// The next whole request, and whether it was there at the first look; `None` once the client is gone.
    fn read_request(&mut self) -> Option<(Vec<u8>, bool)> {
        let mut looks = 0;
        loop {
            if let Some(length) = request_length(&self.unused) {
                let rest = self.unused.split_off(length);
                return Some((std::mem::replace(&mut self.unused, rest), looks <= 1));
            }
            looks += 1;
            if self.read(256 * 1024) == 0 {
                return None;
            }
        }
    }
}

/// Time enough for what was sent to become a packet of its own.
fn pause() -> bool {
    thread::sleep(Duration::from_millis(1));
    true
}

/// The length of the request at the front of `bytes`, if it is complete.
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
