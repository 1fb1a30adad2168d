//! The examples, compiled and run as the README says, against a server of their own.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]

#[path = "support/library.rs"]
mod library;
#[path = "support/pages.rs"]
mod pages;
#[path = "support/peer.rs"]
mod peer;
#[path = "support/tools.rs"]
mod tools;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bosbase_local::{Config, Server};
use peer::{Act, Peer};

/// `cargo run` of an example into the directory that this test was built in.
fn example(name: &str) -> Command {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["run", "--quiet", "--example", name, "--target-dir"])
        .arg(target)
        .current_dir(tools::root());
    cargo
}

#[test]
fn the_quick_start_tells_the_whole_story() {
    let story = tools::run(&mut example("quickstart"));
    for told in [
        "logged in as user@example.com",
        "logged in as admin@example.com",
        "superuser    true",
        "UNKNOWN_TOKEN",
        "ASK_CREDENTIALS",
        "the client still holds the session: true",
        "the client holds a session: false",
    ] {
        assert!(story.contains(told), "{told:?} is missing in\n{story}");
    }
    assert_eq!(
        story.matches("UNKNOWN_TOKEN").count(),
        4,
        "two refusals for each account"
    );
}

#[test]
fn the_first_login_in_rust() {
    let server = Server::start(Config::demo()).unwrap();
    let said = tools::run(example("first_login").arg("--").arg(server.base_url()));
    assert_eq!(said, "hello user@example.com\n");
}

#[test]
fn the_first_login_in_c() {
    let server = Server::start(Config::demo()).unwrap();
    let program = in_c("first_login");
    let said = tools::run(Command::new(&program).arg(server.base_url()));
    assert_eq!(said, "hello user@example.com\n");
}

#[test]
fn a_first_login_that_fails_says_what_to_do() {
    let dead = Server::start(Config::default()).unwrap();
    let refused = Command::new(in_c("first_login"))
        .arg(dead.base_url())
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(
        said,
        "CREDENTIALS: wrong email or password\nwhat to do: ASK_CREDENTIALS\n"
    );
}

#[test]
fn the_page_on_stopping_shows_the_examples() {
    for (language, example) in [("c", "stop_a_login.c"), ("rust", "stop_a_login.rs")] {
        let shown = pages::programs("timeouts-and-cancel.md", language).remove(0);
        let example = tools::root().join("examples").join(example);
        let text = fs::read_to_string(&example).unwrap();
        assert!(
            shown.lines().count() > 10 && text.ends_with(&shown),
            "{example:?} differs from the page"
        );
    }
}

#[test]
fn a_login_that_takes_too_long_is_stopped() {
    let silent = Peer::always(vec![Act::Silence]);
    let said = tools::run(example("stop_a_login").arg("--").arg(silent.url()));
    assert_eq!(said, "CANCELLED\n");
    let said = tools::run(Command::new(in_c("stop_a_login")).arg(silent.url()));
    assert_eq!(said, "CANCELLED\n");
}

/// A C example, compiled with the command that stands in its first lines.
fn in_c(name: &str) -> PathBuf {
    let directory = library::install(&["--release"]);
    let program =
        directory.join(format!("{name}-{:?}", std::thread::current().id()).replace(['(', ')'], ""));
    let mut cc = Command::new(tools::cc());
    cc.args(["-Wall", "-Wextra", "-Wpedantic", "-Werror"])
        .arg("-Iinclude")
        .arg(format!("examples/{name}.c"));
    cc.arg(directory.join("libbosauth.a"))
        .args(["-lpthread", "-ldl", "-lm", "-o"])
        .arg(&program);
    tools::run(cc.current_dir(tools::root()));
    program
}
