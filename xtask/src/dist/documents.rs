//! The documents beside a library or program: its licences, those of what is linked into it, and its SBOM.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::dependencies::{self, Crate};
use super::sbom;
use crate::failure::Failure;
use crate::targets::{System, Target};
use crate::tools;

/// The name of the file with the licences of other projects.
pub const THIRD_PARTY: &str = "THIRD-PARTY-LICENSES.txt";

/// The licences of Rust's standard library, as the toolchain has them.
pub const STANDARD_LIBRARY: &str = "RUST-LIBRARY-LICENSES.html";

/// The licences of a library or program and of what is linked into it.
pub const LICENSES: [&str; 4] = [
    "LICENSE-APACHE",
    "LICENSE-MIT",
    STANDARD_LIBRARY,
    THIRD_PARTY,
];

/// The licences of the runtime for Windows, in Debian's package.
const MINGW: &str = "/usr/share/doc/mingw-w64-x86-64-dev/copyright";

/// How the file of a licence begins. Crates have the texts beside their manifest.
const NAMES: [&str; 6] = [
    "COPYING",
    "COPYRIGHT",
    "LICENCE",
    "LICENSE",
    "NOTICE",
    "UNLICENSE",
];

/// The files that [`write()`] creates for a product, in a prefix.
pub fn contents(name: &str) -> Vec<String> {
    let sbom = format!("{name}.cdx.json");
    let files = LICENSES.into_iter().chain([&*sbom]);
    files
        .map(|file| format!("share/doc/{name}/{file}"))
        .collect()
}

/// Writes the documents of a package of cargo to a directory. `name` is the name of the product. Fails if a crate has
/// no text of its licence.
pub fn write(target: &Target, package: &str, name: &str, directory: &Path) -> Result<(), Failure> {
    let crates = dependencies::crates(target, package)?;
    fs::create_dir_all(directory)?;
    for license in ["LICENSE-APACHE", "LICENSE-MIT"] {
        fs::copy(tools::root().join(license), directory.join(license))?;
    }
    let copyright = tools::sysroot()?.join("share/doc/rust/COPYRIGHT-library.html");
    fs::write(directory.join(STANDARD_LIBRARY), tools::read(&copyright)?)?;
    fs::write(directory.join(THIRD_PARTY), third_party(target, &crates)?)?;
    let sbom = sbom::create(target, package, &crates)?;
    fs::write(directory.join(format!("{name}.cdx.json")), sbom)?;
    Ok(())
}

fn third_party(target: &Target, crates: &[Crate]) -> Result<String, Failure> {
    let mut list = String::from("This product contains:\n\n");
    // The files with each text.
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for it in crates.iter().filter(|it| it.is_third_party) {
        let name = format!("{} {}", it.name, it.version);
        list += &format!("  {name}: {}\n", it.license);
        for file in files(&it.directory)? {
            add(&mut texts, &name, &file)?;
        }
    }
    for (name, license, file) in runtimes(target)? {
        list += &format!("  {name}: {license}\n");
        add(&mut texts, name, &file)?;
    }
    list += &format!("  Rust's standard library: {STANDARD_LIBRARY}\n");
    let mut texts: Vec<_> = texts.into_iter().collect();
    texts.sort_by(|(_, a), (_, b)| a.cmp(b));
    for (text, names) in texts {
        let line = "-".repeat(80);
        list += &format!("\n{line}\n{}\n{line}\n\n{text}\n", names.join("\n"));
    }
    Ok(list)
}

fn add(texts: &mut BTreeMap<String, Vec<String>>, name: &str, file: &Path) -> Result<(), Failure> {
    let text = String::from_utf8_lossy(&tools::read(file)?).replace('\r', "");
    let names = texts.entry(text.trim().to_owned()).or_default();
    let file = file.file_name().unwrap_or_default().to_string_lossy();
    names.push(format!("{name}: {file}"));
    Ok(())
}

/// The files with licences in the source of a crate, sorted. A crate may have a directory `LICENSES`.
fn files(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.to_uppercase();
        if !NAMES.iter().any(|it| name.starts_with(it)) {
            continue;
        }
        match path.is_dir() {
            true => files.extend(entries(&path)?),
            false => files.push(path),
        }
    }
    files.sort();
    match files.is_empty() {
        true => Err(Failure::Failed(format!(
            "no licence in {}",
            directory.display()
        ))),
        false => Ok(files),
    }
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(directory)?.map(|entry| Ok(entry?.path()));
    entries.collect()
}

/// What the compiler links into libraries and programs: name, licence and text.
fn runtimes(target: &Target) -> Result<Vec<(&'static str, &'static str, PathBuf)>, Failure> {
    let unwind = |zig: &Path| {
        let text = zig.join("libunwind/LICENSE.TXT");
        ("LLVM libunwind", "Apache-2.0 WITH LLVM-exception", text)
    };
    Ok(match target.system {
        System::Gnu => vec![unwind(&tools::zig_lib()?)],
        System::Musl => {
            let zig = tools::zig_lib()?;
            let musl = ("musl", "MIT", zig.join("libc/musl/COPYRIGHT"));
            vec![unwind(&zig), musl]
        }
        System::Windows => vec![("mingw-w64 runtime", "ZPL-2.1 AND MIT", MINGW.into())],
        System::MacOs | System::Ios => Vec::new(),
    })
}
