//! A TCP listener with a thread for each connection. All threads have returned once it is dropped.

use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};

/// A listener on a free port of localhost.
pub struct Listener {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Listener {
    /// Starts to listen. `serve` is called with each connection and its number, 0 for the first; `accepted` with the
    /// number, before the next connection is accepted.
    pub fn start(
        accepted: impl Fn(usize) + Send + 'static,
        serve: impl Fn(Arc<TcpStream>, usize) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let stopped = Arc::new(AtomicBool::new(false));
        let accepting = thread::spawn({
            let (stopped, serve) = (Arc::clone(&stopped), Arc::new(serve));
            move || {
                let mut served = Vec::new();
                for (number, stream) in listener.incoming().flatten().enumerate() {
                    if stopped.load(Ordering::SeqCst) {
                        break;
                    }
                    accepted(number);
                    served.push(Served::start(stream, number, Arc::clone(&serve)));
                }
                served.into_iter().for_each(Served::end);
            }
        });
        Listener {
            address,
            stopped,
            accepting: Some(accepting),
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the accepting thread.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

/// A connection that is served. Only its thread owns it, so that the thread can close it.
struct Served {
    stream: Weak<TcpStream>,
    thread: JoinHandle<()>,
}

impl Served {
    fn start(
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

/// Makes closing this socket a reset.
pub fn reset_on_close(stream: &TcpStream) {
    let at_once = Some(std::time::Duration::ZERO);
    let _ = socket2::SockRef::from(stream).set_linger(at_once);
}
