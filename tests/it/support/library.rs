//! The C library in a directory for compiler and loader, and programs that are linked to it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::tools;

include!("../../../src/abi.rs");

/// The warnings for every program here.
pub const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

pub const SANITIZERS: [&str; 2] = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

/// A directory with the shared library under its link name and its SONAME, and the static library.
pub fn directory() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| install(&[]))
}

/// The shared library.
pub fn shared() -> PathBuf {
    directory().join("libbosauth.so")
}

/// The same directory, built with further arguments for cargo, such as a profile.
pub fn install(arguments: &[&str]) -> PathBuf {
    let mut cargo = tools::cargo();
    cargo
        .args(["build", "--lib", "--package", "bosauth-capi"])
        .args(["--message-format", "json"])
        .args(arguments)
        .arg("--target-dir")
        .arg(tools::target())
        .current_dir(tools::root());
    let built = artifacts(&tools::run(&mut cargo));
    assert!(!built.is_empty(), "cargo built no library");

    let directory = tools::temporary(&format!("lib{}", arguments.concat()));
    fs::create_dir_all(&directory).expect("a writable directory");
    let soname = format!("libbosauth.so.{}", BOSAUTH_ABI_VERSION >> 16);
    for file in built {
        let name = file.file_name().expect("a file");
        replace(&file, &directory.join(name));
        if name == "libbosauth.so" {
            replace(&file, &directory.join(&soname));
        }
    }
    directory
}

/// Replaces `target` by a file atomically: another test may be using it.
fn replace(file: &Path, target: &Path) {
    let new = unique(target);
    fs::hard_link(file, &new)
        .or_else(|_| fs::copy(file, &new).map(|_| ()))
        .expect("a copy");
    fs::rename(new, target).expect("a new name");
}

/// A path beside this one that no other test uses.
fn unique(path: &Path) -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let unique = path.with_extension(format!("new-{}-{number}", std::process::id()));
    let _ = fs::remove_file(&unique);
    unique
}

/// The libraries that cargo reports.
fn artifacts(messages: &str) -> Vec<PathBuf> {
    use serde_json::Value;
    let is_library = |message: &Value| {
        let kinds = message["target"]["kind"].as_array();
        kinds.is_some_and(|kinds| kinds.contains(&"cdylib".into()))
    };
    messages
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON of cargo"))
        .filter(is_library)
        .flat_map(|message| message["filenames"].as_array().cloned())
        .flatten()
        .filter_map(|file| file.as_str().map(PathBuf::from))
        .collect()
}

/// Compiles a program of `tests/c` with these flags besides those of [`compile`].
pub fn program(name: &str, flags: &[&str]) -> Command {
    Command::new(compile(&tools::root().join("tests/c").join(name), flags))
}

/// Compiles a C11 or C++17 program against the header and the shared library, and returns its path. The program
/// finds the library at run time.
pub fn compile(source: &Path, flags: &[&str]) -> PathBuf {
    let (compiler, standard) = if source.extension().is_some_and(|end| end == "c") {
        (tools::cc(), "-std=c11")
    } else {
        let cxx = std::env::var("CXX").unwrap_or_else(|_| "c++".into());
        (cxx, "-std=c++17")
    };
    let mut name = source.file_stem().expect("a file").to_os_string();
    name.push(flags.concat().replace(['/', '='], "_"));
    let program = directory().join(name);
    let new = unique(&program);
    let mut compiler = Command::new(compiler);
    compiler
        // valgrind reads this form of debug information from every compiler.
        .args([standard, "-gdwarf-4", "-pthread", "-I"])
        .arg(tools::root().join("include"))
        .args(STRICT)
        .args(flags)
        .arg(source)
        .arg("-o")
        .arg(&new)
        .arg("-L")
        .arg(directory())
        .arg("-lbosauth")
        .arg(format!("-Wl,-rpath,{}", directory().display()));
    tools::run(&mut compiler);
    fs::rename(new, &program).expect("a new name");
    program
}

/// The dynamic section of a program or shared library, as `readelf` prints it.
pub fn dynamic_section(file: &Path) -> String {
    tools::run(Command::new("readelf").args(["-W", "-d"]).arg(file))
}

/// The values of a tag of a dynamic section, such as `NEEDED`.
pub fn dynamic_values(section: &str, tag: &str) -> Vec<String> {
    let tag = format!("({tag})");
    let lines = section.lines().filter(|line| line.contains(&tag));
    let value = |line: &str| Some(line.split_once('[')?.1.trim_end_matches(']').to_owned());
    lines.filter_map(value).collect()
}

/// Whether a needed library belongs to libc or the compiler.
pub fn is_of_system(needed: &str) -> bool {
    const SYSTEM: [&str; 7] = [
        "libc.so",
        "libgcc_s.so",
        "libm.so",
        "libpthread.so",
        "libdl.so",
        "librt.so",
        "ld-linux",
    ];
    SYSTEM.iter().any(|library| needed.starts_with(library))
}
