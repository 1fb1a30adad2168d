//! A login with the built libraries: natively, under qemu, with musl's loader or under wine.

mod artifacts;
mod packages;
mod wheel;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use bosauth_test_support::closed_port::ClosedPort;
use bosauth_test_support::programs;

use crate::failure::Failure;
use crate::targets::{System, Target};
use crate::{jni, tools};

/// Logs in with the shared and with the static library of a target, and loads the native library of the Java library.
pub fn smoke(target: &Target) -> Result<String, Failure> {
    target.check_built()?;
    let runner = Runner::new(target)?;
    let server = Server::start()?;
    let closed = ClosedPort::new();
    let urls = [&*server.url, &*format!("http://{}", closed.address())];
    let directory = copy_libraries(target)?;
    let shared = target.shared().ok_or_else(|| missing("shared library"))?;
    for (name, library) in [("shared", shared), ("static", target.archive())] {
        let program = compile(target, "smoke.c", name, &library, &directory)?;
        expect_ok(name, runner.command(&program, &directory).args(urls))?;
    }
    if let Some(library) = target.jni() {
        let program = compile(target, "load.c", "load", Path::new("-ldl"), &directory)?;
        expect_ok("JNI", runner.command(&program, &directory).arg(library))?;
    }
    let triple = target.triple;
    let mut lines = vec![format!(
        "{triple}: logged in with both libraries, loaded the JNI library: {}",
        runner.name
    )];
    lines.extend(artifacts::smoke(target, &runner, &server.url)?);
    lines.extend(packages::smoke(target, &runner, urls)?);
    Ok(lines.join("\n"))
}

fn missing(what: &str) -> Failure {
    Failure::Missing(format!("no {what}"))
}

fn expect_ok(name: &str, command: &mut Command) -> Result<(), Failure> {
    let printed = tools::run(command)?;
    match printed.trim() {
        "OK" => Ok(()),
        _ => Err(Failure::Failed(format!("{name}: {printed}"))),
    }
}

/// Copies the libraries to a directory under the names that the loader looks for.
fn copy_libraries(target: &Target) -> Result<PathBuf, Failure> {
    let directory = tools::output().join("smoke").join(target.triple);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory)?;
    let shared = target.shared().ok_or_else(|| missing("shared library"))?;
    let name = match target.system {
        System::Windows => "bosauth.dll",
        _ => "libbosauth.so.1",
    };
    fs::copy(shared, directory.join(name))?;
    if target.system == System::Windows {
        compile_bcryptprimitives(&directory)?;
    }
    Ok(directory)
}

/// Compiles a program of xtask/smoke, with the compiler of the JNI library.
fn compile(
    target: &Target,
    source: &str,
    name: &str,
    library: &Path,
    directory: &Path,
) -> Result<PathBuf, Failure> {
    let program = directory.join(name).with_extension("exe");
    let compiler = jni::c_compiler(target)?;
    let words: Vec<_> = compiler.split(' ').collect();
    let mut cc = Command::new(words[0]);
    cc.args(&words[1..])
        .args(["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-I"])
        .arg(tools::root().join("include"))
        .arg(tools::root().join("xtask/smoke").join(source));
    match target.system {
        // zig links programs for musl statically otherwise.
        System::Musl => cc.args(["-dynamic"]).arg(library),
        System::Windows if source == "load.c" => cc.arg("-static"),
        System::Windows => {
            cc.arg(library)
                .args(["-static", "-lws2_32", "-luserenv", "-lntdll", "-lbcrypt"])
        }
        _ => cc.arg(library).args(["-lpthread", "-ldl", "-lm"]),
    };
    tools::run(cc.arg("-o").arg(&program))?;
    Ok(program)
}

/// How programs of a target run on this machine.
struct Runner {
    name: String,
    /// The program and its arguments, before the program of the target.
    prefix: Vec<String>,
    /// The files of a Debian for the target's processor, with an emulator.
    sysroot: Option<PathBuf>,
    is_wine: bool,
}

impl Runner {
    fn new(target: &Target) -> Result<Runner, Failure> {
        match target.system {
            System::Windows => wine(),
            System::Gnu | System::Musl if target.architecture() == std::env::consts::ARCH => {
                native(target)
            }
            System::Gnu | System::Musl => qemu(target),
            System::MacOs | System::Ios => Err(missing("macOS or iOS")),
        }
    }

