//! A real TCP server that does with each request what a test tells it to, good or bad, and remembers
//! exactly what it received.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Far longer than anything takes that works.
pub const WATCHDOG: Duration = Duration::from_secs(120);

/// What to do next with a connection. After the last act the next request is read from it.
#[derive(Clone, Debug)]
pub enum Act {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Sends these bytes one by one.
    Drip(Vec<u8>),
    /// Sends these bytes again and again, slowly, until the client is gone.
    Flood(Vec<u8>),
    /// Waits for [`Peer::release`] of this request.
    Hold,
    /// Sends nothing more and waits until the client is gone.
    Silence,
    /// Ends the connection in order.
    Close,
    /// Resets the connection.
    Reset,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    /// 0 for the first that the peer received.
    pub number: usize,
    /// The connection on which it came, 0 for the first.
    pub connection: usize,
    pub bytes: Vec<u8>,
    /// Whether all of it was there at the first look.
    pub came_at_once: bool,
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
pub struct Peer {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    plan: Box<Plan>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    visitors: usize,
    requests: Vec<Request>,
    /// The numbers of the requests whose acts have been done.
    done: Vec<usize>,
    released: Vec<usize>,
    over: bool,
}

impl Peer {
    /// A peer that does with each request what `plan` says.
    pub fn start(plan: impl Fn(&Request) -> Vec<Act> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            plan: Box::new(plan),
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let accepting = thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        });
        Peer {
            address,
            shared,
            accepting: Some(accepting),
        }
    }

    /// A peer that does the same with every request.
    pub fn always(acts: Vec<Act>) -> Self {
        Peer::start(move |_| acts.clone())
    }

    /// A peer that sends the same bytes for every request.
    pub fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        Peer::always(vec![Act::Send(bytes.into())])
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
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
    pub fn visitors(&self) -> usize {
        let before = self.shared.lock().visitors;
        let _own = TcpStream::connect(self.address).expect("the peer listens");
        self.wait(|state| state.visitors > before);
        let mut state = self.shared.lock();
        state.visitors -= 1;
        state.visitors
    }

    fn wait(&self, reached: impl Fn(&State) -> bool) {
        self.shared.wait(reached);
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.shared.change(|state| state.over = true);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread of the peer panics")
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
            .expect("no thread of the peer panics");
        drop(state);
        assert!(!timeout.timed_out(), "what was waited for did not happen");
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for (connection, stream) in listener.incoming().flatten().enumerate() {
        if shared.lock().over {
            return;
        }
        shared.change(|state| state.visitors += 1);
        let shared = Arc::clone(shared);
        thread::spawn(move || serve(stream, connection, &shared));
    }
}

fn serve(mut stream: TcpStream, connection: usize, shared: &Shared) {
    let _ = stream.set_nodelay(true);
    while let Some((bytes, came_at_once)) = peek_request(&stream) {
        let length = bytes.len();
        let request = shared.change(|state| {
            let request = Request {
                number: state.requests.len(),
                connection,
                bytes,
                came_at_once,
            };
            state.requests.push(request.clone());
            request
        });
        let acts = (shared.plan)(&request);
        // Closing a socket with a byte unread makes the system send a reset.
        let unread = usize::from(acts.iter().any(|act| matches!(act, Act::Reset)));
        let _ = stream.read_exact(&mut vec![0; length - unread]);
        let goes_on = acts
            .into_iter()
            .all(|act| perform(act, request.number, &mut stream, shared));
        if !goes_on {
            drop(stream);
            return shared.change(|state| state.done.push(request.number));
        }
        shared.change(|state| state.done.push(request.number));
    }
}

/// Does one act; `false` if it ends the connection.
fn perform(act: Act, request: usize, stream: &mut TcpStream, shared: &Shared) -> bool {
    match act {
        Act::Send(bytes) => stream.write_all(&bytes).is_ok(),
        Act::Drip(bytes) => bytes.iter().all(|byte| drip(stream, &[*byte])),
        Act::Flood(bytes) => {
            while drip(stream, &bytes) {}
            false
        }
        Act::Hold => {
            shared.wait(|state| state.released.contains(&request));
            true
        }
        Act::Silence => {
            while stream.read(&mut [0; 64]).is_ok_and(|count| count > 0) {}
            false
        }
        Act::Close | Act::Reset => false,
    }
}

/// Sends bytes as a packet of their own.
fn drip(stream: &mut TcpStream, bytes: &[u8]) -> bool {
    thread::sleep(Duration::from_millis(1));
    stream.write_all(bytes).is_ok()
}

/// Waits for a whole request and leaves it in the socket; `None` once the client is gone.
fn peek_request(stream: &TcpStream) -> Option<(Vec<u8>, bool)> {
    let mut buffer = vec![0; 256 * 1024];
    let mut came_at_once = true;
    loop {
        let count = stream.peek(&mut buffer).ok().filter(|&count| count > 0)?;
        if let Some(length) = request_length(&buffer[..count]) {
            buffer.truncate(length);
            return Some((buffer, came_at_once));
        }
        came_at_once = false;
        thread::sleep(Duration::from_millis(1));
    }
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
