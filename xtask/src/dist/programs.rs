//! The archives of the programs `bosauth` and `bosbase-local`, which are static executables for Linux.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bosauth_test_support::programs;

use super::{VERSION, documents, tarball};
use crate::failure::Failure;
use crate::targets::{System, Target};
use crate::{build, tools};

/// A program with the name of its package in cargo and that of its archive.
pub struct Program {
    pub name: &'static str,
    package: &'static str,
    archive: &'static str,
    /// The files in its archive beside the program and its documents.
    files: &'static [&'static str],
}

const SERVER: Program = Program {
    name: "bosbase-local",
    package: "bosbase-local",
    archive: "bosbase-local",
    files: &["share/doc/bosbase-local/README.md"],
};

const CLI: Program = Program {
    name: "bosauth",
    package: "bosauth-cli",
    archive: "bosauth-cli",
    files: &[
        "share/bash-completion/completions/bosauth",
        "share/fish/vendor_completions.d/bosauth.fish",
        "share/man/man1/bosauth.1",
        "share/man/man1/bosauth-bind.1",
        "share/man/man1/bosauth-completions.1",
        "share/man/man1/bosauth-health.1",
        "share/man/man1/bosauth-login.1",
        "share/man/man1/bosauth-logout.1",
        "share/man/man1/bosauth-man.1",
        "share/man/man1/bosauth-profiles.1",
        "share/man/man1/bosauth-refresh.1",
        "share/man/man1/bosauth-send.1",
        "share/man/man1/bosauth-status.1",
        "share/man/man1/bosauth-token.1",
        "share/man/man1/bosauth-unbind.1",
        "share/zsh/site-functions/_bosauth",
    ],
};

/// All programs, in the order of [`archive_names`].
pub const ALL: [Program; 2] = [SERVER, CLI];

/// The shells with a completion script, and where a prefix has it.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "share/bash-completion/completions/bosauth"),
    ("fish", "share/fish/vendor_completions.d/bosauth.fish"),
    ("zsh", "share/zsh/site-functions/_bosauth"),
];

impl Program {
    /// The files in its archive.
    pub fn contents(&self) -> BTreeSet<String> {
        let files = self.files.iter().map(|file| (*file).to_owned());
        let program = format!("bin/{}", self.name);
        files
            .chain([program])
            .chain(documents::contents(self.archive))
            .collect()
    }
}

/// Whether there are programs for a target: those with musl run on every Linux of the processor.
pub fn exist_for(target: &Target) -> bool {
    target.system == System::Musl
}

/// Builds the programs for a target and creates their archives.
pub fn create(target: &Target) -> Result<Vec<PathBuf>, Failure> {
    if !exist_for(target) {
        return Ok(Vec::new());
    }
    let (server, cli) = (stage(target, &SERVER)?, stage(target, &CLI)?);
    let readme = tools::root().join("service/README.md");
    fs::copy(readme, server.join("share/doc/bosbase-local/README.md"))?;
    write_cli_files(&cli)?;
    let [server_name, cli_name] = archive_names(target);
    Ok(vec![
        tarball::create(&server_name, &server)?,
        tarball::create(&cli_name, &cli)?,
    ])
}

/// The names of the archives of bosbase-local and bosauth, without `.tar.gz`.
pub fn archive_names(target: &Target) -> [String; 2] {
    ALL.map(|program| name(target, &program))
}

fn name(target: &Target, program: &Program) -> String {
    format!("{}-{VERSION}-{}", program.archive, target.triple)
}

/// Creates a directory with a program and its documents, laid out like an installation.
fn stage(target: &Target, program: &Program) -> Result<PathBuf, Failure> {
    let built = build::static_program(target, program.package, program.name)?;
    let prefix = target.directory().join("programs").join(program.archive);
    let _ = fs::remove_dir_all(&prefix);
    fs::create_dir_all(prefix.join("bin"))?;
    fs::copy(built, prefix.join("bin").join(program.name))?;
    let directory = prefix.join("share/doc").join(program.archive);
    documents::write(target, program.package, program.archive, &directory)?;
    Ok(prefix)
}

/// Writes the man pages and completion scripts, which a build of the program for this machine prints.
fn write_cli_files(prefix: &Path) -> Result<(), Failure> {
    let man = prefix.join("share/man/man1");
    fs::create_dir_all(&man)?;
    tools::run(host_cli().arg("man").arg(man))?;
    for (shell, file) in COMPLETIONS {
        let file = prefix.join(file);
        fs::create_dir_all(file.parent().unwrap_or(prefix))?;
        fs::write(file, tools::run(host_cli().args(["completions", shell]))?)?;
    }
    Ok(())
}

fn host_cli() -> Command {
    let mut cargo = programs::cargo();
    cargo
        .args(["run", "--quiet", "--locked", "--package", CLI.package])
        .args(["--bin", CLI.name, "--"])
        .current_dir(tools::root());
    cargo
}
