//! The Python package's unit tests, and the configuration of their server.

use std::path::{Path, PathBuf};
use std::process::Command;

use bosbase_local::{Config, Seed};

use super::tools;

/// The directory of the package.
pub fn package() -> PathBuf {
    tools::root().join("bindings/python")
}

/// The server's configuration, with the accounts of the tests.
pub fn config() -> Config {
    Config {
        seed: Some(Seed::File(package().join("tests/seed.json"))),
        control: true,
        ..Config::default()
    }
}

/// The tests against a server. The caller sets the paths of package and library.
pub fn command(python: impl AsRef<Path>, url: &str) -> Command {
    let mut tests = Command::new(python.as_ref());
    tests
        .args(["-W", "error::ResourceWarning", "-m", "unittest"])
        .args(["discover", "--verbose"])
        .current_dir(package().join("tests"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("BOSAUTH_TEST_URL", url)
        .env(
            "BOSAUTH_TEST_HEADER",
            tools::root().join("include/bosauth.h"),
        );
    tests
}
