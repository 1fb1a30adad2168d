//! Measures throughput, latency and memory of bosbase-local:
//!
//! ```text
//! cargo build --release -p bosbase-local
//! cd benches/service
//! cargo run --release -- ../../target/release/bosbase-local load.db
//! cargo run --release -- ../../target/release/bosbase-local postgres://user@host/empty --memory
//! ```
//!
//! Without `--memory`: binds, logins and unbinds per second with 1, 8 and 64 connections, the median and the 99th
//! percentile of the latency, and the share of bcrypt in a bind. With `--memory`: resident memory over 200,000 requests.
//! `--short` makes a hundredth of the calls. The database must be empty; a database file is removed afterwards.

mod client;

use client::Connection;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const SEED: &str = r#"{"accounts": [
    {"collection": "users", "email": "a@example.com", "password": "correct horse 1"}]}"#;

/// The program, killed on drop.
struct Program {
    child: Child,
    address: String,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [program, data, ..] = &arguments[..] else {
        eprintln!("usage: bosbase-local-load PROGRAM DATA [--memory] [--short]");
        std::process::exit(2);
    };
    let has_option = |option: &str| arguments.iter().any(|argument| argument == option);
    let share = if has_option("--short") { 100 } else { 1 };
    let program = start(program, data);
    if has_option("--memory") {
        memory(&program, 200_000 / share);
    } else {
        speed(&program, 4_000 / share);
    }
    drop(program);
    if !data.contains("://") {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{data}{end}"));
        }
    }
}

fn start(program: &str, data: &str) -> Program {
    let seed = std::env::temp_dir().join(format!("load-{}.json", std::process::id()));
    std::fs::write(&seed, SEED).expect("a temporary file");
    let mut child = Command::new(program)
        .args(["serve", "--http", "127.0.0.1:0", "--data", data, "--seed"])
        .arg(&seed)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    let mut line = String::new();
    let output = child.stdout.as_mut().expect("it is piped");
    BufReader::new(output).read_line(&mut line).expect("a line");
    let _ = std::fs::remove_file(seed);
    let address = line.trim().trim_start_matches("http://").to_owned();
    assert!(!address.is_empty(), "the program did not start");
    Program { child, address }
}

/// A kind of call: its route, the body for a token number, and the expected HTTP status.
type Kind = (&'static str, fn(usize) -> String, u16);

const KINDS: [Kind; 3] = [
    ("bind-token", credentials, 204),
    ("auth-with-token", token, 200),
    ("unbind-token", credentials, 204),
];

fn credentials(number: usize) -> String {
    format!(r#"{{"email":"a@example.com","password":"correct horse 1","token":"token {number}"}}"#)
}

fn token(number: usize) -> String {
    format!(r#"{{"token":"token {number}"}}"#)
}

fn speed(program: &Program, calls: usize) {
    let hashing = bcrypt_time();
    println!(
        "checking a password (bcrypt, cost 4): {:.2} ms",
        ms(hashing)
    );
    println!(
        "{:<16} {:>11} {:>8} {:>9} {:>9}",
        "call", "connections", "calls/s", "p50 ms", "p99 ms"
    );
    for connections in [1, 8, 64] {
        for kind in KINDS {
            let (total, mut each) = run(&program.address, kind, connections, calls);
            each.sort();
            let at = |share: f64| each[(share * (each.len() - 1) as f64) as usize];
            let bcrypt = match kind.0 {
                "auth-with-token" => String::new(),
                _ if connections > 1 => String::new(),
                _ => format!(
                    "   bcrypt {:.0} % of the median",
                    100.0 * ms(hashing) / ms(at(0.5))
                ),
            };
            println!(
                "{:<16} {connections:>11} {:>8.0} {:>9.2} {:>9.2}{bcrypt}",
                kind.0,
                each.len() as f64 / total.as_secs_f64(),
                ms(at(0.5)),
                ms(at(0.99)),
            );
        }
    }
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// Makes `calls` calls over concurrent connections. Returns the total duration and that of each call.
fn run(address: &str, kind: Kind, connections: usize, calls: usize) -> (Duration, Vec<Duration>) {
    let next = AtomicUsize::new(0);
    let started = Instant::now();
    let each = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..connections)
            .map(|_| scope.spawn(|| client(address, kind, &next, calls)))
            .collect();
        let times = clients
            .into_iter()
            .map(|client| client.join().expect("a client"));
        times.flatten().collect()
    });
    (started.elapsed(), each)
}

fn client(address: &str, kind: Kind, next: &AtomicUsize, calls: usize) -> Vec<Duration> {
    let (route, body, status) = kind;
    let mut connection = Connection::open(address);
    let mut times = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= calls {
            return times;
        }
        let started = Instant::now();
        assert_eq!(
            connection.post(route, &body(number)),
            status,
            "{route} {number}"
        );
        times.push(started.elapsed());
    }
}

/// Measures the password check of a bind.
fn bcrypt_time() -> Duration {
    let hash = bcrypt::hash("correct horse 1", 4).expect("a hash");
    let once = |_| {
        let started = Instant::now();
        assert!(bcrypt::verify("correct horse 1", &hash).expect("a hash"));
        started.elapsed()
    };
    let mut times: Vec<Duration> = (0..500).map(once).collect();
    times.sort();
    times[times.len() / 2]
}

/// Binds, logs in and unbinds the same tokens repeatedly, and prints the resident memory.
fn memory(program: &Program, requests: usize) {
    const STEPS: usize = 10;
    println!("{:>9} {:>13}", "requests", "resident KiB");
    println!("{:>9} {:>13}", 0, resident(program));
    for step in 1..=STEPS {
        for kind in KINDS {
            run(&program.address, kind, 8, requests / STEPS / KINDS.len());
        }
        println!("{:>9} {:>13}", step * requests / STEPS, resident(program));
    }
}

/// Returns the resident memory of the program in KiB.
fn resident(program: &Program) -> u64 {
    let path = format!("/proc/{}/status", program.child.id());
    let status = std::fs::read_to_string(path).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.trim().split(' ').next());
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or_default()
}
