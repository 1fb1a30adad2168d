//! The Java library, built by Maven in a copy of its sources.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use super::{library, tools};

/// The jars of the library.
pub struct Java {
    /// The copy of `bindings/java`.
    pub directory: PathBuf,
}

impl Java {
    /// The class path of a program that uses the library.
    pub fn class_path(&self) -> String {
        let version = env!("CARGO_PKG_VERSION");
        let jars = ["bosauth-api", "bosauth"].map(|module| {
            let jar = format!("{module}/target/{module}-{version}.jar");
            self.directory.join(jar).into_os_string()
        });
        let joined = std::env::join_paths(jars).expect("no colon in the path");
        joined.into_string().expect("UTF-8")
    }

    /// A program in one source file, with checks of its JNI calls, whose warnings are on its standard output.
    pub fn program(&self, source: &Path) -> Command {
        let mut java = Command::new("java");
        java.args(["-Xcheck:jni", "--enable-native-access=ALL-UNNAMED"])
            .args(["-cp", &self.class_path()])
            .arg(source);
        java
    }

    /// Maven in the copy.
    pub fn maven(&self, arguments: &[&str]) -> Command {
        let mut maven = Command::new("mvn");
        maven
            .args(["--batch-mode", "--quiet"])
            .args(arguments)
            .current_dir(&self.directory);
        maven
    }
}

/// The library; `None` without a JDK, Maven or a registry.
pub fn built() -> Option<&'static Java> {
    static BUILT: OnceLock<Option<Java>> = OnceLock::new();
    BUILT.get_or_init(build).as_ref()
}

fn build() -> Option<Java> {
    if !tools::has("javac") || !tools::has("mvn") {
        return None;
    }
    let directory = tools::empty("java");
    let sources = tools::root().join("bindings/java");
    for name in [
        "pom.xml",
        "build-native.sh",
        "native",
        "bosauth-api",
        "bosauth",
    ] {
        let mut copy = Command::new("cp");
        tools::run(copy.arg("-R").arg(sources.join(name)).arg(&directory));
    }
    for module in ["bosauth-api", "bosauth"] {
        let _ = std::fs::remove_dir_all(directory.join(module).join("target"));
    }
    let mut native = Command::new("sh");
    native
        .arg(directory.join("build-native.sh"))
        .arg(library::directory().join("libbosauth.a"))
        .env("BOSAUTH_REPOSITORY", tools::root());
    tools::run(&mut native);
    let java = Java { directory };
    run_maven(&mut java.maven(&["package", "-DskipTests"]))?;
    Some(java)
}

/// Runs Maven and returns what it prints; `None`, with the test reported as skipped, without a registry.
pub fn run_maven(maven: &mut Command) -> Option<String> {
    let Output { status, stdout, .. } = maven.output().expect("mvn starts");
    let printed = String::from_utf8_lossy(&stdout).into_owned();
    if status.success() {
        return Some(printed);
    }
    let is_offline = [
        "Could not transfer artifact",
        "Unknown host",
        "in offline mode",
    ];
    assert!(
        is_offline.iter().any(|message| printed.contains(message)),
        "{maven:?} exited with {status}\n{printed}"
    );
    tools::skip("mvn cannot download its plugins");
    None
}
