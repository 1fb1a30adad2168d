//! The bytes of an answer, whole and in pieces.

use super::whole::whole;
use crate::http::pieces::{Read, read};

/// The largest body that is accepted.
const BODY_MAX: usize = 512;

/// Reads an answer. The bytes of the first line say how long its pieces are, by turns, and the first of them
/// whether the connection ends after it.
pub fn answer(data: &[u8]) {
    let end = data.iter().position(|&b| b == b'\n').unwrap_or(data.len());
    let (lengths, bytes) = (&data[..end], data.get(end + 1..).unwrap_or_default());
    let ended = lengths.first().is_some_and(|length| length % 2 == 1);

    let at_once = read(&mut [bytes].into_iter(), ended, BODY_MAX);
    let mut pieces = pieces(lengths, bytes).into_iter();
    let in_pieces = read(&mut pieces, ended, BODY_MAX).map(|read| {
        let untaken: usize = pieces.map(<[u8]>::len).sum();
        read.map(|read| Read {
            left: read.left + untaken,
            ..read
        })
    });
    assert_eq!(at_once, in_pieces);

    let expected = whole(bytes, ended, BODY_MAX).map(|whole| Read {
        status: whole.status,
        left: bytes.len() - whole.used,
        body: whole.body,
        keep_alive: whole.keep_alive,
    });
    assert_eq!(at_once.unwrap_or_default(), expected);
}

fn pieces<'a>(lengths: &[u8], bytes: &'a [u8]) -> Vec<&'a [u8]> {
    let (mut pieces, mut rest) = (Vec::new(), bytes);
    for &length in lengths.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, after) = rest.split_at(rest.len().min(usize::from(length) + 1));
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}
