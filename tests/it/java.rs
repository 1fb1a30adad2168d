//! The Java library: unit tests on each JDK, documentation, symbols of the native library, and the page in `docs/`.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use bosbase_local::{Config, DEMO_USER, Seed, Server};
use serde_json::json;

use crate::install;
use crate::support::faulty_server::{Act, FaultyServer};
use crate::support::java::{self, Java};
use crate::support::markdown::{self, Block};
use crate::support::{library, server, tools};

/// The server of the unit tests.
fn test_server() -> Server {
    let seed = tools::root().join("bindings/java/bosauth/src/test/resources/seed.json");
    let server = Server::start(Config {
        seed: Some(Seed::File(seed)),
        control: true,
        ..Config::default()
    })
    .unwrap();
    let otp = json!({"otp": {"enabled": true}});
    let update = json!({"do": "update_collection", "collection": "users", "set": otp});
    server.control(update).unwrap();
    server
}

/// Runs the unit tests with this JVM.
fn run_tests(java: &Java, jvm: &Path) {
    let server = test_server();
    let reports = ["bosauth", "bosauth-kotlin"].map(|module| {
        let reports = java.directory.join(module).join("target/surefire-reports");
        let _ = fs::remove_dir_all(&reports);
        reports
    });
    let mut maven = java.maven(&["test"]);
    maven
        .arg(format!("-Djvm={}", jvm.display()))
        .env("BOSAUTH_TEST_URL", server.base_url())
        .env(
            "BOSAUTH_TEST_HEADER",
            tools::root().join("include/bosauth.h"),
        );
    let Some(printed) = java::run_maven(&mut maven) else {
        return;
    };
    assert!(!printed.contains("in native method"), "{printed}");
    let tests = reports.map(|reports| java::checked_tests(&reports));
    println!(
        "{tests:?} Java and Kotlin tests passed with {}",
        jvm.display()
    );
    assert!(tests[0] > 35 && tests[1] > 10, "{printed}");
}

/// One test, since Maven must not run twice in one directory at the same time.
#[test]
fn unit_tests_pass() {
    let Some(java) = java::built() else { return };
    let jvms = jvms();
    if jvms.len() == 1 {
        tools::unsupported("no second JDK in /usr/lib/jvm");
    }
    for jvm in &jvms {
        run_tests(java, jvm);
    }
}

/// The JVM on `PATH`, and other installed ones.
fn jvms() -> Vec<PathBuf> {
    let path = tools::run(Command::new("sh").args(["-c", "readlink -f \"$(command -v java)\""]));
    let mut jvms = vec![PathBuf::from(path.trim())];
    for entry in fs::read_dir("/usr/lib/jvm").into_iter().flatten() {
        let java = entry.unwrap().path().join("bin/java");
        if let Ok(java) = java.canonicalize() {
            let is_known = jvms.contains(&java);
            if !is_known && java.parent().unwrap().join("javac").exists() {
                jvms.push(java);
            }
        }
    }
    jvms
}

#[test]
fn documentation_is_complete() {
    let Some(java) = java::built() else { return };
    // javadoc itself, since Maven must not run twice in one directory at the same time.
    let jspecify = tools::run(Command::new("find").args([
        &format!(
            "{}/.m2/repository/org/jspecify",
            std::env::var("HOME").unwrap()
        ),
        "-name",
        "*.jar",
    ]));
    let mut javadoc = Command::new("javadoc");
    javadoc
        .args(["-quiet", "-Xdoclint:all", "-Werror", "-d"])
        .arg(tools::empty("java-javadoc"))
        .args(["-sourcepath"])
        .arg(java.directory.join("bosauth-api/src/main/java"))
        .args(["-cp", jspecify.lines().next().unwrap(), "io.bosauth"]);
    tools::run(&mut javadoc);
}

/// The block of a page with the commands that build and install the library.
fn installation(page: &str) -> String {
    let mut blocks = markdown::programs(page, "sh").into_iter();
    blocks
        .find(|commands| commands.starts_with("cargo build "))
        .unwrap()
}

