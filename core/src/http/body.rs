//! The body of a response: delimited by its framing, up to a limit. Pure.

use super::error::Cause;
use super::head::Framing;
use crate::secret::SecretBytes;

/// The longest line of chunked framing: a chunk's size with its extensions, or a trailer field.
const LINE_MAX: usize = 4096;
/// The most trailer fields.
const TRAILERS_MAX: usize = 64;

/// Collects a body from the bytes as they arrive.
pub(super) struct BodyReader {
    body: SecretBytes,
    max: usize,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Remaining bytes of a body with Content-Length.
    Length(usize),
    UntilClose,
    ChunkSize,
    /// Remaining bytes of a chunk.
    ChunkData(usize),
    ChunkEnd,
    /// The trailer fields so far.
    Trailers(usize),
    Complete,
}

impl BodyReader {
    /// A reader for a body with this framing, of at most `max` bytes.
    pub fn new(framing: Framing, max: usize) -> Result<Self, Cause> {
        let (state, capacity) = match framing {
            Framing::Length(0) => (State::Complete, 0),
            Framing::Length(length) => (State::Length(within(length, max)?), length),
            Framing::Chunked => (State::ChunkSize, 0),
            Framing::UntilClose => (State::UntilClose, 0),
        };
        // The length may be wrong: memory is allocated as the bytes arrive.
        let body = SecretBytes::with_capacity(capacity.min(64 * 1024) as usize);
        Ok(BodyReader { body, max, state })
    }

    /// Consumes bytes from the front of `input`. Returns how many.
    pub fn read(&mut self, input: &[u8]) -> Result<usize, Cause> {
        let mut used = 0;
        loop {
            let step = self.step(&input[used..])?;
            used += step;
            if step == 0 {
                return Ok(used);
            }
        }
    }

    fn step(&mut self, input: &[u8]) -> Result<usize, Cause> {
        match self.state {
            State::Complete => Ok(0),
            State::UntilClose => {
                within((self.body.len() + input.len()) as u64, self.max)?;
                self.body.push(input);
                Ok(input.len())
            }
            State::Length(remaining) => {
                Ok(self.take(input, remaining, State::Length, State::Complete))
            }
            State::ChunkData(remaining) => {
                Ok(self.take(input, remaining, State::ChunkData, State::ChunkEnd))
            }
            State::ChunkSize => self.chunk_size(input),
            State::ChunkEnd => self.chunk_end(input),
            State::Trailers(count) => self.trailer(input, count),
        }
    }

    /// Consumes up to `remaining` bytes of the body. The next state is `end` if none remain, else `rest` of those.
    fn take(
        &mut self,
        input: &[u8],
        remaining: usize,
        rest: fn(usize) -> State,
        end: State,
    ) -> usize {
        let taken = input.len().min(remaining);
        self.body.push(&input[..taken]);
        self.state = if taken == remaining {
            end
        } else {
            rest(remaining - taken)
        };
        taken
    }

    fn chunk_end(&mut self, input: &[u8]) -> Result<usize, Cause> {
        match line(input)? {
            Some(0) => {
                self.state = State::ChunkSize;
                Ok(2)
            }
            Some(_) => Err(Cause::InvalidResponse("a chunk longer than its size")),
            None => Ok(0),
        }
    }

    fn chunk_size(&mut self, input: &[u8]) -> Result<usize, Cause> {
        let Some(length) = line(input)? else {
            return Ok(0);
        };
        let malformed = Cause::InvalidResponse("a malformed chunk size");
        if !input[0].is_ascii_hexdigit() {
            return Err(malformed);
        }
        let Ok(httparse::Status::Complete((_, size))) =
            httparse::parse_chunk_size(&input[..length + 2])
        else {
            return Err(malformed);
        };
        let size = within(size, self.max - self.body.len())?;
        self.state = if size == 0 {
            State::Trailers(0)
        } else {
            State::ChunkData(size)
        };
        Ok(length + 2)
    }

    fn trailer(&mut self, input: &[u8], count: usize) -> Result<usize, Cause> {
        let Some(length) = line(input)? else {
            return Ok(0);
        };
        self.state = match (length, count) {
            (0, _) => State::Complete,
            (_, TRAILERS_MAX) => return Err(Cause::TooLarge("trailer")),
            _ => State::Trailers(count + 1),
        };
        Ok(length + 2)
    }

    /// Whether the body is complete.
    pub fn is_complete(&self) -> bool {
        self.state == State::Complete
    }

    /// Whether the end of the connection completes the body.
    pub fn ends_with_connection(&self) -> bool {
        self.state == State::UntilClose
    }

