//! Name resolution and addresses on a faulty network: slow, silent and failing DNS servers, and unreachable addresses. In
//! a network namespace whose only DNS server is that of the test.

use std::fs;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use bosauth::{CallOptions, Cancel, Client, Error, Session, Status};

use crate::support::dns_server::{DnsServer, Records, When};
use crate::support::full_backlog::FullBacklog;
use crate::support::responses::{LOGIN, respond_once, response};
use crate::support::{WATCHDOG, tools};

const SECOND: Duration = Duration::from_secs(1);
const RESOLVER_THREADS: usize = 4;

/// Executes the test below in a network namespace with its own resolver configuration.
#[test]
fn name_resolution_on_a_faulty_network() {
    if !tools::has("unshare") || !tools::has("ip") {
        return;
    }
    let resolv_conf = tools::temporary("resolv.conf");
    let config = "nameserver 127.0.0.1\noptions timeout:30 attempts:1\n";
    fs::write(&resolv_conf, config).unwrap();
    let enter = "mount --bind \"$0\" /etc/resolv.conf && ip link set lo up && exec \"$@\"";
    let unshare = |program: &[&str]| {
        let mut command = Command::new("unshare");
        command
            .args(["-Urmn", "sh", "-c", enter])
            .arg(&resolv_conf)
            .args(program);
        command
    };
    if !unshare(&["true"]).status().unwrap().success() {
        return tools::unsupported("no network namespace");
    }
    let program = std::env::current_exe().unwrap();
    let program = program.to_str().unwrap();
    let printed = tools::run(&mut unshare(&[
        program,
        "--ignored",
        "--exact",
        "dns::in_network_namespace",
        "--nocapture",
    ]));
    println!("{printed}");
    assert!(printed.contains("1 passed"), "{printed}");
}

/// One test, since it counts the threads of the process.
#[test]
#[ignore = "run by name_resolution_on_a_faulty_network in its namespace"]
fn in_network_namespace() {
    let (v4, v6) = ("127.0.0.1", "::1");
    let other = "127.0.0.2";
    let live = live(&format!("{v4}:0"));
    let _other = unreachable(other, live.port());
    let _v6 = if TcpListener::bind((v6, 0)).is_ok() {
        Some(unreachable(v6, live.port()))
    } else {
        tools::unsupported("no IPv6");
        None
    };
    let far_live = self::live(&format!("{other}:0"));
    let _first = unreachable(v4, far_live.port());

    let closed = (3..20).map(|last| format!("127.0.0.{last}"));
    let many: Vec<String> = closed.chain([v4.to_owned()]).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let names = Records::from([
        name("live.test", When::Now, &[v4]),
        name("slow.test", When::After(SECOND / 3), &[v4]),
        name("held.test", When::Held, &[v4]),
        name("two.test", When::Now, &[v4, other]),
        name("both.test", When::Now, &[v4, v6]),
        name("many.test", When::Now, &many),
        name("unreachable.test", When::Now, &[other, v6]),
    ]);
    let server = DnsServer::start("127.0.0.1:53", names);

    dns_responses(&server, live);
    unreachable_addresses(live, far_live);
    calls_without_resolution(&server, live);
    exhausted_resolver_threads(&server, live);
}

fn name(name: &'static str, when: When, addresses: &[&str]) -> (&'static str, (When, Vec<IpAddr>)) {
    let addresses = addresses.iter().map(|address| address.parse().unwrap());
    (name, (when, addresses.collect()))
}

// ---- in the namespace ----

fn dns_responses(server: &DnsServer, live: SocketAddr) {
    for name in ["live.test", "slow.test"] {
        log_in(&client(name, live), &CallOptions::new()).unwrap();
    }
    let error = log_in(&client("none.test", live), &CallOptions::new()).unwrap_err();
    assert_eq!(unsent(&error), Status::NameLookup);
    let error = log_in(&client("held.test", live), &within(SECOND)).unwrap_err();
    assert_eq!(unsent(&error), Status::Timeout);
    assert!(server.queries("held.test") > 0);
}

