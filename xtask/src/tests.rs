//! All steps for this machine's target, and what the tests share.

use std::env::consts::ARCH;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};

use bosauth_test_support::programs;

use crate::dist::checksums;
use crate::failure::Failure;
use crate::targets::{TARGETS, Target};
use crate::{Step, build, dist, smoke, tools, verify};

/// A directory of the test `name`.
pub fn directory(name: &str) -> PathBuf {
    let directory = tools::root().join("target/tmp/xtask").join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    directory
}

pub fn this_target() -> &'static Target {
    Target::find(&format!("{ARCH}-unknown-linux-gnu")).unwrap()
}

/// Whether the tests that build what a release contains run.
pub fn builds_releases() -> bool {
    let is_set = std::env::var_os("BOSAUTH_ALL_TARGETS").is_some_and(|value| value == "1");
    if !is_set {
        programs::unsupported("BOSAUTH_ALL_TARGETS=1 builds the libraries of a release");
    }
    is_set
}

/// Builds the artifacts of this machine twice, from clones in different directories.
#[test]
fn builds_are_reproducible() {
    if !builds_releases() {
        return;
    }
    let mut script = Command::new("sh");
    script
        .arg(tools::root().join("xtask/reproduce.sh"))
        .arg(directory("reproduce"))
        .arg(this_target().triple);
    println!("{}", programs::run(&mut script));
}

/// This machine's target, whose libraries are compiled from scratch once; `None` without the tools.
pub fn built_target() -> Option<&'static Target> {
    static BUILT: OnceLock<Option<&'static Target>> = OnceLock::new();
    if !builds_releases() {
        return None;
    }
    let build = || completed(build::build(this_target())).map(|_| this_target());
    *BUILT.get_or_init(build)
}

/// Runs a test that creates artifacts and their checksums, one at a time.
pub fn with_artifacts(run: impl FnOnce()) {
    static ARTIFACTS: Mutex<()> = Mutex::new(());
    let _guard = ARTIFACTS.lock().unwrap_or_else(PoisonError::into_inner);
    run();
    checksums::write(&dist::directory()).unwrap();
}

/// The result of a step; `None`, with the test reported as skipped, without its tools.
pub fn completed(result: Result<String, Failure>) -> Option<String> {
    match result {
        Ok(lines) => {
            println!("{lines}");
            Some(lines)
        }
        Err(Failure::Missing(reason)) => {
            programs::skip(&reason);
            None
        }
        Err(failure) => panic!("{failure}"),
    }
}

/// Checks and runs the libraries and artifacts of this machine's target.
#[test]
fn libraries_of_this_machine_pass() {
    let Some(target) = built_target() else { return };
    let dist = |target: &Target| {
        let lines = dist::dist(target)?;
        checksums::write(&dist::directory())?;
        Ok(lines)
    };
    let steps: [Step; 3] = [dist, verify::verify, smoke::smoke];
    with_artifacts(|| {
        let _ = steps
            .iter()
            .try_for_each(|step| completed(step(target)).map(drop));
    });
}

#[test]
fn every_target_is_documented() {
    let page = tools::root().join("docs/platforms.md");
    let page = fs::read_to_string(Path::new(&page)).unwrap();
    for target in TARGETS {
        assert!(
            page.contains(&format!("| `{}` |", target.triple)),
            "{}",
            target.triple
        );
    }
}
