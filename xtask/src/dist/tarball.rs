//! Reproducible archives: the bytes depend only on the names, contents and permissions of the files, and on the time of
//! the release.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::directory;
use crate::failure::Failure;
use crate::tools;

/// The artifact with this name.
pub fn path(name: &str) -> PathBuf {
    directory().join(format!("{name}.tar.gz"))
}

/// Archives the files in `contents` below a directory `name`, as the artifact with this name.
pub fn create(name: &str, contents: &Path) -> Result<PathBuf, Failure> {
    let archive = path(name);
    write(&archive, name, contents)?;
    Ok(archive)
}

/// Archives the files in `contents` below a directory `name`.
pub fn write(archive: &Path, name: &str, contents: &Path) -> Result<(), Failure> {
    let mut tar = Command::new(tools::find(&["tar"])?);
    tar.args(["--create", "--format=ustar", "--sort=name"])
        .args(["--owner=root:0", "--group=root:0", "--mode=u+rw,go+rX,go-w"])
        .arg(format!("--mtime=@{}", tools::source_date_epoch()?))
        // Not in the targets of symbolic links.
        .arg(format!("--transform=flags=rSH;s,^\\.,{name},"))
        // Without the name and the time of the archive.
        .arg("--use-compress-program=gzip -9n")
        .arg("--file")
        .arg(archive)
        .arg("--directory")
        .arg(contents)
        .arg(".");
    tools::run(&mut tar).map(|_| ())
}

/// Unpacks an archive below `parent`.
pub fn unpack(archive: &Path, parent: &Path) -> Result<(), Failure> {
    let mut tar = Command::new(tools::find(&["tar"])?);
    tar.args(["--extract", "--gzip", "--file"])
        .arg(archive)
        .arg("--directory")
        .arg(parent);
    tools::run(&mut tar).map(|_| ())
}
