//! MFA logins and a guest account with the official SDKs: token then password, password then token,
//! token then one-time password; registration to deletion. The SDKs are installed from their registries into the target directory.

use crate::support::api::{self, A, account, mfa_collection};
use crate::support::process::without_proxy;
use crate::support::tools;
use bosbase_local::Server;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Command;

const PYTHON: &str = "bosbase==0.1.5";
const JAVASCRIPT: &str = "bosbase@0.26.3";

fn server() -> Server {
    api::server(&json!({"collections": [mfa_collection()], "accounts": [account("guarded", A)]}))
}

fn directory(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/sdks")
        .join(name)
}

#[test]
fn python_sdk_logs_in_and_manages_an_account() {
    if !tools::has("python3") {
        return;
    }
    let venv = directory("sdk-python");
    tools::run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    let python = venv.join("bin/python");
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", PYTHON]);
    if tools::install(&mut install, PYTHON) {
        let server = server();
        let mut run = Command::new(&python);
        run.arg(script("account.py")).arg(server.base_url());
        assert_eq!(
            tools::run(without_proxy(&mut run)),
            "three logins and a guest account\n"
        );
    }
}

#[test]
fn javascript_sdk_logs_in_and_manages_an_account() {
    let project = directory("sdk-javascript");
    if tools::npm_install(&project, JAVASCRIPT) {
        // Node searches packages in the directory of the script.
        let script_copy = project.join("account.mjs");
        std::fs::copy(script("account.mjs"), &script_copy).unwrap();
        let server = server();
        let mut run = Command::new("node");
        run.arg(script_copy).arg(server.base_url());
        assert_eq!(
            tools::run(without_proxy(&mut run)),
            "three logins and a guest account\n"
        );
    }
}
