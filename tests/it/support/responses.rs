//! Responses of a server, byte by byte.

use std::io::{self, Read, Write};
use std::net::TcpStream;

/// Header fields for a JSON body.
pub const JSON: &str = "Content-Type: application/json\r\n";

/// Header fields for an HTML body.
pub const HTML: &str = "Content-Type: text/html\r\n";

/// The body of a successful login.
pub const LOGIN: &str = r#"{"record":{"id":"r1"},"token":"e30.e30.bG9naW4"}"#;

/// The token in [`LOGIN`].
pub const LOGIN_TOKEN: &str = "e30.e30.bG9naW4";

/// The body of a successful request of a one-time password.
pub const OTP_ID: &str = r#"{"otpId":"o-1"}"#;

/// The response to a successful bind or unbind.
pub const NO_CONTENT: &str = "HTTP/1.1 204 No Content\r\n\r\n";

/// A response with a body and its length.
pub fn response(status: &str, fields: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{fields}Content-Length: {length}\r\n\r\n{body}").into_bytes()
}

/// An error response of the API.
pub fn api_error(status: u16, message: &str, data: &str) -> Vec<u8> {
    let body = format!(r#"{{"data":{data},"message":"{message}","status":{status}}}"#);
    response(&format!("{status} x"), JSON, &body)
}

/// Reads one request with a JSON body and sends a response.
pub fn respond_once(stream: &mut TcpStream, response: &[u8]) -> io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"}") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        request.push(byte[0]);
    }
    stream.write_all(response)
}
