//! A request and its serialization: the head and a small body in one buffer, for one write.

use crate::secret::SecretBytes;

/// How many bytes of a body are copied behind the head. The rest is sent from the caller's memory.
const COPIED_MAX: usize = 16 * 1024;

/// Methods whose requests have no content, so that no Content-Length announces its absence (RFC 9110 section 8.6).
const WITHOUT_CONTENT: [&str; 4] = ["GET", "HEAD", "DELETE", "OPTIONS"];

/// A request. Names and values have been validated; nothing is escaped here.
pub(crate) struct Request<'a> {
    pub method: &'a str,
    /// Path and query.
    pub target: &'a str,
    /// The value of the Host header.
    pub host: &'a str,
    pub headers: Vec<(&'a str, &'a str)>,
    pub body: Option<&'a [u8]>,
    /// Whether sending it twice has the effect of sending it once.
    pub idempotent: bool,
}

/// A serialized request.
pub(crate) struct Serialized<'a> {
    pub method: &'a str,
    /// The head and the start of the body.
    pub start: SecretBytes,
    /// The rest of the body.
    pub rest: &'a [u8],
}

impl<'a> Request<'a> {
    /// Serializes the request.
    pub fn serialize(&self) -> Serialized<'a> {
        let body = self.body.unwrap_or_default();
        let (copied, rest) = body.split_at(body.len().min(COPIED_MAX));
        let line = [
            self.method,
            " ",
            self.target,
            " HTTP/1.1\r\nHost: ",
            self.host,
            "\r\n",
        ];
        let length = body.len().to_string();
        let length = ["Content-Length: ", &length, "\r\n"];
        let has_length = self.body.is_some() || !WITHOUT_CONTENT.contains(&self.method);
        let length = &length[..if has_length { length.len() } else { 0 }];
        let headers = self
            .headers
            .iter()
            .flat_map(|&(name, value)| [name, ": ", value, "\r\n"]);
        let line = || line.iter().chain(length).copied();
        let head = || line().chain(headers.clone()).chain(["\r\n"]);

        let size = head().map(str::len).sum::<usize>() + copied.len();
        let mut start = SecretBytes::with_capacity(size);
        head().for_each(|part| start.push(part.as_bytes()));
        start.push(copied);
        Serialized {
            method: self.method,
            start,
            rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request<'a>(method: &'a str, body: Option<&'a [u8]>) -> Request<'a> {
        Request {
            method,
            target: "/api?x=1",
            host: "localhost:80",
            headers: vec![("User-Agent", "bosauth"), ("X-A", "")],
            body,
            idempotent: false,
        }
    }

    #[test]
    fn head_and_small_body_are_one_buffer() {
        let request = request("POST", Some(b"{}"));
        let serialized = request.serialize();
        let expected = "POST /api?x=1 HTTP/1.1\r\nHost: localhost:80\r\nContent-Length: 2\r\nUser-Agent: bosauth\r\nX-A: \r\n\r\n{}";
        assert_eq!(serialized.start.as_slice(), expected.as_bytes());
        assert!(serialized.rest.is_empty());
    }

    #[test]
    fn rest_of_a_large_body_is_not_copied() {
        let body: Vec<u8> = (0..40_000).map(|at| at as u8).collect();
        let request = request("PUT", Some(&body));
        let Serialized { start, rest, .. } = request.serialize();
        assert!(start.len() < COPIED_MAX + 200);
        let sent = [start.as_slice(), rest].concat();
        assert!(sent.ends_with(&[b"\r\n\r\n", &*body].concat()));
    }

    #[test]
    fn absent_body_has_no_length_where_none_is_expected() {
        for (method, has_length) in [
            ("GET", false),
            ("HEAD", false),
            ("DELETE", false),
            ("OPTIONS", false),
            ("POST", true),
            ("PUT", true),
            ("PATCH", true),
            ("SEARCH", true),
        ] {
            let serialized = request(method, None).serialize();
            let head = String::from_utf8_lossy(serialized.start.as_slice());
            assert_eq!(head.contains("\r\nContent-Length: 0\r\n"), has_length);
            assert_eq!(head.contains("Content-Length"), has_length, "{head}");
        }
    }
}