    fn command(&self, program: &Path, directory: &Path) -> Command {
        let words = self.prefix.iter().map(String::as_str);
        let words: Vec<_> = words.chain(program.to_str()).collect();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).env("LD_LIBRARY_PATH", directory);
        if self.is_wine {
            command
                .env("WINEPREFIX", tools::output().join("wine"))
                .env("WINEDEBUG", "-all")
                .env_remove("DISPLAY");
        }
        command
    }
}

fn native(target: &Target) -> Result<Runner, Failure> {
    let is_musl = target.system == System::Musl;
    let loader = format!("/lib/ld-musl-{}.so.1", target.architecture());
    if is_musl && !Path::new(&loader).exists() {
        return Err(missing(&loader));
    }
    let name = if is_musl {
        "natively, musl's loader"
    } else {
        "natively"
    };
    Ok(Runner {
        name: name.into(),
        prefix: Vec::new(),
        sysroot: None,
        is_wine: false,
    })
}

fn qemu(target: &Target) -> Result<Runner, Failure> {
    let (program, architecture) = match target.architecture() {
        "armv7" => ("qemu-arm-static", "armhf"),
        "aarch64" => ("qemu-aarch64-static", "arm64"),
        _ => ("qemu-x86_64-static", "amd64"),
    };
    let qemu = tools::find(&[program])?;
    tools::find(&["apt-get"])?;
    let sysroot = tools::output().join("sysroot").join(architecture);
    let mut script = Command::new("sh");
    script
        .arg(tools::root().join("xtask/smoke/sysroot.sh"))
        .arg(architecture)
        .arg(&sysroot);
    let sysroot_failed =
        |failure| Failure::Missing(format!("no libc of {architecture}: {failure}"));
    tools::run(&mut script).map_err(sysroot_failed)?;
    Ok(Runner {
        name: program.into(),
        prefix: vec![
            qemu.display().to_string(),
            "-L".into(),
            sysroot.display().to_string(),
        ],
        sysroot: Some(sysroot),
        is_wine: false,
    })
}

fn wine() -> Result<Runner, Failure> {
    let debian = Path::new("/usr/lib/wine/wine64");
    let wine = match tools::find(&["wine64", "wine"]) {
        Ok(wine) => wine,
        Err(_) if debian.exists() => debian.into(),
        Err(missing) => return Err(missing),
    };
    Ok(Runner {
        name: "wine".into(),
        prefix: vec![wine.display().to_string()],
        sysroot: None,
        is_wine: true,
    })
}

/// A library of Windows that wine 8 lacks.
fn compile_bcryptprimitives(directory: &Path) -> Result<(), Failure> {
    let mut cc = Command::new(tools::find(&["x86_64-w64-mingw32-gcc"])?);
    cc.arg("-shared")
        .arg(tools::root().join("xtask/smoke/bcryptprimitives.c"))
        .args(["-ladvapi32", "-o"])
        .arg(directory.join("bcryptprimitives.dll"));
    tools::run(&mut cc).map(|_| ())
}

/// bosbase-local, until this is dropped.
pub struct Server {
    process: Child,
    pub url: String,
}

impl Server {
    /// On a free port of loopback.
    pub fn start() -> Result<Server, Failure> {
        let mut command = Server::program()?;
        command
            .args(["serve", "--http", "127.0.0.1:0", "--seed"])
            .arg(tools::root().join("xtask/smoke/seed.json"));
        Server::serve(&mut command)
    }

    /// The program, built for this machine.
    fn program() -> Result<Command, Failure> {
        let mut cargo = programs::cargo();
        cargo.args([
            "build",
            "--quiet",
            "--package",
            "bosbase-local",
            "--bin",
            "bosbase-local",
        ]);
        cargo
            .args(["--message-format", "json"])
            .current_dir(tools::root());
        let printed = tools::run(&mut cargo)?;
        let mut paths = printed.lines().filter_map(executable);
        let program = paths.next_back().ok_or_else(|| missing("bosbase-local"))?;
        Ok(Command::new(program))
    }

    /// Runs a command, which prints the base URL on the first line.
    fn serve(command: &mut Command) -> Result<Server, Failure> {
        let mut process = command.stdout(Stdio::piped()).spawn()?;
        let stdout = process.stdout.take().expect("a pipe");
        let mut url = String::new();
        BufReader::new(stdout).read_line(&mut url)?;
        let url = url.trim().to_owned();
        Ok(Server { process, url })
    }
}

/// The program in a message of cargo.
fn executable(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("\"executable\":\"")?;
    rest.split_once('"').map(|(path, _)| path.to_owned())
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
