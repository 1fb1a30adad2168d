//! Logins with the packages for Linux distributions, and with the recipe for Conan.

use std::path::Path;
use std::process::Command;

use super::{Runner, compile, expect_ok};
use crate::dist::packages::{self, Content, Format, Package};
use crate::failure::Failure;
use crate::targets::{System, Target};
use crate::{dist, tools};

/// The releases of Debian in which packages are installed.
const SUITES: [&str; 2] = ["bookworm", "trixie"];

/// Logs in with the packages of a target, unless none has been created. Returns a line or more for each of them.
pub fn smoke(target: &Target, runner: &Runner, urls: [&str; 2]) -> Result<Vec<String>, Failure> {
    let mut lines = Vec::new();
    if !dist::library_archive(target).exists() {
        return Ok(lines);
    }
    for package in packages::all(target) {
        if package.content == Content::Library {
            lines.push(log_in(target, runner, urls, package.format)?);
        }
    }
    if target.system == System::Gnu && target.architecture() == std::env::consts::ARCH {
        for suite in SUITES {
            lines.push(debian(suite, urls[0])?);
        }
        install_rpm(target)?;
        lines.push("  rpm installs and removes its packages".into());
        lines.push(conan(urls[0])?);
    }
    Ok(lines)
}

/// Logs in with the library in the unpacked packages of a format.
fn log_in(
    target: &Target,
    runner: &Runner,
    urls: [&str; 2],
    format: Format,
) -> Result<String, Failure> {
    let directory = tools::output().join("smoke").join(target.triple);
    let unpacked = directory.join(format.name());
    let libraries = unpacked.join("usr").join(format.library_directory(target));
    for content in [Content::Development, Content::Library] {
        let parts = unpacked.with_extension("part");
        Package { format, content }.unpack(target, &parts)?;
        let mut copy = Command::new("cp");
        std::fs::create_dir_all(&unpacked)?;
        tools::run(copy.arg("-R").arg(parts.join(".")).arg(&unpacked))?;
    }
    let name = format!("smoke-{}", format.name());
    let library = libraries.join("libbosauth.so");
    let program = compile(target, "smoke.c", &name, &library, &directory)?;
    expect_ok(&name, runner.command(&program, &libraries).args(urls))?;
    Ok(format!(
        "  logged in with the library of the {} packages",
        format.name()
    ))
}

/// Follows docs/c.md in a new Debian with the packages. Returns the seconds of each step.
fn debian(suite: &str, url: &str) -> Result<String, Failure> {
    tools::find(&["debootstrap"])?;
    let script = tools::root().join("xtask/smoke/deb.sh");
    let mut shell = Command::new("sh");
    shell.arg(script).arg(suite).arg(dist::directory()).arg(url);
    let printed = tools::run(shell.arg(tools::output().join("debian")))?;
    Ok(printed.trim_end().to_owned())
}

/// Installs and removes the packages in an empty system.
fn install_rpm(target: &Target) -> Result<(), Failure> {
    let root = tools::output().join("rpm");
    let _ = std::fs::remove_dir_all(&root);
    std::fs::create_dir_all(&root)?;
    let contents = [Content::Library, Content::Development];
    let packages = contents.map(|content| Package {
        format: Format::Rpm,
        content,
    });
    let library = root.join("usr").join(Format::Rpm.library_directory(target));
    let library = library.join("libbosauth.so.1");
    // The system lacks glibc and a shell.
    let run = |option: &str, names: &[&Path]| {
        let mut rpm = Command::new(tools::find(&["rpm"])?);
        rpm.arg("--root").arg(&root).args(["--dbpath", "/rpmdb"]);
        tools::run(rpm.args([option, "--nodeps", "--noscripts"]).args(names))
    };
    let paths = packages.map(|package| package.path(target));
    run("--install", &paths.each_ref().map(|path| path.as_path()))?;
    if !library.exists() {
        return Err(Failure::Failed(format!(
            "rpm does not install {}",
            library.display()
        )));
    }
    run(
        "--erase",
        &packages.map(|package| Path::new(package.name())),
    )?;
    let mut find = Command::new("find");
    let left = tools::run(find.arg(root.join("usr")).args(["!", "-type", "d"]))?;
    match left.is_empty() {
        true => Ok(std::fs::remove_dir_all(&root)?),
        false => Err(Failure::Failed(format!("rpm does not remove {left}"))),
    }
}

/// Creates the Conan package from the archives, without a remote, and logs in with it.
fn conan(url: &str) -> Result<String, Failure> {
    tools::find(&["conan"])?;
    let mut script = Command::new("sh");
    script
        .arg(tools::root().join("xtask/smoke/conan.sh"))
        .arg(dist::directory())
        .arg(tools::output().join("conan"))
        .arg(url);
    tools::run(&mut script)?;
    Ok("  logged in with the package of Conan".into())
}
