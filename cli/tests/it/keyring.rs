//! A session in a real keyring: gnome-keyring on a session bus of the test.

use std::process::Command;

use bosauth_test_support::programs;
use bosbase_local::DEMO_USER;

use crate::support::{Fixture, PROGRAM, Run};

/// Logs in with a file and then with the keyring, shows the session and logs out, with the program `$0`. The file is
/// removed both times. Directories of the same relative name have different sessions.
const SCRIPT: &str = r#"
set -eu
echo password | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
"$0" login --token-file token
cp -p profiles/default/session saved
"$0" login --keyring --token-file token
test ! -e profiles/default/session
"$0" status
"$0" refresh
test ! -e profiles/default/session
cp -p saved profiles/default/session
"$0" logout
test ! -e profiles/default/session
if "$0" status 2>&1; then exit 1; fi

mkdir -p one two/default
export BOSAUTH_CONFIG_DIR=.
(cd one && "$0" login --keyring --token-file ../token)
cp one/default/profile.json two/default
(cd two && if "$0" status 2>&1; then exit 1; fi)
BOSAUTH_CONFIG_DIR=$PWD/one "$0" status
"#;

#[test]
fn session_is_in_the_keyring() {
    if !programs::has("gnome-keyring-daemon") || !programs::has("dbus-run-session") {
        return;
    }
    let it = Fixture::new();
    it.bind();
    let output = programs::run(&mut in_session(&it, SCRIPT));
    assert_eq!(
        output.matches(&format!("as {DEMO_USER}")).count(),
        6,
        "{output}"
    );
    assert_eq!(
        output.matches("error: nobody is logged in").count(),
        2,
        "{output}"
    );
}

#[test]
fn missing_keyring_is_reported() {
    let it = Fixture::new();
    let mut login = it.command(&["login", "--keyring", "--token-file", "token"]);
    login.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    let Run { code, error, .. } = Run::new(login.output().unwrap());
    assert_eq!(code, Some(1));
    assert!(
        error.starts_with("error: cannot use the keyring: "),
        "{error}"
    );
}

/// A shell script on a session bus of its own, with an empty home directory.
fn in_session(it: &Fixture, script: &str) -> Command {
    let mut command = Command::new("dbus-run-session");
    command
        .args(["--", "sh", "-c", script, PROGRAM])
        .current_dir(&it.directory)
        .envs(it.environment())
        .env("HOME", &it.directory)
        .env("XDG_RUNTIME_DIR", &it.directory)
        .env_remove("XDG_DATA_HOME");
    command
}
