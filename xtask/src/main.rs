//! Builds the libraries of every platform and the artifacts of a release on Linux, and checks them:
//!
//! ```text
//! cargo xtask build  --target TRIPLE… | --all
//! cargo xtask dist   --target TRIPLE… | --all
//! cargo xtask java   --target TRIPLE… | --all
//! cargo xtask verify --target TRIPLE… | --all
//! cargo xtask smoke  --target TRIPLE… | --all
//! ```
//!
//! With `--all`, a target whose tools are missing is reported as `SKIPPED`, except by `java`, whose jar contains the
//! libraries of all these targets.

mod apple;
mod build;
mod dist;
mod failure;
mod jni;
mod smoke;
mod targets;
mod tools;
mod verify;
mod windows;

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used)]
mod packaging_tests;
#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used)]
mod tests;

use std::process::ExitCode;

use dist::checksums;
use failure::Failure;
use targets::{TARGETS, Target};

const USAGE: &str = "usage: cargo xtask build|dist|java|verify|smoke --target TRIPLE… | --all";

/// Prints its result in one line or more.
type Step = fn(&Target) -> Result<String, Failure>;

enum Work {
    /// For each target.
    Each(Step),
    /// The artifacts of Java, for all targets together.
    Java,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match parse(&arguments) {
        Ok((Work::Each(step), targets)) => {
            let code = run(step, &targets, arguments.iter().any(|it| it == "--all"));
            finish(&arguments[0], &targets, code)
        }
        Ok((Work::Java, targets)) => finish(&arguments[0], &targets, build_java(&targets)),
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn parse(arguments: &[String]) -> Result<(Work, Vec<&'static Target>), String> {
    let (command, options) = arguments.split_first().ok_or(USAGE)?;
    let work = match command.as_str() {
        "build" => Work::Each(build::build),
        "dist" => Work::Each(dist::dist),
        "java" => Work::Java,
        "verify" => Work::Each(verify::verify),
        "smoke" => Work::Each(smoke::smoke),
        _ => return Err(USAGE.into()),
    };
    if options == ["--all"] {
        return Ok((work, TARGETS.iter().collect()));
    }
    let mut targets = Vec::new();
    for option in options.chunks(2) {
        match option {
            [name, triple] if name == "--target" => targets.push(Target::find(triple)?),
            _ => return Err(USAGE.into()),
        }
    }
    match targets.is_empty() {
        true => Err(USAGE.into()),
        false => Ok((work, targets)),
    }
}

/// Runs a step for all targets, also if it fails for one.
fn run(step: Step, targets: &[&Target], may_skip: bool) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for target in targets {
        match step(target) {
            Ok(line) => println!("{line}"),
            Err(Failure::Missing(reason)) if may_skip => {
                println!("SKIPPED: {}: {reason}", target.triple);
            }
            Err(failure) => {
                eprintln!("FAILED: {}: {failure}", target.triple);
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}

fn build_java(targets: &[&Target]) -> ExitCode {
    let publication = dist::java::Publication::from_environment();
    match dist::java::build(targets, publication.as_ref()) {
        Ok(lines) => {
            println!("{lines}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("FAILED: Java: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Writes the hashes of the artifacts after `dist` and `java`, also if that failed for a target, and checks all artifacts
/// together after `verify`.
fn finish(command: &str, targets: &[&Target], code: ExitCode) -> ExitCode {
    let result = match command {
        "dist" | "java" => checksums::write(&dist::directory()),
        "verify" => verify::verify_together(targets),
        _ => Ok(()),
    };
    match result {
        Ok(()) => code,
        Err(failure) => {
            eprintln!("FAILED: {failure}");
            ExitCode::FAILURE
        }
    }
}
