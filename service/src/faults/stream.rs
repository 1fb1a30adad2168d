//! Faults that no HTTP server can express: the connection is taken from it, and malformed bytes
//! are written.

use super::kind::{Fault, Kind};
use crate::body;
use axum::http::response::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;

/// A connection that a fault can take from the HTTP server. From then on the server's reads and
/// writes are pending forever.
#[derive(Clone)]
pub struct FaultStream(Arc<Mutex<Option<TcpStream>>>);

impl FaultStream {
    pub fn new(stream: TcpStream) -> Self {
        Self(Arc::new(Mutex::new(Some(stream))))
    }

    /// Sends `response` with the fault, and closes the connection. Fails if the client has
    /// disconnected.
    pub async fn send(&self, fault: Fault, response: Response) -> io::Result<()> {
        let number = fault.parameter.unwrap_or_default();
        let (head, body) = response.into_parts();
        let bytes = serialize(fault.kind, number, head, body::collect(body).await.to_vec());
        let Some(mut stream) = self.lock().take() else {
            return Ok(());
        };
        match fault.kind {
            Kind::Drip => drip(&mut stream, &bytes, number).await,
            Kind::Reset => {
                stream.write_all(&bytes).await?;
                stream.set_zero_linger()
            }
            _ => stream.write_all(&bytes).await,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<TcpStream>> {
        // A panic cannot leave it in an inconsistent state.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn poll<T>(&self, operation: impl FnOnce(Pin<&mut TcpStream>) -> Poll<T>) -> Poll<T> {
        match self.lock().as_mut() {
            Some(stream) => operation(Pin::new(stream)),
            None => Poll::Pending,
        }
    }
}

impl AsyncRead for FaultStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll(|stream| stream.poll_read(context, buffer))
    }
}

impl AsyncWrite for FaultStream {
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

/// Sends one byte at a time, with a pause between bytes.
async fn drip(stream: &mut TcpStream, bytes: &[u8], milliseconds: u64) -> io::Result<()> {
    let pause = Duration::from_millis(milliseconds);
    for (index, byte) in bytes.iter().enumerate() {
        if index > 0 {
            tokio::time::sleep(pause).await;
        }
        stream.write_all(&[*byte]).await?;
    }
    Ok(())
}

impl Fault {
    /// Whether the fault needs [`FaultStream::send`].
    pub fn is_below_http(self) -> bool {
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
}

/// Serializes a response with a fault. `number` is the fault's parameter.
fn serialize(kind: Kind, number: u64, mut head: Parts, mut body: Vec<u8>) -> Vec<u8> {
    let size = usize::try_from(number).unwrap_or(usize::MAX);
    let headers = &mut head.headers;
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    match kind {
        Kind::WrongLength => {
            headers.insert(header::CONTENT_LENGTH, number.into());
        }
        Kind::BadChunks => {
            headers.remove(header::CONTENT_LENGTH);
            headers.insert(
                header::TRANSFER_ENCODING,
                HeaderValue::from_static("chunked"),
            );
            body = [b"no size\r\n", &body[..], b"\r\n0\r\n\r\n"].concat();
        }
        _ => add_length(head.status, headers, body.len()),
    }
    let mut bytes = serialize_head(&head);
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

/// Adds `Content-Length`, unless the status forbids a body.
fn add_length(status: StatusCode, headers: &mut HeaderMap, length: usize) {
    if !matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        headers
            .entry(header::CONTENT_LENGTH)
            .or_insert_with(|| length.into());
    }
}

/// Returns a header name with upper-case initials: `Content-Type`.
fn title_case(name: &str) -> String {
    let mut is_initial = true;
    let title = name.chars().map(|c| {
        let c = if is_initial {
            c.to_ascii_uppercase()
        } else {
            c
        };
        is_initial = c == '-';
        c
    });
    title.collect()
}

/// Serializes a response head as hyper does.
fn serialize_head(head: &Parts) -> Vec<u8> {
    let reason = head.status.canonical_reason().unwrap_or_default();
    let mut bytes = format!("HTTP/1.1 {} {reason}\r\n", head.status.as_u16()).into_bytes();
    for (name, value) in &head.headers {
        let name = title_case(name.as_str());
        bytes.extend([name.as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend(b"\r\n");
    bytes
}
