//! One request and its answer over one connection.

use std::io;

use super::body::BodyReader;
use super::connection::Connection;
use super::deadline::Until;
use super::head::{Head, HeadReader};
use super::wait::{Interest, Ready, left, wait};
use super::{Failure, FailureKind, Response, tls_error};
use crate::secret::SecretBytes;

/// How many bytes are read at a time.
const READ_SIZE: usize = 2048;

/// What was going on when a deadline passed or a call was stopped.
const READING: &str = "waiting for the response";

/// Sends `request` over `connection` and reads the answer, with a body of at most `max_body` bytes.
/// Also says whether the connection may carry another request.
pub(super) fn exchange(
    connection: &mut Connection,
    request: &[u8],
    max_body: usize,
    until: Until<'_>,
) -> Result<(Response, bool), Failure> {
    let mut exchange = Exchange {
        connection,
        until,
        sent: false,
        answer_began: false,
        rejected: false,
        broke: false,
        http_status: None,
        input: SecretBytes::default(),
    };
    let outcome = exchange.run(request, max_body);
    outcome.map_err(|kind| Failure {
        kind,
        sent: exchange.sent,
        answer_began: exchange.answer_began,
        rejected: exchange.rejected,
        http_status: exchange.http_status,
    })
}

struct Exchange<'a> {
    connection: &'a mut Connection,
    until: Until<'a>,
    sent: bool,
    answer_began: bool,
    rejected: bool,
    /// Whether sending failed. The system tells of that once: what is read afterwards ends as if in order.
    broke: bool,
    http_status: Option<u16>,
    /// What came and is not yet used.
    input: SecretBytes,
}

impl Exchange<'_> {
    fn run(&mut self, request: &[u8], max_body: usize) -> Result<(Response, bool), FailureKind> {
        let all_sent = self.send(request)?;
        let head = self.read_head()?;
        self.http_status = Some(head.status);
        let body = self.read_body(&head, max_body)?;
        let reusable = all_sent && head.keep_alive && self.input.len() == 0;
        let Head {
            status,
            content_type,
            retry_after,
            ..
        } = head;
        Ok((
            Response {
                status,
                content_type,
                retry_after,
                body,
                sent_before: false,
            },
            reusable,
        ))
    }

    /// Sends the request. `false` if the peer answered or closed before it was all sent: then what it
    /// said is worth more than the rest of the request.
    fn send(&mut self, request: &[u8]) -> Result<bool, FailureKind> {
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
                    self.broke = true;
                    return Ok(false);
                }
            }
            if self.wait(Interest::ReadOrWrite, "sending the request")? == Ready::Read
                && self.connection.has_answer()
            {
                return Ok(false);
            }
        }
    }

    /// Writes some of `bytes`: how many were taken, and whether all taken so far have gone out.
    fn write(&mut self, bytes: &[u8]) -> io::Result<(usize, bool)> {
        let count = if bytes.is_empty() {
            0
        } else {
            self.connection.write(bytes)?
        };
        self.sent |= count > 0;
        Ok((count, self.connection.flush()?))
    }

    fn read_head(&mut self) -> Result<Head, FailureKind> {
        let mut reader = HeadReader::default();
        loop {
            if self.fill()? == 0 {
                return Err(FailureKind::ConnectionLost);
            }
            let (used, head) = reader.read(self.input.as_slice()).map_err(|refusal| {
                self.http_status = refusal.http_status;
                refusal.kind
            })?;
            self.input.consume(used);
            if let Some(head) = head {
                return Ok(head);
            }
        }
    }

    fn read_body(&mut self, head: &Head, max_body: usize) -> Result<SecretBytes, FailureKind> {
        let mut reader = BodyReader::new(head.framing, max_body)?;
        loop {
            let used = reader.read(self.input.as_slice())?;
            self.input.consume(used);
            if reader.is_complete() {
                return Ok(reader.into_body());
            }
            if self.fill()? == 0 {
                return if reader.ends_with_connection() && !self.broke {
                    Ok(reader.into_body())
                } else {
                    Err(FailureKind::ConnectionLost)
                };
            }
        }
    }

    /// Waits for bytes and adds them to the input: how many came, 0 at an orderly end.
    fn fill(&mut self) -> Result<usize, FailureKind> {
        let held = self.input.len();
        loop {
            self.wait_for_bytes()?;
            self.input.resize(held + READ_SIZE);
            let result = self.connection.read(&mut self.input.as_mut_slice()[held..]);
            let count = *result.as_ref().unwrap_or(&0);
            self.input.resize(held + count);
            self.answer_began |= count > 0;
            match result {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                other => return other.map_err(|error| self.broken(&error)),
            }
        }
    }

    /// Why reading failed. Before the first byte of a response TLS says more than that the connection ended.
    fn broken(&mut self, error: &io::Error) -> FailureKind {
        let inner = error.get_ref();
        match inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(error) if !self.answer_began => {
                self.rejected = matches!(
                    error,
                    rustls::Error::AlertReceived(alert) if self.connection.is_rejected_by(*alert)
                );
                tls_error::failure(error)
            }
            _ => FailureKind::ConnectionLost,
        }
    }

    /// Waits until reading may give something. The deadline and a stop are looked at in any case.
    fn wait_for_bytes(&self) -> Result<(), FailureKind> {
        if self.connection.may_have_buffered() {
            let looked = left(self.until).map(drop);
            return looked.map_err(|ended| ended.during(READING));
        }
        self.wait(Interest::Read, READING).map(drop)
    }

    fn wait(&self, interest: Interest, doing: &'static str) -> Result<Ready, FailureKind> {
        wait(self.connection.socket(), interest, self.until).map_err(|ended| ended.during(doing))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{Ipv4Addr, TcpListener, TcpStream};
    use std::time::Duration;

    use super::*;
    use crate::fork::OwnSocket;
    use crate::http::Waker;
    use crate::http::deadline::Deadline;

    #[test]
    fn a_reset_that_sending_met_is_no_orderly_end_of_a_body() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let [socket] = OwnSocket::open(|| {
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
        let until = Until {
            deadline: Deadline::after(Duration::from_secs(60)),
            waker: &waker,
            hook: None,
        };
        let mut connection = Connection::new(socket, None);
        let ended = exchange(&mut connection, b"POST / HTTP/1.1\r\n\r\n", 100, until);
        let kind = ended.err().map(|failure| failure.kind);
        assert_eq!(kind, Some(FailureKind::ConnectionLost));
    }
}
