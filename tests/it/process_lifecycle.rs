//! The library in the life cycle of a process: reloading, exhausted descriptors and threads, thread cancellation, and
//! exit with calls in flight.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::faulty_server::{Act, FaultyServer};
use crate::support::server::TOKEN;
use crate::support::{library, responses, server, tools};

#[test]
fn library_can_be_reloaded() {
    // Not linked to the library.
    let program = library::directory().join("reload");
    let mut compiler = Command::new(tools::cc());
    compiler
        .args(["-std=gnu11", "-Wall", "-Wextra", "-Werror"])
        .args(["-Iinclude", "tests/c/reload.c", "-ldl", "-o"])
        .arg(&program)
        .current_dir(tools::root());
    tools::run(&mut compiler);
    let server = server::with_token();
    let mut program = Command::new(program);
    let printed = tools::run(
        program
            .arg(library::shared())
            .args([server.base_url(), TOKEN]),
    );
    assert_eq!(printed, "reloaded\n");
}

#[test]
fn exhausted_resources_are_reported_and_calls_recover() {
    let server = server::with_token();
    // The library resolves it as a name, the system's resolver as an address, without a DNS query.
    let named = format!("http://127.1:{}", server.address().port());
    // std's default stack size of a thread.
    for stack in ["", "1", "9223372036854775807"] {
        let mut program = library::program("scarce_resources.c", &["-Wno-pedantic"]);
        program.env("RUST_MIN_STACK", stack);
        let printed = tools::run(program.args([&named, server.base_url(), TOKEN]));
        assert_eq!(printed, "good\n", "RUST_MIN_STACK={stack}");
    }
}

#[test]
fn process_exits_with_calls_in_flight() {
    let server = server::with_token();
    let silent = FaultyServer::always(vec![Act::Silence]);
    let mut program = library::program("exit.cpp", &[]);
    program
        .args([server.base_url(), TOKEN, &silent.url()])
        .stderr(Stdio::inherit());
    for round in 0..30 {
        let output = program.output().unwrap();
        assert!(output.status.success(), "round {round}: {}", output.status);
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "logged in at exit\n"
        );
    }
}

#[test]
fn cancelled_thread_ends_after_its_call() {
    let login = responses::response("200 OK", responses::JSON, responses::LOGIN);
    let pause = || Act::Wait(Duration::from_millis(2));
    let mut acts = vec![pause()];
    for part in login.chunks(login.len() / 3) {
        acts.extend([Act::Send(part.to_vec()), pause()]);
    }
    let server = FaultyServer::always(acts);
    let mut program = library::program("thread_cancel.c", &[]);
    let printed = tools::run(program.args([&server.url(), "200"]));
    assert_eq!(printed, "rounds 200 bad 0 leaked 0\n");
}
