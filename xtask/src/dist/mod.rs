//! The artifacts of a release, in `target/artifacts`: one function for each kind, from one build of the libraries.

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used)]
mod artifact_tests;
mod central;
pub mod checksums;
pub mod dependencies;
pub mod documents;
pub mod java;
#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used)]
mod java_tests;
mod nfpm;
pub mod packages;
mod prefix;
pub mod programs;
pub mod runtimes;
pub mod sbom;
#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used)]
mod sbom_tests;
pub mod tarball;
pub mod wheel;

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::targets::Target;
use crate::tools;

/// The version of the release.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Where all artifacts are written.
pub fn directory() -> PathBuf {
    tools::root().join("target/artifacts")
}

/// Creates the artifacts of a target from its libraries. Returns a line for each of them.
pub fn dist(target: &Target) -> Result<String, Failure> {
    target.check_built()?;
    fs::create_dir_all(directory())?;
    let prefix = prefix::stage(target)?;
    let documents = prefix.join("share/doc/bosauth");
    documents::write(target, "bosauth-capi", "bosauth", &documents)?;
    let mut artifacts = vec![tarball::create(&library_name(target), &prefix)?];
    artifacts.extend(wheel::create(target, &documents)?);
    artifacts.extend(programs::create(target)?);
    artifacts.extend(nfpm::create(target)?);
    let mut lines = vec![target.triple.to_owned()];
    for artifact in artifacts {
        lines.push(line(&artifact)?);
    }
    Ok(lines.join("\n"))
}

/// The name of the archive of the C library, without `.tar.gz`.
pub fn library_name(target: &Target) -> String {
    format!("bosauth-{VERSION}-{}", target.triple)
}

/// The archive of the C library.
pub fn library_archive(target: &Target) -> PathBuf {
    tarball::path(&library_name(target))
}

/// The name of a file with its size and hash.
fn line(path: &Path) -> Result<String, Failure> {
    let data = tools::read(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let hash = checksums::sha256(&data);
    Ok(format!("  {name}: {} bytes; sha256 {hash}", data.len()))
}
