//! Swift: the toolchain, the package of `bindings/swift`, and programs that use it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};

use super::{library, markdown, tools};

/// The directory of the sources of the package, whose manifest is at the root of the repository.
pub fn directory() -> PathBuf {
    tools::root().join("bindings/swift")
}

/// A command of a Swift toolchain: that in the folder `$BOSAUTH_SWIFT_ROOT`, which `bindings/swift/toolchain.sh`
/// installs, else that on the `PATH`. `None` without a toolchain; the test is then reported as skipped.
pub fn command(name: &str) -> Option<Command> {
    let Some(root) = std::env::var_os("BOSAUTH_SWIFT_ROOT") else {
        return tools::has("swift").then(|| Command::new(name));
    };
    let mut unshare = Command::new("unshare");
    if !unshare
        .args(["--mount", "true"])
        .status()
        .is_ok_and(|status| status.success())
    {
        tools::unsupported("no mount namespaces for the Swift toolchain");
        return None;
    }
    let mut command = Command::new(directory().join("toolchain.sh"));
    command.arg("run").arg(root).arg(name);
    Some(command)
}

/// A command for SwiftPM, such as `build`, on a package, with the library of this build. Warnings are errors.
pub fn swift(command_name: &str, package: &Path) -> Option<Command> {
    let mut swift = command("swift")?;
    swift
        .args([command_name, "--package-path"])
        .arg(package)
        .arg("--scratch-path")
        .arg(package.join(".build"))
        .args(["-Xswiftc", "-warnings-as-errors"]);
    with_library(&mut swift);
    Some(swift)
}

/// Any other program, with the libraries of the toolchain.
pub fn program(path: &Path) -> Option<Command> {
    let mut program = command(path.to_str()?)?;
    with_library(&mut program);
    Some(program)
}

/// Sets the paths by which SwiftPM and a program find the library of this build.
fn with_library(command: &mut Command) {
    command
        .env("PKG_CONFIG_PATH", pkg_config())
        .env("LD_LIBRARY_PATH", library::directory());
}

/// A directory with the pkg-config file of this build.
fn pkg_config() -> &'static Path {
    static WRITTEN: OnceLock<PathBuf> = OnceLock::new();
    WRITTEN.get_or_init(|| {
        let directory = tools::empty("swift-pkg-config");
        let content = format!(
            "Name: bosauth\nDescription: login library\nVersion: {}\nCflags: -I{}\nLibs: -L{} -lbosauth\n",
            env!("CARGO_PKG_VERSION"),
            tools::root().join("include").display(),
            library::directory().display(),
        );
        fs::write(directory.join("bosauth.pc"), content).unwrap();
        directory
    })
}

/// A copy of the package, in which tests build without changing the repository.
pub fn copy(name: &str) -> PathBuf {
    let copy = tools::temporary(&format!("swift/{name}/bosauth"));
    // What was built before remains.
    let sources = copy.join("bindings/swift");
    let _ = fs::remove_dir_all(&sources);
    fs::create_dir_all(&sources).unwrap();
    let manifest = tools::root().join("Package.swift");
    let parts = ["Sources", "Tests"].map(|part| directory().join(part));
    let mut command = Command::new("cp");
    tools::run(command.arg("-pR").args(parts).arg(&sources));
    let mut command = Command::new("cp");
    tools::run(command.arg("-p").arg(manifest).arg(&copy));
    copy
}

/// Builds a program from this source, which uses a copy of the package, and returns the command to run it.
pub fn compile(name: &str, source: &str) -> Option<Command> {
    let dependency = on_copy(&format!("{name}-package"));
    let directory = program_package(name, &dependency, source);
    tools::run(&mut swift("build", &directory)?);
    program(&directory.join(".build/debug").join(name))
}

/// Writes a package with a program from this source, which uses the package of this repository.
pub fn program_package(name: &str, dependency: &str, source: &str) -> PathBuf {
    let directory = tools::temporary(&format!("swift/{name}"));
    let sources = directory.join("Sources").join(name);
    fs::create_dir_all(&sources).unwrap();
    // A file that has not changed is not compiled again.
    replace(&sources.join("program.swift"), source);
    replace(
        &directory.join("Package.swift"),
        &manifest(name, &[name], dependency),
    );
    directory
}

/// The program of a guide in Swift. The programs of all guides are built once, since each build compiles the package.
pub fn guide(name: &str) -> Option<Command> {
    static BUILT: OnceLock<Option<PathBuf>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let directory = tools::temporary("swift/guides");
        let names = markdown::GUIDES.map(|(_, _, name)| name);
        for name in names {
            let sources = directory.join("Sources").join(name);
            fs::create_dir_all(&sources).unwrap();
            let program = markdown::guide_program(name, "swift").unwrap();
            replace(&sources.join("main.swift"), &program);
        }
        let manifest = manifest("guides", &names, &on_copy("guides-package"));
        replace(&directory.join("Package.swift"), &manifest);
        tools::run(&mut swift("build", &directory)?);
        Some(directory.join(".build/debug"))
    });
    program(&built.as_ref()?.join(name))
}

/// The scenario driver, compiled.
pub fn driver() -> Option<Command> {
    static BUILDING: Mutex<()> = Mutex::new(());
    let _guard = BUILDING.lock().unwrap();
    compile("scenarios", &tools::read("tests/drivers/swift.swift"))
}

fn replace(path: &Path, content: &str) {
    if fs::read_to_string(path).is_ok_and(|old| old == content) {
        return;
    }
    fs::write(path, content).unwrap();
}

/// The dependency on a copy of the package.
fn on_copy(name: &str) -> String {
    format!(r#".package(path: "{}")"#, copy(name).display())
}

/// A manifest like that of `docs/swift.md`, with these programs.
fn manifest(name: &str, programs: &[&str], dependency: &str) -> String {
    let target = |program: &&str| {
        format!(
            r#".executableTarget(name: "{program}", dependencies: [.product(name: "Bosauth", package: "bosauth")]),"#
        )
    };
    let targets: Vec<_> = programs.iter().map(target).collect();
    format!(
        r#"// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "{name}",
    platforms: [.macOS(.v13)],
    dependencies: [{dependency}],
    targets: [{}]
)
"#,
        targets.join("\n"),
    )
}
