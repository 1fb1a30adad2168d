//! A process that forks while its other threads are in calls: nobody hangs, nothing of the parent's breaks.
#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]

#[path = "support/library.rs"]
mod library;
#[path = "support/peer.rs"]
mod peer;
#[path = "support/tools.rs"]
mod tools;

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use bosbase_local::{Config, DEMO_PASSWORD, DEMO_USER, Server};
use peer::{Act, Peer};

fn compile(name: &str) -> PathBuf {
    let source = tools::root().join(format!("tests/drivers/{name}.c"));
    let flags = [
        "-std=c11",
        "-Wall",
        "-Wextra",
        "-Wpedantic",
        "-Werror",
        "-pthread",
    ];
    library::compile(&source, name, &flags)
}

#[test]
fn children_of_a_busy_process_log_in() {
    let server = Server::start(Config::demo()).unwrap();
    let client = bosauth::Client::builder(server.base_url()).build().unwrap();
    client
        .collection("users")
        .bind_token(DEMO_USER, DEMO_PASSWORD, "token-of-the-fork-test")
        .unwrap();

    let said = tools::run(Command::new(compile("fork")).args([
        server.base_url(),
        "token-of-the-fork-test",
        "300",
    ]));
    assert!(
        said.starts_with("children 300 bad 0 calls ") && said.ends_with("failures 0\n"),
        "{said}"
    );
}

#[test]
fn a_child_frees_its_client_while_the_parents_calls_are_held() {
    let good = b"HTTP/1.1 204 No Content\r\n\r\n".to_vec();
    let peer = Peer::always(vec![Act::Hold, Act::Send(good)]);
    let mut program = Command::new(compile("fork_held"))
        .arg(peer.url())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    peer.wait_for_requests(8);
    writeln!(program.stdin.as_mut().unwrap(), "arrived").unwrap();
    let mut said = BufReader::new(program.stdout.take().unwrap()).lines();
    assert_eq!(said.next().unwrap().unwrap(), "freed");
    (0..8).for_each(|request| peer.release(request));
    assert_eq!(said.next().unwrap().unwrap(), "failures 0");
    assert!(program.wait().unwrap().success());
    assert_eq!(peer.requests().len(), 8, "no child sent anything");
}

#[test]
fn children_born_before_there_is_a_client_use_cancels() {
    let mut program = Command::new(compile("fork_early"));
    assert_eq!(tools::run(program.arg("200")), "bad 0\n");
}
