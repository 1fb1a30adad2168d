//! Builds the libraries of every platform and the artifacts of a release on Linux, and checks them:
//!
//! ```text
//! cargo xtask build  --target TRIPLE… | --all
//! cargo xtask dist   --target TRIPLE… | --all
//! cargo xtask verify --target TRIPLE… | --all
//! cargo xtask smoke  --target TRIPLE… | --all
//! ```
//!
//! With `--all`, a target whose tools are missing is reported as `SKIPPED`.

mod apple;
mod build;
mod dist;
mod failure;
mod jni;
mod smoke;
mod targets;
mod tools;
mod verify;

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used)]
mod packaging_tests;
#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used)]
mod tests;

use std::process::ExitCode;

use failure::Failure;
use targets::{TARGETS, Target};

const USAGE: &str = "usage: cargo xtask build|dist|verify|smoke --target TRIPLE… | --all";

/// Prints its result in one line or more.
type Step = fn(&Target) -> Result<String, Failure>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match parse(&arguments) {
        Ok((step, targets)) => {
            let code = run(step, &targets, arguments.iter().any(|it| it == "--all"));
            finish(&arguments[0], code)
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn parse(arguments: &[String]) -> Result<(Step, Vec<&'static Target>), String> {
    let (command, options) = arguments.split_first().ok_or(USAGE)?;
    let step: Step = match command.as_str() {
        "build" => build::build,
        "dist" => dist::dist,
        "verify" => verify::verify,
        "smoke" => smoke::smoke,
        _ => return Err(USAGE.into()),
    };
    if options == ["--all"] {
        return Ok((step, TARGETS.iter().collect()));
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
        false => Ok((step, targets)),
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

/// Writes the hashes after `dist`, also if that failed for a target.
fn finish(command: &str, code: ExitCode) -> ExitCode {
    if command != "dist" {
        return code;
    }
    match dist::checksums::write(&dist::directory()) {
        Ok(()) => code,
        Err(failure) => {
            eprintln!("FAILED: {failure}");
            ExitCode::FAILURE
        }
    }
}
