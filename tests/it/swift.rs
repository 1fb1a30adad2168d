//! The Swift package: unit tests, its page in `docs/`, and its scripts.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use bosauth::{Client, Status};
use bosbase_local::{Config, DEMO_USER, Seed, Server};
use serde_json::{Value, json};

use crate::install;
use crate::support::driver::Driver;
use crate::support::faulty_server::{Act, FaultyServer};
use crate::support::markdown::{self, Block};
use crate::support::{library, server as servers, swift, tools};

/// The server of the unit tests.
fn server() -> Server {
    Server::start(Config {
        seed: Some(Seed::File(swift::directory().join("Tests/seed.json"))),
        ..Config::default()
    })
    .unwrap()
}

#[test]
fn unit_tests_pass() {
    let server = server();
    let Some(mut tests) = swift::swift("test", &swift::copy("tests")) else {
        return;
    };
    let output = tests
        .env("BOSAUTH_TEST_URL", server.base_url())
        .output()
        .unwrap();
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8_lossy(&printed);
    assert!(output.status.success(), "{printed}");
    let passed = printed.matches("' passed (").count();
    println!("{passed} Swift tests and suites passed");
    assert!(passed > 30, "{printed}");
}

/// Sets the paths of an installation, for each shell that follows.
const EXPORT: &str = "export PKG_CONFIG_PATH=";

/// Blocks of the page that are not run in a shell of their own, or not on this system.
fn is_for_apple_or_an_export(block: &Block) -> bool {
    let starts = [EXPORT, "bindings/swift/scripts/"];
    starts.iter().any(|start| block.text.starts_with(start))
        || block.text.contains("KeychainStorage")
}

#[test]
fn swift_page_programs_print_what_it_shows() {
    if swift::command("sh").is_none() {
        return;
    }
    let Some(prefix) = install::installed() else {
        return;
    };
    let exports = markdown::programs("swift.md", "sh").into_iter();
    let exports: String = exports.filter(|block| block.starts_with(EXPORT)).collect();
    assert!(!exports.is_empty());
    let directory = page_directory("page");
    let compared = markdown::follow(
        "swift.md",
        &directory,
        is_for_apple_or_an_export,
        |commands| {
            let mut command = swift::command("sh").unwrap();
            command
                .args(["-e", "-c", &format!("{exports}{commands}")])
                .current_dir(&directory)
                .env("PREFIX", prefix);
            command
        },
    );
    assert_eq!(compared, 7);
}

/// A server that does not respond.
#[test]
fn cancellation_page_program_runs() {
    let Some(mut program) = swift::guide("stop_a_login") else {
        return;
    };
    let silent = FaultyServer::always(vec![Act::Silence]);
    let printed = tools::run(program.arg(silent.url()));
    assert_eq!(printed, "TIMEOUT\nCANCELLED\n");
}

/// The names in the columns for Swift are those of public declarations.
#[test]
fn tables_of_the_guides_name_what_exists() {
    let mut declared = String::new();
    for entry in fs::read_dir(swift::directory().join("Sources/Bosauth")).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "swift")
        {
            declared += &fs::read_to_string(path).unwrap();
        }
    }
    let lines = declared.lines().map(str::trim_start);
    let public = |line: &&str| line.starts_with("public ") || line.starts_with("case ");
    let words: HashSet<&str> = lines
        .filter(public)
        .flat_map(|line| line.split(|c: char| !c.is_alphanumeric()))
        .collect();
    let names = markdown::names_in_columns("Swift");
    assert!(names.len() > 25, "{}", names.len());
    for name in names {
        assert!(words.contains(&*name), "{name}");
    }
}

/// A directory beside a link to a clone of this repository.
fn page_directory(name: &str) -> PathBuf {
    let parent = tools::empty(&format!("swift/{name}"));
    symlink(install::clone(), parent.join("bosauth")).unwrap();
    let directory = parent.join("app");
    fs::create_dir(&directory).unwrap();
    directory
}