/// A clone in which the commands of `docs/java.md` have installed the library into a Maven repository of its own.
struct Installed {
    clone: &'static Path,
    repository: PathBuf,
}

impl Installed {
    /// A shell for commands of a page, with the repository.
    fn shell(&self, commands: &str, directory: &Path) -> Command {
        let mut shell = Command::new("sh");
        let repository = self.repository.display();
        // Maven writes escape sequences even if its output is not a terminal.
        let options = format!("-Dmaven.repo.local={repository} -Djansi.noreset=true");
        shell
            .args(["-e", "-c", commands])
            .current_dir(directory)
            .env("MAVEN_OPTS", options);
        shell
    }
}

/// Runs the commands; `None` without a JDK, Maven or a registry.
fn installed() -> Option<&'static Installed> {
    static INSTALLED: OnceLock<Option<Installed>> = OnceLock::new();
    let install = || {
        java::built()?;
        let clone = install::clone();
        // The pages build in `target` of the clone: what this build has compiled is used again.
        let _ = symlink(tools::target(), clone.join("target"));
        let repository = java::private_repository();
        let installed = Installed { clone, repository };
        let mut shell = installed.shell(&installation("java.md"), clone);
        java::run_maven(&mut shell)?;
        Some(installed)
    };
    INSTALLED.get_or_init(install).as_ref()
}

#[test]
fn page_programs_run() {
    let Some(installed) = installed() else { return };
    let export = "export CLASSPATH=";
    let mut commands = markdown::programs("java.md", "sh").into_iter();
    // The last one is that of the clone; xtask tests the one of the archive.
    let commands = commands.rfind(|commands| commands.starts_with(export));
    let commands = commands.unwrap();
    let mut shell = installed.shell(&format!("{commands}printenv CLASSPATH"), installed.clone);
    let class_path = tools::run(&mut shell);
    let is_skipped = |block: &Block| {
        let starts = [
            "cargo build ",
            export,
            "mkdir bosauth-maven",
            "<repositories>",
            "<dependency>",
        ];
        starts.iter().any(|start| block.text.starts_with(start))
    };
    let directory = tools::empty("java-page");
    let compared = markdown::follow("java.md", &directory, is_skipped, |commands| {
        let mut shell = installed.shell(commands, &directory);
        shell.env("CLASSPATH", class_path.trim());
        shell
    });
    assert_eq!(compared, 6);
}

/// A project with the dependency that the page shows.
#[test]
fn installed_library_is_a_maven_dependency() {
    let Some(installed) = installed() else { return };
    let directory = tools::empty("java-dependency");
    let dependency = markdown::programs("java.md", "xml").remove(1);
    let project = format!(
        "<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>a</artifactId>\
         <version>1</version><dependencies>{dependency}</dependencies></project>"
    );
    fs::write(directory.join("pom.xml"), project).unwrap();
    fs::write(
        directory.join("Login.java"),
        &markdown::programs("java.md", "java")[0],
    )
    .unwrap();
    let copy = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
    let server = server::demo();
    let commands = format!(
        "mvn --batch-mode --quiet {copy} && java -cp 'target/dependency/*' Login.java {}",
        server.base_url()
    );
    let mut shell = installed.shell(&commands, &directory);
    if let Some(printed) = java::run_maven(&mut shell) {
        assert_eq!(printed, format!("hello {DEMO_USER}\n"));
    }
}

#[test]
fn kotlin_page_programs_run() {
    let Some(installed) = installed() else { return };
    let directory = tools::empty("kotlin-page");
    let is_gradle = |block: &Block| block.language == "kts";
    let compared = markdown::follow("kotlin.md", &directory, is_gradle, |commands| {
        installed.shell(commands, &directory)
    });
    assert_eq!(compared, 3);
}

