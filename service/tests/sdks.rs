//! The official SDKs finish logins that need two factors: token then password, password then
//! token, token then one-time password.
//!
//! They come from their registries, into a folder of the build.
#![allow(clippy::unwrap_used)]

mod support;

use bosbase_local::{Config, Seed, Server};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::api::{account, guarded};
use support::program::directly;
use support::tools;

const PYTHON: &str = "bosbase==0.1.5";
const JAVASCRIPT: &str = "bosbase@0.26.3";

fn server() -> Server {
    let seed = json!({"collections": [guarded()],
        "accounts": [account("guarded", "a@example.com")]});
    Server::start(Config {
        seed: Some(Seed::Text(seed.to_string())),
        control: true,
        ..Config::default()
    })
    .unwrap()
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/sdks")
        .join(name)
}

/// Whether a package could be fetched; if not, that is said aloud.
fn fetched(command: &mut Command, package: &str) -> bool {
    let done = command.output().is_ok_and(|output| output.status.success());
    if !done {
        tools::skip(&format!("{package} could not be fetched"));
    }
    done
}

#[test]
fn python() {
    if !tools::has("python3") {
        return;
    }
    let venv = folder("sdk-python");
    tools::run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    let python = venv.join("bin/python");
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", PYTHON]);
    if fetched(&mut install, PYTHON) {
        let server = server();
        let mut run = Command::new(&python);
        run.arg(script("mfa.py")).arg(server.base_url());
        assert_eq!(tools::run(directly(&mut run)), "three logins\n");
    }
}

#[test]
fn javascript() {
    if !tools::has("node") || !tools::has("npm") {
        return;
    }
    let project = folder("sdk-javascript");
    let mut install = Command::new("npm");
    install
        .args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"])
        .arg(&project)
        .arg(JAVASCRIPT);
    if fetched(&mut install, JAVASCRIPT) {
        // Node looks for packages beside the script.
        let script_there = project.join("mfa.mjs");
        std::fs::copy(script("mfa.mjs"), &script_there).unwrap();
        let server = server();
        let mut run = Command::new("node");
        run.arg(script_there).arg(server.base_url());
        assert_eq!(tools::run(directly(&mut run)), "three logins\n");
    }
}
