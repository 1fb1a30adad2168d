//! External programs that tests run.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

/// Returns whether the program `name` is installed. If not, the test is reported as skipped.
pub fn has(name: &str) -> bool {
    let is_installed = is_installed(name);
    if !is_installed {
        skip(&format!("no {name}"));
    }
    is_installed
}

/// Returns whether the program `name` is installed.
pub fn is_installed(name: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|directory| directory.join(name).is_file())
    })
}

/// Reports a skipped test, which is a failure with `BOSAUTH_ALL_TOOLS=1`.
pub fn skip(reason: &str) {
    assert!(
        std::env::var_os("BOSAUTH_ALL_TOOLS").is_none_or(|value| value != "1"),
        "nothing may be skipped, but: {reason}"
    );
    unsupported(reason);
}

/// Reports a test that this machine cannot run, whichever tools are installed.
pub fn unsupported(reason: &str) {
    // Not by `eprintln!`: the test harness captures that of a test that passes.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {reason}");
}

/// Runs a command that must succeed and returns its standard output.
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
        "{command:?} exited with {status}\n{stdout}\n{stderr}"
    );
    stdout.into_owned()
}

/// Runs a package manager. If it fails, the test is reported as skipped: the registry is unreachable.
pub fn install(command: &mut Command, package: &str) -> bool {
    let is_installed = command.output().is_ok_and(|output| output.status.success());
    if !is_installed {
        skip(&format!("cannot install {package}"));
    }
    is_installed
}

/// Installs a package of npm in a directory, as [`install`] does.
pub fn npm_install(directory: &Path, package: &str) -> bool {
    if !has("node") || !has("npm") {
        return false;
    }
    fs::create_dir_all(directory).unwrap();
    let mut npm = Command::new("npm");
    npm.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"])
        .arg(directory)
        .arg(package);
    install(&mut npm, package)
}

/// Returns `cargo` as [`outside_package`] changes it.
pub fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    outside_package(&mut cargo);
    cargo
}

/// Removes the variables that the cargo which runs this test has set for its package from a command that runs cargo.
/// Build scripts that read them, such as that of ring, would run again for every build in a test.
pub fn outside_package(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        let is_of_package = ["CARGO_PKG_", "CARGO_MANIFEST_"]
            .iter()
            .any(|prefix| name.starts_with(prefix));
        if is_of_package || name == "OUT_DIR" {
            command.env_remove(&*name);
        }
    }
    command
}
