//! External programs that tests run.

use std::path::{Path, PathBuf};

use bosauth_test_support::programs::cargo;
pub use bosauth_test_support::programs::{has, install, npm_install, run, skip};

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
