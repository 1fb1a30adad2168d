//! Parses a response that arrives in parts, as an exchange does but without a socket. For the fuzzers.

use super::body::BodyReader;
use super::error::Cause;
use super::head::HeadReader;
use crate::secret::SecretBytes;

/// Status, body, whether the connection stays open, and the number of bytes after the response.
type Parsed = (u16, Vec<u8>, bool, usize);

/// Parses a response with a body of at most `max` bytes; `None` if it is incomplete. Takes no more parts than it
/// needs. `closed` means that the server closes the connection after the last part.
pub fn parse_response(
    parts: &mut dyn Iterator<Item = &[u8]>,
    closed: bool,
    max: usize,
) -> Result<Option<Parsed>, String> {
    let (mut input, mut reader) = (SecretBytes::default(), HeadReader::default());
    let head = loop {
        let Some(part) = parts.next() else {
            return Ok(None);
        };
        input.push(part);
        let head = reader.read(input.as_slice());
        let (used, head) = head.map_err(|error| debug(error.cause))?;
        input.consume(used);
        if let Some(head) = head {
            break head;
        }
    };
    let mut reader = BodyReader::new(head.framing, max).map_err(debug)?;
    loop {
        let used = reader.read(input.as_slice()).map_err(debug)?;
        input.consume(used);
        if reader.is_complete() {
            break;
        }
        let Some(part) = parts.next() else {
            if closed && reader.ends_with_connection() {
                break;
            }
            return Ok(None);
        };
        input.push(part);
    }
    let body = reader.into_body().as_slice().into();
    Ok(Some((head.status, body, head.keep_alive, input.len())))
}

fn debug(cause: Cause) -> String {
    format!("{cause:?}")
}
