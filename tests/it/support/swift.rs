//! Swift: the toolchain, the package of `bindings/swift`, and programs that use it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};

use super::{library, markdown, tools};

/// The directory of the package.
pub fn package() -> PathBuf {
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
    let mut command = Command::new(package().join("toolchain.sh"));
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
    let directory = tools::temporary(&format!("swift/{name}"));
    // What was built before remains.
    for part in ["Package.swift", "Sources", "Tests"] {
        let _ = fs::remove_dir_all(directory.join(part));
    }
    fs::create_dir_all(&directory).unwrap();
    let mut copy = Command::new("cp");
    copy.arg("-pR")
        .args(["Package.swift", "Sources", "Tests"].map(|part| package().join(part)))
        .arg(&directory);
    tools::run(&mut copy);
    directory
}

/// Builds a program from this source, which uses a copy of the package, and returns the command to run it.
pub fn compile(name: &str, source: &str) -> Option<Command> {
    let directory = tools::temporary(&format!("swift/{name}"));
    let sources = directory.join("Sources").join(name);
    fs::create_dir_all(&sources).unwrap();
    // A file that has not changed is not compiled again.
    replace(&sources.join("program.swift"), source);
    replace(
        &directory.join("Package.swift"),
        &manifest(name, &[name], &copy(&format!("{name}-package"))),
    );
    tools::run(&mut swift("build", &directory)?);
    program(&directory.join(".build/debug").join(name))
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
        let manifest = manifest("guides", &names, &copy("guides-package"));
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

/// A manifest like that of `docs/swift.md`, with these programs.
fn manifest(name: &str, programs: &[&str], package: &Path) -> String {
    let directory = package.file_name().map(OsString::from).unwrap_or_default();
    let directory = directory.to_string_lossy();
    let target = |program: &&str| {
        format!(
            r#".executableTarget(name: "{program}", dependencies: [.product(name: "Bosauth", package: "{directory}")]),"#
        )
    };
    let targets: Vec<_> = programs.iter().map(target).collect();
    format!(
        r#"// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "{name}",
    platforms: [.macOS(.v13)],
    dependencies: [.package(path: "{}")],
    targets: [{}]
)
"#,
        package.display(),
        targets.join("\n"),
    )
}
