//! The examples of `docs/testing.md` work.

use crate::support::docs::block;
use crate::support::process::{Running, TempDir};
use crate::support::tools;
use std::path::{Path, PathBuf};
use std::process::Command;

const PAGE: &str = include_str!("../../../docs/testing.md");
const PROGRAM: &str = env!("CARGO_BIN_EXE_bosbase-local");

/// Writes the block `name` of the page to the directory.
fn write_block(directory: &TempDir, name: &str) {
    directory.file(name, &block(PAGE, name));
}

#[test]
fn rust_examples_equal_their_tests() {
    for (name, source) in [
        ("tests/login.rs", include_str!("examples/login.rs")),
        ("tests/restart.rs", include_str!("examples/restart.rs")),
    ] {
        let (_, test) = source.split_once("\n\n").unwrap();
        assert_eq!(test, block(PAGE, name));
    }
}

#[test]
fn pytest_example_runs_in_any_order() {
    const PYTEST: &str = "pytest==8.3.4";
    if !tools::has("python3") {
        return;
    }
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pytest");
    tools::run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    let python = venv.join("bin/python");
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", PYTEST]);
    if !tools::install(&mut install, PYTEST) {
        return;
    }
    let directory = TempDir::new("pytest");
    for name in [
        "seed.json",
        "conftest.py",
        "api.py",
        "test_login.py",
        "test_second_factor.py",
    ] {
        write_block(&directory, name);
    }
    let pytest = |arguments: &[&str]| {
        let mut pytest = Command::new(&python);
        pytest
            .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
            .args(arguments)
            .current_dir(&directory.0)
            .env("BOSBASE_LOCAL", PROGRAM);
        tools::run(&mut pytest)
    };
    let listed = pytest(&["--collect-only"]);
    let mut tests: Vec<_> = listed.lines().filter(|line| line.contains("::")).collect();
    assert_eq!(tests.len(), 3, "{listed}");
    for test in &tests {
        let output = pytest(&[test]);
        assert!(output.contains("1 passed"), "{output}");
    }
    for _ in 0..tests.len() {
        let output = pytest(&tests);
        assert!(output.contains("3 passed"), "{output}");
        tests.rotate_left(1);
    }
    tests.reverse();
    let output = pytest(&tests);
    assert!(output.contains("3 passed"), "{output}");
}

#[test]
fn one_time_password_example() {
    if !tools::has("curl") {
        return;
    }
    let directory = TempDir::new("otp");
    write_block(&directory, "seed.json");
    write_block(&directory, "otp.sh");
    let server = Running::start(&["--seed", &directory.path("seed.json"), "--control"]);
    let mut shell = Command::new("sh");
    shell
        .args(["-e", "otp.sh"])
        .arg(format!("http://{}", server.address))
        .current_dir(&directory.0);
    let output = tools::run(&mut shell);
    assert!(output.contains(r#""code":""#), "{output}");
}

/// Installs the C library as in `docs/c.md`, and returns the prefix.
fn install_c_library() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (build, prefix) = (target.join("ctest/build"), target.join("ctest/prefix"));
    let cmake = |arguments: &[&str]| {
        let mut command = Command::new("cmake");
        command
            .args(arguments)
            .current_dir(tools::root())
            .env("CARGO_TARGET_DIR", target.parent().unwrap());
        tools::run(&mut command)
    };
    let (build, directory) = (build.to_str().unwrap(), prefix.to_str().unwrap());
    cmake(&["-S", "bindings/c", "-B", build]);
    cmake(&["--build", build]);
    cmake(&["--install", build, "--prefix", directory]);
    prefix
}

#[test]
fn ctest_example() {
    if !tools::has("cmake") {
        return;
    }
    let directory = TempDir::new("ctest");
    for name in [
        "seed.json",
        "with-bosbase.sh",
        "CMakeLists.txt",
        "login_test.c",
        "ctest.sh",
    ] {
        write_block(&directory, name);
    }
    let mut shell = Command::new("sh");
    shell
        .args(["-e", "ctest.sh"])
        .current_dir(&directory.0)
        .env("PREFIX", install_c_library())
        .env("BOSBASE_LOCAL", PROGRAM);
    let output = tools::run(&mut shell);
    assert!(output.contains("100% tests passed"), "{output}");
    let mut again = Command::new("ctest");
    again
        .args(["--test-dir", "build", "--repeat", "until-fail:3"])
        .current_dir(&directory.0)
        .env("BOSBASE_LOCAL", PROGRAM);
    let output = tools::run(&mut again);
    assert!(output.contains("100% tests passed"), "{output}");
}
