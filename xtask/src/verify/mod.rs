//! The checks of built libraries: exports, needed libraries, versions, hardening, and paths of this machine; and of the
//! archives.

mod archive;
pub mod artifacts;
mod elf;
#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used)]
mod library_tests;
mod macho;
mod packages;
mod pe;
mod signature;
pub mod wheel;

use std::env;
use std::path::Path;

use memchr::memmem;
use object::{Architecture, Object};

use crate::dist::{self, checksums};
use crate::failure::Failure;
use crate::targets::{System, Target};
use crate::{tools, windows};

/// What one of the readers found in a shared library.
#[derive(Debug, Default)]
pub struct Library {
    /// The exported symbols, sorted.
    pub exports: Vec<String>,
    /// The libraries that it needs.
    pub needed: Vec<String>,
    /// What is notable beside the size, such as the highest version of a symbol.
    pub notes: Vec<String>,
    /// The requirements that it does not meet.
    pub problems: Vec<String>,
}

impl Library {
    /// Adds a problem unless the requirement is met.
    pub fn require(&mut self, is_met: bool, problem: impl Into<String>) {
        if !is_met {
            self.problems.push(problem.into());
        }
    }
}

/// Checks all libraries and archives of a target. Returns a line for each of them.
pub fn verify(target: &Target) -> Result<String, Failure> {
    target.check_built()?;
    let mut lines = vec![target.triple.to_owned()];
    let mut problems = Vec::new();
    let shared = target.shared().map(|path| (path, api_symbols()));
    let jni = target.jni().map(|path| (path, jni_symbols()));
    for (path, symbols) in shared.into_iter().chain(jni) {
        let data = tools::read(&path)?;
        let library = check_shared(&data, target, &symbols?)?;
        lines.push(line(&path, &data, &library.notes));
        problems.extend(named(&path, library.problems));
    }
    let path = target.archive();
    let data = tools::read(&path)?;
    let library = check_static(&data, target, &api_symbols()?)?;
    lines.push(line(&path, &data, &library.notes));
    problems.extend(named(&path, library.problems));
    let (artifacts, found) = artifacts::check(target)?;
    lines.extend(artifacts);
    problems.extend(found);
    let (packages, found) = packages::check(target)?;
    lines.extend(packages);
    problems.extend(found);
    match problems.is_empty() {
        true => Ok(lines.join("\n")),
        false => Err(Failure::Failed(problems.join("\n"))),
    }
}

/// Checks the artifacts of these targets together, after [`verify`]: `SHA256SUMS`, and whether Debian can install the
/// packages for several processors.
pub fn verify_together(targets: &[&Target]) -> Result<(), Failure> {
    let directory = dist::directory();
    if !directory.exists() {
        return Ok(());
    }
    checksums::check(&directory)?;
    let problems = packages::differences(targets)?;
    match problems.is_empty() {
        true => Ok(()),
        false => Err(Failure::Failed(problems.join("\n"))),
    }
}

fn line(path: &Path, data: &[u8], notes: &[String]) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let size = format!("{} bytes", data.len());
    let facts: Vec<_> = [size].iter().chain(notes).cloned().collect();
    format!("  {name}: {}", facts.join("; "))
}

fn named(path: &Path, problems: Vec<String>) -> impl Iterator<Item = String> {
    let path = path.display().to_string();
    problems.into_iter().map(move |it| format!("{path}: {it}"))
}

/// Checks a shared library, whose exports must be `symbols`.
pub fn check_shared(data: &[u8], target: &Target, symbols: &[String]) -> Result<Library, Failure> {
    let mut library = match target.system {
        System::Gnu | System::Musl => elf::read(data, target)?,
        System::Windows => pe::read(data)?,
        System::MacOs | System::Ios => macho::read(data, target)?,
    };
    check_architecture(&object::File::parse(data)?, target, &mut library);
    compare_exports(&mut library, symbols);
    let allowed = allowed_libraries(target.system);
    for name in library.needed.clone() {
        let is_allowed = allowed.contains(&name.as_str());
        library.require(is_allowed, format!("needs the library {name}"));
    }
    library.problems.extend(local_paths(data)?);
    Ok(library)
}

