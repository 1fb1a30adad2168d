//! The Java library, built by Maven in a copy of its sources.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use super::{library, markdown, tools};

/// The jars of the library.
pub struct Java {
    /// The copy of `bindings/java`.
    pub directory: PathBuf,
}

impl Java {
    /// The jars with the classes and with the native library.
    pub fn jars(&self) -> (String, String) {
        let version = env!("CARGO_PKG_VERSION");
        let directory = self.directory.display();
        let jar = |module: &str| format!("{directory}/{module}/target/{module}-{version}.jar");
        (jar("bosauth-api"), jar("bosauth"))
    }

    /// The class path of a program that uses the library.
    pub fn class_path(&self) -> String {
        let (api, natives) = self.jars();
        format!("{api}:{natives}")
    }

    /// The class path of the Kotlin programs that Maven has compiled.
    pub fn kotlin_class_path(&self) -> String {
        let programs = self.directory.join("programs");
        let programs = programs.display();
        let own = format!("{programs}/test-classes:{programs}/classes:{programs}/lib/*");
        format!("{own}:{}", self.class_path())
    }

    /// A Kotlin program that Maven has compiled: the class of the file with its `main`.
    pub fn kotlin_program(&self, class: &str) -> Command {
        let mut java = Command::new("java");
        java.args(["-Xcheck:jni", "--enable-native-access=ALL-UNNAMED"])
            .args(["-cp", &self.kotlin_class_path(), class]);
        java
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

const MODULES: [&str; 3] = ["bosauth-api", "bosauth", "bosauth-kotlin"];

/// Writes the Kotlin programs that Maven is to compile: the scenario driver, those of the page, and the examples of the
/// documentation.
fn add_kotlin_programs(directory: &Path) {
    let driver = tools::root().join("tests/drivers/kotlin.kt");
    fs::copy(driver, directory.join("Driver.kt")).expect("a copy");
    for block in markdown::blocks("kotlin.md") {
        if let (Some(file), "kotlin") = (&block.file, &*block.language) {
            fs::write(directory.join(file), &block.text).expect("a writable directory");
        }
    }
    fs::write(directory.join("KdocTest.kt"), kdoc_test()).expect("a writable directory");
}

/// A test of the examples in the Kotlin sources.
fn kdoc_test() -> String {
    let mut test = String::from(KDOC_TEST);
    let mut count = 0;
    for name in ["CoroutineClient", "CoroutineCollection"] {
        let path =
            format!("bindings/java/bosauth-kotlin/src/main/kotlin/io/bosauth/kotlin/{name}.kt");
        let source = tools::read(path);
        for example in source.split("* ```\n").skip(1).step_by(2) {
            count += 1;
            let lines = example
                .lines()
                .map(|line| line.trim_start().trim_start_matches('*'));
            let body = lines.collect::<Vec<_>>().join("\n");
            test += &format!(
                "\n    @Test\n    fun example{count}() = example {{ client, url ->\n{body}\n    }}\n"
            );
        }
    }
    assert!(count > 4, "{count} examples");
    test + "}\n"
}

const KDOC_TEST: &str = r#"import io.bosauth.*
import io.bosauth.kotlin.*
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.*
import org.junit.jupiter.api.Test

class KdocTest {
    private fun example(run: suspend CoroutineScope.(CoroutineClient, String) -> Unit): Unit = runBlocking {
        val url = System.getenv("BOSAUTH_TEST_URL")
        bosauthClient(url).use { client ->
            client.collection("users").bindToken("user@example.com", "correct horse 1", "my-own-token")
            run(client, url)
        }
    }
"#;

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
    for name in ["pom.xml", "build-native.sh", "native"]
        .iter()
        .chain(&MODULES)
    {
        let mut copy = Command::new("cp");
        tools::run(copy.arg("-R").arg(sources.join(name)).arg(&directory));
    }
    for module in MODULES {
        let _ = fs::remove_dir_all(directory.join(module).join("target"));
    }
    add_kotlin_programs(&directory.join("bosauth-kotlin/src/test/kotlin"));
    let mut native = Command::new("sh");
    native
        .arg(directory.join("build-native.sh"))
        .arg(library::directory().join("libbosauth.a"))
        .env("BOSAUTH_REPOSITORY", tools::root());
    tools::run(&mut native);
    let java = Java { directory };
    run_maven(&mut java.maven(&["package", "-DskipTests"]))?;
    // The unit tests compile again, while the programs run.
    let programs = java.directory.join("programs");
    let mut copy = Command::new("cp");
    copy.arg("-R")
        .arg(java.directory.join("bosauth-kotlin/target"));
    tools::run(copy.arg(programs));
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

/// The number of tests in a directory of reports, which must have no warning of -Xcheck:jni.
pub fn checked_tests(reports: &Path) -> usize {
    let files = fs::read_dir(reports).unwrap();
    let count = |path: PathBuf| {
        let report = fs::read_to_string(&path).unwrap();
        // What the JVM prints disturbs the output of surefire, which writes it to a dump.
        let is_dump = path.to_string_lossy().contains(".dump");
        assert!(!is_dump && !report.contains("in native method"), "{report}");
        match path.extension().is_some_and(|extension| extension == "xml") {
            true => report.matches("<testcase ").count(),
            false => 0,
        }
    };
    files.map(|entry| count(entry.unwrap().path())).sum()
}

/// Downloads R8, which contains D8, to a directory; `None`, with the test reported as skipped, without a registry.
pub fn download_r8(java: &Java, directory: &Path) -> Option<()> {
    let mut download = java.maven(&[
        "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy",
        "-Dartifact=com.android.tools:r8:8.7.18",
    ]);
    download
        .current_dir(directory)
        .arg(format!("-DoutputDirectory={}", directory.display()));
    run_maven(&mut download).map(|_| ())
}
