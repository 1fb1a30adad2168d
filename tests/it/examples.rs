//! The examples, compiled and run as the README shows.

use std::path::PathBuf;
use std::process::Command;

use bosbase_local::{Config, Server};

use crate::support::faulty_server::{Act, FaultyServer};
use crate::support::{library, markdown, server, tools};

/// `cargo run` of an example.
pub fn example(name: &str) -> Command {
    let mut cargo = tools::cargo();
    cargo
        .args(["run", "--quiet", "--example", name, "--target-dir"])
        .arg(tools::target())
        .current_dir(tools::root());
    cargo
}

#[test]
fn quickstart_shows_every_step() {
    let printed = tools::run(&mut example("quickstart"));
    for expected in [
        "logged in as user@example.com",
        "logged in as admin@example.com",
        "superuser    true",
        "UNKNOWN_TOKEN",
        "ASK_CREDENTIALS",
        "the client still holds the session: true",
        "the client holds a session: false",
    ] {
        assert!(
            printed.contains(expected),
            "{expected:?} is missing in\n{printed}"
        );
    }
    assert_eq!(
        printed.matches("UNKNOWN_TOKEN").count(),
        4,
        "two errors for each account"
    );
}

#[test]
fn first_login_in_rust() {
    let server = server::demo();
    let printed = tools::run(example("first_login").arg("--").arg(server.base_url()));
    assert_eq!(printed, "hello user@example.com\n");
}

#[test]
fn first_login_in_c() {
    let server = server::demo();
    for name in ["first_login", "first_login_plain"] {
        let printed = tools::run(Command::new(in_c(name)).arg(server.base_url()));
        assert_eq!(printed, "hello user@example.com\n", "{name}");
    }
}

#[test]
fn failed_first_login_prints_status_and_action() {
    let empty = Server::start(Config::default()).unwrap();
    for name in ["first_login", "first_login_plain"] {
        let stderr = tools::run_failing(Command::new(in_c(name)).arg(empty.base_url()));
        let expected = "CREDENTIALS: wrong email or password\nwhat to do: ASK_CREDENTIALS\n";
        assert_eq!(stderr, expected, "{name}");
    }
}

#[test]
fn pages_show_the_examples() {
    for (page, at, language, example) in [
        ("c.md", 0, "c", "first_login.c"),
        ("timeouts-and-cancellation.md", 0, "c", "stop_a_login.c"),
        ("timeouts-and-cancellation.md", 0, "rust", "stop_a_login.rs"),
        ("sessions.md", 0, "c", "stay_logged_in.c"),
        ("sessions.md", 0, "rust", "stay_logged_in.rs"),
        ("sessions.md", 1, "c", "session_store.c"),
        ("sessions.md", 1, "rust", "session_store.rs"),
        ("sessions.md", 2, "c", "session_listener.c"),
        ("sessions.md", 2, "rust", "session_listener.rs"),
        ("mfa.md", 0, "rust", "second_factor.rs"),
        ("guest-accounts.md", 0, "rust", "guest_account.rs"),
    ] {
        let shown = markdown::programs(page, language).remove(at);
        let source = tools::read(format!("examples/{example}"));
        assert!(
            shown.lines().count() > 10 && source.ends_with(&shown),
            "{example} differs from {page}"
        );
    }
}

#[test]
fn commands_compile_the_session_examples() {
    for name in ["stay_logged_in", "session_store", "session_listener"] {
        in_c(name);
    }
}

#[test]
fn slow_login_is_cancelled() {
    let silent = FaultyServer::always(vec![Act::Silence]);
    let printed = tools::run(example("stop_a_login").arg("--").arg(silent.url()));
    assert_eq!(printed, "CANCELLED\n");
    let printed = tools::run(Command::new(in_c("stop_a_login")).arg(silent.url()));
    assert_eq!(printed, "CANCELLED\n");
}

/// Compiles a C example by the command in its first lines.
fn in_c(name: &str) -> PathBuf {
    let example = format!("examples/{name}.c");
    let source = tools::read(&example);
    let command = source.lines().find_map(|line| {
        let command = line.trim_start_matches([' ', '*']);
        command.strip_prefix("cc ")
    });
    let directory = library::install(&["--release"]);
    let thread = format!("{:?}", std::thread::current().id()).replace(['(', ')'], "");
    let program = directory.join(format!("{name}-{thread}"));
    let command = command
        .unwrap_or_else(|| panic!("{example} has no command to compile it"))
        .replace("target/release/libbosauth.a", "\"$DIRECTORY\"/libbosauth.a")
        .replace(&format!("-o target/{name}"), "-o \"$PROGRAM\"");
    let mut shell = Command::new("sh");
    let strict = library::STRICT.join(" ");
    shell
        .args(["-e", "-c", &format!("\"$COMPILER\" {strict} {command}")])
        .env("COMPILER", tools::cc())
        .env("DIRECTORY", &directory)
        .env("PROGRAM", &program);
    tools::run(shell.current_dir(tools::root()));
    program
}
