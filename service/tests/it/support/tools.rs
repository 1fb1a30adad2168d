//! External programs that tests run.

use std::path::{Path, PathBuf};
use std::process::Command;

use bosauth_test_support::programs::cargo;
pub use bosauth_test_support::programs::{has, run, skip};

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
    let mut cargo = cargo();
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
