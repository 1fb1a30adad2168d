//! Clients that send slowly, too much or nothing do not keep others from being served.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::json;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use support::api::{Api, account};
use support::program::{Folder, Running};
use support::request;

const A: &str = "a@example.com";
const TARGET: &str = "/api/collections/users/auth-with-token";

const IDLE: usize = 1000;

/// These tests hold more connections than systems suggest to hold.
fn allow_many_connections() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
}

fn running(folder: &Folder) -> Running {
    let seed = json!({"accounts": [account("users", A)]}).to_string();
    Running::start(&["--seed", &folder.file("seed.json", &seed)])
}

/// A polite client: binds, logs in, unbinds.
fn is_served(address: SocketAddr) {
    let api = Api::new(address, "users");
    assert_eq!(api.bind(A, "t").status, 204);
    assert_eq!(api.by_token("t", "").status, 200);
    assert_eq!(api.unbind(A, "t").status, 204);
}

fn opened(address: SocketAddr, sent: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(sent).unwrap();
    stream
}

#[test]
fn idle_connections_and_slow_bodies() {
    allow_many_connections();
    let folder = Folder::new("idle");
    let running = running(&folder);
    let head = format!(
        "POST {TARGET} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
        Content-Type: application/json\r\nContent-Length: 13\r\n\r\n{{\"token\":"
    );
    let idle: Vec<_> = (0..IDLE).map(|_| opened(running.address, b"")).collect();
    let half_heads: Vec<_> = (0..50)
        .map(|_| opened(running.address, b"POST /"))
        .collect();
    let slow: Vec<_> = (0..50)
        .map(|_| opened(running.address, head.as_bytes()))
        .collect();
    is_served(running.address);
    for mut stream in slow {
        stream.write_all(b"\"t\"}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
    drop((idle, half_heads));
    is_served(running.address);
    running.end();
}

#[test]
fn large_heads_and_bodies() {
    let folder = Folder::new("large");
    let running = running(&folder);
    let json = ("Content-Type", "application/json");
    let large_head = request(
        "POST",
        TARGET,
        &[json, ("X-Large", &"x".repeat(64 << 10))],
        b"{}",
    );
    let large_body = request("POST", TARGET, &[json], &vec![b' '; 34 << 20]);
    let endless = format!("POST {TARGET} HTTP/1.1\r\nHost: localhost\r\nX-Large: ");
    std::thread::scope(|scope| {
        let rude = [&large_head, &large_body, &large_head, &large_body];
        for sent in rude {
            scope.spawn(|| {
                for _ in 0..3 {
                    let answer = support::attempt(running.address, sent);
                    let status = answer.map(|answer| answer.status);
                    assert!(matches!(status, Some(400 | 413 | 431)), "{status:?}");
                }
            });
        }
        scope.spawn(|| {
            let mut stream = opened(running.address, endless.as_bytes());
            // It is cut off before long.
            while stream.write_all(&[b'x'; 64 << 10]).is_ok() {}
        });
        for _ in 0..20 {
            is_served(running.address);
        }
    });
    running.end();
}
