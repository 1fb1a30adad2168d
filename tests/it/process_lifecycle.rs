//! The library over the life of a process: loaded again and again, with no descriptors or threads left for it, in
//! threads that are cancelled, and in use when the process ends.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use bosbase_local::{Config, DEMO_PASSWORD, DEMO_USER, Server};

use crate::support::faulty_server::{Act, FaultyServer};
use crate::support::{library, responses, tools};

const TOKEN: &str = "token-of-the-process-test";

fn source(name: &str) -> PathBuf {
    tools::root().join("tests/c").join(name)
}

/// A server to which the token is bound.
fn server() -> Server {
    let server = Server::start(Config::demo()).unwrap();
    let client = bosauth::Client::builder(server.base_url()).build().unwrap();
    let users = client.collection("users");
    users.bind_token(DEMO_USER, DEMO_PASSWORD, TOKEN).unwrap();
    server
}

#[test]
fn library_can_be_reloaded() {
    let program = library::directory().join("reload");
    let mut compiler = Command::new(tools::cc());
    compiler.args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-I"]);
    compiler
        .arg(tools::root().join("include"))
        .arg(source("reload.c"));
    tools::run(compiler.arg("-o").arg(&program).arg("-ldl"));
    let server = server();
    let library = library::directory().join("libbosauth.so");
    let mut program = Command::new(program);
    let printed = tools::run(program.arg(library).args([server.base_url(), TOKEN]));
    assert_eq!(printed, "reloaded\n");
}

#[test]
fn exhausted_resources_are_reported_and_calls_recover() {
    let program = library::compile(
        &source("scarce_resources.c"),
        "scarce",
        &["-std=c11", "-Wall", "-Wextra", "-Werror", "-pthread"],
    );
    let server = server();
    // The library takes it for a name, and the system's resolver for an address: nobody is asked.
    let named = format!("http://127.1:{}", server.address().port());
    // Of the standard library: how large the stack of a thread is whose maker does not say.
    for stack in ["", "1", "9223372036854775807"] {
        let mut program = Command::new(&program);
        program.env("RUST_MIN_STACK", stack);
        let printed = tools::run(program.args([&named, server.base_url(), TOKEN]));
        assert_eq!(printed, "good\n", "RUST_MIN_STACK={stack}");
    }
}

#[test]
fn process_exits_with_calls_in_flight() {
    let program = library::compile_cpp(
        &source("exit.cpp"),
        "exit",
        &["-std=c++17", "-Wall", "-Wextra", "-Werror", "-pthread"],
    );
    let server = server();
    let silent = FaultyServer::always(vec![Act::Silence]);
    for round in 0..30 {
        let mut program = Command::new(&program);
        program.args([server.base_url(), TOKEN, &silent.url()]);
        let ended = program.stderr(Stdio::inherit()).output().unwrap();
        assert!(ended.status.success(), "round {round}: {}", ended.status);
        assert_eq!(
            String::from_utf8_lossy(&ended.stdout),
            "logged in at the end\n"
        );
    }
}

#[test]
fn cancelled_thread_ends_after_its_call() {
    let program = library::compile(
        &source("thread_cancel.c"),
        "thread_cancel",
        &["-std=c11", "-Wall", "-Wextra", "-Werror", "-pthread"],
    );
    let whole = responses::response("200 OK", responses::JSON, responses::LOGIN);
    let pause = || Act::Wait(Duration::from_millis(2));
    let mut acts = vec![pause()];
    for part in whole.chunks(whole.len() / 3) {
        acts.extend([Act::Send(part.to_vec()), pause()]);
    }
    let server = FaultyServer::always(acts);
    let printed = tools::run(Command::new(program).args([&server.url(), "200"]));
    assert_eq!(printed, "rounds 200 bad 0 left 0\n");
}
