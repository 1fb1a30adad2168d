//! A process that forks while its other threads are in calls: neither process hangs, and the parent's calls
//! complete.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use crate::support::faulty_server::{Act, FaultyServer};
use crate::support::{library, responses, server, tools};

/// A server that accepts every token but "unknown", and every bind and unbind.
fn server_for_every_function() -> FaultyServer {
    let record = r#"{"id":"r1","collectionId":"users","email":"ann@example.com"}"#;
    let login = format!(r#"{{"record":{record},"token":"e30.e30.bG9naW4","meta":{{"a":1}}}}"#);
    let login = responses::response("200 OK", responses::JSON, &login);
    let unknown_token = responses::api_error(400, "Failed to authenticate.", "{}");
    FaultyServer::start(move |request| {
        let is_unknown = String::from_utf8_lossy(request.body()).contains("\"unknown\"");
        let call = request.target().rsplit('/').next().unwrap_or_default();
        vec![Act::Send(match call {
            "bind-token" | "unbind-token" | "x" => responses::NO_CONTENT.into(),
            "request-otp" => responses::response("200 OK", "", responses::OTP_ID),
            _ if is_unknown => unknown_token.clone(),
            _ => login.clone(),
        })]
    })
}

/// Runs a program that forks once `requests` of its requests have arrived, which is when it reads a line. `release`
/// is called when it prints the first line. Returns both of its lines.
fn run_with_held_requests(
    name: &str,
    server: &FaultyServer,
    requests: usize,
    release: impl FnOnce(),
) -> [String; 2] {
    let mut program = library::program(name, &[])
        .arg(server.url())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    server.wait_for_requests(requests);
    writeln!(program.stdin.as_mut().unwrap(), "arrived").unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    release();
    let second = lines.next().unwrap().unwrap();
    assert!(program.wait().unwrap().success());
    [first, second]
}

#[test]
fn children_of_a_busy_process_log_in() {
    let server = server::with_token();
    let mut program = library::program("fork.c", &[]);
    let printed = tools::run(program.args([server.base_url(), server::TOKEN, "300"]));
    assert!(
        printed.starts_with("failed children 0 calls ") && printed.ends_with("failures 0\n"),
        "{printed}"
    );
}

#[test]
fn child_frees_a_client_with_calls_in_flight() {
    let server = FaultyServer::always(vec![Act::Hold, Act::Send(responses::NO_CONTENT.into())]);
    let release = || (0..8).for_each(|request| server.release(request));
    let lines = run_with_held_requests("fork_held.c", &server, 8, release);
    assert_eq!(lines, ["freed", "failures 0"]);
    assert_eq!(server.requests().len(), 8, "no child sent a request");
}

#[test]
fn children_use_cancels_before_any_client() {
    tools::run(library::program("fork_early.c", &[]).arg("200"));
}

#[test]
fn children_call_every_function() {
    let server = server_for_every_function();
    tools::run(library::program("fork_every.c", &[]).args([&server.url(), "300"]));
}

#[test]
fn every_function_of_the_header_is_covered() {
    let program = ["every_function.h", "session_callbacks.h", "support.h"]
        .map(|file| tools::read(format!("tests/c/{file}")))
        .concat();
    for symbol in tools::read("include/abi-symbols.txt").lines() {
        let is_called = program.contains(&format!("{symbol}("));
        assert!(is_called, "tests/c/every_function.h does not call {symbol}");
    }
}

#[test]
fn signal_handler_forks_inside_the_library() {
    let server = server_for_every_function();
    tools::run(library::program("fork_in_handler.c", &[]).args([&server.url(), "600"]));
}

#[test]
fn call_in_a_child_forked_by_a_handler_loses_its_connection() {
    let bound = Act::Send(responses::NO_CONTENT.into());
    let server = FaultyServer::start(move |request| match request.number {
        0 => vec![Act::Hold, bound.clone()],
        _ => vec![bound.clone()],
    });
    let lines = run_with_held_requests("fork_in_call.c", &server, 1, || server.release(0));
    assert_eq!(lines, ["forked", "child 0 parent 0"]);
    assert_eq!(server.requests().len(), 2, "one of each process");
}
