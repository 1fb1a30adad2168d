//! The examples, compiled and run as the README shows.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};

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
    for (page, language, example) in [
        ("c.md", "c", "first_login.c"),
        ("timeouts-and-cancellation.md", "c", "stop_a_login.c"),
        ("timeouts-and-cancellation.md", "rust", "stop_a_login.rs"),
        ("sessions.md", "c", "stay_logged_in.c"),
        ("sessions.md", "rust", "stay_logged_in.rs"),
        ("mfa.md", "rust", "second_factor.rs"),
        ("guest-accounts.md", "rust", "guest_account.rs"),
    ] {
        let shown = markdown::programs(page, language).remove(0);
        let source = tools::read(format!("examples/{example}"));
        assert!(
            shown.lines().count() > 10 && source.ends_with(&shown),
            "{example} differs from {page}"
        );
    }
}

/// Runs a program of `docs/sessions.md` until it has a session, then with a damaged file and without a server.
fn check_restart(program: impl Fn() -> Command, name: &str) {
    let server = server::with("my-own-token");
    let file = tools::empty(&format!("sessions-{name}")).join("session");
    let url = server.base_url().to_owned();
    let run = || program().arg(&file).arg(&url).output().unwrap();
    let printed = |output: Output| String::from_utf8(output.stdout).unwrap();

    assert_eq!(printed(run()), "logged in as user@example.com\n");
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "other users can read the session");
    let saved = fs::read(&file).unwrap();
    for damaged in [0, 20, saved.len() / 2, saved.len() - 1] {
        fs::write(&file, &saved[..damaged]).unwrap();
        assert_eq!(printed(run()), "logged in as user@example.com\n");
    }
    drop(server);
    assert_eq!(printed(run()), "still logged in as user@example.com\n");
    fs::write(&file, "").unwrap();
    assert!(!run().status.success(), "there is no session");
}

#[test]
fn session_survives_a_restart_in_rust() {
    let program = || {
        let mut cargo = example("stay_logged_in");
        cargo.arg("--");
        cargo
    };
    check_restart(program, "rust");
}

#[test]
fn session_survives_a_restart_in_c() {
    let program = in_c("stay_logged_in");
    check_restart(|| Command::new(&program), "c");
}

#[test]
fn session_survives_a_restart_in_cpp() {
    let source = tools::empty("sessions-source").join("stay_logged_in.cpp");
    fs::write(&source, markdown::programs("sessions.md", "cpp").remove(0)).unwrap();
    let wrapper = tools::root().join("bindings/cpp");
    let include = format!("-I{}", wrapper.display());
    let program = library::compile(&source, &[&include]);
    check_restart(|| Command::new(&program), "cpp");
}

#[test]
fn session_survives_a_restart_in_python() {
    if !tools::has("python3") {
        return;
    }
    let source = tools::empty("sessions-python").join("stay_logged_in.py");
    fs::write(
        &source,
        markdown::programs("sessions.md", "python").remove(0),
    )
    .unwrap();
    let package = tools::root().join("bindings/python/src");
    let library = library::shared();
    let program = || {
        let mut python = Command::new("python3");
        python
            .arg(&source)
            .env("PYTHONPATH", &package)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("BOSAUTH_LIBRARY", &library);
        python
    };
    check_restart(program, "py");
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