/// A server that does not respond.
#[test]
fn cancellation_page_programs_run() {
    let Some(java) = java::built() else { return };
    let silent = FaultyServer::always(vec![Act::Silence]);
    let program = markdown::guide_program("stop_a_login", "java").unwrap();
    let mut program = java.compiled("stop_a_login", &program);
    let printed = tools::run(program.arg(silent.url()));
    assert_eq!(printed, "TIMEOUT\nCANCELLED\nCANCELLED\ntoo slow\n");
    let mut program = java.kotlin_guide("stop_a_login").unwrap();
    let printed = tools::run(program.arg(silent.url()));
    assert_eq!(printed, "too slow\nstopped\n");
}

#[test]
fn secret_of_the_page_is_zeroized() {
    let Some(java) = java::built() else { return };
    let program = markdown::programs("secrets.md", "java").remove(0);
    let mut program = java.compiled("secrets", &program);
    let printed = tools::run(program.arg(server::demo().base_url()));
    assert_eq!(printed, format!("hello {DEMO_USER}\nzeroized: true\n"));
}

/// The names in the columns for Java are those of public methods, classes or constants.
#[test]
fn tables_of_the_guides_name_what_exists() {
    let Some(java) = java::built() else { return };
    let (api, _) = java.jars();
    let list = "jar --list --file \"$API\" | sed -n 's/\\.class$//p' | tr / . | xargs javap -public -cp \"$API\" java.lang.Throwable";
    let declared = tools::run(Command::new("sh").args(["-c", list]).env("API", api));
    let words: HashSet<&str> = declared.split(|c: char| !c.is_alphanumeric()).collect();
    let names = markdown::names_in_columns("Java");
    assert!(names.len() > 30, "{}", names.len());
    for name in names {
        assert!(words.contains(&*name), "{name}");
    }
}

/// Runs shell commands, the last of which logs in: `API` and `NATIVES` are the jars, and `URL` a server.
fn log_in_by(commands: &str, directory: &Path, java: &Java) {
    let server = server::demo();
    let (api, natives) = java.jars();
    let mut shell = Command::new("sh");
    shell
        .args(["-e", "-c", commands])
        .current_dir(directory)
        .env("API", api)
        .env("NATIVES", natives)
        .env("URL", server.base_url());
    assert_eq!(tools::run(&mut shell), format!("hello {DEMO_USER}\n"));
}

/// A program that is a module finds the native library in another module.
#[test]
fn program_on_the_module_path_logs_in() {
    let Some(java) = java::built() else { return };
    let directory = tools::empty("java-module");
    let login = format!("package app;\n{}", markdown::programs("java.md", "java")[0]);
    fs::write(directory.join("Login.java"), login).unwrap();
    let module = "module app { requires io.bosauth; }";
    fs::write(directory.join("module-info.java"), module).unwrap();
    let commands = "
        javac -Xlint:-requires-automatic --module-path $API -d app Login.java module-info.java
        java -Xcheck:jni --module-path app:$API:$NATIVES --module app/app.Login $URL";
    log_in_by(commands, &directory, java);
}

const LATE: &str = r#"
import io.bosauth.*;
public class Late {
    public static void start() throws Exception {
        Client client = Client.builder("http://127.0.0.1").sessionFile(new java.io.File("session")).build();
        client.addListener(change -> {});
        Thread thread = new Thread(() -> {
            try {
                client.saveSession("t", null);
            } catch (BosauthException e) {
                e.printStackTrace();
            }
        });
        thread.setDaemon(true);
        thread.start();
        while (thread.getStackTrace().length == 0 || !thread.getStackTrace()[0].isNativeMethod()) {
            Thread.sleep(1);
        }
    }
}
"#;

