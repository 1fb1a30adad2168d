//! Programs that tests run: compilers, linters, cargo.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Returns whether `name` is installed. If not, the test is reported as skipped.
pub fn has(name: &str) -> bool {
    let is_installed = std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|directory| directory.join(name).is_file())
    });
    if !is_installed {
        skip(&format!("no {name}"));
    }
    is_installed
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

/// Runs a command that must exit with 1 and returns its standard error.
pub fn run_failing(command: &mut Command) -> String {
    let output = command.output().expect("the command starts");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{command:?}\n{stderr}");
    stderr
}

/// The same command under valgrind; `None` where that is not installed.
pub fn valgrind(command: &Command) -> Option<Command> {
    if !has("valgrind") {
        return None;
    }
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args(["-q", "--leak-check=full", "--error-exitcode=9"])
        .arg(command.get_program())
        .args(command.get_args());
    Some(valgrind)
}

/// cargo, without the variables that the cargo which runs this test has set for its package. Build scripts that
/// read them, such as that of ring, would run again for every build in a test.
pub fn cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        let is_of_package = ["CARGO_PKG_", "CARGO_MANIFEST_"]
            .iter()
            .any(|prefix| name.starts_with(prefix));
        if is_of_package || name == "OUT_DIR" {
            cargo.env_remove(&*name);
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

/// The contents of a file of the repository.
pub fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The target directory of this build, where the dependencies are compiled already.
pub fn target() -> &'static Path {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    temporary.parent().expect("a target directory")
}

/// A path that tests may write to. `name` starts with that of the test.
pub fn temporary(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// An empty directory.
pub fn empty(name: &str) -> PathBuf {
    let directory = temporary(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).expect("a writable directory");
    directory
}
