//! Clients that send slowly, too much or nothing do not keep others from being served.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::json;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;
use support::api::{Api, PASSWORD, account};
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

/// A whole request whose client is gone before the answer.
fn leave(address: SocketAddr, call: &str, body: &serde_json::Value, pause: Duration) {
    let body = body.to_string();
    let head = format!(
        "POST /api/collections/users/{call} HTTP/1.1\r\nHost: localhost\r\n\
        Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let _stream = opened(address, (head + &body).as_bytes());
    thread::sleep(pause);
}

#[test]
fn clients_that_leave_at_any_moment_break_nothing() {
    let folder = Folder::new("leaving");
    let running = running(&folder);
    let address = running.address;
    thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for round in 0..300 {
                    let pause = Duration::from_micros((round * 7 + thread * 13) % 2000);
                    leave(address, "auth-with-token", &json!({"token": "t"}), pause);
                }
            });
        }
    });
    is_served(address);
    running.end();
}

#[test]
fn a_request_that_came_whole_is_carried_out() {
    let folder = Folder::new("left");
    let running = running(&folder);
    let body = json!({"email": A, "password": PASSWORD, "token": "left"});
    leave(running.address, "bind-token", &body, Duration::ZERO);
    let api = Api::new(running.address, "users");
    // Somebody else's request may be done first.
    let is_bound = || api.by_token("left", "").status == 200;
    assert!((0..1000).any(|_| is_bound() || {
        thread::sleep(Duration::from_millis(10));
        false
    }));
    running.end();
}
