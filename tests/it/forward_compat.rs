//! Programs compiled for this library with another one: they work with a newer ABI minor version, and reject another
//! major version.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bosbase_local::Server;

use crate::support::{library, python_suite, server, tools};

const HELLO: &str = "hello user@example.com\n";

/// Builds a library from a copy of the sources, with another ABI version and more code, under the same SONAME.
fn changed_library(name: &str, abi: u32, more: &str) -> PathBuf {
    let copy = tools::empty(&format!("forward-compat/{name}"));
    let parts =
        "Cargo.toml Cargo.lock build.rs src cli core service tests xtask examples".split(' ');
    let mut cp = Command::new("cp");
    cp.arg("-Rp")
        .args(parts)
        .arg(&copy)
        .current_dir(tools::root());
    tools::run(&mut cp);
    let write = |abi: u32| format!("0x{:04x}_{:04x}", abi >> 16, abi & 0xffff);
    edit(&copy.join("src/abi.rs"), |source| {
        let changed = source.replace(&write(library::BOSAUTH_ABI_VERSION), &write(abi));
        assert_ne!(changed, source);
        changed
    });
    edit(&copy.join("src/library.rs"), |source| source + more);
    let built = tools::temporary("forward-compat/changed-target");
    let mut cargo = tools::cargo();
    cargo
        .args(["rustc", "--quiet", "--offline", "--lib"])
        .args(["--package", "bosauth-capi"])
        .args(["--crate-type", "cdylib", "--target-dir"])
        .arg(&built)
        .current_dir(&copy);
    tools::run(&mut cargo);
    let directory = copy.join("lib");
    fs::create_dir_all(&directory).unwrap();
    let library = built.join("debug/libbosauth.so");
    fs::copy(library, directory.join("libbosauth.so.1")).unwrap();
    directory
}

fn edit(file: &Path, change: impl FnOnce(String) -> String) {
    fs::write(file, change(fs::read_to_string(file).unwrap())).unwrap();
}

/// Compiles a program against the headers and the library.
fn compiled(source: &str, name: &str) -> PathBuf {
    let program = library::directory().join(name);
    let (compiler, standard) = match source.ends_with(".c") {
        true => ("cc", "c11"),
        false => ("c++", "c++17"),
    };
    let mut command = Command::new(compiler);
    command
        .arg(format!("-std={standard}"))
        .args(["-Iinclude", "-Ibindings/c", "-Ibindings/cpp", source, "-o"])
        .arg(&program)
        .arg(format!("-L{}", library::directory().display()))
        .arg("-lbosauth")
        .current_dir(tools::root());
    tools::run(&mut command);
    program
}

/// The program with another library than it was linked with.
fn with_library(program: &Path, library: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).env("LD_LIBRARY_PATH", library);
    command
}

/// Runs the Python package's unit tests with this library.
fn python_tests_pass_on(library: &Path) {
    let server = Server::start(python_suite::config()).unwrap();
    let mut python = python_suite::command("python3", server.base_url());
    python
        .env("PYTHONPATH", python_suite::package().join("src"))
        .env("BOSAUTH_LIBRARY", library);
    tools::run(&mut python);
}

#[test]
fn newer_minor_version_works_and_other_major_is_rejected() {
    let abi = library::BOSAUTH_ABI_VERSION;
    let c = compiled("bindings/c/example/login.c", "abi-login");
    let cpp = compiled("bindings/c/example/login.cpp", "abi-login-cpp");
    let tests = compiled("bindings/cpp/tests/exceptions.cpp", "abi-exceptions");
    let server = server::with_second_factors();
    let url = server.base_url();

    let more = "\n/// @return 7\n#[unsafe(no_mangle)]\npub extern \"C\" fn bosauth_grown() -> i32 {\n    7\n}\n";
    let newer = changed_library("newer", abi + 1, more);
    let mut nm = Command::new("nm");
    let names = tools::run(nm.arg("-D").arg(newer.join("libbosauth.so.1")));
    assert!(names.contains("bosauth_grown"));
    assert_eq!(tools::run(&mut with_library(&c, &newer, &[url])), HELLO);
    assert_eq!(tools::run(&mut with_library(&cpp, &newer, &[url])), HELLO);
    tools::run(&mut with_library(&tests, &newer, &[url]));
    let snapshot = compiled("tests/c/lifetimes.c", "abi-snapshot");
    tools::run(&mut with_library(&snapshot, &newer, &[]));
    python_tests_pass_on(&newer.join("libbosauth.so.1"));

    let incompatible = changed_library("incompatible", abi + 0x1_0000, "");
    for program in [&c, &cpp] {
        let printed = tools::run_failing(&mut with_library(program, &incompatible, &[url]));
        let (major, minor) = (abi >> 16, abi & 0xffff);
        let expected = format!(
            "has ABI {}.{minor}; this program was compiled for ABI {major}.{minor}",
            major + 1
        );
        assert!(printed.contains(&expected), "{printed}");
    }
}
