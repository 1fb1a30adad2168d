//! The installation of a target that archives and packages consist of, by `bindings/c/CMakeLists.txt`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::targets::{System, Target};
use crate::tools;

/// The prefix of a target's installation: `target/dist-libs/TRIPLE/prefix`.
pub fn directory(target: &Target) -> PathBuf {
    target.directory().join("prefix")
}

/// Installs the libraries of a target, the headers, the pkg-config file, the CMake package and the licences below
/// [`directory`], which is returned.
pub fn stage(target: &Target) -> Result<PathBuf, Failure> {
    let (build, prefix) = (target.directory().join("cmake"), directory(target));
    for old in [&build, &prefix] {
        let _ = fs::remove_dir_all(old);
    }
    tools::run(configure(target)?.arg("-B").arg(&build))?;
    tools::run(cmake()?.arg("--build").arg(&build))?;
    let mut install = cmake()?;
    install.arg("--install").arg(&build).arg("--prefix");
    tools::run(install.arg(&prefix))?;
    Ok(prefix)
}

/// Installs the libraries that [`stage`] has built below `usr` in a directory. `library_directory` is relative to `usr`.
pub fn install(target: &Target, library_directory: &str, to: &Path) -> Result<(), Failure> {
    let build = target.directory().join("cmake");
    let mut configure = cmake()?;
    configure
        .arg(define("CMAKE_INSTALL_PREFIX", "/usr"))
        .arg(define("CMAKE_INSTALL_LIBDIR", library_directory));
    tools::run(configure.arg(&build))?;
    let mut install = cmake()?;
    install.arg("--install").arg(&build);
    tools::run(install.env("DESTDIR", to))?;
    Ok(())
}

fn cmake() -> Result<Command, Failure> {
    Ok(Command::new(tools::find(&["cmake"])?))
}

fn configure(target: &Target) -> Result<Command, Failure> {
    let system = match target.system {
        System::Gnu | System::Musl => "Linux",
        System::Windows => "Windows",
        System::MacOs => "Darwin",
        System::Ios => "iOS",
    };
    let pointer_size = if target.architecture() == "armv7" {
        4
    } else {
        8
    };
    let mut cmake = cmake()?;
    cmake
        .arg("-S")
        .arg(tools::root().join("bindings/c"))
        .arg(define("BOSAUTH_PREBUILT_DIR", target.directory().display()))
        .arg(define("BOSAUTH_PREBUILT_SYSTEM", system))
        .arg(define("BOSAUTH_PREBUILT_PROCESSOR", target.architecture()))
        .arg(define("CMAKE_SIZEOF_VOID_P", pointer_size))
        .arg(define("CMAKE_INSTALL_LIBDIR", "lib"));
    if matches!(target.system, System::Gnu | System::Musl) {
        // GNU ar loads the plugin of an installed LLVM, of which version 14 aborts at objects for ARM.
        let ar = tools::llvm("llvm-ar").or_else(|_| binutils(target, "ar"))?;
        for (variable, program) in [
            ("CMAKE_LINKER", binutils(target, "ld")?),
            ("CMAKE_OBJCOPY", binutils(target, "objcopy")?),
            ("CMAKE_AR", ar),
        ] {
            cmake.arg(define(variable, program.display()));
        }
    }
    Ok(cmake)
}

fn define(variable: &str, value: impl std::fmt::Display) -> String {
    format!("-D{variable}={value}")
}

/// A program of the GNU binutils for a target.
fn binutils(target: &Target, program: &str) -> Result<PathBuf, Failure> {
    let prefix = match target.architecture() {
        "armv7" => "arm-linux-gnueabihf".to_owned(),
        architecture => format!("{architecture}-linux-gnu"),
    };
    let is_native = target.architecture() == std::env::consts::ARCH;
    let name = format!("{prefix}-{program}");
    match is_native {
        true => tools::find(&[&name, program]),
        false => tools::find(&[&name]),
    }
}
