//! Tools that tests run: found or loudly missed.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Whether `name` can be run here. If not, that is said aloud, and with `BOSAUTH_ALL_TOOLS=1` it is a failure.
pub fn has(name: &str) -> bool {
    let found = std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|directory| directory.join(name).is_file())
    });
    if !found {
        skip(&format!("no {name}"));
    }
    found
}

/// Says that something is not tested here.
pub fn skip(reason: &str) {
    assert!(
        std::env::var_os("BOSAUTH_ALL_TOOLS").is_none_or(|value| value != "1"),
        "nothing may be skipped, but: {reason}"
    );
    lacks(reason);
}

/// Says that something is not tested here since the machine does not allow it, which no tool could change.
pub fn lacks(reason: &str) {
    // Past the test harness, which keeps what a passing test prints to itself.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {reason}");
}

/// Runs a command that has to succeed and gives what it wrote to stdout.
pub fn run(command: &mut Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (stdout, stderr) = (
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr),
    );
    assert!(
        status.success(),
        "{command:?} ended with {status}\n{stdout}\n{stderr}"
    );
    stdout.into_owned()
}

/// cargo, without what the cargo that runs this test has set for its package. Build scripts that look at these
/// variables, such as that of ring, would run again for every build in a test.
pub fn cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_")
            || text.starts_with("CARGO_MANIFEST_")
            || text == "OUT_DIR"
        {
            cargo.env_remove(&name);
        }
    }
    cargo
}

/// The C compiler: `$CC` or `cc`.
pub fn cc() -> String {
    std::env::var("CC").unwrap_or_else(|_| "cc".into())
}

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where tests may write; `name` begins with that of the test.
pub fn temporary(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// A directory with nothing in it.
pub fn empty(name: &str) -> PathBuf {
    let directory = temporary(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).expect("a directory of our own");
    directory
}
