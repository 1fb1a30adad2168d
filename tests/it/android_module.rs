//! The Android library: its AAR, its unit tests on Robolectric, its code for Android and shrunken, and the pages.

mod crashes;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::support::faulty_server::{Act, FaultyServer};
use crate::support::java::{self, Java};
use crate::support::{https, markdown, server, tools};

/// What the build script makes a native library for.
const ABIS: [&str; 4] = ["arm64-v8a", "armeabi-v7a", "x86", "x86_64"];

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The library with the AAR, deployed to a repository; built once.
struct Android {
    java: Java,
    repository: PathBuf,
}

impl Android {
    /// A file of the module in the repository.
    fn published(&self, extension: &str) -> PathBuf {
        let name =
            format!("io/bosauth/bosauth-android/{VERSION}/bosauth-android-{VERSION}.{extension}");
        self.repository.join(name)
    }

    /// The content of a file in the AAR.
    fn in_aar(&self, name: &str) -> String {
        let mut unzip = Command::new("python3");
        let program = "import sys, zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))";
        tools::run(
            unzip
                .args(["-c", program])
                .arg(self.published("aar"))
                .arg(name),
        )
    }

    fn jar(&self, module: &str) -> PathBuf {
        let name = format!("{module}/target/{module}-{VERSION}.jar");
        self.java.directory.join(name)
    }

    fn module(&self) -> PathBuf {
        self.java.directory.join("bosauth-android")
    }
}

/// The tests run once, when the library is built.
fn built() -> Option<&'static Android> {
    static BUILT: OnceLock<Option<Android>> = OnceLock::new();
    BUILT.get_or_init(build).as_ref()
}

/// Copies a file or directory of the repository, without what was built in it.
fn copy_sources(name: &str, root: &Path) -> PathBuf {
    let target = root.join(name);
    fs::create_dir_all(target.parent().unwrap()).unwrap();
    let mut copy = Command::new("cp");
    tools::run(copy.arg("-R").arg(tools::root().join(name)).arg(&target));
    tools::run(
        Command::new("find")
            .arg(&target)
            .args(["-name", "target", "-prune", "-exec", "rm", "-r", "{}", "+"]),
    );
    target
}

/// Builds in a copy of its own, with the native library of this machine, and placeholders for those of Android.
fn build() -> Option<Android> {
    let desktop = java::built()?;
    let root = tools::empty("android-module");
    for name in ["LICENSE-APACHE", "LICENSE-MIT", "examples/android"] {
        copy_sources(name, &root);
    }
    let directory = copy_sources("bindings/java", &root);
    let target = directory.join("target");
    fs::create_dir(&target).unwrap();
    let mut copy = Command::new("cp");
    tools::run(
        copy.arg("-R")
            .arg(desktop.directory.join("target/native"))
            .arg(&target),
    );
    for abi in ABIS {
        let jni = target.join("android/jni").join(abi);
        fs::create_dir_all(&jni).unwrap();
        fs::write(
            jni.join("libbosauth_jni.so"),
            format!("placeholder for {abi}"),
        )
        .unwrap();
    }
    add_page_programs(&directory.join("bosauth-android/src/test/kotlin"));
    let android = Android {
        java: Java { directory },
        repository: root.join("repository"),
    };
    deploy(&android)?;
    Some(android)
}

/// Runs the unit tests and publishes the artifacts.
fn deploy(android: &Android) -> Option<()> {
    let server = server::demo();
    let response = Act::Send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".to_vec());
    let tls = FaultyServer::start_over(https::TLS, Vec::new(), move |_| vec![response.clone()]);
    let repository = format!(
        "-DaltDeploymentRepository=tests::file://{}",
        android.repository.display()
    );
    let mut maven = android
        .java
        .maven(&["deploy", "-Pandroid", "--projects", "bosauth-android"]);
    maven
        .args([
            "--also-make",
            "-DskipDesktopTests=true",
            "-Dmaven.install.skip=true",
            &repository,
        ])
        .env("BOSAUTH_TEST_URL", server.base_url())
        .env("BOSAUTH_TEST_TLS_URL", tls.url())
        .env("BOSAUTH_TEST_ROOTS", https::roots());
    java::run_maven(&mut maven)?;
    Some(())
}

/// Writes the Kotlin programs of the page, which Maven compiles.
fn add_page_programs(directory: &Path) {
    for (number, program) in markdown::programs("android.md", "kotlin")
        .iter()
        .enumerate()
    {
        let file = directory.join(format!("Page{number}.kt"));
        fs::write(file, format!("package page{number}\n\n{program}")).unwrap();
    }
}

#[test]
fn unit_tests_pass() {
    let Some(android) = built() else { return };
    let reports = android.module().join("target/surefire-reports");
    let tests = java::checked_tests(&reports);
    println!("{tests} tests passed on Robolectric");
    assert!(tests > 45, "{tests} tests");
}

