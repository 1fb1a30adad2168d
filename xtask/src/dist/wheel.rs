//! The Python wheel of a target, from its shared library, and the source distribution.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::documents::sbom_name;
use super::{VERSION, directory, documents};
use crate::failure::Failure;
use crate::targets::Target;
use crate::tools;

/// The platform tag of the wheel for a target. `None` for iOS.
pub fn platform(target: &Target) -> Option<&'static str> {
    match target.triple {
        // pip before 20.3 knows only the second tag.
        "x86_64-unknown-linux-gnu" => Some("manylinux_2_17_x86_64.manylinux2014_x86_64"),
        "aarch64-unknown-linux-gnu" => Some("manylinux_2_17_aarch64.manylinux2014_aarch64"),
        "armv7-unknown-linux-gnueabihf" => Some("manylinux_2_17_armv7l.manylinux2014_armv7l"),
        "x86_64-unknown-linux-musl" => Some("musllinux_1_2_x86_64"),
        "aarch64-unknown-linux-musl" => Some("musllinux_1_2_aarch64"),
        "x86_64-pc-windows-gnu" => Some("win_amd64"),
        "aarch64-apple-darwin" => Some("macosx_11_0_arm64"),
        "x86_64-apple-darwin" => Some("macosx_11_0_x86_64"),
        _ => None,
    }
}

/// The wheel of a target. `None` for iOS.
pub fn path(target: &Target) -> Option<PathBuf> {
    let name = format!("bosauth-{VERSION}-py3-none-{}.whl", platform(target)?);
    Some(directory().join(name))
}

/// The source distribution.
pub fn sdist_path() -> PathBuf {
    directory().join(format!("bosauth-{VERSION}.tar.gz"))
}

/// Whether the source distribution is created with the artifacts of a target, which is that of this machine.
pub fn has_sdist(target: &Target) -> bool {
    target.triple == format!("{}-unknown-linux-gnu", std::env::consts::ARCH)
}

/// The sources of the Python package, below `bindings/python`.
pub fn package() -> PathBuf {
    tools::root().join("bindings/python")
}

/// Creates the wheel of a target, with its `documents`: licences and SBOM. For the target of this machine, also creates
/// the source distribution.
pub fn create(target: &Target, documents: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut created = Vec::new();
    if let (Some(library), Some(platform), Some(wheel)) =
        (target.shared(), platform(target), path(target))
    {
        let package = stage(target, documents)?;
        let mut hatchling = hatchling("wheel", &package)?;
        hatchling
            .env("BOSAUTH_PREBUILT_LIBRARY", library)
            .env("BOSAUTH_PLATFORM_TAG", platform)
            .env("BOSAUTH_SBOM", documents.join(sbom_name("bosauth")));
        tools::run(&mut hatchling)?;
        created.push(wheel);
    }
    if has_sdist(target) {
        tools::run(&mut hatchling("sdist", &package())?)?;
        created.push(sdist_path());
    }
    Ok(created)
}

fn hatchling(kind: &str, package: &Path) -> Result<Command, Failure> {
    let mut hatchling = Command::new(tools::find(&["hatchling"])?);
    hatchling
        .args(["build", "--target", kind, "--directory"])
        .arg(directory())
        .current_dir(package)
        .env("SOURCE_DATE_EPOCH", tools::source_date_epoch()?);
    Ok(hatchling)
}

/// Copies the package to a directory of its own, where the licences of the linked crates are beside its own ones: a
/// package can contain only files below its directory.
fn stage(target: &Target, documents: &Path) -> Result<PathBuf, Failure> {
    let root = target.directory().join("wheel");
    let _ = fs::remove_dir_all(&root);
    let package = root.join("bindings/python");
    for name in sources()? {
        let copy = package.join(&name);
        fs::create_dir_all(copy.parent().expect("a file"))?;
        fs::copy(self::package().join(&name), copy)?;
    }
    // The version is there.
    fs::copy(tools::root().join("Cargo.toml"), root.join("Cargo.toml"))?;
    for name in documents::LICENSES {
        fs::copy(documents.join(name), package.join(name))?;
    }
    Ok(package)
}

/// The files that the wheel is built from, relative to the package.
fn sources() -> Result<Vec<PathBuf>, Failure> {
    let mut files = ["README.md", "hatch_build.py", "pyproject.toml"]
        .map(PathBuf::from)
        .to_vec();
    files.extend(modules()?.iter().map(|name| Path::new("src").join(name)));
    Ok(files)
}

/// The files of the package in the wheel apart from the library, relative to `src`.
pub fn modules() -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for directory in ["bosauth", "bosauth/_pyinstaller"] {
        for entry in fs::read_dir(package().join("src").join(directory))? {
            let name = Path::new(directory).join(entry?.file_name());
            let is_module = name
                .extension()
                .is_some_and(|it| it == "py" || it == "typed");
            found.extend(is_module.then_some(name));
        }
    }
    Ok(found)
}
