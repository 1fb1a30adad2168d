//! PostgreSQL is down, or does not respond: requests are refused soon, and so is the start.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::json;
use std::io::{Read, copy};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use support::api::{Api, account};
use support::database::Database;
use support::postgres;
use support::program::{Folder, Running, complaint};

const A: &str = "a@example.com";

/// So long may a response take that is due after 5 seconds. It is far less than the 30 seconds that a
/// pool waits if it is not told otherwise.
const HANGS: Duration = Duration::from_secs(20);

/// A TCP address that leads to a socket of PostgreSQL, until it is cut or falls silent.
struct Relay {
    address: SocketAddr,
    is_cut: Arc<AtomicBool>,
    is_silent: Arc<AtomicBool>,
    open: Arc<Mutex<Vec<TcpStream>>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Relay {
    fn start(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let is_cut = Arc::new(AtomicBool::new(false));
        let is_silent = Arc::new(AtomicBool::new(false));
        let open = Arc::new(Mutex::new(Vec::new()));
        let (cut, silent, all) = (is_cut.clone(), is_silent.clone(), open.clone());
        let thread = thread::spawn(move || {
            for client in listener.incoming() {
                if cut.load(Ordering::SeqCst) {
                    return;
                }
                let client = client.unwrap();
                all.lock().unwrap().push(client.try_clone().unwrap());
                join(client, UnixStream::connect(&socket).unwrap(), &silent);
            }
        });
        Self {
            address,
            is_cut,
            is_silent,
            open,
            thread: Some(thread),
        }
    }

    /// From now on connections are refused, and those that there are end.
    fn cut(&mut self) {
        self.is_cut.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        self.thread.take().unwrap().join().unwrap();
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// From now on connections are taken, and nothing is said on any of them.
    fn fall_silent(&self) {
        self.is_silent.store(true, Ordering::SeqCst);
    }
}

/// Passes on what comes from either side, but for what PostgreSQL says while the relay is silent.
fn join(client: TcpStream, server: UnixStream, is_silent: &Arc<AtomicBool>) {
    let (mut from_client, mut to_server) =
        (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || {
        let _ = copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    let is_silent = is_silent.clone();
    thread::spawn(move || {
        let (mut server, mut client) = (server, client);
        let mut bytes = [0; 8192];
        while let Ok(count @ 1..) = server.read(&mut bytes) {
            if !is_silent.load(Ordering::SeqCst) {
                let _ = copy(&mut &bytes[..count], &mut client);
            }
        }
        let _ = client.shutdown(Shutdown::Both);
    });
}

/// A program on a database behind a relay, with a token that is bound.
fn behind_relay(folder: &Folder) -> Option<(Database, Relay, Running)> {
    let database = Database::postgres()?;
    let relay = Relay::start(postgres::socket()?);
    let url = database.argument();
    let name = url.split_once("5432/")?.1.split_once('?')?.0;
    let url = format!(
        "postgres://postgres@{}/{name}?sslmode=disable",
        relay.address
    );
    let seed = json!({"accounts": [account("users", A)]}).to_string();
    let seed = folder.file("seed.json", &seed);
    let running = Running::start(&["--data", &url, "--seed", &seed]);
    assert_eq!(Api::new(running.address, "users").bind(A, "t").status, 204);
    Some((database, relay, running))
}

/// All calls are refused with 500, before anybody would take the server for hanging.
fn are_refused_soon(running: &Running) {
    thread::scope(|scope| {
        for call in 0..6 {
            let api = Api::new(running.address, "users");
            scope.spawn(move || {
                let began = Instant::now();
                let answer = match call % 3 {
                    0 => api.bind(A, "other"),
                    1 => api.by_token("t", ""),
                    _ => api.unbind(A, "t"),
                };
                assert_eq!(answer.status, 500, "{}", answer.text());
                assert!(began.elapsed() < HANGS, "{:?}", began.elapsed());
            });
        }
    });
}

#[test]
fn requests_do_not_wait_long_for_a_database_that_refuses_connections() {
    let folder = Folder::new("refusing");
    let Some((_database, mut relay, running)) = behind_relay(&folder) else {
        return;
    };
    relay.cut();
    are_refused_soon(&running);
    let (_, errors) = running.end();
    assert!(errors.contains("\"cause\""), "{errors}");
}

#[test]
fn requests_do_not_wait_long_for_a_database_that_does_not_respond() {
    let folder = Folder::new("silent");
    let Some((_database, relay, running)) = behind_relay(&folder) else {
        return;
    };
    relay.fall_silent();
    are_refused_soon(&running);
    running.end();
}

#[test]
fn it_does_not_wait_long_to_start_on_a_database_that_does_not_respond() {
    // Connections are made without anybody accepting them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "postgres://shop:canary@{}/x?sslmode=disable",
        silent.local_addr().unwrap()
    );
    let began = Instant::now();
    let said = complaint(&["--data", &url]);
    assert!(began.elapsed() < HANGS);
    assert!(said.contains("did not respond within 5 seconds"), "{said}");
    assert!(!said.contains("canary"), "{said}");
}
