//! Logins with the Python wheel: the unit tests with each Python of this machine, a new Debian, and a wheel from the
//! source distribution.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bosauth_test_support::programs;

use super::{Runner, Server, missing};
use crate::dist::wheel;
use crate::failure::Failure;
use crate::targets::Target;
use crate::tools;
use crate::verify::wheel::unpack;

/// The second numbers of the versions of Python 3 that the package supports.
const VERSIONS: std::ops::RangeInclusive<u32> = 9..=14;

/// The Debian with the oldest Python in use, and one with the newest.
const SUITES: [&str; 2] = ["bookworm", "sid"];

/// Runs all of them for the target of this machine. Returns a line or more for each.
pub fn smoke(target: &Target) -> Result<Vec<String>, Failure> {
    let Some(wheel) = wheel::path(target) else {
        return Ok(Vec::new());
    };
    let mut lines = Vec::new();
    for version in VERSIONS {
        lines.push(match python(version) {
            Some(python) => unit_tests(&python, &wheel)?,
            None => format!("  no Python 3.{version}"),
        });
    }
    let directory = empty("login")?;
    let program = directory.join("login.py");
    fs::write(&program, login_program()?)?;
    for suite in SUITES {
        lines.push(debian(suite, &wheel, &program)?);
    }
    lines.push(sdist(&program)?);
    Ok(lines)
}

/// Logs in with the wheel and the Python of Debian for another processor.
pub fn emulated(target: &Target, runner: &Runner) -> Result<String, Failure> {
    let wheel = wheel::path(target).ok_or_else(|| missing("wheel"))?;
    let directory = empty(target.triple)?;
    let packages = unpack(&wheel, &directory)?;
    let program = directory.join("login.py");
    fs::write(&program, login_program()?)?;
    let sysroot = runner.sysroot.as_ref().ok_or_else(|| missing("Python"))?;
    let mut python = runner.command(&sysroot.join("usr/bin/python3"), &directory);
    log_in(python.env("PYTHONPATH", packages), &program)?;
    Ok(format!("  wheel: logged in: {}", runner.name))
}

/// Runs the login program with a Python.
fn log_in(python: &mut Command, program: &Path) -> Result<(), Failure> {
    let server = server()?;
    match tools::run(python.arg(program).arg(&server.url))?.as_str() {
        "hello user@example.com\n" => Ok(()),
        printed => Err(Failure::Failed(format!("{}: {printed}", program.display()))),
    }
}

/// An empty directory for a test.
fn empty(name: &str) -> Result<PathBuf, Failure> {
    let directory = tools::output().join("smoke/python").join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory)?;
    Ok(directory)
}

/// An interpreter on the path, or one of pyenv, whose programs on the path run only selected versions.
fn python(version: u32) -> Option<PathBuf> {
    let name = format!("python3.{version}");
    let mut candidates: Vec<_> = tools::find(&[&name]).into_iter().collect();
    let pyenv = env::var_os("PYENV_ROOT").map(PathBuf::from);
    let pyenv = pyenv.or_else(|| Some(env::home_dir()?.join(".pyenv")))?;
    let installed = fs::read_dir(pyenv.join("versions")).into_iter().flatten();
    candidates.extend(
        installed
            .flatten()
            .map(|it| it.path().join("bin").join(&name)),
    );
    candidates.into_iter().find(|it| is_python(it))
}

fn is_python(program: &Path) -> bool {
    let mut python = Command::new(program);
    python.args(["-c", ""]).stderr(Stdio::null());
    python.status().is_ok_and(|status| status.success())
}

/// A new virtual environment.
fn environment(python: &Path, name: &str) -> Result<PathBuf, Failure> {
    let directory = empty(name)?;
    tools::run(Command::new(python).args(["-m", "venv"]).arg(&directory))?;
    Ok(directory)
}

/// pip of an environment, for packages that are not downloaded.
fn install(environment: &Path) -> Command {
    let mut pip = Command::new(environment.join("bin/pip"));
    pip.args([
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-cache-dir",
    ]);
    pip
}

/// A server for the unit tests of the package, which also has the account of the guide.
fn server() -> Result<Server, Failure> {
    let mut command = Server::program()?;
    command
        .args(["serve", "--http", "127.0.0.1:0", "--control", "--seed"])
        .arg(wheel::package().join("tests/seed.json"));
    Server::serve(&mut command)
}

/// Installs the wheel in a new environment and runs the unit tests with it.
fn unit_tests(python: &Path, wheel: &Path) -> Result<String, Failure> {
    let name = python.file_name().unwrap_or_default().to_string_lossy();
    let environment = environment(python, &name)?;
    tools::run(install(&environment).arg("--no-index").arg(wheel))?;
    // For a Python that a test embeds in a program, outside of the environment.
    let packages = format!("lib/{name}/site-packages");
    let server = server()?;
    let mut tests = Command::new(environment.join("bin/python"));
    tests
        .args(["-W", "error::ResourceWarning", "-m", "unittest", "discover"])
        .current_dir(wheel::package().join("tests"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("BOSAUTH_TEST_URL", &server.url)
        .env(
            "BOSAUTH_TEST_HEADER",
            tools::root().join("include/bosauth.h"),
        )
        .env("PYTHONPATH", environment.join(packages))
        .env_remove("BOSAUTH_LIBRARY");
    let output = tests.output()?;
    let printed = String::from_utf8_lossy(&output.stderr);
    let ran = printed.lines().find(|line| line.starts_with("Ran "));
    match (ran, printed.lines().last()) {
        (Some(ran), Some(result)) if output.status.success() => {
            Ok(format!("  wheel on {name}: {ran}, {result}"))
        }
        _ => Err(Failure::Failed(format!("wheel on {name}:\n{printed}"))),
    }
}

/// The login program of docs/python.md.
fn login_program() -> Result<String, Failure> {
    let page = fs::read_to_string(tools::root().join("docs/python.md"))?;
    let blocks = page.split("`login.py`:\n\n```python\n").nth(1);
    let program = blocks.and_then(|text| text.split("```").next());
    let program =
        program.ok_or_else(|| Failure::Failed("docs/python.md has no login.py".into()))?;
    Ok(program.to_owned())
}

/// Logs in with the wheel in a new Debian. Returns the seconds of each step.
fn debian(suite: &str, wheel: &Path, program: &Path) -> Result<String, Failure> {
    tools::find(&["debootstrap"])?;
    let server = server()?;
    let mut script = Command::new("sh");
    script
        .arg(tools::root().join("xtask/smoke/wheel.sh"))
        .arg(suite)
        .arg(wheel)
        .arg(program)
        .arg(&server.url)
        .arg(tools::output().join(suite));
    let printed = tools::run(&mut script)?;
    Ok(printed.trim_end().to_owned())
}

/// Builds and installs the source distribution without the network, with an empty CARGO_HOME, and logs in.
fn sdist(program: &Path) -> Result<String, Failure> {
    let python = tools::find(&["python3"])?;
    let environment = environment(&python, "sdist")?;
    tools::run(install(&environment).arg("hatchling"))?;
    let start = std::time::Instant::now();
    let mut pip = install(&environment);
    pip.args(["--no-index", "--no-build-isolation"])
        .arg(wheel::sdist_path());
    programs::outside_package(&mut pip)
        .env("CARGO_HOME", empty("cargo-home")?)
        .env("CARGO_NET_OFFLINE", "true");
    tools::run(&mut pip)?;
    let seconds = start.elapsed().as_secs();
    let mut python = Command::new(environment.join("bin/python"));
    log_in(&mut python, program)?;
    Ok(format!("  sdist: built in {seconds} s, logged in"))
}
