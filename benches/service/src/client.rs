//! A minimal HTTP client with one keep-alive connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

pub struct Connection {
    stream: BufReader<TcpStream>,
    request: Vec<u8>,
    response: Vec<u8>,
}

impl Connection {
    pub fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_nodelay(true).expect("a setting");
        Self {
            stream: BufReader::new(stream),
            request: Vec::new(),
            response: Vec::new(),
        }
    }

    /// Posts JSON to a route of `users` and returns the HTTP status.
    pub fn post(&mut self, route: &str, body: &str) -> u16 {
        self.request.clear();
        let length = body.len();
        write!(
            self.request,
            "POST /api/collections/users/{route} HTTP/1.1\r\nHost: localhost\r\n\
            Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .expect("memory");
        self.stream
            .get_mut()
            .write_all(&self.request)
            .expect("a request");
        self.read()
    }

    fn read(&mut self) -> u16 {
        let status = self.line()[9..12].parse().expect("a status");
        let mut length = 0;
        loop {
            let line = self.line().to_ascii_lowercase();
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
        }
        self.response.resize(length, 0);
        self.stream.read_exact(&mut self.response).expect("a body");
        status
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("a line");
        assert!(!line.is_empty(), "the server has closed the connection");
        line
    }
}
