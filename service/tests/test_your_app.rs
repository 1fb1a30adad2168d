//! `docs/test-your-app.md` does what it says: its files are written to a folder and run.
#![allow(clippy::unwrap_used)]

#[path = "../../tests/support/library.rs"]
mod library;
mod support;

use std::path::Path;
use std::process::Command;
use support::page::block;
use support::program::Folder;
use support::tools;

const PAGE: &str = include_str!("../../docs/test-your-app.md");
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
fn the_pytest_fixture() {
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
    for name in ["seed.json", "conftest.py", "test_login.py"] {
        take(&folder, name);
    }
    let mut pytest = Command::new(&python);
    pytest
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
        .current_dir(&folder.0)
        .env("BOSBASE_LOCAL", PROGRAM);
    let said = tools::run(&mut pytest);
    assert!(said.contains("2 passed"), "{said}");
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
    ] {
        take(&folder, name);
    }
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("../include");
    let cmake = |arguments: &[&str]| {
        let mut command = Command::new("cmake");
        command
            .args(arguments)
            .current_dir(&folder.0)
            .env("CMAKE_INCLUDE_PATH", &include)
            .env("CMAKE_LIBRARY_PATH", library::directory());
        tools::run(&mut command)
    };
    cmake(&["-S", ".", "-B", "build"]);
    cmake(&["--build", "build"]);
    let mut ctest = Command::new("ctest");
    ctest
        .args(["--test-dir", "build", "--output-on-failure"])
        .current_dir(&folder.0)
        .env("BOSBASE_LOCAL", PROGRAM);
    let said = tools::run(&mut ctest);
    assert!(said.contains("100% tests passed"), "{said}");
}
