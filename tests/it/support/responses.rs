//! Answers of a server, to the byte.

use std::io::{self, Read, Write};
use std::net::TcpStream;

/// The field that says that a body is JSON.
pub const JSON: &str = "Content-Type: application/json\r\n";

/// A login's good answer.
pub const LOGIN: &str = r#"{"record":{"id":"r1"},"token":"e30.e30.bG9naW4"}"#;

/// The good answer to a bind or an unbind.
pub const NO_CONTENT: &str = "HTTP/1.1 204 No Content\r\n\r\n";

/// An answer with a body and its length.
pub fn response(status: &str, fields: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{fields}Content-Length: {length}\r\n\r\n{body}").into_bytes()
}

/// The protocol's own error.
pub fn api_error(status: u16, message: &str, data: &str) -> Vec<u8> {
    let body = format!(r#"{{"data":{data},"message":"{message}","status":{status}}}"#);
    response(&format!("{status} x"), JSON, &body)
}

/// Reads one request with a JSON body, and answers it.
pub fn respond_once(stream: &mut TcpStream, response: &[u8]) -> io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"}") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        request.push(byte[0]);
    }
    stream.write_all(response)
}
