//! Parses a response that arrives in parts, as an exchange does but without a socket. For the fuzzers.

use super::response::ResponseReader;
use crate::secret::SecretBytes;

/// Status, body, whether the connection stays open, and the number of bytes after the response.
type Parsed = (u16, Vec<u8>, bool, usize);

/// Parses the response to a request with this method, with a body of at most `max` bytes; `None` if it is incomplete.
/// Takes no more parts than it needs. `closed` means that the server closes the connection after the last part.
pub fn parse_response(
    method: &str,
    parts: &mut dyn Iterator<Item = &[u8]>,
    closed: bool,
    max: usize,
) -> Result<Option<Parsed>, String> {
    let (mut input, mut reader) = (SecretBytes::default(), ResponseReader::new(method, max));
    let mut is_complete = false;
    while !is_complete {
        let Some(part) = parts.next() else {
            break;
        };
        input.push(part);
        is_complete = reader
            .read(&mut input)
            .map_err(|cause| format!("{cause:?}"))?;
    }
    let is_ended = closed && reader.ends_with_connection();
    if !(is_complete || is_ended) {
        return Ok(None);
    }
    let (response, keep_alive) = reader.into_response().expect("a complete response");
    let body = response.body.as_slice().into();
    Ok(Some((response.status, body, keep_alive, input.len())))
}
