//! The SDK of Apple's targets on other systems: zig's headers and its list of the symbols of libSystem.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use crate::failure::Failure;
use crate::targets::{System, Target};
use crate::tools;

/// The file from which scripts/xcframework.sh reads them, too.
const DEPLOYMENT_TARGETS: &str = include_str!("../../bindings/swift/deployment-targets.sh");

/// The environment variable with the oldest supported system, and its value.
pub fn deployment_target(target: &Target) -> (&'static str, &'static str) {
    let name = match target.system {
        System::Ios => "IPHONEOS_DEPLOYMENT_TARGET",
        _ => "MACOSX_DEPLOYMENT_TARGET",
    };
    let lines = DEPLOYMENT_TARGETS
        .lines()
        .filter_map(|line| line.strip_prefix("export "));
    let mut pairs = lines.filter_map(|line| line.split_once('='));
    let value = pairs.find(|(key, _)| *key == name).map(|(_, value)| value);
    (name, value.expect("a value in deployment-targets.sh"))
}

/// The newest system that an object of its libraries may require.
pub fn minimum_version(target: &Target) -> &'static str {
    match target.triple {
        // rustc's lowest: the simulator of Macs with Apple silicon starts with iOS 14.
        "aarch64-apple-ios-sim" => "14.0",
        _ => deployment_target(target).1,
    }
}

/// clang with its flags for the target, and the SDK.
pub struct Compiler {
    pub clang: PathBuf,
    pub flags: Vec<String>,
    pub sdk: PathBuf,
}

/// The compiler and linker of a target.
pub fn compiler(target: &Target) -> Result<Compiler, Failure> {
    let sdk = sdk()?;
    // clang's names of the simulator's targets have the version before the environment.
    let (name, suffix) = match target.compiler.strip_suffix("-simulator") {
        Some(name) => (name, "-simulator"),
        None => (target.compiler, ""),
    };
    let version = minimum_version(target);
    let flags = vec![
        format!("--target={name}{version}{suffix}"),
        format!("--ld-path={}", tools::llvm("ld64.lld")?.display()),
        // clang does not recognize lld by a path with a version: the options of a recent linker of Apple.
        "-mlinker-version=705".into(),
    ];
    let clang = tools::llvm("clang")?;
    Ok(Compiler { clang, flags, sdk })
}

fn sdk() -> Result<PathBuf, Failure> {
    let sdk = tools::output().join("apple-sdk");
    let zig = tools::zig_lib()?;
    fs::create_dir_all(sdk.join("usr/lib"))?;
    let symbols = fs::read_to_string(zig.join("libc/darwin/libSystem.tbd"))?;
    // ld64.lld of LLVM 19 rejects the file because of this architecture.
    let symbols = without_architecture(&symbols, "arm64e.x1-");
    for name in ["libSystem.tbd", "libc.tbd", "libiconv.tbd", "libm.tbd"] {
        fs::write(sdk.join("usr/lib").join(name), &symbols)?;
    }
    let include = sdk.join("usr/include");
    let _ = fs::remove_file(&include);
    symlink(zig.join("libc/include/any-darwin-any"), include)?;
    Ok(sdk)
}

/// Removes an architecture from the lists of a text-based stub library.
fn without_architecture(symbols: &str, prefix: &str) -> String {
    let mut lines = Vec::new();
    for line in symbols.lines() {
        let words = line.split(' ').filter(|word| !word.starts_with(prefix));
        lines.push(words.collect::<Vec<_>>().join(" "));
    }
    lines.join("\n") + "\n"
}