fn unreachable_addresses(live: SocketAddr, far_live: SocketAddr) {
    // The system may reverse the order, so that one of the two starts with its unreachable address.
    let cases = [
        ("two.test", live),
        ("two.test", far_live),
        ("both.test", live),
        ("many.test", live),
    ];
    for (name, at) in cases {
        let start = Instant::now();
        log_in(&client(name, at), &CallOptions::new()).unwrap();
        println!("{name}, live at {at}: {} ms", start.elapsed().as_millis());
    }
    let error = log_in(&client("unreachable.test", live), &within(SECOND)).unwrap_err();
    assert_eq!(unsent(&error), Status::Timeout);
}

fn calls_without_resolution(server: &DnsServer, live: SocketAddr) {
    let client = client("live.test", live);
    log_in(&client, &CallOptions::new()).unwrap();
    let queries = server.queries("live.test");
    for _ in 0..50 {
        log_in(&client, &CallOptions::new()).unwrap();
    }
    assert_eq!(
        server.queries("live.test"),
        queries,
        "a pooled connection resolves its host"
    );
    log_in(&self::client("127.0.0.1", live), &CallOptions::new()).unwrap();
    assert_eq!(
        server.queries("127.0.0.1"),
        0,
        "a literal address is resolved"
    );
    for name in ["localhost", "localhost.", "LOCALHOST", "shop.localhost"] {
        log_in(&self::client(name, live), &CallOptions::new()).unwrap();
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        assert_eq!(server.queries(&name), 0, "{name} is resolved");
    }
}

fn exhausted_resolver_threads(server: &DnsServer, live: SocketAddr) {
    let stuck: Vec<_> = (0..RESOLVER_THREADS + 4)
        .map(|_| {
            let client = client("held.test", live);
            thread::spawn(move || log_in(&client, &within(SECOND)))
        })
        .collect();
    for call in stuck {
        let error = call.join().unwrap().unwrap_err();
        assert_eq!(unsent(&error), Status::Timeout);
    }
    assert_eq!(resolver_threads(), RESOLVER_THREADS);
    let error = log_in(&client("live.test", live), &within(SECOND)).unwrap_err();
    assert_eq!(unsent(&error), Status::Timeout, "no thread is free");
    // localhost needs no thread.
    log_in(&client("localhost", live), &CallOptions::new()).unwrap();

    let cancel = Cancel::new();
    let options = CallOptions::new().cancel(&cancel);
    let client = client("live.test", live);
    let waiting = thread::spawn({
        let client = client.clone();
        move || log_in(&client, &options)
    });
    cancel.trigger();
    let error = waiting.join().unwrap().unwrap_err();
    assert_eq!(unsent(&error), Status::Cancelled);

    // A call that waits for a thread continues as soon as one is free.
    let waiting = thread::spawn(move || log_in(&client, &CallOptions::new()));
    server.release();
    waiting.join().unwrap().unwrap();
    let start = Instant::now();
    while resolver_threads() > 0 {
        assert!(
            start.elapsed() < WATCHDOG,
            "{} threads remain",
            resolver_threads()
        );
        thread::sleep(Duration::from_millis(1));
    }
    println!("{RESOLVER_THREADS} threads were busy, none remains");
}

/// The resolver threads of this process.
fn resolver_threads() -> usize {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| fs::read_to_string(task.unwrap().path().join("comm")).ok());
    names
        .filter(|name| name.starts_with("bosauth-resolve"))
        .count()
}

// ---- calls and servers ----

fn client(host: &str, at: SocketAddr) -> Client {
    let client = Client::builder(&format!("http://{host}:{}", at.port()));
    let client = client.timeout(WATCHDOG).connect_timeout(WATCHDOG);
    client.build().unwrap()
}

fn within(timeout: Duration) -> CallOptions {
    CallOptions::new().timeout(timeout)
}

fn log_in(client: &Client, options: &CallOptions) -> Result<Session, Error> {
    client
        .collection("users")
        .with(options)
        .auth_with_token("token-1")
}

/// The status of an error before anything was sent.
fn unsent(error: &Error) -> Status {
    assert!(!error.outcome_unknown(), "{error:?}");
    error.status()
}

/// A server that accepts every token.
fn live(address: &str) -> SocketAddr {
    let listener = TcpListener::bind(address).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let login = response("200 OK", "", LOGIN);
            thread::spawn(move || while respond_once(&mut stream, &login).is_ok() {});
        }
    });
    address
}

/// An address that does not respond.
fn unreachable(host: &str, port: u16) -> FullBacklog {
    FullBacklog::at(SocketAddr::new(host.parse().unwrap(), port))
}
