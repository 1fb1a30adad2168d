//! One open connection, plain or TLS, with non-blocking reads and writes.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use rustls::{AlertDescription, ClientConnection, ProtocolVersion};

use super::tls_error;
use crate::fork::ProcessSocket;

/// The most TLS reads in one read. A peer may send TLS protocol messages without end: the caller checks its deadline
/// between reads.
const TLS_READS_MAX: usize = 16;

/// An open connection. Its socket is non-blocking.
pub(super) struct Connection {
    socket: ProcessSocket,
    tls: Option<Box<ClientConnection>>,
    /// See [`Connection::may_have_buffered`].
    buffered: bool,
    /// Whether the server has sent data over TLS, so that its side of the handshake is complete.
    is_accepted: bool,
    /// An error of TLS, to be returned after the data received before it.
    failure: Option<io::Error>,
}

impl Connection {
    /// A connection over a connected, non-blocking socket. The handshake of `tls` is complete.
    pub fn new(socket: ProcessSocket, tls: Option<Box<ClientConnection>>) -> Self {
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

    /// Writes some of `bytes` and returns how many. Over TLS they may be queued: see [`Connection::flush`].
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.tls {
            None => retry_interrupted(|| current(&self.socket)?.write(bytes)),
            Some(tls) => tls.writer().write(bytes),
        }
    }

    /// Sends queued bytes. Returns `true` once none are queued.
    pub fn flush(&mut self) -> io::Result<bool> {
        let Some(tls) = &mut self.tls else {
            return Ok(true);
        };
        while tls.wants_write() {
            match retry_interrupted(|| tls.write_tls(&mut NoSignal(current(&self.socket)?))) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                other => other?,
            };
        }
        Ok(true)
    }

    /// Whether TLS may hold data that has been received already, for which the socket does not become ready.
    pub fn may_have_buffered(&self) -> bool {
        self.buffered
    }

    /// Reads some bytes. Returns 0 at an orderly end (over TLS: close_notify) and `UnexpectedEof` at any other. An error
    /// of TLS contains a [`rustls::Error`]. After `WouldBlock` the socket may be ready at once.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let result = self.read_some(buffer);
        let is_full = result.as_ref().is_ok_and(|&count| count == buffer.len());
        self.buffered = self.tls.is_some() && is_full || self.failure.is_some();
        self.is_accepted |= matches!(result, Ok(1..));
        result
    }

    /// Whether this alert proves that the server rejected the connection and received no request over it: in TLS 1.3
    /// the server completes the handshake after the client.
    pub fn is_rejected_by(&self, alert: AlertDescription) -> bool {
        let version = self.tls.as_ref().and_then(|tls| tls.protocol_version());
        version == Some(ProtocolVersion::TLSv1_3)
            && !self.is_accepted
            && tls_error::ends_handshake(alert)
    }

    fn read_some(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else {
            return retry_interrupted(|| current(&self.socket)?.read(buffer));
        };
        for _ in 0..TLS_READS_MAX {
            match tls.reader().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                other => return other,
            }
            if let Some(error) = self.failure.take() {
                return Err(error);
            }
            match receive(tls, &self.socket) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Err(error),
                // Data received before the error is returned first.
                Err(error) => self.failure = Some(error),
                Ok(_) => {}
            }
        }
        tls.reader().read(buffer)
    }

    /// Whether an unused connection is open and has received nothing. TLS protocol messages, such as session tickets, are
    /// processed.
    pub fn is_idle(&mut self) -> bool {
        matches!(self.read(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }
}

impl Drop for Connection {
    /// Sends close_notify over TLS, but not in the child of a fork. Errors are ignored.
    fn drop(&mut self) {
        if let Some(tls) = self
            .tls
            .as_mut()
            .filter(|_| self.socket.is_current_process())
        {
            tls.send_close_notify();
            let _ = self.flush();
        }
    }
}

/// Returns the socket. Fails in a child that a signal handler forked during the call: the descriptor is closed there,
/// and may be another file.
fn current(socket: &ProcessSocket) -> io::Result<&TcpStream> {
    if socket.is_current_process() {
        Ok(socket.get())
    } else {
        Err(io::ErrorKind::NotConnected.into())
    }
}

/// Receives and decrypts TLS records. Returns how many bytes of plaintext are ready; at least 1 at the end of the
/// connection, so that the caller reads it.
fn receive(tls: &mut ClientConnection, socket: &ProcessSocket) -> io::Result<usize> {
    let ended = retry_interrupted(|| tls.read_tls(&mut current(socket)?))? == 0;
    let state = tls.process_new_packets().map_err(io::Error::other)?;
    Ok(state
        .plaintext_bytes_to_read()
        .max(usize::from(ended || state.peer_has_closed())))
}

/// Writes to a socket without SIGPIPE, which would terminate a C program: the standard library's `write` disables it,
/// its `write_vectored` does not.
pub(super) struct NoSignal<'a>(pub &'a TcpStream);

impl Write for NoSignal<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Restarts a system call that a signal interrupts.
fn retry_interrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
