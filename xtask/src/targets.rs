//! The table of targets.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::tools;

/// A system, with its libc.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum System {
    /// Linux with glibc 2.17 or later.
    Gnu,
    /// Linux with musl 1.2 or later.
    Musl,
    Windows,
    MacOs,
    /// iOS, or its simulator. Static library only.
    Ios,
}

/// A platform for which the libraries are built.
#[derive(Debug)]
pub struct Target {
    /// The name in rustc.
    pub triple: &'static str,
    pub system: System,
    /// The name in `io.bosauth.Loader`. iOS has no Java.
    pub java: Option<&'static str>,
    /// The name in zig or clang.
    pub compiler: &'static str,
}

pub const TARGETS: [Target; 11] = [
    target(
        "x86_64-unknown-linux-gnu",
        System::Gnu,
        "linux-x86_64",
        "x86_64-linux-gnu.2.17",
    ),
    target(
        "aarch64-unknown-linux-gnu",
        System::Gnu,
        "linux-aarch64",
        "aarch64-linux-gnu.2.17",
    ),
    target(
        "armv7-unknown-linux-gnueabihf",
        System::Gnu,
        "linux-arm",
        "arm-linux-gnueabihf.2.17",
    ),
    target(
        "x86_64-unknown-linux-musl",
        System::Musl,
        "linux-musl-x86_64",
        "x86_64-linux-musl",
    ),
    target(
        "aarch64-unknown-linux-musl",
        System::Musl,
        "linux-musl-aarch64",
        "aarch64-linux-musl",
    ),
    target(
        "x86_64-pc-windows-gnu",
        System::Windows,
        "windows-x86_64",
        "x86_64-w64-mingw32",
    ),
    target(
        "aarch64-apple-darwin",
        System::MacOs,
        "macos-aarch64",
        "arm64-apple-macos",
    ),
    target(
        "x86_64-apple-darwin",
        System::MacOs,
        "macos-x86_64",
        "x86_64-apple-macos",
    ),
    target("aarch64-apple-ios", System::Ios, "", "arm64-apple-ios"),
    target(
        "aarch64-apple-ios-sim",
        System::Ios,
        "",
        "arm64-apple-ios-simulator",
    ),
    target(
        "x86_64-apple-ios",
        System::Ios,
        "",
        "x86_64-apple-ios-simulator",
    ),
];

const fn target(
    triple: &'static str,
    system: System,
    java: &'static str,
    compiler: &'static str,
) -> Target {
    let java = if java.is_empty() { None } else { Some(java) };
    Target {
        triple,
        system,
        java,
        compiler,
    }
}

impl Target {
    pub fn find(triple: &str) -> Result<&'static Target, String> {
        let names = TARGETS.map(|target| target.triple).join(" ");
        let found = TARGETS.iter().find(|target| target.triple == triple);
        found.ok_or(format!("unknown target {triple}; the targets are: {names}"))
    }

    /// The first part of the triple.
    pub fn architecture(&self) -> &'static str {
        self.triple.split_once('-').map_or("", |(name, _)| name)
    }

    pub fn is_apple(&self) -> bool {
        matches!(self.system, System::MacOs | System::Ios)
    }

    /// The directory of its libraries.
    pub fn directory(&self) -> PathBuf {
        tools::output().join(self.triple)
    }

    /// Fails if its libraries have not been built.
    pub fn check_built(&self) -> Result<(), Failure> {
        match self.directory().is_dir() {
            true => Ok(()),
            false => {
                let command = format!("cargo xtask build --target {}", self.triple);
                Err(Failure::Missing(format!("not built; run: {command}")))
            }
        }
    }

    /// The shared library.
    pub fn shared(&self) -> Option<PathBuf> {
        let name = match self.system {
            System::Gnu | System::Musl => "libbosauth.so",
            System::Windows => "bosauth.dll",
            System::MacOs => "libbosauth.dylib",
            System::Ios => return None,
        };
        Some(self.directory().join(name))
    }

    /// The static library.
    pub fn archive(&self) -> PathBuf {
        self.directory().join("libbosauth.a")
    }

    /// The native library of the Java library.
    pub fn jni(&self) -> Option<PathBuf> {
        let name = match self.system {
            System::Gnu | System::Musl => "libbosauth_jni.so",
            System::Windows => "bosauth_jni.dll",
            System::MacOs | System::Ios => "libbosauth_jni.dylib",
        };
        let directory = tools::output().join("jni/META-INF/bosauth");
        Some(directory.join(self.java?).join(name))
    }
}
