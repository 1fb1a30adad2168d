//! A client that sends bytes unchanged.

use super::client::Response;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

/// Sends `request` on a new connection, and reads the response until the connection is closed.
pub fn exchange(address: SocketAddr, request: &[u8]) -> Response {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request).unwrap();
    let mut response = Vec::new();
    stream.read_to_end(&mut response).unwrap();
    parse(&response)
}

/// Sends a request with a login token, which may be empty, and a JSON body, which may be null.
pub fn send(
    address: SocketAddr,
    method: &str,
    target: &str,
    token: &str,
    body: &Value,
) -> Response {
    let headers = [
        ("Authorization", token),
        ("Content-Type", "application/json"),
    ];
    let body = match body {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    exchange(address, &request(method, target, &headers, body.as_bytes()))
}

/// Parses a response, and checks its length.
pub fn parse(bytes: &[u8]) -> Response {
    let (head, body) = split_head(bytes);
    let mut lines = head.trim_end().split("\r\n");
    let status = lines.next().unwrap().strip_prefix("HTTP/1.1 ").unwrap();
    let headers = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let response = Response {
        status: status[..3].parse().unwrap(),
        headers,
        body: body.to_vec(),
    };
    if let Some(length) = response.header("content-length") {
        assert_eq!(length, response.body.len().to_string());
    }
    response
}

/// Splits a message into the head, with the empty line, and the body.
pub fn split_head(message: &[u8]) -> (&str, &[u8]) {
    let end = message.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = message.split_at(end.expect("a complete head") + 4);
    (std::str::from_utf8(head).unwrap(), body)
}

/// Serializes a request with `Connection: close`.
pub fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
    if !contains(headers, "host") {
        head += "Host: 127.0.0.1\r\n";
    }
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    if contains(headers, "transfer-encoding") {
        return [(head + "\r\n").into_bytes(), chunked(body)].concat();
    }
    if !body.is_empty() {
        head += &format!("Content-Length: {}\r\n", body.len());
    }
    [(head + "\r\n").as_bytes(), body].concat()
}

fn contains(headers: &[(&str, &str)], name: &str) -> bool {
    headers.iter().any(|(it, _)| it.eq_ignore_ascii_case(name))
}

/// Encodes a body in small chunks.
fn chunked(body: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::new();
    for chunk in body.chunks(7) {
        encoded.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        encoded.extend(chunk);
        encoded.extend(b"\r\n");
    }
    encoded.extend(b"0\r\n\r\n");
    encoded
}
