//! The Swift package: unit tests, its page in `docs/`, and its scripts.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use bosauth::{Client, Status};
use bosbase_local::{Config, DEMO_USER, Seed, Server};
use serde_json::{Value, json};

use crate::support::driver::Driver;
use crate::support::markdown::{self, Block};
use crate::support::{library, server as servers, swift, tools};

/// The server of the unit tests.
fn server() -> Server {
    Server::start(Config {
        seed: Some(Seed::File(swift::package().join("Tests/seed.json"))),
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

/// Blocks of the page that this system does not run.
fn is_for_apple_or_an_installation(block: &Block) -> bool {
    let starts = ["export PKG_CONFIG_PATH=", "bindings/swift/scripts/"];
    starts.iter().any(|start| block.text.starts_with(start))
        || block.text.contains("KeychainStorage")
}

#[test]
fn swift_page_programs_print_what_it_shows() {
    let shell = Path::new("sh");
    if swift::program(shell).is_none() {
        return;
    }
    let directory = page_directory("page");
    let compared = markdown::follow(
        "swift.md",
        &directory,
        is_for_apple_or_an_installation,
        |commands| {
            let mut command = swift::program(shell).unwrap();
            command.args(["-e", "-c", commands]).current_dir(&directory);
            command
        },
    );
    assert_eq!(compared, 7);
}

/// A directory beside a link to this repository.
fn page_directory(name: &str) -> PathBuf {
    let parent = tools::empty(&format!("swift/{name}"));
    fs::create_dir(parent.join("bosauth")).unwrap();
    fs::create_dir(parent.join("bosauth/bindings")).unwrap();
    symlink(swift::package(), parent.join("bosauth/bindings/swift")).unwrap();
    let directory = parent.join("app");
    fs::create_dir(&directory).unwrap();
    directory
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

/// The result of creating a client with a library that returns this ABI version.
fn client_with_abi(version: u32) -> Option<String> {
    let directory = tools::empty(&format!("swift/abi-{version:x}"));
    let source = directory.join("abi.c");
    let preloaded = directory.join("abi.so");
    fs::write(
        &source,
        format!("unsigned bosauth_abi_version(void);\nunsigned bosauth_abi_version(void) {{ return {version}; }}\n"),
    )
    .unwrap();
    let mut compiler = Command::new(tools::cc());
    tools::run(
        compiler
            .args(["-shared", "-fPIC", "-o"])
            .args([&preloaded, &source]),
    );
    let mut driver = swift::driver()?;
    driver.env("LD_PRELOAD", &preloaded);
    let mut driver = Driver::start("swift", &mut driver);
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

/// `KeychainStorage` on Linux, with a module in place of Apple's.
#[test]
fn keychain_storage_runs_on_a_keychain_in_memory() {
    let package = swift::copy("keychain");
    let sources = swift::package().join("Tests/keychain");
    for (target, file) in [("Security", "Security.swift"), ("keychain", "main.swift")] {
        let directory = package.join("Sources").join(target);
        fs::create_dir(&directory).unwrap();
        fs::copy(sources.join(file), directory.join(file)).unwrap();
    }
    let manifest = tools::read("bindings/swift/Package.swift")
        .replace(r#"["CBosauth"]"#, r#"["CBosauth", "Security"]"#)
        .replace(
            "targets: [library, bosauth, ",
            r#"targets: [library, bosauth, .target(name: "Security"),
                .executableTarget(name: "keychain", dependencies: ["Bosauth", "Security"]), "#,
        );
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
        .arg(swift::package().join(".swift-format"))
        .args(["Package.swift", "Sources", "Tests"].map(|part| swift::package().join(part)))
        .arg(tools::root().join("tests/drivers/swift.swift"));
    tools::run(&mut format);
}

/// The privacy manifest, which Xcode reads.
#[test]
fn privacy_manifest_is_a_property_list() {
    let program =
        "import plistlib, sys\nwith open(sys.argv[1], 'rb') as f: print(len(plistlib.load(f)))";
    let mut python = Command::new("python3");
    let manifest = swift::package().join("Sources/Bosauth/PrivacyInfo.xcprivacy");
    assert_eq!(
        tools::run(python.args(["-c", program]).arg(manifest)),
        "4\n"
    );
}

#[test]
fn swift_scripts_pass_shellcheck() {
    if !tools::has("shellcheck") {
        return;
    }
    let mut shellcheck = Command::new("shellcheck");
    shellcheck.current_dir(swift::package());
    tools::run(shellcheck.args([
        "toolchain.sh",
        "deployment-targets.sh",
        "scripts/xcframework.sh",
    ]));
}