/// A JVM that is destroyed does not wait for the native calls of its daemon threads.
#[test]
fn calls_may_outlive_the_jvm() {
    let Some(java) = java::built() else { return };
    for (number, jvm) in jvms().iter().enumerate() {
        let directory = tools::empty(&format!("java-destroyed-{number}"));
        fs::write(directory.join("Late.java"), LATE).unwrap();
        let commands = "
            javac --release 11 -cp $CLASSPATH Late.java
            $CC -std=c11 -D_DEFAULT_SOURCE -I$JVM/include -I$JVM/include/linux $PROGRAM -o program \\
                -L$JVM/lib/server -Wl,-rpath,$JVM/lib/server -ljvm
            ./program -Djava.class.path=.:$CLASSPATH";
        let mut shell = Command::new("sh");
        shell
            .args(["-e", "-c", commands])
            .current_dir(&directory)
            .env("CC", tools::cc())
            .env("CLASSPATH", java.class_path())
            .env("JVM", jvm.parent().unwrap().parent().unwrap())
            .env("PROGRAM", tools::root().join("tests/c/destroyed_jvm.c"));
        assert_eq!(tools::run(&mut shell), "end\n");
    }
}

/// R8 renames and removes what the program does not use, except what the rules in the jar keep.
#[test]
fn shrunken_program_logs_in() {
    let Some(java) = java::built() else { return };
    let directory = tools::empty("java-shrunken");
    if java::download_r8(java, &directory).is_none() {
        return;
    }
    let programs = markdown::programs("java.md", "java");
    fs::write(directory.join("Login.java"), &programs[0]).unwrap();
    let keep = "-keep class Login { public static void main(java.lang.String[]); }";
    fs::write(directory.join("keep.pro"), keep).unwrap();
    let commands = "
        javac --release 11 -cp $API Login.java
        jar --create --file app.jar Login.class
        java -cp r8-*.jar com.android.tools.r8.R8 --classfile --release --output shrunken.jar \\
            --lib \"$(dirname \"$(dirname \"$(readlink -f \"$(command -v java)\")\")\")\" \\
            --pg-conf keep.pro app.jar $API lib/jspecify-*.jar
        java -Xcheck:jni -cp shrunken.jar:$NATIVES Login $URL";
    let lib = java.directory.join("programs/lib");
    symlink(lib, directory.join("lib")).unwrap();
    log_in_by(commands, &directory, java);
    let listed = tools::run(
        Command::new("jar")
            .args(["--list", "--file"])
            .arg(directory.join("shrunken.jar")),
    );
    assert!(!listed.contains("io/bosauth/Client.class"), "{listed}");
}

#[test]
fn native_library_exports_only_jni_functions() {
    let Some(java) = java::built() else { return };
    let library = native_library(java);
    let symbols = tools::run(
        Command::new("nm")
            .args(["-D", "--defined-only", "--format=posix"])
            .arg(&library),
    );
    let names: Vec<&str> = symbols
        .lines()
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    let declared = tools::read("bindings/java/bosauth-api/src/main/java/io/bosauth/Native.java");
    let declared = declared.matches("static native ").count();
    assert_eq!(names.len(), declared + 1, "{names:?}");
    for name in names {
        assert!(
            name == "JNI_OnLoad" || name.starts_with("Java_io_bosauth_Native_"),
            "{name}"
        );
    }
    for name in library::dynamic_values(&library::dynamic_section(&library), "NEEDED") {
        assert!(library::is_of_system(&name), "{name} is needed");
    }
}

fn native_library(java: &Java) -> PathBuf {
    let found = tools::run(
        Command::new("find")
            .arg(java.directory.join("target/native"))
            .args(["-name", "libbosauth_jni.so"]),
    );
    PathBuf::from(found.trim())
}

#[test]
fn jars_have_the_native_library_in_one_module() {
    let Some(java) = java::built() else { return };
    let class_path = java.class_path();
    let contents: Vec<String> = class_path
        .split(':')
        .map(|jar| tools::run(Command::new("jar").args(["--list", "--file", jar])))
        .collect();
    assert!(contents[0].contains("io/bosauth/Client.class"));
    assert!(!contents[0].contains("libbosauth_jni"));
    assert!(contents[1].contains("/libbosauth_jni.so") && !contents[1].contains(".class"));
    // Java 11.
    let javap =
        tools::run(Command::new("javap").args(["-v", "-cp", &class_path, "io.bosauth.Client"]));
    assert!(javap.contains("major version: 55"));
}
