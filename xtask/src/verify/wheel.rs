//! The checks of the Python wheel of a target, and of the source distribution.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::artifacts::{check_contents, line};
use crate::dist::{VERSION, documents, wheel};
use crate::failure::Failure;
use crate::targets::{System, Target};
use crate::tools;

/// Checks the wheel of a target: its files, their hashes in RECORD, its metadata, and the platform of its library. With
/// that of this machine, also checks the metadata of the source distribution. Returns a line for each, or the problems.
pub fn check(target: &Target) -> Result<(Vec<String>, Vec<String>), Failure> {
    let (mut lines, mut problems) = (Vec::new(), Vec::new());
    if let (Some(wheel), Some(library)) = (wheel::path(target), target.shared()) {
        problems.extend(check_wheel(target, &wheel, &library)?);
        lines.push(line(&wheel)?);
    }
    if wheel::has_sdist(target) {
        check_metadata(&wheel::sdist_path())?;
        lines.push(line(&wheel::sdist_path())?);
    }
    Ok((lines, problems))
}

fn check_wheel(target: &Target, wheel: &Path, library: &Path) -> Result<Vec<String>, Failure> {
    let directory = unpack(wheel, &target.directory().join("unpacked-wheel"))?;
    let name = format!("wheel of {}", target.triple);
    let file = library.file_name().unwrap_or_default();
    let mut problems = check_contents(&name, &directory, &contents(Path::new(file))?)?;
    if tools::read(&directory.join("bosauth").join(file)).ok() != tools::read(library).ok() {
        problems.push(format!(
            "{name}: the library is not that of target/dist-libs"
        ));
    }
    check_metadata(wheel)?;
    // auditwheel knows musl only by Alpine's name for it, which is not that of other systems. That the library needs
    // nothing but musl is one of the checks of libraries.
    if target.system == System::Gnu {
        problems.extend(check_platform(wheel)?.map(|it| format!("{name}: {it}")));
    }
    Ok(problems)
}

/// Unpacks a wheel to a directory in `parent`, which is emptied before. Fails if a file does not have its hash in RECORD.
pub fn unpack(wheel: &Path, parent: &Path) -> Result<PathBuf, Failure> {
    let _ = fs::remove_dir_all(parent);
    let mut unpack = Command::new(tools::find(&["wheel"])?);
    unpack.args(["unpack", "--dest"]).arg(parent).arg(wheel);
    tools::run(&mut unpack)?;
    Ok(parent.join(format!("bosauth-{VERSION}")))
}

/// The files in a wheel.
fn contents(library: &Path) -> Result<BTreeSet<String>, Failure> {
    let metadata = format!("bosauth-{VERSION}.dist-info");
    let files = [
        "METADATA",
        "RECORD",
        "WHEEL",
        "entry_points.txt",
        "sboms/bosauth.cdx.json",
    ];
    let files = files.map(|name| format!("{metadata}/{name}"));
    let licenses = documents::LICENSES.map(|name| format!("{metadata}/licenses/{name}"));
    let modules = wheel::modules()?;
    let modules = modules.iter().map(|path| path.display().to_string());
    let library = format!("bosauth/{}", library.display());
    Ok(files
        .into_iter()
        .chain(licenses)
        .chain(modules)
        .chain([library])
        .collect())
}

/// Fails unless the registry accepts the metadata and renders the readme.
fn check_metadata(package: &Path) -> Result<(), Failure> {
    let mut twine = Command::new(tools::find(&["twine"])?);
    tools::run(twine.args(["check", "--strict"]).arg(package)).map(|_| ())
}

/// The problem if the library needs a newer platform than that in the name of the wheel, or another one.
pub fn check_platform(wheel: &Path) -> Result<Option<String>, Failure> {
    let mut auditwheel = Command::new(tools::find(&["auditwheel"])?);
    // Not with the libraries of this machine.
    auditwheel
        .args(["show", "--json", "--ldpaths", "/"])
        .arg(wheel);
    let printed = tools::run(&mut auditwheel)?;
    let found: serde_json::Value = serde_json::from_str(&printed)
        .map_err(|error| Failure::Failed(format!("auditwheel: {error}")))?;
    let found = found["overall_tag"].as_str().unwrap_or_default();
    let name = wheel.file_stem().unwrap_or_default().to_string_lossy();
    let named = name.rsplit('-').next().unwrap_or_default();
    let named = named.split('.').next().unwrap_or_default();
    Ok((!includes(named, found)).then(|| format!("auditwheel finds {found}, not {named}")))
}

/// Whether a system for `platform`, such as `manylinux_2_17_x86_64`, runs what is for `other`.
fn includes(platform: &str, other: &str) -> bool {
    let (Some(platform), Some(other)) = (parts(platform), parts(other)) else {
        return false;
    };
    platform.0 == other.0 && platform.1 >= other.1
}

/// The family and the processor in the tag of a platform of Linux, and its version.
fn parts(tag: &str) -> Option<([&str; 2], [u32; 2])> {
    let parts: Vec<_> = tag.splitn(4, '_').collect();
    let [family, major, minor, architecture] = parts[..] else {
        return None;
    };
    Some((
        [family, architecture],
        [major.parse().ok()?, minor.parse().ok()?],
    ))
}
