//! The bytes of a response, at once and in parts.

use bosauth::fuzzing::parse_response;

use super::http;

/// The size limit of a body.
const BODY_MAX: usize = 512;

/// Parses a response. The bytes of the first line are the lengths of its parts, used in turn. An odd first one means
/// that the server closes the connection.
pub fn response(data: &[u8]) {
    let end = data.iter().position(|&b| b == b'\n').unwrap_or(data.len());
    let (lengths, bytes) = (&data[..end], data.get(end + 1..).unwrap_or_default());
    let closed = lengths.first().is_some_and(|length| length % 2 == 1);

    for method in ["POST", "HEAD"] {
        check(method, lengths, bytes, closed);
    }
}

fn check(method: &str, lengths: &[u8], bytes: &[u8], closed: bool) {
    let at_once = parse_response(method, &mut [bytes].into_iter(), closed, BODY_MAX);
    let mut parts = parts(lengths, bytes).into_iter();
    let in_parts = parse_response(method, &mut parts, closed, BODY_MAX).map(|response| {
        let unread: usize = parts.map(<[u8]>::len).sum();
        response.map(|(status, body, keep_alive, rest)| (status, body, keep_alive, rest + unread))
    });
    assert_eq!(at_once, in_parts);

    let expected = http::parse(method, bytes, closed, BODY_MAX).map(|response| {
        let rest = bytes.len() - response.length;
        (response.status, response.body, response.keep_alive, rest)
    });
    assert_eq!(at_once.unwrap_or_default(), expected);
}

fn parts<'a>(lengths: &[u8], bytes: &'a [u8]) -> Vec<&'a [u8]> {
    let (mut parts, mut rest) = (Vec::new(), bytes);
    for &length in lengths.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (part, after) = rest.split_at(rest.len().min(usize::from(length) + 1));
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    parts
}
