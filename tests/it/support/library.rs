//! The C library as a program meets it: built, and put where compiler and loader find it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::tools;

include!("../../../src/abi.rs");

/// A directory with the shared library under its link name and its SONAME, and the static library.
pub fn directory() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| install(&[]))
}

/// The same, made with more arguments for cargo, such as a profile.
pub fn install(arguments: &[&str]) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("a target directory");
    let mut cargo = tools::cargo();
    cargo.args([
        "build",
        "--lib",
        "--package",
        "bosauth-capi",
        "--message-format",
        "json",
    ]);
    cargo
        .args(arguments)
        .arg("--target-dir")
        .arg(target)
        .current_dir(tools::root());
    let built = artefacts(&tools::run(&mut cargo));
    assert!(!built.is_empty(), "cargo built no library");

    let name: String = arguments.concat();
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("lib{name}"));
    fs::create_dir_all(&directory).expect("a directory of our own");
    let soname = format!("libbosauth.so.{}", BOSAUTH_ABI_VERSION >> 16);
    for file in built {
        let name = file.file_name().expect("a file");
        place(&file, &directory.join(name));
        if name == "libbosauth.so" {
            place(&file, &directory.join(&soname));
        }
    }
    directory
}

/// Puts a file to `place` in one step: a test that runs at the same time may be using what is there.
fn place(file: &Path, place: &Path) {
    let new = place.with_extension(format!("new-{}", std::process::id()));
    let _ = fs::remove_file(&new);
    fs::hard_link(file, &new)
        .or_else(|_| fs::copy(file, &new).map(|_| ()))
        .expect("a copy");
    fs::rename(new, place).expect("a new name");
}

/// The libraries that cargo says it made.
fn artefacts(messages: &str) -> Vec<PathBuf> {
    let message =
        |line: &str| serde_json::from_str::<serde_json::Value>(line).expect("JSON of cargo's");
    let ours = |m: &serde_json::Value| {
        m["target"]["kind"]
            .as_array()
            .is_some_and(|k| k.contains(&"cdylib".into()))
    };
    let files = messages
        .lines()
        .map(message)
        .filter(ours)
        .flat_map(|m| m["filenames"].as_array().cloned());
    files
        .flatten()
        .filter_map(|file| file.as_str().map(PathBuf::from))
        .collect()
}

/// Compiles a C program against the header and the shared library and gives where it is. It finds the library
/// by itself when it runs.
pub fn compile(source: &Path, name: &str, flags: &[&str]) -> PathBuf {
    compile_with(&tools::cc(), source, name, flags)
}

/// The same for C++.
pub fn compile_cpp(source: &Path, name: &str, flags: &[&str]) -> PathBuf {
    let compiler = std::env::var("CXX").unwrap_or_else(|_| "c++".into());
    compile_with(&compiler, source, name, flags)
}

fn compile_with(compiler: &str, source: &Path, name: &str, flags: &[&str]) -> PathBuf {
    let program = directory().join(name);
    let mut compiler = Command::new(compiler);
    compiler
        .args(flags)
        .arg("-I")
        .arg(tools::root().join("include"));
    compiler.arg(source).arg("-o").arg(&program);
    compiler.arg("-L").arg(directory()).arg("-lbosauth");
    compiler.arg(format!("-Wl,-rpath,{}", directory().display()));
    tools::run(&mut compiler);
    program
}
