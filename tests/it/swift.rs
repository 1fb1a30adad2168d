//! The Swift package: unit tests, its page in `docs/`, and its scripts.

use std::process::Command;

use bosbase_local::{Config, Seed, Server};

use crate::support::{swift, tools};

/// The server of the unit tests.
fn server() -> Server {
    Server::start(Config {
        seed: Some(Seed::File(swift::package().join("Tests/seed.json"))),
        ..Config::default()
    })
    .unwrap()
}

#[test]
fn unit_tests_pass() {
    let server = server();
    let Some(mut tests) = swift::swift("test", &swift::copy("tests")) else {
        return;
    };
    let output = tests
        .env("BOSAUTH_TEST_URL", server.base_url())
        .output()
        .unwrap();
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8_lossy(&printed);
    assert!(output.status.success(), "{printed}");
    let passed = printed.matches("' passed (").count();
    println!("{passed} Swift tests and suites passed");
    assert!(passed > 30, "{printed}");
}

#[test]
fn scripts_pass_shellcheck() {
    if !tools::has("shellcheck") {
        return;
    }
    let mut shellcheck = Command::new("shellcheck");
    shellcheck.current_dir(swift::package());
    tools::run(shellcheck.args(["toolchain.sh"]));
}
