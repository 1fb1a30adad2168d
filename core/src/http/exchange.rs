//! One request and its response over one connection.

use std::io;

use super::connection::Connection;
use super::error::{Cause, NetworkError, Progress};
use super::limits::Limits;
use super::request::Serialized;
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
    request: &Serialized<'_>,
    max_body: usize,
    limits: Limits<'_>,
) -> Result<(Response, bool), NetworkError> {
    let mut exchange = Exchange {
        connection,
        limits: limits.during("waiting for the response"),
        progress: Progress::default(),
        send_failed: false,
        input: SecretBytes::default(),
        reader: ResponseReader::new(request.method, max_body),
    };
    let result = exchange.run(request);
    let progress = exchange.progress;
    let failed = |cause| NetworkError { cause, progress };
    let reusable = result.map_err(failed)?;
    let response = exchange.reader.into_response();
    let (response, keep_alive) = response.ok_or_else(|| failed(Cause::ConnectionLost))?;
    Ok((response, reusable && keep_alive))
}

struct Exchange<'a> {
    connection: &'a mut Connection,
    limits: Limits<'a>,
    progress: Progress,
    /// Whether sending failed. The system reports that once: a later read returns an orderly end.
    send_failed: bool,
    /// Bytes received and not yet consumed.
    input: SecretBytes,
    reader: ResponseReader,
}

/// How sending a request ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    All,
    /// The server or the connection takes no more. A response may have been received.
    Part,
    /// The response was complete first.
    Responded,
}

impl Exchange<'_> {
    /// Returns whether the connection can be reused, as far as the request is concerned.
    fn run(&mut self, request: &Serialized<'_>) -> Result<bool, Cause> {
        let mut sent = self.send(request.start.as_slice())?;
        if sent == Sent::All && !request.rest.is_empty() {
            sent = self.send(request.rest)?;
        }
        if sent != Sent::Responded {
            while !self.read()? {}
        }
        Ok(sent == Sent::All && self.input.len() == 0)
    }

    /// Sends bytes of the request. Reads what the server responds meanwhile: it may reject a request before it has
    /// received all of it, and may not receive the rest before its response is read.
    fn send(&mut self, bytes: &[u8]) -> Result<Sent, Cause> {
        let limits = self.limits.during("sending the request");
        let mut written = 0;
        loop {
            match self.write(&bytes[written..]) {
                Ok((count, flushed)) => {
                    written += count;
                    if written == bytes.len() && flushed {
                        return Ok(Sent::All);
                    }
                    if count > 0 && flushed {
                        remaining_time(limits)?;
                        continue;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => {
                    self.send_failed = true;
                    return Ok(Sent::Part);
                }
            }
            let is_readable = wait(self.connection.socket(), READ | WRITE, limits)?;
            if is_readable && self.read_available()? {
                return Ok(Sent::Responded);
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
    fn read(&mut self) -> Result<bool, Cause> {
        loop {
            self.wait_for_bytes()?;
            if let Some(count) = self.receive()? {
                return self.parse(count);
            }
        }
    }

    /// Reads as much of the response as has arrived. Returns whether it is complete.
    fn read_available(&mut self) -> Result<bool, Cause> {
        while let Some(count) = self.receive()? {
            if self.parse(count)? {
                return Ok(true);
            }
            remaining_time(self.limits)?;
        }
        Ok(false)
    }

    /// Appends bytes that have arrived to the input. Returns how many, 0 at an orderly end; `None` if there are none
    /// yet.
    fn receive(&mut self) -> Result<Option<usize>, Cause> {
        let length = self.input.len();
        self.input.resize(length + READ_SIZE);
        let result = self
            .connection
            .read(&mut self.input.as_mut_slice()[length..]);
        let count = *result.as_ref().unwrap_or(&0);
        self.input.resize(length + count);
        self.progress.response_started |= count > 0;
        match result {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            result => result.map(Some).map_err(|error| self.read_error(&error)),
        }
    }

    /// Parses the input after `count` more bytes. Returns whether the response is complete.
    fn parse(&mut self, count: usize) -> Result<bool, Cause> {
        if count == 0 {
            let is_complete = self.reader.ends_with_connection() && !self.send_failed;
            return is_complete.then_some(true).ok_or(Cause::ConnectionLost);
        }
        let result = self.reader.read(&mut self.input);
        self.progress.http_status = self.reader.status();
        result
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
        let mut request = Serialized {
            method: "POST",
            start: SecretBytes::default(),
            rest: b"",
        };
        request.start.push(b"POST / HTTP/1.1\r\n\r\n");
        let result = exchange(&mut connection, &request, 100, limits);
        let cause = result.err().map(|error| error.cause);
        assert_eq!(cause, Some(Cause::ConnectionLost));
    }
}
