//! Programs that tests run: compilers, linters, cargo.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub use bosauth_test_support::programs::{
    cargo, has, is_installed, npm_install, outside_package, run, skip, unsupported,
};

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
