//! The libraries of a target, from one run of cargo.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bosauth_test_support::programs;

use crate::failure::Failure;
use crate::targets::{System, Target};
use crate::{apple, jni, tools, windows};

/// Builds the shared and the static library, and the native library of the Java library.
pub fn build(target: &Target) -> Result<String, Failure> {
    check_standard_library(target)?;
    tools::run(&mut cargo(target)?)?;
    copy_libraries(target)?;
    jni::build(target)?;
    Ok(format!("built {}", target.directory().display()))
}

fn check_standard_library(target: &Target) -> Result<(), Failure> {
    let library = tools::sysroot()?.join("lib/rustlib").join(target.triple);
    match library.is_dir() {
        true => Ok(()),
        false => {
            let message = format!("no std; run: rustup target add {}", target.triple);
            Err(Failure::Missing(message))
        }
    }
}

fn cargo(target: &Target) -> Result<Command, Failure> {
    let mut cargo = programs::cargo();
    let mut rust_flags = path_flags("--remap-path-prefix")?;
    match target.system {
        System::Gnu | System::Musl => {
            tools::find(&["cargo-zigbuild"])?;
            cargo
                .arg("zigbuild")
                .args(["--target", &zigbuild_target(target)]);
            cargo.env("CARGO_ZIGBUILD_ZIG_PATH", tools::zig()?);
        }
        System::Windows => {
            tools::find(&["x86_64-w64-mingw32-gcc"])?;
            cargo.args(["build", "--target", target.triple]);
            rust_flags.push("-Clink-arg=-Wl,--no-insert-timestamp".into());
        }
        System::MacOs => {
            cargo.args(["build", "--target", target.triple]);
            rust_flags.extend(apple_environment(&mut cargo, target)?);
            // cargo strips the library after linking, but its UUID would still depend on the paths of the objects.
            rust_flags.push("-Clink-arg=-Wl,-S".into());
        }
        System::Ios => {
            cargo.args([
                "rustc",
                "--crate-type",
                "staticlib",
                "--target",
                target.triple,
            ]);
            apple_environment(&mut cargo, target)?;
        }
    }
    if target.system == System::Musl {
        rust_flags.push("-Ctarget-feature=-crt-static".into());
    }
    cargo
        .args(["--package", "bosauth-capi", "--lib", "--target-dir"])
        .arg(tools::output().join("cargo"));
    set_release_options(&mut cargo, target, rust_flags)?;
    Ok(cargo)
}

/// Adds the options and variables of every build of a release, with these flags of rustc.
fn set_release_options(
    cargo: &mut Command,
    target: &Target,
    rust_flags: Vec<String>,
) -> Result<(), Failure> {
    cargo
        .args(["--profile", "dist", "--locked"])
        .current_dir(tools::root())
        .env("CARGO_ENCODED_RUSTFLAGS", rust_flags.join("\x1f"))
        .env("CC_SHELL_ESCAPED_FLAGS", "1")
        .env(variable("CFLAGS", target), c_flags()?);
    Ok(())
}

/// Builds a program of a package as a static executable for a target with musl, with the list of its dependencies for
/// `cargo audit bin` in it. Returns its path.
pub fn static_program(target: &Target, package: &str, program: &str) -> Result<PathBuf, Failure> {
    check_standard_library(target)?;
    tools::find(&["cargo-zigbuild"])?;
    tools::find(&["cargo-auditable"])?;
    // Other flags of rustc than those of the library: a directory of its own keeps the builds of both.
    let directory = tools::output().join("cargo-programs");
    let mut cargo = programs::cargo();
    cargo
        .args(["auditable", "zigbuild", "--target", target.triple])
        .args(["--package", package, "--bin", program, "--target-dir"])
        .arg(&directory)
        .env("CARGO_ZIGBUILD_ZIG_PATH", tools::zig()?);
    set_release_options(&mut cargo, target, path_flags("--remap-path-prefix")?)?;
    tools::run(&mut cargo)?;
    Ok(directory.join(target.triple).join("dist").join(program))
}

/// The target with the version of glibc.
fn zigbuild_target(target: &Target) -> String {
    let version = target
        .compiler
        .split_once("gnu.")
        .or(target.compiler.split_once("gnueabihf."));
    version.map_or(target.triple.into(), |(_, version)| {
        format!("{}.{version}", target.triple)
    })
}

/// A variable of the crate `cc` for one target.
fn variable(name: &str, target: &Target) -> String {
    format!("{name}_{}", target.triple.replace('-', "_"))
}

/// Sets the compiler, and returns the flags of rustc for the linker.
fn apple_environment(cargo: &mut Command, target: &Target) -> Result<Vec<String>, Failure> {
    let compiler = apple::compiler(target)?;
    let (name, version) = apple::deployment_target(target);
    let linker = format!(
        "CARGO_TARGET_{}_LINKER",
        target.triple.replace('-', "_").to_uppercase()
    );
    cargo
        .env(name, version)
        .env("SDKROOT", &compiler.sdk)
        .env(variable("CC", target), &compiler.clang)
        .env(linker, &compiler.clang);
    let flags = compiler.flags.iter();
    Ok(flags.map(|flag| format!("-Clink-arg={flag}")).collect())
}

/// Flags of a compiler that replace the directories of this machine by fixed names.
fn path_flags(flag: &str) -> Result<Vec<String>, Failure> {
    let mut flags = Vec::new();
    let mut add = |path: &Path, name: &str| flags.push(format!("{flag}={}={name}", path.display()));
    add(&tools::cargo_home(), "/cargo");
    add(&tools::sysroot()?, "/rust");
    // The last one that matches is used: cargo's directory may be below it.
    add(tools::root(), "/bosauth");
    if let Ok(zig) = tools::zig_lib() {
        add(&zig, "/zig");
    }
    Ok(flags)
}

/// The same for C and assembly, quoted for `CC_SHELL_ESCAPED_FLAGS`.
fn c_flags() -> Result<String, Failure> {
    let flags = path_flags("-ffile-prefix-map")?;
    Ok(flags
        .iter()
        .map(|flag| format!("'{flag}'"))
        .collect::<Vec<_>>()
        .join(" "))
}

fn copy_libraries(target: &Target) -> Result<(), Failure> {
    let built = tools::output()
        .join("cargo")
        .join(target.triple)
        .join("dist");
    let mut files = vec![target.archive()];
    files.extend(target.shared());
    if target.system == System::Windows {
        // The import library.
        files.push(target.directory().join("libbosauth.dll.a"));
    }
    let _ = fs::remove_dir_all(target.directory());
    fs::create_dir_all(target.directory())?;
    for file in files {
        let name = file.file_name().expect("a file");
        fs::copy(built.join(name), &file)?;
    }
    match target.system {
        System::Windows => windows::rename_imports(&target.archive()),
        _ => Ok(()),
    }
}
