//! One open connection, plain or TLS, read and written without blocking.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use rustls::{AlertDescription, ClientConnection, ProtocolVersion};

use super::tls_error;
use crate::fork::OwnSocket;

/// How often one reading takes in what came over TLS. A peer may send TLS's own messages without end: whoever
/// reads has to look at its deadline in between.
const TURNS_MAX: usize = 16;

/// An open connection. Its socket does not block.
pub(super) struct Connection {
    socket: OwnSocket,
    tls: Option<Box<ClientConnection>>,
    /// See [`Connection::may_have_buffered`].
    buffered: bool,
    /// Whether the server has sent data over TLS: its handshake is over, too.
    is_accepted: bool,
    /// What TLS failed of, for the read after what came before it.
    failure: Option<io::Error>,
}

impl Connection {
    /// A connection over a socket that is connected, does not block and, with `tls`, has ended its
    /// handshake.
    pub fn new(socket: OwnSocket, tls: Option<Box<ClientConnection>>) -> Self {
        Connection {
            socket,
            tls,
            buffered: false,
            is_accepted: false,
            failure: None,
        }
    }

    /// The socket, to wait on.
    pub fn socket(&self) -> &TcpStream {
        self.socket.get()
    }

    /// Takes some of `bytes` to be sent and gives how many. With TLS they may stay queued: see
    /// [`Connection::flush`].
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.tls {
            None => retry_interrupted(|| own(&self.socket)?.write(bytes)),
            Some(tls) => tls.writer().write(bytes),
        }
    }

    /// Sends what is queued: `true` once nothing is.
    pub fn flush(&mut self) -> io::Result<bool> {
        let Some(tls) = &mut self.tls else {
            return Ok(true);
        };
        while tls.wants_write() {
            match retry_interrupted(|| tls.write_tls(&mut NoSignal(own(&self.socket)?))) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                other => other?,
            };
        }
        Ok(true)
    }

    /// Whether TLS may hold something to read that was received already: the socket need not become ready
    /// for it.
    pub fn may_have_buffered(&self) -> bool {
        self.buffered
    }

    /// Reads some bytes; 0 is an orderly end (over TLS: close_notify), `UnexpectedEof` any other. An error of
    /// TLS holds a [`rustls::Error`]. After a `WouldBlock` the socket may be ready at once.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let result = self.read_some(buffer);
        let is_full = result.as_ref().is_ok_and(|&count| count == buffer.len());
        self.buffered = self.tls.is_some() && is_full || self.failure.is_some();
        self.is_accepted |= matches!(result, Ok(1..));
        result
    }

    /// Whether this alert shows that the server has rejected the connection, and so has taken no request over it:
    /// its end of a TLS 1.3 handshake comes after the client's.
    pub fn is_rejected_by(&self, alert: AlertDescription) -> bool {
        let version = self.tls.as_ref().and_then(|tls| tls.protocol_version());
        version == Some(ProtocolVersion::TLSv1_3)
            && !self.is_accepted
            && tls_error::ends_handshake(alert)
    }

    fn read_some(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else {
            return retry_interrupted(|| own(&self.socket)?.read(buffer));
        };
        for _ in 0..TURNS_MAX {
            match tls.reader().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                other => return other,
            }
            if let Some(error) = self.failure.take() {
                return Err(error);
            }
            match receive(tls, &self.socket) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Err(error),
                // What came before a record that is none counts all the same, and first.
                Err(error) => self.failure = Some(error),
                Ok(_) => {}
            }
        }
        tls.reader().read(buffer)
    }

    /// Whether a socket that is ready to be read holds something of an answer, or its end. TLS's own
    /// messages are taken in and are none.
    pub fn has_answer(&mut self) -> bool {
        let Some(tls) = &mut self.tls else {
            return true;
        };
        self.buffered = match receive(tls, &self.socket) {
            Ok(plain) => plain > 0,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => false,
            Err(error) => {
                self.failure = Some(error);
                true
            }
        };
        self.buffered
    }

    /// Whether a connection that should be silent is: open, and nothing came that was not asked for.
    /// TLS's own messages, such as session tickets, are taken in.
    pub fn is_quiet(&mut self) -> bool {
        matches!(self.read(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }
}

impl Drop for Connection {
    /// Says goodbye where TLS wants it, but not in the name of a parent process. Whether that arrives does
    /// not matter.
    fn drop(&mut self) {
        if let Some(tls) = self.tls.as_mut().filter(|_| self.socket.is_ours()) {
            tls.send_close_notify();
            let _ = self.flush();
        }
    }
}

/// The socket, unless a signal handler has forked during the call and this is the child: there the descriptor is
/// closed, and may be another file by now.
fn own(socket: &OwnSocket) -> io::Result<&TcpStream> {
    if socket.is_ours() {
        Ok(socket.get())
    } else {
        Err(io::ErrorKind::NotConnected.into())
    }
}

/// Takes in what came over TLS: how many bytes of it are plain text to be read. 0 bytes from the socket,
/// its end, count as one, so that a reader looks.
fn receive(tls: &mut ClientConnection, socket: &OwnSocket) -> io::Result<usize> {
    let ended = retry_interrupted(|| tls.read_tls(&mut own(socket)?))? == 0;
    let state = tls.process_new_packets().map_err(io::Error::other)?;
    Ok(state
        .plaintext_bytes_to_read()
        .max(usize::from(ended || state.peer_has_closed())))
}

/// Writes to a socket without SIGPIPE, which would end a C program: the standard library's `write` asks
/// the system for that, its `write_vectored` does not.
pub(super) struct NoSignal<'a>(pub &'a TcpStream);

impl Write for NoSignal<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs a system call again while a signal interrupts it.
fn retry_interrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
