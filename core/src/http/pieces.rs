//! Reads a response in pieces, as an exchange does but without a socket. For the fuzzers.

use super::body::BodyReader;
use super::error::{Cause, NetworkError};
use super::head::{Head, HeadReader};
use crate::secret::SecretBytes;

/// A complete response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Read {
    pub status: u16,
    pub body: Vec<u8>,
    /// How many bytes of the consumed pieces follow it.
    pub left: usize,
    pub keep_alive: bool,
}

/// Reads the response in `pieces`, with a body of at most `max` bytes. Returns `None` if it is incomplete; `ended` is
/// whether the connection has ended in order. Consumes no more pieces than needed.
pub(crate) fn read(
    pieces: &mut dyn Iterator<Item = &'_ [u8]>,
    ended: bool,
    max: usize,
) -> Result<Option<Read>, Cause> {
    let mut input = SecretBytes::default();
    let Some(head) = read_head(pieces, &mut input)? else {
        return Ok(None);
    };
    let mut reader = BodyReader::new(head.framing, max)?;
    loop {
        let used = reader.read(input.as_slice())?;
        input.consume(used);
        let next = if reader.is_complete() {
            None
        } else {
            pieces.next()
        };
        match next {
            Some(piece) => input.push(piece),
            None => break,
        }
    }
    let is_complete = reader.is_complete() || ended && reader.ends_with_connection();
    Ok(is_complete.then(|| Read {
        status: head.status,
        body: reader.into_body().as_slice().to_vec(),
        left: input.len(),
        keep_alive: head.keep_alive,
    }))
}

fn read_head(
    pieces: &mut dyn Iterator<Item = &'_ [u8]>,
    input: &mut SecretBytes,
) -> Result<Option<Head>, Cause> {
    let mut reader = HeadReader::default();
    for piece in pieces {
        input.push(piece);
        let (used, head) = reader
            .read(input.as_slice())
            .map_err(|error: NetworkError| error.cause)?;
        input.consume(used);
        if head.is_some() {
            return Ok(head);
        }
    }
    Ok(None)
}
