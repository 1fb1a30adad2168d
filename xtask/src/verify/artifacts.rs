//! The checks of the archives of a target: their contents, and the files in them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Library, api_symbols, archive, check_architecture, elf, local_paths};
use crate::dist::{self, documents, programs, tarball};
use crate::failure::Failure;
use crate::targets::{System, Target};
use crate::tools;

mod abi {
    include!("../../../src/abi.rs");
}

/// Checks the archives of a target. Returns a line for each archive, or the problems.
pub fn check(target: &Target) -> Result<(Vec<String>, Vec<String>), Failure> {
    if !dist::library_archive(target).exists() {
        let command = format!("cargo xtask dist --target {}", target.triple);
        return Ok((vec![format!("  no artifacts; run: {command}")], Vec::new()));
    }
    let mut lines = Vec::new();
    let mut problems = Vec::new();
    let name = dist::library_name(target);
    let directory = unpack(target, &name)?;
    problems.extend(check_contents(
        &name,
        &directory,
        &library_contents(target),
    )?);
    problems.extend(check_library(target, &directory)?);
    lines.push(line(&tarball::path(&name))?);
    let (wheels, found) = super::wheel::check(target)?;
    lines.extend(wheels);
    problems.extend(found);
    if programs::exist_for(target) {
        for (name, program) in programs::archive_names(target).iter().zip(programs::ALL) {
            let directory = unpack(target, name)?;
            problems.extend(check_contents(name, &directory, &program.contents())?);
            problems.extend(check_program(
                target,
                &directory.join("bin").join(program.name),
            )?);
            lines.push(line(&tarball::path(name))?);
        }
    }
    Ok((lines, problems))
}

/// Unpacks an archive, and returns the directory in it.
fn unpack(target: &Target, name: &str) -> Result<PathBuf, Failure> {
    let parent = target.directory().join("unpacked");
    fs::create_dir_all(&parent)?;
    let directory = parent.join(name);
    let _ = fs::remove_dir_all(&directory);
    tarball::unpack(&tarball::path(name), &parent)?;
    Ok(directory)
}

/// The name and the size of an artifact.
pub fn line(path: &Path) -> Result<String, Failure> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(format!("  {name}: {} bytes", fs::metadata(path)?.len()))
}

/// Compares the files of an unpacked archive with a list, and searches them for paths of this machine.
pub fn check_contents(
    name: &str,
    directory: &Path,
    expected: &BTreeSet<String>,
) -> Result<Vec<String>, Failure> {
    let mut found = BTreeSet::new();
    list(directory, Path::new(""), &mut found)?;
    let additional = found.difference(expected);
    let mut problems: Vec<_> = additional.map(|it| format!("contains {it}")).collect();
    let missing = expected.difference(&found);
    problems.extend(missing.map(|it| format!("does not contain {it}")));
    for file in found.iter().filter(|it| !it.contains(" -> ")) {
        let paths = local_paths(&tools::read(&directory.join(file))?)?;
        problems.extend(paths.into_iter().map(|it| format!("{file}: {it}")));
    }
    Ok(problems
        .into_iter()
        .map(|it| format!("{name}: {it}"))
        .collect())
}

/// The files below a directory, and the symbolic links as `NAME -> TARGET`.
fn list(root: &Path, directory: &Path, found: &mut BTreeSet<String>) -> Result<(), Failure> {
    for entry in fs::read_dir(root.join(directory))? {
        let entry = entry?;
        let path = directory.join(entry.file_name());
        let file_type = entry.file_type()?;
        if file_type.is_dir() {
            list(root, &path, found)?;
        } else if file_type.is_symlink() {
            let link = fs::read_link(entry.path())?;
            found.insert(format!("{} -> {}", path.display(), link.display()));
        } else {
            found.insert(path.display().to_string());
        }
    }
    Ok(())
}

/// The files and links in the archive of the C library.
pub fn library_contents(target: &Target) -> BTreeSet<String> {
    let files = [
        "include/bosauth.h",
        "include/bosauth.hpp",
        "include/bosauth_easy.h",
        "lib/cmake/bosauth/bosauthConfig.cmake",
        "lib/cmake/bosauth/bosauthConfigVersion.cmake",
        "lib/cmake/bosauth/bosauthTargets.cmake",
        "lib/libbosauth.a",
        "lib/pkgconfig/bosauth.pc",
    ];
    let mut contents: BTreeSet<_> = files.map(str::to_owned).into();
    contents.extend(documents::contents("bosauth"));
    contents.extend(shared_library(target));
    contents
}

/// The shared library with its links, or the DLL with its import library.
pub fn shared_library(target: &Target) -> Vec<String> {
    let version = abi::BOSAUTH_ABI_VERSION;
    let (major, minor) = (version >> 16, version & 0xffff);
    let patch = env!("CARGO_PKG_VERSION_PATCH");
    let links = |link: &str, soname: String, file: String| {
        vec![
            format!("lib/{link} -> {soname}"),
            format!("lib/{soname} -> {file}"),
            format!("lib/{file}"),
        ]
    };
    match target.system {
        System::Gnu | System::Musl => {
            let soname = format!("libbosauth.so.{major}");
            let file = format!("{soname}.{minor}.{patch}");
            links("libbosauth.so", soname, file)
        }
        System::MacOs => links(
            "libbosauth.dylib",
            format!("libbosauth.{major}.dylib"),
            format!("libbosauth.{major}.{minor}.{patch}.dylib"),
        ),
        System::Windows => ["bin/bosauth.dll", "lib/libbosauth.dll.a"]
            .map(str::to_owned)
            .into(),
        System::Ios => Vec::new(),
    }
}

/// The shared library must be the one that has been checked. On Linux, the static library must define the functions of
/// the API and no other global symbol.
fn check_library(target: &Target, directory: &Path) -> Result<Vec<String>, Failure> {
    let mut problems = Vec::new();
    let mut files = shared_library(target);
    files.retain(|file| !file.contains(" -> "));
    if let (Some(built), Some(file)) = (target.shared(), files.first()) {
        let is_same =
            tools::read(&built)? == tools::read(&directory.join(file)).unwrap_or_default();
        if !is_same {
            problems.push(format!("{file} is not that of target/dist-libs"));
        }
    }
    if matches!(target.system, System::Gnu | System::Musl) {
        let data = tools::read(&directory.join("lib/libbosauth.a"))?;
        let mut library = archive::read(&data, target)?;
        super::compare_exports(&mut library, &api_symbols()?);
        let found = library.problems.into_iter();
        problems.extend(found.map(|it| format!("installed libbosauth.a: {it}")));
    }
    Ok(problems)
}

/// A program must need no other file.
fn check_program(target: &Target, path: &Path) -> Result<Vec<String>, Failure> {
    let data = tools::read(path)?;
    let mut program = Library::default();
    elf::check_program(&data, target, &mut program)?;
    check_architecture(&object::File::parse(&*data)?, target, &mut program);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let found = program.problems.into_iter();
    Ok(found.map(|it| format!("{name}: {it}")).collect())
}
