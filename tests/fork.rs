//! A process that forks while its other threads are in calls: nobody hangs, nothing of the parent's breaks.
#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]

#[path = "support/library.rs"]
mod library;
#[path = "support/tools.rs"]
mod tools;

use std::process::Command;

use bosbase_local::{Config, DEMO_PASSWORD, DEMO_USER, Server};

#[test]
fn children_of_a_busy_process_log_in() {
    let server = Server::start(Config::demo()).unwrap();
    let client = bosauth::Client::builder(server.base_url()).build().unwrap();
    client
        .collection("users")
        .bind_token(DEMO_USER, DEMO_PASSWORD, "token-of-the-fork-test")
        .unwrap();

    let source = tools::root().join("tests/drivers/fork.c");
    let flags = [
        "-std=c11",
        "-Wall",
        "-Wextra",
        "-Wpedantic",
        "-Werror",
        "-pthread",
    ];
    let program = library::compile(&source, "fork", &flags);
    let said = tools::run(Command::new(program).args([
        server.base_url(),
        "token-of-the-fork-test",
        "300",
    ]));
    assert!(
        said.starts_with("children 300 bad 0 calls ") && said.ends_with("failures 0\n"),
        "{said}"
    );
}
