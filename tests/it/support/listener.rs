//! A port of our own. Each connection is served by a thread of its own; all have ended once the listener is
//! dropped.

use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};

/// A listener on a free port of the loopback.
pub struct Listener {
    address: SocketAddr,
    over: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Listener {
    /// Begins to listen. `serve` gets each connection and its number, 0 for the first; `accepted` the
    /// number alone, before the next connection is taken.
    pub fn start(
        accepted: impl Fn(usize) + Send + 'static,
        serve: impl Fn(Arc<TcpStream>, usize) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let over = Arc::new(AtomicBool::new(false));
        let accepting = thread::spawn({
            let (over, serve) = (Arc::clone(&over), Arc::new(serve));
            move || {
                let mut served = Vec::new();
                for (number, stream) in listener.incoming().flatten().enumerate() {
                    if over.load(Ordering::SeqCst) {
                        break;
                    }
                    accepted(number);
                    served.push(Served::begin(stream, number, Arc::clone(&serve)));
                }
                served.into_iter().for_each(Served::end);
            }
        });
        Listener {
            address,
            over,
            accepting: Some(accepting),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

/// A connection that is served. The thread alone holds it, so that it is closed when the thread wants.
struct Served {
    stream: Weak<TcpStream>,
    thread: JoinHandle<()>,
}

impl Served {
    fn begin(
        stream: TcpStream,
        number: usize,
        serve: Arc<impl Fn(Arc<TcpStream>, usize) + Send + Sync + 'static>,
    ) -> Self {
        let _ = stream.set_nodelay(true);
        let stream = Arc::new(stream);
        Served {
            stream: Arc::downgrade(&stream),
            thread: thread::spawn(move || serve(stream, number)),
        }
    }

    fn end(self) {
        if let Some(stream) = self.stream.upgrade() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        let _ = self.thread.join();
    }
}

/// Makes the end of this socket a reset.
pub fn reset_at_end(stream: &TcpStream) {
    let at_once = Some(std::time::Duration::ZERO);
    let _ = socket2::SockRef::from(stream).set_linger(at_once);
}
