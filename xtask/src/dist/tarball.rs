//! Reproducible archives: the bytes depend only on the names, contents and permissions of the files, and on the time of
//! the release.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::directory;
use crate::failure::Failure;
use crate::tools;

/// Archives the files in `contents` below a directory `name`, as `name.tar.gz` with the artifacts.
pub fn create(name: &str, contents: &Path) -> Result<PathBuf, Failure> {
    let archive = directory().join(format!("{name}.tar.gz"));
    let mut tar = Command::new(tools::find(&["tar"])?);
    tar.args(["--create", "--format=ustar", "--sort=name"])
        .args(["--owner=root:0", "--group=root:0", "--mode=u+rw,go+rX,go-w"])
        .arg(format!("--mtime=@{}", tools::source_date_epoch()?))
        // Not in the targets of symbolic links.
        .arg(format!("--transform=flags=rSH;s,^\\.,{name},"))
        // Without the name and the time of the archive.
        .arg("--use-compress-program=gzip -9n")
        .arg("--file")
        .arg(&archive)
        .arg("--directory")
        .arg(contents)
        .arg(".");
    tools::run(&mut tar)?;
    Ok(archive)
}
