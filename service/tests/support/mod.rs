//! What several tests need: a TCP client that sends exactly the bytes it is given, chance that
//! can be repeated, and databases of all kinds.
#![allow(dead_code, clippy::unwrap_used)]

pub mod api;
pub mod database;
pub mod page;
pub mod postgres;
pub mod program;
#[path = "../../../tests/it/support/tools.rs"]
pub mod tools;

use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

/// An answer, as it came.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header, whose name is sought in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self
            .headers
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} is there twice");
        value
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn message(&self) -> String {
        self.json()["message"].as_str().unwrap().to_owned()
    }
}

/// Sends `request` on a connection of its own and reads all that comes back.
pub fn exchange(address: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    parsed(&answer)
}

/// Sends `request`, if the server lives long enough to answer it.
pub fn attempt(address: SocketAddr, request: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.write_all(request).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    answer.ends_with(b"\n").then(|| parsed(&answer))
}

fn parsed(answer: &[u8]) -> Answer {
    let end = answer
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .expect("an answer has a head");
    let head = std::str::from_utf8(&answer[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().strip_prefix("HTTP/1.1 ").unwrap();
    let headers = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let answer = Answer {
        status: status[..3].parse().unwrap(),
        headers,
        body: answer[end + 4..].to_vec(),
    };
    if let Some(length) = answer.header("content-length") {
        assert_eq!(length, answer.body.len().to_string());
    }
    answer
}

/// A request that asks for the connection to be closed after its answer.
pub fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
    if !has(headers, "host") {
        head += "Host: 127.0.0.1\r\n";
    }
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    if has(headers, "transfer-encoding") {
        return [(head + "\r\n").into_bytes(), chunked(body)].concat();
    }
    if !body.is_empty() {
        head += &format!("Content-Length: {}\r\n", body.len());
    }
    [(head + "\r\n").as_bytes(), body].concat()
}

fn has(headers: &[(&str, &str)], name: &str) -> bool {
    headers
        .iter()
        .any(|(known, _)| known.eq_ignore_ascii_case(name))
}

/// A body in small chunks.
fn chunked(body: &[u8]) -> Vec<u8> {
    let mut sent = Vec::new();
    for chunk in body.chunks(7) {
        sent.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        sent.extend(chunk);
        sent.extend(b"\r\n");
    }
    sent.extend(b"0\r\n\r\n");
    sent
}

/// Posts JSON to `target`.
pub fn post(address: SocketAddr, target: &str, json: &Value) -> Answer {
    let headers = [("Content-Type", "application/json")];
    exchange(
        address,
        &request("POST", target, &headers, json.to_string().as_bytes()),
    )
}

/// Chance that can be repeated (SplitMix64).
pub struct Chance(pub u64);

impl Chance {
    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).unwrap()
    }

    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for end in (1..list.len()).rev() {
            list.swap(end, self.below(end + 1));
        }
    }

    /// So many random digits of a number system.
    pub fn digits(&mut self, count: usize, system: u32) -> String {
        let mut digit = || char::from_digit(self.below(system as usize) as u32, system).unwrap();
        std::iter::repeat_with(&mut digit).take(count).collect()
    }
}