#[test]
fn aar_is_complete() {
    let Some(android) = built() else { return };
    let mut list = Command::new("jar");
    let listed = tools::run(
        list.args(["--list", "--file"])
            .arg(android.published("aar")),
    );
    let mut names: Vec<&str> = listed.lines().filter(|name| !name.ends_with('/')).collect();
    names.sort_unstable();
    let libraries = ABIS.map(|abi| format!("jni/{abi}/libbosauth_jni.so"));
    let mut expected = vec![
        "AndroidManifest.xml",
        "R.txt",
        "classes.jar",
        "proguard.txt",
    ];
    expected.extend(libraries.iter().map(String::as_str));
    expected.sort_unstable();
    assert_eq!(names, expected);
    for (abi, library) in ABIS.iter().zip(&libraries) {
        assert_eq!(android.in_aar(library), format!("placeholder for {abi}"));
    }
    let manifest = android.in_aar("AndroidManifest.xml");
    for expected in [
        "package=\"io.bosauth.android\"",
        "minSdkVersion=\"23\"",
        "android.permission.INTERNET",
    ] {
        assert!(manifest.contains(expected), "{manifest}");
    }
}

/// Android's packaging fails for a file that is in two libraries of an app.
#[test]
fn jars_have_licenses_and_no_common_files() {
    let Some(android) = built() else { return };
    let modules = [
        "bosauth",
        "bosauth-android",
        "bosauth-api",
        "bosauth-kotlin",
    ];
    let program = "import sys, zipfile; [print(*zipfile.ZipFile(jar).namelist(), sep='\\n') for jar in sys.argv[1:]]";
    let mut list = Command::new("python3");
    list.args(["-c", program])
        .args(modules.map(|module| android.jar(module)));
    let listed = tools::run(&mut list);
    let is_file = |name: &&str| !name.ends_with('/') && *name != "META-INF/MANIFEST.MF";
    let mut files: Vec<&str> = listed.lines().filter(is_file).collect();
    files.sort_unstable();
    for module in modules {
        for license in ["LICENSE-APACHE", "LICENSE-MIT"] {
            let expected = format!("META-INF/licenses/{module}/{license}");
            assert!(files.contains(&&*expected), "no {expected}: {listed}");
        }
    }
    let common: Vec<_> = files.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(common.is_empty(), "{common:?}");
}

/// Gradle downloads the file whose extension is the packaging in the POM.
#[test]
fn published_pom_has_the_packaging_aar() {
    let Some(android) = built() else { return };
    let pom = fs::read_to_string(android.published("pom")).unwrap();
    assert!(pom.contains("<packaging>aar</packaging>"), "{pom}");
    assert!(!pom.contains("<parent>") && !pom.contains("${"), "{pom}");
    let dependencies: Vec<&str> = pom.split("<dependency>").skip(1).collect();
    assert_eq!(dependencies.len(), 1, "{pom}");
    assert!(
        dependencies[0].contains("<artifactId>bosauth-api</artifactId>"),
        "{pom}"
    );
}

/// The AAR of the same classes is the same file.
#[test]
fn aar_has_fixed_timestamps() {
    let Some(android) = built() else { return };
    let program = "import sys, zipfile; print({i.date_time for i in zipfile.ZipFile(sys.argv[1]).infolist()})";
    let mut times = Command::new("python3");
    let printed = tools::run(times.args(["-c", program]).arg(android.published("aar")));
    assert_eq!(printed, "{(2025, 1, 1, 0, 0, 0)}\n");
}

#[test]
fn missing_native_libraries_are_reported() {
    let Some(android) = built() else { return };
    let directory = tools::empty("android-module-incomplete").join("java");
    let mut copy = Command::new("cp");
    tools::run(copy.arg("-R").arg(&android.java.directory).arg(&directory));
    fs::remove_file(directory.join("target/android/jni/x86/libbosauth_jni.so")).unwrap();
    let incomplete = Java { directory };
    let mut maven = incomplete.maven(&["package", "-Pandroid", "--projects", "bosauth-android"]);
    maven.args(["--also-make", "-DskipTests", "-Dmaven.test.skip=true"]);
    let output = maven.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success());
    assert!(
        printed.contains("run bindings/java/build-android.sh"),
        "{printed}"
    );
}

/// Runs shell commands in an empty directory with R8, which contains D8.
fn run_with_r8(
    android: &Android,
    name: &str,
    commands: &str,
    variables: &[(&str, &str)],
) -> Option<(PathBuf, String)> {
    let directory = tools::empty(name);
    java::download_r8(&android.java, &directory)?;
    let javac = tools::run(Command::new("sh").args(["-c", "readlink -f \"$(command -v javac)\""]));
    let jdk = Path::new(&javac).ancestors().nth(2).unwrap();
    let mut shell = Command::new("sh");
    shell
        .args(["-e", "-c", commands])
        .current_dir(&directory)
        .env("JDK", jdk)
        .env("API", android.jar("bosauth-api"))
        .env("KOTLIN", android.jar("bosauth-kotlin"))
        .env("NATIVES", android.jar("bosauth"))
        .env("ANDROID_JAR", android_jar())
        .env(
            "LIB",
            android.java.directory.join("bosauth-kotlin/target/lib"),
        )
        .env("AAR", android.published("aar"))
        .envs(variables.iter().copied());
    let printed = tools::run(&mut shell);
    Some((directory, printed))
}

