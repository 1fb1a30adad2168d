//! `docs/testing.md` does what it says: its files are written to a folder and run.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use support::page::block;
use support::program::{Folder, Running};
use support::tools;

const PAGE: &str = include_str!("../../docs/testing.md");
const PROGRAM: &str = env!("CARGO_BIN_EXE_bosbase-local");

/// Writes the file `name`, which is a block of the page, to the folder.
fn take(folder: &Folder, name: &str) {
    folder.file(name, &block(PAGE, name));
}

#[test]
fn the_rust_example_is_the_test_that_is_run() {
    let (_, test) = include_str!("in_rust.rs").split_once("\n\n").unwrap();
    assert_eq!(test, block(PAGE, "tests/login.rs"));
}

#[test]
fn pytest_runs_each_test_alone_and_in_any_order() {
    const PYTEST: &str = "pytest==8.3.4";
    if !tools::has("python3") {
        return;
    }
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pytest");
    tools::run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    let python = venv.join("bin/python");
    let install = Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", PYTEST])
        .output();
    if !install.is_ok_and(|output| output.status.success()) {
        return tools::skip("pytest could not be fetched");
    }
    let folder = Folder::new("pytest");
    for name in [
        "seed.json",
        "conftest.py",
        "api.py",
        "test_login.py",
        "test_second_factor.py",
    ] {
        take(&folder, name);
    }
    let pytest = |arguments: &[&str]| {
        let mut pytest = Command::new(&python);
        pytest
            .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
            .args(arguments)
            .current_dir(&folder.0)
            .env("BOSBASE_LOCAL", PROGRAM);
        tools::run(&mut pytest)
    };
    let listed = pytest(&["--collect-only"]);
    let mut tests: Vec<_> = listed.lines().filter(|line| line.contains("::")).collect();
    assert_eq!(tests.len(), 3, "{listed}");
    for test in &tests {
        let said = pytest(&[test]);
        assert!(said.contains("1 passed"), "{said}");
    }
    for _ in 0..tests.len() {
        let said = pytest(&tests);
        assert!(said.contains("3 passed"), "{said}");
        tests.rotate_left(1);
    }
    tests.reverse();
    let said = pytest(&tests);
    assert!(said.contains("3 passed"), "{said}");
}

#[test]
fn the_one_time_password_by_hand() {
    if !tools::has("curl") {
        return;
    }
    let folder = Folder::new("otp");
    take(&folder, "seed.json");
    take(&folder, "otp.sh");
    let server = Running::start(&["--seed", &folder.path("seed.json"), "--control"]);
    let mut shell = Command::new("sh");
    shell
        .args(["-e", "otp.sh"])
        .arg(format!("http://{}", server.address))
        .current_dir(&folder.0);
    let said = tools::run(&mut shell);
    assert!(said.contains(r#""code":""#), "{said}");
}

/// Installs the C library as `docs/c.md` does, and gives the prefix.
fn installed() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (build, prefix) = (target.join("ctest/build"), target.join("ctest/prefix"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let cmake = |arguments: &[&str]| {
        let mut command = Command::new("cmake");
        command
            .args(arguments)
            .current_dir(&root)
            .env("CARGO_TARGET_DIR", target.parent().unwrap());
        tools::run(&mut command)
    };
    let (build, place) = (build.to_str().unwrap(), prefix.to_str().unwrap());
    cmake(&["-S", "bindings/c", "-B", build]);
    cmake(&["--build", build]);
    cmake(&["--install", build, "--prefix", place]);
    prefix
}

#[test]
fn the_ctest_example() {
    if !tools::has("cmake") {
        return;
    }
    let folder = Folder::new("ctest");
    for name in [
        "seed.json",
        "with-bosbase.sh",
        "CMakeLists.txt",
        "login_test.c",
        "ctest.sh",
    ] {
        take(&folder, name);
    }
    let mut shell = Command::new("sh");
    shell
        .args(["-e", "ctest.sh"])
        .current_dir(&folder.0)
        .env("PREFIX", installed())
        .env("BOSBASE_LOCAL", PROGRAM);
    let said = tools::run(&mut shell);
    assert!(said.contains("100% tests passed"), "{said}");
    let mut again = Command::new("ctest");
    again
        .args(["--test-dir", "build", "--repeat", "until-fail:3"])
        .current_dir(&folder.0)
        .env("BOSBASE_LOCAL", PROGRAM);
    let said = tools::run(&mut again);
    assert!(said.contains("100% tests passed"), "{said}");
}
