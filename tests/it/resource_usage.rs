//! The resources of a login: system calls, threads, descriptors.

use std::fs;
use std::process::Command;

use crate::support::server::TOKEN;
use crate::support::{library, server, tools};

/// The maximum number of system calls of a login on an open connection: probe, write, wait, read.
const CALLS_MAX: usize = 4;

/// The system calls of these logins, by name.
fn traced(url: &str, logins: usize) -> Vec<String> {
    let trace = library::directory().join("load.trace");
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-qq", "-o"])
        .arg(&trace)
        .arg(library::program("load.c", &["-O1"]).get_program());
    tools::run(strace.args([url, TOKEN, &logins.to_string(), "1"]));
    let trace = fs::read_to_string(trace).unwrap();
    let (_, logins) = trace.split_once("BEGIN").unwrap();
    let (logins, _) = logins.split_once("END").unwrap();
    let name = |line: &str| {
        let (_, call) = line.split_once(' ')?;
        let (name, _) = call.trim_start().split_once('(')?;
        Some(name.to_owned())
    };
    let mut calls: Vec<_> = logins.lines().skip(1).filter_map(name).collect();
    // It prints the mark.
    calls.pop();
    calls
}

#[test]
fn login_on_an_open_connection_makes_four_system_calls() {
    if !tools::has("strace") {
        return;
    }
    let server = server::with_token();
    // By name, which the first login alone resolves.
    let url = server.base_url().replace("127.0.0.1", "localhost");
    let calls = traced(&url, 1000);
    println!("{} system calls for 1000 logins", calls.len());
    assert!(calls.len() >= 3000, "the trace holds the logins");
    assert!(calls.len() <= 1000 * CALLS_MAX, "{}", calls.len());
    for call in &calls {
        let is_allowed =
            !call.starts_with("clone") && !call.starts_with("open") && call != "socket";
        assert!(is_allowed, "{call}");
    }
}

#[test]
fn threads_share_a_client() {
    let server = server::with_token();
    let mut program = library::program("load.c", &["-O1"]);
    let printed = tools::run(program.args([server.base_url(), TOKEN, "10000", "64"]));
    println!("{printed}");
    let number = |name: &str| -> i64 {
        let mut words = printed.split_whitespace().skip_while(|word| *word != name);
        words.nth(1).unwrap().parse().unwrap()
    };
    assert_eq!(
        (number("failures"), number("threads"), number("leaked")),
        (0, 1, 0),
        "{printed}"
    );
    // Each thread has a connection and a waker.
    assert!((0..=2 * 63).contains(&number("opened")), "{printed}");
}

#[test]
fn long_use_leaks_nothing() {
    let server = server::with_token();
    let mut program = library::program("soak.c", &["-O1"]);
    let printed = tools::run(program.args([server.base_url(), TOKEN, "4000"]));
    println!("{printed}");
    assert!(printed.ends_with("wrong 0 leaked: descriptors 0 threads 0\n"));
}