/// A package may depend on the URL of the repository and a version. SwiftPM clones it, also into its caches.
#[test]
fn package_is_used_by_url() {
    let repository = swift::copy("repository");
    let _ = fs::remove_dir_all(repository.join(".git"));
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=test", "-c", "user.email=test@example.com"])
            .args(arguments)
            .current_dir(&repository);
        tools::run(&mut git);
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "Release"]);
    let version = env!("CARGO_PKG_VERSION");
    git(&["tag", &format!("v{version}")]);
    let dependency = format!(
        r#".package(url: "file://{}", from: "{version}")"#,
        repository.display()
    );
    let source = "import Bosauth\nprint(libraryVersion)\n";
    let package = swift::program_package("by-url", &dependency, source);
    let _ = fs::remove_dir_all(package.join(".build"));
    let _ = fs::remove_file(package.join("Package.resolved"));
    let Some(mut build) = swift::swift("build", &package) else {
        return;
    };
    for option in ["--cache-path", "--config-path", "--security-path"] {
        build
            .arg(option)
            .arg(tools::empty("swift/by-url-caches").join(option));
    }
    tools::run(&mut build);
    let mut program = swift::program(&package.join(".build/debug/by-url")).unwrap();
    assert_eq!(tools::run(&mut program), format!("{version}\n"));
}

/// The page runs its program against a server that does not require a second factor.
#[test]
fn swift_page_program_logs_in_with_two_factors() {
    let page = markdown::blocks("swift.md");
    let program = page
        .iter()
        .find(|block| block.text.contains("mfaID: error.mfaID"));
    let Some(mut program) = swift::compile("second_factor", &program.unwrap().text) else {
        return;
    };
    let server = servers::demo();
    let required = json!({"mfa": {"enabled": true}, "otp": {"enabled": true}});
    let update = json!({"do": "update_collection", "collection": "users", "set": required});
    server.control(update).unwrap();
    let printed = tools::run(program.arg(server.base_url()));
    assert_eq!(printed, format!("hello {DEMO_USER}\n"));
    let client = Client::builder(server.base_url()).build().unwrap();
    let with_one = client.collection("users").auth_with_token("my-own-token");
    assert_eq!(with_one.unwrap_err().status(), Status::MfaRequired);
}

/// The scenario driver with functions in C that replace those of its libraries.
fn driver_with(name: &str, functions: &str) -> Option<Driver> {
    let directory = tools::empty(&format!("swift/{name}"));
    let source = directory.join("functions.c");
    let preloaded = directory.join("functions.so");
    fs::write(&source, functions).unwrap();
    let mut compiler = Command::new(tools::cc());
    tools::run(
        compiler
            .args(["-shared", "-fPIC", "-o"])
            .args([&preloaded, &source]),
    );
    let mut driver = swift::driver()?;
    driver.env("LD_PRELOAD", &preloaded);
    Some(Driver::start("swift", &mut driver))
}

/// The result of creating a client with a library that returns this ABI version.
fn client_with_abi(version: u32) -> Option<String> {
    let function = format!(
        "unsigned bosauth_abi_version(void);\nunsigned bosauth_abi_version(void) {{ return {version}; }}\n"
    );
    let mut driver = driver_with(&format!("abi-{version:x}"), &function)?;
    let result = driver.run("client http://127.0.0.1");
    driver.stop();
    Some(result)
}

#[test]
fn library_of_an_incompatible_abi_version_is_rejected() {
    let version = library::BOSAUTH_ABI_VERSION;
    let rejected = "UNSUPPORTED 0 FIX_CALL";
    for (version, expected) in [
        (version, "OK"),
        (version + 1, "OK"),
        (version - 1, rejected),
        (version + 0x1_0000, rejected),
        (version - 0x1_0000, rejected),
    ] {
        let Some(result) = client_with_abi(version) else {
            return;
        };
        assert_eq!(result, expected, "{version:x}");
    }
}

