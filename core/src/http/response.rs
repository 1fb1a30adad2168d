//! A response, and the parser that puts it together from the bytes as they arrive. Pure.

use super::body::BodyReader;
use super::error::Cause;
use super::head::{Head, HeadReader, Headers};
use crate::secret::SecretBytes;

/// A complete response.
pub(crate) struct Response {
    pub status: u16,
    pub headers: Headers,
    pub body: SecretBytes,
    /// As in [`Head`].
    pub date: Option<i64>,
    /// Whether the request had been sent before, over a connection that failed without a response.
    pub is_retry: bool,
}

/// Parses one response.
pub(super) struct ResponseReader {
    head: HeadReader,
    /// The head, once it is complete, and its body.
    body: Option<(Head, BodyReader)>,
    max_body: usize,
    status: Option<u16>,
}

impl ResponseReader {
    /// A reader for the response of a request with this method, with a body of at most `max_body` bytes.
    pub fn new(method: &str, max_body: usize) -> Self {
        ResponseReader {
            head: HeadReader::new(method),
            body: None,
            max_body,
            status: None,
        }
    }

    /// Consumes what it needs from the front of `input`. Returns whether the response is complete; otherwise call it
    /// again with more bytes.
    pub fn read(&mut self, input: &mut SecretBytes) -> Result<bool, Cause> {
        if self.body.is_none() {
            self.read_head(input)?;
        }
        let Some((_, body)) = &mut self.body else {
            return Ok(false);
        };
        let used = body.read(input.as_slice())?;
        input.consume(used);
        Ok(body.is_complete())
    }

    fn read_head(&mut self, input: &mut SecretBytes) -> Result<(), Cause> {
        let (used, head) = self.head.read(input.as_slice()).map_err(|error| {
            self.status = error.progress.http_status;
            error.cause
        })?;
        input.consume(used);
        if let Some(head) = head {
            self.status = Some(head.status);
            let body = BodyReader::new(head.framing, self.max_body)?;
            self.body = Some((head, body));
        }
        Ok(())
    }

    /// The status of the response, once it is known.
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// Whether the end of the connection completes the response.
    pub fn ends_with_connection(&self) -> bool {
        let body = self.body.as_ref();
        body.is_some_and(|(_, body)| body.ends_with_connection())
    }

    /// Returns the response, and whether its connection may stay open; `None` before the end of its head.
    pub fn into_response(self) -> Option<(Response, bool)> {
        let (head, body) = self.body?;
        let response = Response {
            status: head.status,
            headers: head.headers,
            body: body.into_body(),
            date: head.date,
            is_retry: false,
        };
        Some((response, head.keep_alive))
    }
}
