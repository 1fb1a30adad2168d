//! One request and its response over one connection.

use std::io;

use super::connection::Connection;
use super::error::{Cause, NetworkError, Progress};
use super::limits::Limits;
use super::response::{Response, ResponseReader};
use super::tls_error;
use super::wait::{READ, WRITE, remaining_time, wait};
use crate::secret::SecretBytes;

/// How many bytes are read at a time.
const READ_SIZE: usize = 2048;

/// Sends `request` over `connection` and reads the response, with a body of at most `max_body` bytes. Also returns
/// whether the connection can be reused.
pub(super) fn exchange(
    connection: &mut Connection,
    request: &[u8],
    max_body: usize,
    limits: Limits<'_>,
) -> Result<(Response, bool), NetworkError> {
    let mut exchange = Exchange {
        connection,
        limits: limits.during("waiting for the response"),
        progress: Progress::default(),
        send_failed: false,
        input: SecretBytes::default(),
    };
    let result = exchange.run(request, max_body);
    result.map_err(|cause| NetworkError {
        cause,
        progress: exchange.progress,
    })
}

struct Exchange<'a> {
    connection: &'a mut Connection,
    limits: Limits<'a>,
    progress: Progress,
    /// Whether sending failed. The system reports that once: a later read returns an orderly end.
    send_failed: bool,
    /// Bytes received and not yet consumed.
    input: SecretBytes,
}

impl Exchange<'_> {
    fn run(&mut self, request: &[u8], max_body: usize) -> Result<(Response, bool), Cause> {
        let all_sent = self.send(request)?;
        let mut reader = ResponseReader::new(max_body);
        while !self.read(&mut reader)? {}
        let (response, keep_alive) = reader.into_response().ok_or(Cause::ConnectionLost)?;
        let reusable = all_sent && keep_alive && self.input.len() == 0;
        Ok((response, reusable))
    }

    /// Sends the request. Returns `false` if the server responds or closes the connection before all is sent: the
    /// response takes precedence over the rest of the request.
    fn send(&mut self, request: &[u8]) -> Result<bool, Cause> {
        let limits = self.limits.during("sending the request");
        let mut written = 0;
        loop {
            match self.write(&request[written..]) {
                Ok((count, flushed)) => {
                    written += count;
                    if written == request.len() && flushed {
                        return Ok(true);
                    }
                    if count > 0 && flushed {
                        continue;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => {
                    self.send_failed = true;
                    return Ok(false);
                }
            }
            let is_readable = wait(self.connection.socket(), READ | WRITE, limits)?;
            if is_readable && self.connection.has_response() {
                return Ok(false);
            }
        }
    }

    /// Writes some of `bytes`. Returns how many were accepted, and whether all accepted so far have been sent.
    fn write(&mut self, bytes: &[u8]) -> io::Result<(usize, bool)> {
        let count = if bytes.is_empty() {
            0
        } else {
            self.connection.write(bytes)?
        };
        self.progress.sent |= count > 0;
        Ok((count, self.connection.flush()?))
    }

    /// Reads more of the response. Returns whether it is complete.
    fn read(&mut self, reader: &mut ResponseReader) -> Result<bool, Cause> {
        if self.receive()? == 0 {
            let is_complete = reader.ends_with_connection() && !self.send_failed;
            return is_complete.then_some(true).ok_or(Cause::ConnectionLost);
        }
        let result = reader.read(&mut self.input);
        self.progress.http_status = reader.status();
        result
    }

    /// Waits for bytes and appends them to the input. Returns how many; 0 at an orderly end.
    fn receive(&mut self) -> Result<usize, Cause> {
        let length = self.input.len();
        loop {
            self.wait_for_bytes()?;
            self.input.resize(length + READ_SIZE);
            let result = self
                .connection
                .read(&mut self.input.as_mut_slice()[length..]);
            let count = *result.as_ref().unwrap_or(&0);
            self.input.resize(length + count);
            self.progress.response_started |= count > 0;
            match result {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return result.map_err(|error| self.read_error(&error)),
            }
        }
    }

    /// The error of a failed read. Before the first byte of a response, an error of TLS is more specific than a lost
    /// connection.
    fn read_error(&mut self, error: &io::Error) -> Cause {
        let inner = error.get_ref();
        match inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(error) if !self.progress.response_started => {
                self.progress.rejected = matches!(
                    error,
                    rustls::Error::AlertReceived(alert) if self.connection.is_rejected_by(*alert)
                );
                tls_error::cause(error)
            }
            _ => Cause::ConnectionLost,
        }
    }

    /// Waits until a read may return bytes. Checks the limits in any case.
    fn wait_for_bytes(&self) -> Result<(), Cause> {
        if self.connection.may_have_buffered() {
            remaining_time(self.limits).map(drop)
        } else {
            wait(self.connection.socket(), READ, self.limits).map(drop)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{Ipv4Addr, TcpListener, TcpStream};
    use std::time::Duration;

    use super::*;
    use crate::fork::ProcessSocket;
    use crate::http::limits::Deadline;
    use crate::http::waker::Waker;

    #[test]
    fn reset_while_sending_is_not_the_end_of_a_body() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let [socket] = ProcessSocket::open(|| {
            let stream = TcpStream::connect(address)?;
            stream.set_nonblocking(true)?;
            Ok([stream])
        })
        .expect("a connection");
        let (mut peer, _) = listener.accept().expect("a connection");
        peer.write_all(b"HTTP/1.1 200 x\r\n\r\nabc").expect("room");
        socket2::SockRef::from(&peer)
            .set_linger(Some(Duration::ZERO))
            .expect("an option");
        drop(peer);
        let waker = Waker::new().expect("a descriptor");
        let limits = Limits {
            deadline: Deadline::after(Duration::from_secs(60)),
            waker: &waker,
            hook: None,
            phase: "",
        };
        let mut connection = Connection::new(socket, None);
        let result = exchange(&mut connection, b"POST / HTTP/1.1\r\n\r\n", 100, limits);
        let cause = result.err().map(|error| error.cause);
        assert_eq!(cause, Some(Cause::ConnectionLost));
    }
}
