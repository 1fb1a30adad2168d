//! Slow, idle, disconnecting and oversized clients do not affect other clients.

use crate::support::api::{A, Api, credentials, seed};
use crate::support::process::{Running, TempDir};
use crate::support::raw::{parse, request};
use serde_json::json;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

const TARGET: &str = "/api/collections/users/auth-with-token";

const IDLE: usize = 1000;

/// Raises the limit of file descriptors, for `IDLE` connections.
fn raise_descriptor_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
}

fn running(directory: &TempDir) -> Running {
    Running::start(&["--seed", &directory.file("seed.json", &seed())])
}

/// Checks that another client can bind, log in and unbind.
fn assert_served(address: SocketAddr) {
    let api = Api::new(address, "users");
    api.must_bind(A, "t");
    assert_eq!(api.login_with_token("t", "").status, 200);
    assert_eq!(api.unbind(A, "t").status, 204);
}

fn open(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(bytes).unwrap();
    stream
}

#[test]
fn idle_connections_and_slow_bodies_are_tolerated() {
    raise_descriptor_limit();
    let directory = TempDir::new("idle");
    let running = running(&directory);
    let head = format!(
        "POST {TARGET} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
        Content-Type: application/json\r\nContent-Length: 13\r\n\r\n{{\"token\":"
    );
    let idle: Vec<_> = (0..IDLE).map(|_| open(running.address, b"")).collect();
    let partial_heads: Vec<_> = (0..50).map(|_| open(running.address, b"POST /")).collect();
    let slow: Vec<_> = (0..50)
        .map(|_| open(running.address, head.as_bytes()))
        .collect();
    assert_served(running.address);
    for mut stream in slow {
        stream.write_all(b"\"t\"}").unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        assert!(response.starts_with("HTTP/1.1 400 "), "{response}");
    }
    drop((idle, partial_heads));
    assert_served(running.address);
    running.stop();
}

#[test]
fn large_heads_and_bodies_are_rejected() {
    let directory = TempDir::new("large");
    let running = running(&directory);
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
        let requests = [&large_head, &large_body, &large_head, &large_body];
        for bytes in requests {
            scope.spawn(|| {
                for _ in 0..3 {
                    let mut stream = open(running.address, bytes);
                    let mut response = Vec::new();
                    stream.read_to_end(&mut response).unwrap();
                    let status = parse(&response).status;
                    assert!(matches!(status, 400 | 413 | 431), "{status}");
                }
            });
        }
        scope.spawn(|| {
            let mut stream = open(running.address, endless.as_bytes());
            // The server closes the connection.
            while stream.write_all(&[b'x'; 64 << 10]).is_ok() {}
        });
        for _ in 0..20 {
            assert_served(running.address);
        }
    });
    running.stop();
}

/// Sends a complete request, and disconnects after `pause`.
fn disconnect(address: SocketAddr, call: &str, body: &serde_json::Value, pause: Duration) {
    let body = body.to_string();
    let head = format!(
        "POST /api/collections/users/{call} HTTP/1.1\r\nHost: localhost\r\n\
        Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let _stream = open(address, (head + &body).as_bytes());
    thread::sleep(pause);
}

#[test]
fn disconnects_do_not_affect_other_clients() {
    let directory = TempDir::new("leaving");
    let running = running(&directory);
    let address = running.address;
    thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for round in 0..300 {
                    let pause = Duration::from_micros((round * 7 + thread * 13) % 2000);
                    disconnect(address, "auth-with-token", &json!({"token": "t"}), pause);
                }
            });
        }
    });
    assert_served(address);
    running.stop();
}

#[test]
fn complete_request_is_executed_after_a_disconnect() {
    let directory = TempDir::new("disconnect");
    let running = running(&directory);
    let body = credentials(A, "token");
    disconnect(running.address, "bind-token", &body, Duration::ZERO);
    let api = Api::new(running.address, "users");
    // The login may be executed before the bind.
    let is_bound = || api.login_with_token("token", "").status == 200;
    assert!((0..1000).any(|_| is_bound() || {
        thread::sleep(Duration::from_millis(10));
        false
    }));
    running.stop();
}
