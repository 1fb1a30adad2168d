//! Programs and directories.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// The root of the repository.
pub fn root() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().expect("a workspace")
}

/// Where everything is built.
pub fn output() -> PathBuf {
    root().join("target/dist-libs")
}

/// `PATH`, after the directory of the tools that `install-tools.sh` installs.
pub fn path() -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let own = root().join("target/tools/bin");
    let directories = [own].into_iter().chain(env::split_paths(&path));
    env::join_paths(directories).unwrap_or(path)
}

/// The first of these programs that is on the path.
pub fn find(names: &[&str]) -> Result<PathBuf, Failure> {
    let path = path();
    let candidates = names.iter().flat_map(|name| {
        let directories: Vec<_> = env::split_paths(&path).collect();
        directories.into_iter().map(move |it| it.join(name))
    });
    let mut installed = candidates.filter(|program| program.is_file());
    installed
        .next()
        .ok_or_else(|| Failure::Missing(format!("no {}", names.join(" or "))))
}

/// zig, which PyPI's package ziglang calls python-zig.
pub fn zig() -> Result<PathBuf, Failure> {
    find(&["zig", "python-zig"])
}

/// A program of LLVM, with or without a version in its name.
pub fn llvm(name: &str) -> Result<PathBuf, Failure> {
    let versions = (14..=22).rev().map(|version| format!("{name}-{version}"));
    let names: Vec<_> = versions.chain([name.to_owned()]).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    find(&names).map_err(|_| Failure::Missing(format!("no {name} of LLVM")))
}

/// The directory of zig's headers and libc.
pub fn zig_lib() -> Result<PathBuf, Failure> {
    let printed = run(Command::new(zig()?).arg("env"))?;
    let line = printed.lines().find(|line| line.contains("lib_dir"));
    let value = line.and_then(|line| line.rsplit('"').nth(1));
    let directory = value.ok_or_else(|| Failure::Failed("`zig env` prints no lib_dir".into()))?;
    // zig prints a path below the working directory as a relative one.
    Ok(std::fs::canonicalize(directory)?)
}

/// The directory of the toolchain of this build.
pub fn sysroot() -> Result<PathBuf, Failure> {
    let printed = run(Command::new("rustc")
        .args(["--print", "sysroot"])
        .current_dir(root()))?;
    Ok(PathBuf::from(printed.trim()))
}

/// cargo's directory of registries.
pub fn cargo_home() -> PathBuf {
    let home = env::home_dir().unwrap_or_default();
    env::var_os("CARGO_HOME").map_or_else(|| home.join(".cargo"), PathBuf::from)
}

/// The time of the release in seconds since 1970: `SOURCE_DATE_EPOCH`, or the time of the last commit.
pub fn source_date_epoch() -> Result<String, Failure> {
    if let Ok(time) = env::var("SOURCE_DATE_EPOCH") {
        return Ok(time);
    }
    let mut git = Command::new("git");
    git.args(["log", "-1", "--format=%ct"]).current_dir(root());
    let time =
        run(&mut git).map_err(|_| Failure::Missing("no SOURCE_DATE_EPOCH, no git".into()))?;
    Ok(time.trim().to_owned())
}

/// The value of an environment variable; `None` if it is empty.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Runs a program and returns its standard output. Its standard error is passed through.
pub fn run(command: &mut Command) -> Result<String, Failure> {
    let output = command
        .env("PATH", path())
        .stderr(Stdio::inherit())
        .output();
    let program = command.get_program().to_string_lossy().into_owned();
    let output = output.map_err(|error| Failure::Failed(format!("{program}: {error}")))?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    match output.status.success() {
        true => Ok(stdout),
        false => {
            let arguments: Vec<_> = command.get_args().map(|it| it.to_string_lossy()).collect();
            let arguments = arguments.join(" ");
            let message = format!("{program} {arguments}: {}\n{stdout}", output.status);
            Err(Failure::Failed(message))
        }
    }
}

/// The contents of a file.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))
}
