//! Session stores and listeners of C programs: what their callbacks may do, and when they are released.

use std::process::Command;

use crate::support::faulty_server::FaultyServer;
use crate::support::responses::{JSON, response};
use crate::support::{library, tools};

/// A server that accepts every login.
fn server() -> FaultyServer {
    let body = r#"{"record":{"id":"r1","collectionId":"users"},"token":"login"}"#;
    FaultyServer::responding(response("200 OK", JSON, body))
}

/// Runs `sessions.c` by `command`.
fn run_sessions(command: impl FnOnce(Command) -> Option<Command>) {
    let server = server();
    if let Some(mut program) = command(library::program("sessions.c", &[])) {
        tools::run(program.arg(server.url()));
    }
}

#[test]
fn callbacks_are_released_once_whatever_they_do() {
    run_sessions(Some);
}

#[test]
fn callbacks_under_valgrind() {
    run_sessions(|program| tools::valgrind(&program));
}

#[test]
fn child_of_a_fork_during_a_callback_uses_the_client() {
    let server = server();
    tools::run(library::program("fork_in_callback.c", &[]).arg(server.url()));
}

#[test]
fn callbacks_with_sanitizers() {
    let server = server();
    tools::run(library::program("sessions.c", &library::SANITIZERS).arg(server.url()));
}

#[test]
fn listener_and_store_end_with_the_last_change() {
    let server = server();
    let mut program = library::program("session_races.c", &[]);
    tools::run(program.args([&server.url(), "5000"]));
}

#[test]
fn easy_client_keeps_its_session_in_a_file() {
    let directory = tools::empty("sessions-easy");
    let include = format!("-I{}", tools::root().join("bindings/c").display());
    let mut program = library::program("easy_file.c", &[&include]);
    program
        .arg("http://127.0.0.1:9")
        .arg(directory.join("session"));
    let output = program.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert!(
        errors.contains("INVALID_ARGUMENT: cannot use \"/missing\""),
        "{errors}"
    );
    assert_eq!(
        errors.matches("what to do: FIX_CALL").count(),
        2,
        "{errors}"
    );
}

#[test]
fn exception_of_a_callback_ends_the_process() {
    let source = tools::root().join("tests/c/callback_throws.cpp");
    let program = library::compile(&source, &[]);
    for callback in ["load", "save", "changed", "release"] {
        let output = Command::new(&program).arg(callback).output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), None, "{callback} {message}");
        assert!(message.contains("exception"), "{callback} {message}");
    }
    let output = Command::new(&program).arg("none").output().unwrap();
    assert_eq!(output.status.code(), Some(4), "without an exception");
}