/// The classes of Android that the module is compiled against.
fn android_jar() -> PathBuf {
    let home = std::env::var("HOME").unwrap();
    let directory =
        format!("{home}/.m2/repository/org/robolectric/android-all/7.0.0_r1-robolectric-r1");
    Path::new(&directory).join("android-all-7.0.0_r1-robolectric-r1.jar")
}

/// Everything an app of API level 23 includes, without a warning.
#[test]
fn classes_are_converted_for_android() {
    let Some(android) = built() else { return };
    let commands = "
        jar --extract --file $AAR classes.jar
        java -cp r8-*.jar com.android.tools.r8.D8 --min-api 23 --lib $JDK --lib $ANDROID_JAR --output . \\
            classes.jar $KOTLIN $LIB/*.jar 2>&1";
    let Some((directory, printed)) = run_with_r8(android, "android-module-d8", commands, &[])
    else {
        return;
    };
    // D8 has notes on classes of kotlinx-coroutines.
    let is_clean = !printed.contains("Warning") && !printed.contains("io/bosauth");
    assert!(is_clean, "{printed}");
    let dex = fs::read(directory.join("classes.dex")).unwrap();
    assert!(dex.starts_with(b"dex\n"));
    for class in [
        "Lio/bosauth/Client;",
        "Lio/bosauth/android/KeystoreFile;",
        "Lio/bosauth/kotlin/CoroutineClient;",
    ] {
        assert!(
            dex.windows(class.len())
                .any(|bytes| bytes == class.as_bytes()),
            "{class}"
        );
    }
}

/// The rules in the AAR are enough: the API is without its own here.
#[test]
fn program_shrunken_by_the_rules_of_the_aar_logs_in() {
    let Some(android) = built() else { return };
    let server = server::demo();
    let program = &markdown::programs("java.md", "java")[0];
    let commands = "
        printf '%s' \"$PROGRAM\" > Login.java
        javac --release 11 -cp $API Login.java
        jar --create --file app.jar Login.class
        jar --extract --file $AAR classes.jar proguard.txt
        mkdir api && (cd api && jar --extract --file $API && rm -r META-INF/proguard)
        jar --create --file api.jar -C api .
        printf '%s' '-keep class Login { public static void main(java.lang.String[]); }' > keep.pro
        java -cp r8-*.jar com.android.tools.r8.R8 --classfile --release --output shrunken.jar \\
            --lib $JDK --lib $ANDROID_JAR --pg-conf keep.pro --pg-conf proguard.txt \\
            app.jar classes.jar api.jar $LIB/jspecify-*.jar
        java -Xcheck:jni -cp shrunken.jar:$NATIVES Login $URL";
    let variables = [("PROGRAM", &**program), ("URL", server.base_url())];
    let Some((directory, printed)) =
        run_with_r8(android, "android-module-r8", commands, &variables)
    else {
        return;
    };
    assert_eq!(printed, format!("hello {}\n", bosbase_local::DEMO_USER));
    let mut list = Command::new("jar");
    let listed = tools::run(
        list.args(["--list", "--file"])
            .arg(directory.join("shrunken.jar")),
    );
    assert!(!listed.contains("io/bosauth/Client.class"), "{listed}");
    let rules =
        tools::read("bindings/java/bosauth-api/src/main/resources/META-INF/proguard/bosauth.pro");
    assert_eq!(
        fs::read_to_string(directory.join("proguard.txt")).unwrap(),
        rules
    );
}

#[test]
fn documentation_is_complete() {
    let Some(android) = built() else { return };
    let jspecify = tools::run(
        Command::new("find")
            .arg(android.java.directory.join("bosauth-kotlin/target/lib"))
            .args(["-name", "jspecify-*.jar"]),
    );
    let classes = [
        android.jar("bosauth-api"),
        android_jar(),
        PathBuf::from(jspecify.trim()),
    ];
    let mut javadoc = Command::new("javadoc");
    javadoc
        .args(["-quiet", "-Xdoclint:all", "-Werror", "-d"])
        .arg(tools::empty("android-module-javadoc"))
        .arg("-sourcepath")
        .arg(android.module().join("src/main/java"))
        .arg("-cp")
        .arg(std::env::join_paths(classes).unwrap())
        .arg("io.bosauth.android");
    tools::run(&mut javadoc);
}

/// The Gradle build of the example names the versions of this one.
#[test]
fn example_has_the_versions_of_the_library() {
    let gradle = tools::read("examples/android/app/build.gradle.kts");
    for module in ["bosauth-android", "bosauth-kotlin"] {
        assert!(
            gradle.contains(&format!("\"io.bosauth:{module}:{VERSION}\"")),
            "{module}"
        );
    }
    let parent = tools::read("bindings/java/pom.xml");
    let kotlin = parent
        .split("<kotlin.version>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap();
    let build = tools::read("examples/android/build.gradle.kts");
    assert!(
        build.contains(&format!("kotlin.android\") version \"{kotlin}\"")),
        "{build}"
    );
}
