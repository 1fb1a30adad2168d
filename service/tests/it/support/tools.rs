//! External programs that tests run.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Returns whether the program `name` is installed. If not, reports the skipped test, or fails if
/// `BOSAUTH_ALL_TOOLS=1`.
pub fn has(name: &str) -> bool {
    let is_installed = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|it| it.join(name).is_file()));
    if !is_installed {
        skip(&format!("no {name}"));
    }
    is_installed
}

/// Reports a skipped test, or fails if `BOSAUTH_ALL_TOOLS=1`.
pub fn skip(reason: &str) {
    assert!(
        std::env::var_os("BOSAUTH_ALL_TOOLS").is_none_or(|value| value != "1"),
        "nothing may be skipped, but: {reason}"
    );
    // Not `eprintln!`, which the test harness captures.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {reason}");
}

/// Runs a command that must succeed, and returns its standard output.
pub fn run(command: &mut Command) -> String {
    let output = command.output();
    let Output {
        status,
        stdout,
        stderr,
    } = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (stdout, stderr) = (
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr),
    );
    assert!(
        status.success(),
        "{command:?}: {status}\n{stdout}\n{stderr}"
    );
    stdout.into_owned()
}

/// Runs a package manager. If it fails, reports the skipped test: the registry is unreachable.
pub fn install(command: &mut Command, package: &str) -> bool {
    let installed = command.output().is_ok_and(|output| output.status.success());
    if !installed {
        skip(&format!("cannot install {package}"));
    }
    installed
}

/// Builds the C library, and returns the path of the shared library.
pub fn c_library() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    // Build scripts that read the variables of this package would run again.
    for (name, _) in std::env::vars_os() {
        let variable = name.to_string_lossy();
        if variable.starts_with("CARGO_PKG_") || variable.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    cargo
        .args(["build", "--lib", "--package", "bosauth-capi"])
        .arg("--target-dir")
        .arg(target)
        .current_dir(root());
    run(&mut cargo);
    target.join("debug/libbosauth.so")
}

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
