//! The Java library: unit tests on each JDK, documentation, symbols of the native library, and the page in `docs/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bosbase_local::{Config, DEMO_USER, Seed, Server};
use serde_json::json;

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
    for jvm in jvms {
        run_tests(java, &jvm);
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

#[test]
fn page_programs_run() {
    let Some(java) = java::built() else { return };
    // What is skipped is how the library is built, which `java::built()` does in a copy.
    let is_skipped = |block: &Block| {
        block.language == "xml"
            || block.text.starts_with("cargo build ")
            || block.text.starts_with("export CLASSPATH=")
    };
    let directory = tools::empty("java-page");
    let compared = markdown::follow("java.md", &directory, is_skipped, |commands| {
        let mut shell = Command::new("sh");
        shell
            .args(["-e", "-c", commands])
            .current_dir(&directory)
            .env("CLASSPATH", java.class_path());
        shell
    });
    assert_eq!(compared, 6);
}

#[test]
fn kotlin_page_programs_run() {
    let Some(java) = java::built() else { return };
    let server = test_server();
    let blocks = markdown::blocks("kotlin.md");
    let programs = blocks.iter().filter(|block| block.language == "kotlin");
    let outputs = blocks.iter().filter(|block| block.language == "text");
    assert_eq!((programs.clone().count(), outputs.clone().count()), (3, 3));
    for (program, output) in programs.zip(outputs) {
        let file = program.file.as_deref().unwrap();
        let mut command = java.kotlin_program(&file.replace(".kt", "Kt"));
        assert_eq!(
            tools::run(command.arg(server.base_url())),
            output.text,
            "{file}"
        );
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
    let server = server::demo();
    let (api, natives) = java.jars();
    let commands = "
        javac --release 11 -cp $API Login.java
        jar --create --file app.jar Login.class
        java -cp r8-8.7.18.jar com.android.tools.r8.R8 --classfile --release --output shrunken.jar \\
            --lib \"$(dirname \"$(dirname \"$(readlink -f \"$(command -v java)\")\")\")\" \\
            --pg-conf keep.pro app.jar $API lib/jspecify-*.jar
        java -Xcheck:jni -cp shrunken.jar:$NATIVES Login $URL";
    let lib = java.directory.join("programs/lib");
    std::os::unix::fs::symlink(lib, directory.join("lib")).unwrap();
    let mut shell = Command::new("sh");
    shell
        .args(["-e", "-c", commands])
        .current_dir(&directory)
        .env("API", api)
        .env("NATIVES", natives)
        .env("URL", server.base_url());
    assert_eq!(tools::run(&mut shell), format!("hello {DEMO_USER}\n"));
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