    /// Returns the body.
    pub fn into_body(self) -> SecretBytes {
        self.body
    }
}

/// Returns the length of the line at the front of `input`, without its CRLF; `None` if it is incomplete.
fn line(input: &[u8]) -> Result<Option<usize>, Cause> {
    let end = input.iter().position(|&b| b == b'\n');
    if end.unwrap_or(input.len()) > LINE_MAX {
        return Err(Cause::TooLarge("chunk line"));
    }
    match end {
        Some(end) if end > 0 && input[end - 1] == b'\r' => Ok(Some(end - 1)),
        Some(_) => Err(Cause::InvalidResponse("a chunk line without CR")),
        None => Ok(None),
    }
}

fn within(length: u64, max: usize) -> Result<usize, Cause> {
    usize::try_from(length)
        .ok()
        .filter(|&length| length <= max)
        .ok_or(Cause::TooLarge("body"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `input` in pieces of `piece` bytes. Returns the body, the bytes consumed, and whether it is complete.
    fn read(framing: Framing, input: &[u8], piece: usize) -> Result<(Vec<u8>, usize, bool), Cause> {
        let mut reader = BodyReader::new(framing, 16)?;
        let mut pending = Vec::new();
        let mut used = 0;
        for bytes in input.chunks(piece) {
            pending.extend_from_slice(bytes);
            let taken = reader.read(&pending)?;
            pending.drain(..taken);
            used += taken;
        }
        let complete = reader.is_complete();
        Ok((reader.into_body().as_slice().to_vec(), used, complete))
    }

    #[test]
    fn content_length_delimits_the_body() {
        assert_eq!(
            read(Framing::Length(3), b"abcdef", 2),
            Ok((b"abc".to_vec(), 3, true))
        );
        assert_eq!(
            read(Framing::Length(3), b"ab", 2),
            Ok((b"ab".to_vec(), 2, false))
        );
        assert_eq!(
            read(Framing::Length(0), b"ab", 2),
            Ok((Vec::new(), 0, true))
        );
        assert_eq!(
            read(Framing::Length(17), b"", 1),
            Err(Cause::TooLarge("body"))
        );
        assert_eq!(
            read(Framing::Length(u64::MAX), b"", 1),
            Err(Cause::TooLarge("body"))
        );
    }

    #[test]
    fn chunks_are_joined_in_pieces_of_any_size() {
        let input =
            b"3;ext=\"x\"\r\nabc\r\n02 \t\r\nde\r\n00 ; a = b;c\r\nTrailer: x\r\n\tfolded\r\n\r\nrest";
        for piece in 1..=input.len() {
            assert_eq!(
                read(Framing::Chunked, input, piece),
                Ok((b"abcde".to_vec(), input.len() - 4, true)),
                "pieces of {piece}"
            );
        }
    }

    #[test]
    fn malformed_chunks_are_rejected() {
        for input in [
            "\r\n",
            "x\r\n",
            "+1\r\na\r\n",
            "1\na",
            "1\r\nab\r\n",
            "1;\n\r\n",
            ";x\r\n",
            "ffffffffffffffff0\r\n",
            "0\r\nA\n",
        ] {
            assert!(
                matches!(
                    read(Framing::Chunked, input.as_bytes(), 1),
                    Err(Cause::InvalidResponse(_))
                ),
                "{input:?}"
            );
        }
        for input in ["11\r\n", "ffffffffffffffff\r\n"] {
            assert_eq!(
                read(Framing::Chunked, input.as_bytes(), 1),
                Err(Cause::TooLarge("body")),
                "{input:?}"
            );
        }
        let endless = format!("1;{}", "x".repeat(LINE_MAX));
        assert_eq!(
            read(Framing::Chunked, endless.as_bytes(), 512),
            Err(Cause::TooLarge("chunk line"))
        );
        let most = format!("0\r\n{}\r\n", "A: b\r\n".repeat(TRAILERS_MAX));
        let whole = read(Framing::Chunked, most.as_bytes(), 512);
        assert_eq!(whole, Ok((Vec::new(), most.len(), true)));
        let trailers = format!("0\r\n{}", "A: b\r\n".repeat(TRAILERS_MAX + 1));
        assert_eq!(
            read(Framing::Chunked, trailers.as_bytes(), 512),
            Err(Cause::TooLarge("trailer"))
        );
    }

    #[test]
    fn body_until_close_has_the_same_limit() {
        assert_eq!(
            read(Framing::UntilClose, b"abc", 1),
            Ok((b"abc".to_vec(), 3, false))
        );
        assert_eq!(
            read(Framing::UntilClose, &[b'a'; 17], 17),
            Err(Cause::TooLarge("body"))
        );
    }
}