/// Checks a static library, which must define `symbols`. It also defines those of Rust's standard library.
pub fn check_static(data: &[u8], target: &Target, symbols: &[String]) -> Result<Library, Failure> {
    let mut library = archive::read(data, target)?;
    for symbol in symbols {
        let is_defined = library.exports.binary_search(symbol).is_ok();
        library.require(is_defined, format!("does not define {symbol}"));
    }
    library.problems.extend(local_paths(data)?);
    Ok(library)
}

fn check_architecture(file: &object::File, target: &Target, library: &mut Library) {
    let expected = match target.architecture() {
        "aarch64" => Architecture::Aarch64,
        "armv7" => Architecture::Arm,
        _ => Architecture::X86_64,
    };
    let found = file.architecture();
    library.require(
        found == expected,
        format!("is for {found:?}, not for {expected:?}"),
    );
}

fn compare_exports(library: &mut Library, symbols: &[String]) {
    library.exports.sort();
    for export in library.exports.clone() {
        let is_expected = symbols.contains(&export);
        library.require(is_expected, format!("exports {export}"));
    }
    for symbol in symbols {
        let is_exported = library.exports.contains(symbol);
        library.require(is_exported, format!("does not export {symbol}"));
    }
}

/// The functions of the C API.
pub fn api_symbols() -> Result<Vec<String>, Failure> {
    let list = std::fs::read_to_string(tools::root().join("include/abi-symbols.txt"))?;
    Ok(list.lines().map(str::to_owned).collect())
}

/// The functions that the JVM calls: `JNI_OnLoad`, and the native methods in bosauth_jni.c.
pub fn jni_symbols() -> Result<Vec<String>, Failure> {
    let source = tools::root().join("bindings/java/native/bosauth_jni.c");
    let source = std::fs::read_to_string(source)?;
    let methods = source
        .lines()
        .filter_map(|line| line.strip_prefix("METHOD("));
    let names = methods.filter_map(|line| line.split([',', ')']).nth(1));
    let names = names.map(|name| format!("Java_io_bosauth_Native_{}", name.trim()));
    Ok(names.chain(["JNI_OnLoad".to_owned()]).collect())
}

/// The libraries of the system that may be needed. Every installation of the system has them.
fn allowed_libraries(system: System) -> &'static [&'static str] {
    match system {
        System::Gnu => &[
            "ld-linux-aarch64.so.1",
            "ld-linux-armhf.so.3",
            "ld-linux-x86-64.so.2",
            "libc.so.6",
            "libdl.so.2",
            "libm.so.6",
            "libpthread.so.0",
            "librt.so.1",
        ],
        System::Musl => &["libc.so"],
        System::Windows => &[
            "advapi32.dll",
            "api-ms-win-core-synch-l1-2-0.dll",
            "bcrypt.dll",
            "bcryptprimitives.dll",
            "kernel32.dll",
            "msvcrt.dll",
            "ntdll.dll",
            "ws2_32.dll",
        ],
        System::MacOs | System::Ios => &["/usr/lib/libSystem.B.dylib"],
    }
}

/// The directories of this machine whose paths a library contains, with one of the paths.
fn local_paths(data: &[u8]) -> Result<Vec<String>, Failure> {
    let mut directories = vec![
        tools::root().to_owned(),
        tools::cargo_home(),
        tools::sysroot()?,
        env::temp_dir(),
    ];
    directories.extend(env::home_dir());
    directories.extend(tools::zig_lib().ok());
    let mut prefixes: Vec<_> = directories
        .iter()
        .map(|it| format!("{}/", it.display()))
        .collect();
    prefixes.push(windows::mangled(&tools::output()));
    let mut found = Vec::new();
    for prefix in prefixes {
        if let Some(at) = memmem::find(data, prefix.as_bytes()) {
            let path = data[at..].split(|byte| !byte.is_ascii_graphic()).next();
            let path = String::from_utf8_lossy(path.unwrap_or_default());
            found.push(format!("contains a path of this machine: {path:.200}"));
        }
    }
    Ok(found)
}
