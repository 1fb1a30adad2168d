//! Faults that no proper server can say: the connection is taken from it, and the bytes go out as
//! they should not.

use super::kinds::{Fault, Kind};
use super::whole;
use axum::http::response::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;

/// A connection as the server uses it, until a fault takes it away. From then on the server
/// hears nothing more from it and cannot say anything.
#[derive(Clone)]
pub struct Wire(Arc<Mutex<Option<TcpStream>>>);

impl Wire {
    /// The wire of a connection.
    pub fn new(stream: TcpStream) -> Self {
        Self(Arc::new(Mutex::new(Some(stream))))
    }

    /// Sends `answer` as the fault wants it, and closes the connection. An error is the client's
    /// leaving early.
    pub async fn play(&self, fault: Fault, answer: Response) -> io::Result<()> {
        let bytes = fault.bytes(answer).await;
        let Some(mut stream) = self.stream().take() else {
            return Ok(());
        };
        match fault.kind {
            Kind::Drip => drip(&mut stream, &bytes, fault.number.unwrap_or_default()).await,
            Kind::Reset => {
                stream.write_all(&bytes).await?;
                stream.set_zero_linger()
            }
            _ => stream.write_all(&bytes).await,
        }
    }

    fn stream(&self) -> MutexGuard<'_, Option<TcpStream>> {
        // No panic can leave it half taken.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does `work` with the stream; what has been taken away is never ready.
    fn poll<T>(&self, work: impl FnOnce(Pin<&mut TcpStream>) -> Poll<T>) -> Poll<T> {
        match self.stream().as_mut() {
            Some(stream) => work(Pin::new(stream)),
            None => Poll::Pending,
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll(|stream| stream.poll_read(context, buffer))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(|stream| stream.poll_write(context, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(|stream| stream.poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(|stream| stream.poll_shutdown(context))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll(|stream| stream.poll_write_vectored(context, pieces))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }
}

/// Sends byte after byte, with a pause before each one but the first.
async fn drip(stream: &mut TcpStream, bytes: &[u8], milliseconds: u64) -> io::Result<()> {
    let pause = Duration::from_millis(milliseconds);
    for (at, byte) in bytes.iter().enumerate() {
        if at > 0 {
            tokio::time::sleep(pause).await;
        }
        stream.write_all(&[*byte]).await?;
    }
    Ok(())
}

impl Fault {
    /// Whether it has to be played on the wire.
    pub fn is_on_the_wire(self) -> bool {
        matches!(
            self.kind,
            Kind::Drip
                | Kind::Reset
                | Kind::Close
                | Kind::Truncate
                | Kind::WrongLength
                | Kind::BadChunks
                | Kind::InterimFlood
        )
    }

    /// The bytes that go out in the place of `answer`.
    async fn bytes(self, answer: Response) -> Vec<u8> {
        let (head, body) = answer.into_parts();
        let body = whole(body).await;
        spoiled(self.kind, self.number.unwrap_or_default(), head, &body)
    }
}

/// An answer as its fault wants it; `number` is the fault's own.
fn spoiled(kind: Kind, number: u64, mut head: Parts, body: &Bytes) -> Vec<u8> {
    let size = usize::try_from(number).unwrap_or(usize::MAX);
    let says = &mut head.headers;
    says.insert(header::CONNECTION, HeaderValue::from_static("close"));
    let mut body = body.to_vec();
    match kind {
        Kind::WrongLength => {
            says.insert(header::CONTENT_LENGTH, number.into());
        }
        Kind::BadChunks => {
            says.remove(header::CONTENT_LENGTH);
            says.insert(
                header::TRANSFER_ENCODING,
                HeaderValue::from_static("chunked"),
            );
            body = [b"no size\r\n", &body[..], b"\r\n0\r\n\r\n"].concat();
        }
        _ => add_length(head.status, says, body.len()),
    }
    let mut bytes = written(&head);
    bytes.extend(body);
    match kind {
        Kind::Reset | Kind::Close => bytes.truncate(size),
        Kind::Truncate => bytes.truncate(bytes.len().saturating_sub(size)),
        Kind::InterimFlood => {
            bytes.splice(0..0, b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(size));
        }
        _ => {}
    }
    bytes
}

/// Adds the length of the body, if the answer is of a kind that may have one.
fn add_length(status: StatusCode, headers: &mut HeaderMap, length: usize) {
    let has_none = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if !has_none {
        headers
            .entry(header::CONTENT_LENGTH)
            .or_insert_with(|| length.into());
    }
}

/// The head of an answer, as the server would have written it.
fn written(head: &Parts) -> Vec<u8> {
    let reason = head.status.canonical_reason().unwrap_or_default();
    let mut bytes = format!("HTTP/1.1 {} {reason}\r\n", head.status.as_u16()).into_bytes();
    for (name, value) in &head.headers {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend(b"\r\n");
    bytes
}
