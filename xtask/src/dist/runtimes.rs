//! What compilers link into libraries and programs beside crates: Rust's standard library and the runtimes of C.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::targets::{System, Target};
use crate::tools;

/// The directory of the runtime for Windows, in Debian's package.
const MINGW: &str = "/usr/share/mingw-w64/include";

/// The licences of the runtime for Windows, in Debian's package.
const MINGW_LICENSES: &str = "/usr/share/doc/mingw-w64-x86-64-dev/copyright";

/// A platform that libraries and programs are linked for.
#[derive(Clone, Copy)]
pub struct Platform {
    /// The name in rustc.
    pub triple: &'static str,
    kinds: &'static [Kind],
}

#[derive(Clone, Copy)]
enum Kind {
    Libunwind,
    /// The libunwind of the NDK.
    AndroidLibunwind,
    Musl,
    Mingw,
}

/// The ABIs of Android in the AAR.
pub const ANDROID: [Platform; 4] = [
    android("aarch64-linux-android"),
    android("armv7-linux-androideabi"),
    android("i686-linux-android"),
    android("x86_64-linux-android"),
];

const fn android(triple: &'static str) -> Platform {
    Platform {
        triple,
        kinds: &[Kind::AndroidLibunwind],
    }
}

/// A library that is not a crate.
pub struct Runtime {
    /// The name in the list of licences.
    pub name: &'static str,
    /// The name in a package URL.
    pub package: &'static str,
    pub version: String,
    /// An SPDX expression.
    pub license: &'static str,
    /// The file with its licences.
    pub text: PathBuf,
}

impl From<&Target> for Platform {
    fn from(target: &Target) -> Self {
        let kinds: &[Kind] = match target.system {
            System::Gnu => &[Kind::Libunwind],
            System::Musl => &[Kind::Libunwind, Kind::Musl],
            System::Windows => &[Kind::Mingw],
            System::MacOs | System::Ios => &[],
        };
        Platform {
            triple: target.triple,
            kinds,
        }
    }
}

impl Platform {
    /// The runtimes of C that are linked.
    pub fn runtimes(&self) -> Result<Vec<Runtime>, Failure> {
        self.kinds.iter().map(|kind| kind.runtime()).collect()
    }
}

impl Kind {
    fn runtime(self) -> Result<Runtime, Failure> {
        match self {
            Kind::Libunwind => libunwind(&zig_compiler()?),
            Kind::AndroidLibunwind => libunwind(&android_compiler()?),
            Kind::Musl => musl(),
            Kind::Mingw => mingw(),
        }
    }
}

/// The standard library of the toolchain, whose file also has the licences of the crates in it.
pub fn standard_library() -> Result<Runtime, Failure> {
    let mut rustc = Command::new("rustc");
    let printed = tools::run(rustc.arg("--version").current_dir(tools::root()))?;
    Ok(Runtime {
        name: "Rust's standard library",
        package: "rust-std",
        version: word_after(&printed, "rustc ")?,
        license: "MIT OR Apache-2.0",
        text: tools::sysroot()?.join("share/doc/rust/COPYRIGHT-library.html"),
    })
}

/// The libunwind of a compiler, which has the version of its clang. The text is that of Zig's copy: an NDK has the same
/// among many others.
fn libunwind(version: &str) -> Result<Runtime, Failure> {
    Ok(Runtime {
        name: "LLVM libunwind",
        package: "llvm-libunwind",
        version: word_after(version, "clang version ")?,
        license: "Apache-2.0 WITH LLVM-exception",
        text: tools::zig_lib()?.join("libunwind/LICENSE.TXT"),
    })
}

/// What `zig cc --version` prints.
fn zig_compiler() -> Result<String, Failure> {
    tools::run(Command::new(tools::zig()?).args(["cc", "--version"]))
}

/// What the clang of the NDK prints. Without an NDK, libunwind is that of Zig.
fn android_compiler() -> Result<String, Failure> {
    let Some(ndk) = env::var_os("ANDROID_NDK_HOME") else {
        return zig_compiler();
    };
    let hosts = Path::new(&ndk).join("toolchains/llvm/prebuilt");
    let entries = fs::read_dir(&hosts)?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut programs = entries.map(|host| host.join("bin/clang"));
    let clang = programs.find(|program| program.is_file());
    let clang = clang.ok_or_else(|| unexpected(&hosts.display().to_string()))?;
    tools::run(Command::new(clang).arg("--version"))
}

fn musl() -> Result<Runtime, Failure> {
    let sources = tools::zig_lib()?.join("libc/musl");
    let version = fs::read_to_string(sources.join("src/internal/version.h"))?;
    Ok(Runtime {
        name: "musl",
        package: "musl",
        version: word_after(&version, "VERSION ")?,
        license: "MIT",
        text: sources.join("COPYRIGHT"),
    })
}

fn mingw() -> Result<Runtime, Failure> {
    let header = fs::read_to_string(Path::new(MINGW).join("_mingw_mac.h"))?;
    let parts = ["MAJOR ", "MINOR ", "BUGFIX "]
        .map(|part| word_after(&header, &format!("#define __MINGW64_VERSION_{part}")));
    let parts: Result<Vec<_>, _> = parts.into_iter().collect();
    Ok(Runtime {
        name: "mingw-w64 runtime",
        package: "mingw-w64",
        version: parts?.join("."),
        license: "ZPL-2.1 AND MIT",
        text: MINGW_LICENSES.into(),
    })
}

/// The word after the first occurrence of `prefix`, without quotes.
fn word_after(text: &str, prefix: &str) -> Result<String, Failure> {
    let rest = text.split_once(prefix).map(|(_, rest)| rest);
    let word = rest.and_then(|rest| rest.split_whitespace().next());
    let word = word.ok_or_else(|| unexpected(prefix))?;
    Ok(word.trim_matches('"').to_owned())
}

fn unexpected(what: &str) -> Failure {
    Failure::Failed(format!("found no version: {}", what.trim()))
}