/// The system creates threads for Dispatch only.
#[test]
fn calls_without_a_thread_of_their_own_use_dispatch() {
    let functions = r#"
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <pthread.h>
        #include <string.h>

        static int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

        int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                           void *argument) {
            Dl_info caller;
            if (!dladdr(__builtin_return_address(0), &caller) || !strstr(caller.dli_fname, "libdispatch")) {
                return EAGAIN;
            }
            *(void **)&create = dlsym(RTLD_NEXT, "pthread_create");
            return create(thread, attributes, start, argument);
        }
    "#;
    let Some(mut driver) = driver_with("threads", functions) else {
        return;
    };
    assert_eq!(driver.run("client http://127.0.0.1"), "OK");
    assert_eq!(driver.run("save token"), "OK");
    assert_eq!(driver.run("session @token"), "OK token");
    driver.stop();
}

/// `KeychainStorage` on Linux, with a module in place of Apple's.
#[test]
fn keychain_storage_runs_on_a_keychain_in_memory() {
    let package = swift::copy("keychain");
    let tests = r#".target(name: "Security", path: "\(directory)/Tests/keychain", sources: ["Security.swift"]),
        .executableTarget(name: "keychain", dependencies: ["Bosauth", "Security"],
            path: "\(directory)/Tests/keychain", sources: ["main.swift"])"#;
    let manifest = tools::read("Package.swift")
        .replace(r#"["CBosauth"]"#, r#"["CBosauth", "Security"]"#)
        .replace("bosauth, tests]", &format!("bosauth, {tests}]"));
    fs::write(package.join("Package.swift"), manifest).unwrap();
    let Some(mut build) = swift::swift("build", &package) else {
        return;
    };
    tools::run(build.args(["--product", "keychain"]));
    let mut program = swift::program(&package.join(".build/debug/keychain")).unwrap();
    assert_eq!(tools::run(&mut program), "keychain\n");
}

/// Every public symbol has documentation, all parameters or none are described, and links resolve.
#[test]
fn documentation_is_complete() {
    let package = swift::copy("symbols");
    let Some(mut swift) = swift::swift("package", &package) else {
        return;
    };
    tools::run(swift.args([
        "dump-symbol-graph",
        "--minimum-access-level",
        "public",
        "--skip-synthesized-members",
    ]));
    let mut find = Command::new("find");
    let found = tools::run(find.arg(&package).args(["-name", "Bosauth.symbols.json"]));
    let graph = Path::new(found.trim_end());
    let symbols: Value = serde_json::from_str(&fs::read_to_string(graph).unwrap()).unwrap();
    let symbols = symbols["symbols"].as_array().unwrap();
    assert!(symbols.len() > 100, "{}", symbols.len());
    for symbol in symbols {
        let path = &symbol["pathComponents"];
        assert!(symbol["docComment"].is_object(), "{path} is undocumented");
    }
    // It is beside the compiler, on Debian not on the PATH.
    let docc = r#""$(dirname "$(readlink -f "$(command -v swift)")")/docc" "$@""#;
    let mut convert = swift::program(Path::new("sh")).unwrap();
    convert
        .args(["-c", docc, "docc", "convert", "--warnings-as-errors"])
        .args(["--fallback-display-name", "Bosauth"])
        .args(["--fallback-bundle-identifier", "bosauth"])
        .arg("--additional-symbol-graph-dir")
        .arg(graph.parent().unwrap())
        .arg("--output-path")
        .arg(tools::temporary("swift/documentation"));
    tools::run(&mut convert);
}

#[test]
fn swift_sources_are_formatted() {
    let Some(mut format) = swift::program(Path::new("swift")) else {
        return;
    };
    format
        .args(["format", "lint", "--strict", "--recursive"])
        .arg("--configuration")
        .arg(swift::directory().join(".swift-format"))
        .args(["Sources", "Tests"].map(|part| swift::directory().join(part)))
        .args(["Package.swift", "tests/drivers/swift.swift"].map(|file| tools::root().join(file)));
    tools::run(&mut format);
}

/// The privacy manifest, which Xcode reads.
#[test]
fn privacy_manifest_is_a_property_list() {
    let program =
        "import plistlib, sys\nwith open(sys.argv[1], 'rb') as f: print(len(plistlib.load(f)))";
    let mut python = Command::new("python3");
    let manifest = swift::directory().join("Sources/Bosauth/PrivacyInfo.xcprivacy");
    assert_eq!(
        tools::run(python.args(["-c", program]).arg(manifest)),
        "4\n"
    );
}
