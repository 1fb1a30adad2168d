//! Logins with the artifacts of a target: the archive of the C library in a system without Rust, and the programs.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Runner, Server, wheel};
use crate::dist::{programs, tarball};
use crate::failure::Failure;
use crate::targets::{System, Target};
use crate::{dist, tools};

/// The user that `bosbase-local serve --demo` creates, with this password.
const DEMO_USER: &str = "user@example.com";
const DEMO_PASSWORD: &str = "correct horse 1";

/// Logs in with the artifacts that run here, unless none has been created. Returns a line or more for each of them.
pub fn smoke(target: &Target, runner: &Runner, url: &str) -> Result<Vec<String>, Failure> {
    if !dist::library_archive(target).exists() {
        return Ok(vec![format!(
            "  no artifacts; run: cargo xtask dist --target {}",
            target.triple
        )]);
    }
    let mut lines = Vec::new();
    if target.system == System::Gnu && target.architecture() == std::env::consts::ARCH {
        lines.push(container(target, url)?);
        lines.extend(wheel::smoke(target)?);
    } else if target.system == System::Gnu {
        lines.push(wheel::emulated(target, runner)?);
    }
    if programs::exist_for(target) {
        lines.push(static_programs(target, runner)?);
    }
    Ok(lines)
}

/// Logs in from the archive of the C library in a new Debian. Returns the seconds of each step.
fn container(target: &Target, url: &str) -> Result<String, Failure> {
    tools::find(&["debootstrap"])?;
    let mut script = Command::new("sh");
    script
        .arg(tools::root().join("xtask/smoke/archive.sh"))
        .arg(dist::library_archive(target))
        .arg(url)
        .arg(tools::output().join("debian"));
    let printed = tools::run(&mut script)?;
    Ok(printed.trim_end().to_owned())
}

/// Logs in with `bosauth` at `bosbase-local`, both from their archives.
fn static_programs(target: &Target, runner: &Runner) -> Result<String, Failure> {
    let directory = tools::output().join("smoke").join(target.triple);
    for name in programs::archive_names(target) {
        tarball::unpack(&tarball::path(&name), &directory)?;
    }
    let [server, cli] = programs::archive_names(target);
    let server = directory.join(server).join("bin/bosbase-local");
    let cli = directory.join(cli).join("bin/bosauth");
    let mut serve = runner.command(&server, &directory);
    let server = Server::serve(serve.args(["serve", "--demo", "--http", "127.0.0.1:0"]))?;
    let printed = log_in(&directory, &server.url, || runner.command(&cli, &directory))?;
    let expected = format!("logged in to {} as {DEMO_USER}\n", server.url);
    match printed == expected {
        true => Ok(format!(
            "  bosauth logged in at bosbase-local --demo: {}",
            runner.name
        )),
        false => Err(Failure::Failed(format!("bosauth login: {printed}"))),
    }
}

/// Binds a new token with the command line `bosauth` and logs in with it. Returns what the login prints.
fn log_in(directory: &Path, url: &str, bosauth: impl Fn() -> Command) -> Result<String, Failure> {
    fs::write(directory.join("password"), DEMO_PASSWORD)?;
    let run = |arguments: &[&str]| {
        let mut command = bosauth();
        command
            .args(arguments)
            .current_dir(directory)
            .env("BOSAUTH_URL", url)
            .env("BOSAUTH_CONFIG_DIR", directory.join("profiles"));
        tools::run(&mut command)
    };
    run(&["token", "--output", "token"])?;
    let bind = ["bind", "--token-file", "token", "--email", DEMO_USER];
    run(&[&bind[..], &["--password-file", "password"]].concat())?;
    run(&["login", "--token-file", "token"])
}
