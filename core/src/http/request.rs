//! A request and its serialization: head and body in one buffer, for one write.

use crate::secret::SecretBytes;

/// A request. Names and values have been validated; nothing is escaped here.
pub(crate) struct Request<'a> {
    pub method: &'static str,
    /// Path and query.
    pub target: &'a str,
    /// The value of the Host header.
    pub host: &'a str,
    pub headers: Vec<(&'a str, &'a str)>,
    pub body: &'a [u8],
    /// Whether sending it twice has the effect of sending it once.
    pub idempotent: bool,
}

impl Request<'_> {
    /// Serializes the request.
    pub fn to_bytes(&self) -> SecretBytes {
        let length = self.body.len().to_string();
        let line = [
            self.method,
            " ",
            self.target,
            " HTTP/1.1\r\nHost: ",
            self.host,
            "\r\nContent-Length: ",
            &length,
            "\r\n",
        ];
        let headers = self
            .headers
            .iter()
            .flat_map(|&(name, value)| [name, ": ", value, "\r\n"]);
        let head = || line.iter().copied().chain(headers.clone()).chain(["\r\n"]);

        let size = head().map(str::len).sum::<usize>() + self.body.len();
        let mut bytes = SecretBytes::with_capacity(size);
        head().for_each(|part| bytes.push(part.as_bytes()));
        bytes.push(self.body);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_and_body_are_one_buffer() {
        let request = Request {
            method: "POST",
            target: "/api?x=1",
            host: "localhost:80",
            headers: vec![("User-Agent", "bosauth"), ("X-A", "")],
            body: b"{}",
            idempotent: false,
        };
        let expected = "POST /api?x=1 HTTP/1.1\r\nHost: localhost:80\r\nContent-Length: 2\r\nUser-Agent: bosauth\r\nX-A: \r\n\r\n{}";
        assert_eq!(request.to_bytes().as_slice(), expected.as_bytes());
    }
}
