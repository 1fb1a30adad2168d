//! The Java library, built by Maven in a copy of its sources.

use std::fs;
use std::os::unix::fs::symlink;
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
        jvm(&self.kotlin_class_path(), class)
    }

    /// A program in one source file, with checks of its JNI calls, whose warnings are on its standard output.
    pub fn program(&self, source: &Path) -> Command {
        let mut java = Command::new("java");
        java.args(["-Xcheck:jni", "--enable-native-access=ALL-UNNAMED"])
            .args(["-cp", &self.class_path()])
            .arg(source);
        java
    }

    /// A program in one source file, compiled without a warning.
    pub fn compiled(&self, name: &str, source: &str) -> Command {
        let directory = tools::empty(&format!("java-programs/{name}"));
        let (_, class) = source.split_once("public class ").expect("a public class");
        let class = class.split(' ').next().expect("its name");
        let file = directory.join(format!("{class}.java"));
        fs::write(&file, source).expect("a writable directory");
        let mut javac = Command::new("javac");
        javac
            .args(["--release", "11", "-Xlint:all", "-Werror", "-cp"])
            .arg(self.class_path())
            .arg(file);
        tools::run(&mut javac);
        let class_path = format!("{}:{}", directory.display(), self.class_path());
        jvm(&class_path, class)
    }

    /// The program of a guide in Kotlin; `None` if it has none.
    pub fn kotlin_guide(&self, name: &str) -> Option<Command> {
        markdown::guide_program(name, "kotlin")?;
        let class = format!("{}Kt", camel_case(name));
        Some(jvm(&self.kotlin_class_path(), &class))
    }

    /// Maven in the copy, without the jars of sources and documentation.
    pub fn maven(&self, arguments: &[&str]) -> Command {
        let mut maven = Command::new("mvn");
        maven
            .args(["--batch-mode", "--quiet"])
            .args(["-Dmaven.source.skip=true", "-Dmaven.javadoc.skip=true"])
            .args(arguments)
            .current_dir(&self.directory);
        maven
    }
}

/// A JVM with checks of JNI calls, whose warnings are on its standard output.
fn jvm(class_path: &str, class: &str) -> Command {
    let mut java = Command::new("java");
    java.args(["-Xcheck:jni", "--enable-native-access=ALL-UNNAMED"])
        .args(["-cp", class_path, class])
        // Java reads its arguments in the encoding of the locale.
        .env("LC_ALL", "C.UTF-8");
    java
}

/// `StopALogin` for `stop_a_login`.
fn camel_case(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    words.collect()
}

const MODULES: [&str; 3] = ["bosauth-api", "bosauth", "bosauth-kotlin"];

/// Writes the Kotlin programs that Maven is to compile: the scenario driver, those of the guides, and the examples of
/// the documentation.
fn add_kotlin_programs(directory: &Path) {
    let driver = tools::root().join("tests/drivers/kotlin.kt");
    fs::copy(driver, directory.join("Driver.kt")).expect("a copy");
    for (_, _, name) in markdown::GUIDES {
        let Some(mut program) = markdown::guide_program(name, "kotlin") else {
            continue;
        };
        if name == "guest_account" {
            program += GUEST_MAIN;
        }
        let file = format!("{}.kt", camel_case(name));
        fs::write(directory.join(file), program).expect("a writable directory");
    }
    fs::write(directory.join("KdocTest.kt"), kdoc_test()).expect("a writable directory");
}

/// The rest of the program in `docs/guest-accounts.md`, which shows one function in Kotlin.
const GUEST_MAIN: &str = r#"
suspend fun main(args: Array<String>) {
    val guest = Properties()
    val file = java.io.File(args[0])
    if (!file.exists()) {
        guest["email"] = "guest-${io.bosauth.Client.generateToken()}@guests.example.com"
        guest["token"] = io.bosauth.Client.generateToken()
        guest["password"] = io.bosauth.Client.generateToken()
        file.outputStream().use { guest.store(it, null) }
    }
    file.inputStream().use(guest::load)
    try {
        io.bosauth.kotlin.bosauthClient(args[1]).use { client ->
            println("logged in as ${logIn(client, guest).field("name")?.ifEmpty { "a guest" }}")
        }
    } catch (e: BosauthException) {
        System.err.println(e.message)
        kotlin.system.exitProcess(1)
    }
}
"#;

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

/// Whether a JDK and Maven are installed.
pub fn has_tools() -> bool {
    tools::has("javac") && tools::has("mvn")
}

fn build() -> Option<Java> {
    if !has_tools() {
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

/// A Maven repository for artifacts of this library, with links to what the user's repository has of others.
pub fn private_repository() -> PathBuf {
    let user =
        PathBuf::from(std::env::var_os("HOME").expect("a home directory")).join(".m2/repository");
    let repository = tools::empty("maven-repository");
    fs::create_dir(repository.join("io")).expect("a writable directory");
    let link = |directory: &str, excluded: &str| {
        for entry in fs::read_dir(user.join(directory)).into_iter().flatten() {
            let name = entry.expect("a readable directory").file_name();
            if name != excluded {
                let to = repository.join(directory).join(&name);
                symlink(user.join(directory).join(&name), to).expect("a new name");
            }
        }
    };
    link("", "io");
    link("io", "bosauth");
    repository
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

/// The number of tests in a directory of reports, of which none was skipped, without a warning of -Xcheck:jni.
pub fn checked_tests(reports: &Path) -> usize {
    let files = fs::read_dir(reports).unwrap();
    let count = |path: PathBuf| {
        let report = fs::read_to_string(&path).unwrap();
        // What the JVM prints disturbs the output of surefire, which writes it to a dump.
        let is_dump = path.to_string_lossy().contains(".dump");
        assert!(!is_dump && !report.contains("in native method"), "{report}");
        assert!(!report.contains("<skipped"), "{report}");
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
        "-Dartifact=com.android.tools:r8:8.12.14",
    ]);
    download
        .current_dir(directory)
        .arg(format!("-DoutputDirectory={}", directory.display()));
    run_maven(&mut download).map(|_| ())
}
