//! PostgreSQL is down or does not respond: requests and startup fail within seconds.

use crate::support::api::{A, Api, seed};
use crate::support::database::Database;
use crate::support::process::{Running, TempDir, start_error};
use bosauth_test_support::postgres;
use serde_json::json;
use std::io::{Read, copy};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// The limit for what must fail after 5 seconds. Far below 30 seconds, the default of a pool.
const LIMIT: Duration = Duration::from_secs(20);

/// A TCP proxy to the socket of PostgreSQL, which can be closed or silenced.
struct Proxy {
    address: SocketAddr,
    is_closed: Arc<AtomicBool>,
    is_silent: Arc<AtomicBool>,
    open: Arc<Mutex<Vec<TcpStream>>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Proxy {
    fn start(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let is_closed = Arc::new(AtomicBool::new(false));
        let is_silent = Arc::new(AtomicBool::new(false));
        let open = Arc::new(Mutex::new(Vec::new()));
        let (closed, silent, all) = (is_closed.clone(), is_silent.clone(), open.clone());
        let thread = thread::spawn(move || {
            for client in listener.incoming() {
                if closed.load(Ordering::SeqCst) {
                    return;
                }
                let client = client.unwrap();
                all.lock().unwrap().push(client.try_clone().unwrap());
                copy_both(client, UnixStream::connect(&socket).unwrap(), &silent);
            }
        });
        Self {
            address,
            is_closed,
            is_silent,
            open,
            thread: Some(thread),
        }
    }

    /// Closes all connections and the listener.
    fn close(&mut self) {
        self.is_closed.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        self.thread.take().unwrap().join().unwrap();
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Accepts connections, but drops what PostgreSQL sends.
    fn drop_responses(&self) {
        self.is_silent.store(true, Ordering::SeqCst);
    }
}

/// Copies both directions, dropping what PostgreSQL sends while the proxy is silent.
fn copy_both(client: TcpStream, server: UnixStream, is_silent: &Arc<AtomicBool>) {
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

/// Starts the program on a database behind a proxy, and binds a token.
fn behind_proxy(directory: &TempDir) -> Option<(Database, Proxy, Running)> {
    let database = Database::postgres()?;
    let proxy = Proxy::start(postgres::socket()?);
    let url = database.argument();
    let name = url.split_once("5432/")?.1.split_once('?')?.0;
    let url = format!(
        "postgres://postgres@{}/{name}?sslmode=disable",
        proxy.address
    );
    let seed = directory.file("seed.json", &seed());
    let running = Running::start(&["--data", &url, "--seed", &seed, "--control"]);
    Api::new(running.address, "users").must_bind(A, "t");
    Some((database, proxy, running))
}

/// Checks that all calls fail with 500 within `LIMIT`.
fn assert_calls_fail(running: &Running) {
    thread::scope(|scope| {
        for call in 0..6 {
            let api = Api::new(running.address, "users");
            scope.spawn(move || {
                let start = Instant::now();
                let response = match call % 3 {
                    0 => api.bind(A, "other"),
                    1 => api.login_with_token("t", ""),
                    _ => api.unbind(A, "t"),
                };
                assert_eq!(response.status, 500, "{}", response.text());
                assert!(start.elapsed() < LIMIT, "{:?}", start.elapsed());
            });
        }
    });
}

/// Checks that the commands for faults of any collection do not need the database.
fn assert_faults_can_be_set(running: &Running) {
    let api = Api::new(running.address, "users");
    let list = || api.control(&json!({"do": "list_faults"}))["faults"].clone();
    api.control(&json!({"do": "add_fault", "fault": "reset", "when": "before"}));
    assert_eq!(list().as_array().unwrap().len(), 1);
    api.control(&json!({"do": "clear_faults"}));
    assert_eq!(list(), json!([]));
}

#[test]
fn requests_fail_if_the_database_refuses_connections() {
    let directory = TempDir::new("refusing");
    let Some((_database, mut proxy, running)) = behind_proxy(&directory) else {
        return;
    };
    proxy.close();
    assert_calls_fail(&running);
    assert_faults_can_be_set(&running);
    let (_, errors) = running.stop();
    assert!(errors.contains("\"cause\""), "{errors}");
}

#[test]
fn requests_fail_if_the_database_does_not_respond() {
    let directory = TempDir::new("silent");
    let Some((_database, proxy, running)) = behind_proxy(&directory) else {
        return;
    };
    proxy.drop_responses();
    assert_calls_fail(&running);
    running.stop();
}

#[test]
fn startup_fails_if_the_database_does_not_respond() {
    // The kernel completes connections that are never accepted.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "postgres://shop:canary@{}/x?sslmode=disable",
        silent.local_addr().unwrap()
    );
    let start = Instant::now();
    let message = start_error(&["--data", &url]);
    assert!(start.elapsed() < LIMIT);
    assert!(
        message.contains("did not respond within 5 seconds"),
        "{message}"
    );
    assert!(!message.contains("canary"), "{message}");
}
