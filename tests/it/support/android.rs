//! The native libraries of Android, built in a copy of their sources, and a JVM that runs one in an emulator.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::{java, tools};

/// An ABI of Android.
pub struct Abi {
    /// Its name in `build-android.sh`.
    pub name: &'static str,
    /// Its name in `native/android-23.txt`.
    pub architecture: &'static str,
    /// The machine that readelf prints.
    pub machine: &'static str,
    target: &'static str,
}

/// The ABI that tests always build, which the emulator runs.
pub const ARM64: Abi = Abi {
    name: "arm64-v8a",
    architecture: "arm64",
    machine: "AArch64",
    target: "aarch64-linux-android",
};

/// The ABIs that tests build with `BOSAUTH_ALL_TARGETS=1`.
pub const OTHERS: [Abi; 3] = [
    Abi {
        name: "armeabi-v7a",
        architecture: "arm",
        machine: "ARM",
        target: "armv7-linux-androideabi",
    },
    Abi {
        name: "x86_64",
        architecture: "x86_64",
        machine: "Advanced Micro Devices X86-64",
        target: "x86_64-linux-android",
    },
    Abi {
        name: "x86",
        architecture: "x86",
        machine: "Intel 80386",
        target: "i686-linux-android",
    },
];

/// The library for arm64; `None` without the tools.
pub fn library() -> Option<&'static Path> {
    static BUILT: OnceLock<Option<PathBuf>> = OnceLock::new();
    BUILT.get_or_init(|| build(&ARM64)).as_deref()
}

/// Builds the library of an ABI; `None` without the tools.
pub fn build(abi: &Abi) -> Option<PathBuf> {
    if !has_tools() || !has_rust_target(abi.target) {
        return None;
    }
    let directory = tools::empty(&format!("android-{}", abi.name));
    let sources = tools::root().join("bindings/java");
    for name in ["build-android.sh", "android-toolchain.sh", "native"] {
        let mut copy = Command::new("cp");
        tools::run(copy.arg("-R").arg(sources.join(name)).arg(&directory));
    }
    let mut script = Command::new(directory.join("build-android.sh"));
    script
        .arg(abi.name)
        .env("BOSAUTH_REPOSITORY", tools::root())
        .env("CARGO_TARGET_DIR", tools::target());
    tools::run(tools::outside_package(&mut script));
    Some(directory.join(format!("target/android/jni/{}/libbosauth_jni.so", abi.name)))
}

/// Whether there is an NDK, or what `android-toolchain.sh` requires.
fn has_tools() -> bool {
    if std::env::var_os("ANDROID_NDK_HOME").is_some() {
        return true;
    }
    if !["clang", "ld.lld", "ar", "javac"]
        .into_iter()
        .all(tools::has)
    {
        return false;
    }
    let has_zig = std::env::var_os("ZIG").is_some()
        || tools::is_installed("zig")
        || tools::is_installed("python-zig");
    if !has_zig {
        tools::skip("no zig");
    }
    has_zig
}

fn has_rust_target(target: &str) -> bool {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir", "--target", target]);
    let directory = tools::run(rustc.current_dir(tools::root()));
    let is_installed = Path::new(directory.trim()).is_dir();
    if !is_installed {
        tools::skip(&format!("no standard library for {target}"));
    }
    is_installed
}

/// The libraries of the emulator; `None` without Maven or a registry.
pub fn emulator() -> Option<&'static Path> {
    static DOWNLOADED: OnceLock<Option<PathBuf>> = OnceLock::new();
    DOWNLOADED.get_or_init(download).as_deref()
}

fn download() -> Option<PathBuf> {
    if !java::has_tools() {
        return None;
    }
    let directory = tools::empty("android-emulator");
    fs::copy(
        tools::root().join("tests/android/pom.xml"),
        directory.join("pom.xml"),
    )
    .expect("a copy");
    let mut maven = Command::new("mvn");
    maven
        .args(["--batch-mode", "--quiet"])
        .arg("org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies")
        .arg("-DoutputDirectory=lib")
        .current_dir(&directory);
    java::run_maven(&mut maven)?;
    Some(directory.join("lib"))
}

/// The scenario driver of Java, whose library runs in the emulator; `None` without the tools.
pub fn driver() -> Option<Command> {
    let (library, emulator) = (library()?, emulator()?);
    let classes = tools::empty("android-driver");
    let emulator = format!("{}/*", emulator.display());
    let android = tools::root().join("tests/android");
    let api = tools::root().join("bindings/java/bosauth-api/src/main/java");
    let mut javac = Command::new("javac");
    javac
        .args(["-cp", &emulator, "-d"])
        .arg(&classes)
        .arg("-sourcepath")
        // The first folder has the classes that replace some of the second.
        .arg(format!("{}:{}", android.display(), api.display()))
        .arg(tools::root().join("tests/drivers/java.java"));
    tools::run(&mut javac);
    let mut java = Command::new("java");
    java.arg("--enable-native-access=ALL-UNNAMED")
        .arg(format!("-Dbosauth.library={}", library.display()))
        .args([
            "-cp",
            &format!("{}:{emulator}", classes.display()),
            "Driver",
        ]);
    Some(java)
}
