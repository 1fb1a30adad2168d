//! A process that forks while its other threads are in calls: nobody hangs, nothing of the parent's breaks.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use bosbase_local::{Config, DEMO_PASSWORD, DEMO_USER, Server};

use crate::support::faulty_server::{Act, FaultyServer};
use crate::support::{library, responses, tools};

/// A server that accepts every token but "unknown", and every bind and unbind.
fn server_for_every_function() -> FaultyServer {
    let record = r#"{"id":"r1","email":"ann@example.com"}"#;
    let login = format!(r#"{{"record":{record},"token":"e30.e30.bG9naW4","meta":{{"a":1}}}}"#);
    let good = responses::response("200 OK", responses::JSON, &login);
    let bad = responses::api_error(400, "Failed to authenticate.", "{}");
    FaultyServer::start(move |request| {
        let is_login = request.target().contains("auth-with-token");
        let is_known = !request
            .body()
            .windows(9)
            .any(|bytes| bytes == b"\"unknown\"");
        vec![Act::Send(match (is_login, is_known) {
            (false, _) => responses::NO_CONTENT.into(),
            (true, false) => bad.clone(),
            (true, true) => good.clone(),
        })]
    })
}

fn compile(name: &str) -> PathBuf {
    let source = tools::root().join(format!("tests/c/{name}.c"));
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

    let printed = tools::run(Command::new(compile("fork")).args([
        server.base_url(),
        "token-of-the-fork-test",
        "300",
    ]));
    assert!(
        printed.starts_with("children 300 bad 0 calls ") && printed.ends_with("failures 0\n"),
        "{printed}"
    );
}

#[test]
fn child_frees_a_client_with_calls_in_flight() {
    let good = b"HTTP/1.1 204 No Content\r\n\r\n".to_vec();
    let server = FaultyServer::always(vec![Act::Hold, Act::Send(good)]);
    let mut program = Command::new(compile("fork_held"))
        .arg(server.url())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    server.wait_for_requests(8);
    writeln!(program.stdin.as_mut().unwrap(), "arrived").unwrap();
    let mut printed = BufReader::new(program.stdout.take().unwrap()).lines();
    assert_eq!(printed.next().unwrap().unwrap(), "freed");
    (0..8).for_each(|request| server.release(request));
    assert_eq!(printed.next().unwrap().unwrap(), "failures 0");
    assert!(program.wait().unwrap().success());
    assert_eq!(server.requests().len(), 8, "no child sent anything");
}

#[test]
fn children_use_cancels_before_any_client() {
    let mut program = Command::new(compile("fork_early"));
    assert_eq!(tools::run(program.arg("200")), "bad 0\n");
}

#[test]
fn children_call_every_function() {
    let server = server_for_every_function();
    let printed = tools::run(Command::new(compile("fork_every")).args([&server.url(), "300"]));
    assert_eq!(printed, "children 300 bad 0\n");
}

#[test]
fn every_function_of_the_header_is_covered() {
    let program = fs::read_to_string(tools::root().join("tests/c/every_function.h")).unwrap();
    let symbols = fs::read_to_string(tools::root().join("include/abi-symbols.txt")).unwrap();
    for symbol in symbols.lines() {
        assert!(
            program.contains(&format!("{symbol}(")),
            "{symbol} is missing in tests/c/every_function.h"
        );
    }
}

#[test]
fn signal_handler_forks_inside_the_library() {
    let server = server_for_every_function();
    let printed = tools::run(Command::new(compile("fork_in_handler")).args([&server.url(), "600"]));
    assert_eq!(printed, "children 600 bad 0\n");
}

#[test]
fn call_in_a_child_forked_by_a_handler_loses_its_connection() {
    let good = Act::Send(responses::NO_CONTENT.into());
    let server = FaultyServer::start(move |request| match request.number {
        0 => vec![Act::Hold, good.clone()],
        _ => vec![good.clone()],
    });
    let mut program = Command::new(compile("fork_in_call"))
        .arg(server.url())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    server.wait_for_requests(1);
    writeln!(program.stdin.as_mut().unwrap(), "arrived").unwrap();
    let mut printed = BufReader::new(program.stdout.take().unwrap()).lines();
    assert_eq!(printed.next().unwrap().unwrap(), "forked");
    server.release(0);
    assert_eq!(printed.next().unwrap().unwrap(), "child 0 parent 0");
    assert!(program.wait().unwrap().success());
    assert_eq!(server.requests().len(), 2, "one of each process");
}
