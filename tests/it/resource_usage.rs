//! What a login costs the system, by counts: calls, threads, descriptors.

use std::fs;
use std::process::Command;

use bosbase_local::{Config, DEMO_PASSWORD, DEMO_USER, Server};

use crate::support::{library, tools};

const TOKEN: &str = "token-of-the-load-test";
/// The most system calls of a login on a connection that is open: probe, write, wait, read.
const CALLS_MAX: usize = 4;

/// A server to which the token is bound.
fn server() -> Server {
    let server = Server::start(Config::demo()).unwrap();
    let client = bosauth::Client::builder(server.base_url()).build().unwrap();
    client
        .collection("users")
        .bind_token(DEMO_USER, DEMO_PASSWORD, TOKEN)
        .unwrap();
    server
}

/// The C program, under a name of this test's own.
fn program(name: &str) -> Command {
    compile("load", name)
}

fn compile(source: &str, name: &str) -> Command {
    let source = tools::root().join(format!("tests/c/{source}.c"));
    Command::new(library::compile(
        &source,
        name,
        &["-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", "-pthread"],
    ))
}

/// The system calls of all threads between the marks, by name.
fn traced(url: &str, logins: usize) -> Vec<String> {
    let trace = library::directory().join("load.trace");
    let program = program("load-traced");
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-qq", "-o"])
        .arg(&trace)
        .arg(program.get_program());
    tools::run(strace.args([url, TOKEN, &logins.to_string(), "1"]));
    let text = fs::read_to_string(trace).unwrap();
    let between = text
        .split_once("BEGIN")
        .unwrap()
        .1
        .split_once("END")
        .unwrap()
        .0;
    let name = |line: &str| {
        Some(
            line.split_once(' ')?
                .1
                .trim_start()
                .split_once('(')?
                .0
                .to_owned(),
        )
    };
    let calls: Vec<_> = between.lines().skip(1).filter_map(name).collect();
    // The last one is the mark itself.
    calls[..calls.len() - 1].to_vec()
}

#[test]
fn login_on_an_open_connection_makes_four_system_calls() {
    if !tools::has("strace") {
        return;
    }
    let server = server();
    // By name, so that the first login looks it up, and none after it does.
    let url = server.base_url().replace("127.0.0.1", "localhost");
    let calls = traced(&url, 1000);
    println!("{} system calls for 1000 logins", calls.len());
    assert!(calls.len() >= 3000, "the trace holds the logins");
    assert!(
        calls.len() <= 1000 * CALLS_MAX,
        "{} system calls",
        calls.len()
    );
    for call in &calls {
        assert!(
            !call.starts_with("clone") && !call.starts_with("open") && call != "socket",
            "{call}"
        );
    }
}

#[test]
fn threads_share_a_client() {
    let server = server();
    let printed = tools::run(program("load").args([server.base_url(), TOKEN, "10000", "64"]));
    let number = |name: &str| -> i64 {
        let mut words = printed
            .split_whitespace()
            .skip_while(|word| *word != name)
            .skip(1);
        words.next().unwrap().parse().unwrap()
    };
    println!("{printed}");
    assert_eq!(
        (number("failures"), number("threads"), number("left")),
        (0, 1, 0),
        "{printed}"
    );
    assert!(
        (0..=2 * 63).contains(&number("opened")),
        "at most one connection for each thread, and what wakes its call: {printed}"
    );
}

#[test]
fn long_use_leaks_nothing() {
    let server = server();
    let printed = tools::run(compile("soak", "soak").args([server.base_url(), TOKEN, "4000"]));
    println!("{printed}");
    assert!(printed.ends_with("wrong 0 left: descriptors 0 threads 0\n"));
}
