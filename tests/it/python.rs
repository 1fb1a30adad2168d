//! The Python package: unit tests, types, wheel, page in `docs/`, and compatibility with the official package.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bosauth::{Client, Status};
use bosbase_local::{DEMO_PASSWORD, DEMO_SUPERUSER, DEMO_USER, Server};
use serde_json::json;

use crate::support::markdown::Block;
use crate::support::python_suite::package;
use crate::support::{library, markdown, python_suite, server, tools};

/// A directory with a copy of the package's sources: the library of an editable install would be loaded first.
pub fn sources(name: &str) -> PathBuf {
    let directory = tools::empty(&format!("python/{name}"));
    copy_sources(&package().join("src/bosauth"), &directory.join("bosauth"));
    directory
}

fn copy_sources(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copy = to.join(path.file_name().unwrap());
        if path.is_dir() && !path.ends_with("__pycache__") {
            copy_sources(&path, &copy);
        } else if path.extension().is_some_and(|e| e == "py" || e == "typed") {
            fs::copy(&path, copy).unwrap();
        }
    }
}

/// Python with these sources of the package and the library of this build.
pub fn python(program: impl AsRef<Path>, sources: &Path) -> Command {
    with_package(Command::new(program.as_ref()), sources)
}

pub fn with_package(mut python: Command, sources: &Path) -> Command {
    let library = library::shared();
    python
        .env("PYTHONPATH", sources)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("BOSAUTH_LIBRARY", library);
    python
}

/// A virtual environment.
fn environment(name: &str) -> PathBuf {
    let directory = tools::empty(&format!("python/{name}"));
    tools::run(Command::new("python3").args(["-m", "venv"]).arg(&directory));
    directory
}

/// A virtual environment with packages of the registry; `None` without a registry.
pub fn environment_with(name: &str, packages: &[&str]) -> Option<PathBuf> {
    let directory = environment(name);
    let mut pip = Command::new(directory.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check"])
        .args(packages);
    let output = pip.output().unwrap();
    if output.status.success() {
        return Some(directory);
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let last = errors.lines().last().unwrap_or_default();
    tools::skip(&format!("pip cannot install {packages:?}: {last}"));
    None
}

#[test]
fn unit_tests_pass() {
    let server = Server::start(python_suite::config()).unwrap();
    let tests = python_suite::command("python3", server.base_url());
    let mut tests = with_package(tests, &sources("tests"));
    let output = tests.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}");
    let passed = printed
        .lines()
        .filter(|line| line.ends_with("... ok"))
        .count();
    println!("{passed} Python tests passed");
    assert!(passed > 50, "{printed}");
}

#[test]
fn mypy_is_clean() {
    let Some(environment) = environment_with("types", &["mypy"]) else {
        return;
    };
    let sources = sources("typed");
    let pages = [
        "python.md",
        "sessions.md",
        "timeouts-and-cancellation.md",
        "mfa.md",
        "guest-accounts.md",
    ];
    let programs = pages.map(|page| markdown::programs(page, "python"));
    let programs = programs.concat();
    assert!(programs.len() >= 11, "{}", programs.len());
    let mut mypy = Command::new(environment.join("bin/mypy"));
    mypy.args(["--strict", "bosauth"]).current_dir(&sources);
    for (at, program) in programs.iter().enumerate() {
        let name = format!("program_{at}.py");
        fs::write(sources.join(&name), program).unwrap();
        mypy.arg(name);
    }
    tools::run(&mut mypy);
}

#[test]
fn wheel_contents() {
    let Some(environment) = environment_with("hatchling", &["hatchling"]) else {
        return;
    };
    let wheels = wheel(&environment, "wheels");
    let files = listed(&wheels);
    let platform = "import sysconfig; print(sysconfig.get_platform().replace('-', '_'))";
    let platform = tools::run(Command::new("python3").args(["-c", platform]));
    let version = env!("CARGO_PKG_VERSION");
    let name = format!("bosauth-{version}-py3-none-{}.whl", platform.trim());
    assert_eq!(files, [&*name]);

    let wheel = wheels.join(&name);
    let mut unzip = Command::new("python3");
    unzip.args(["-m", "zipfile", "-e"]);
    tools::run(unzip.arg(&wheel).arg(wheels.join("content")));
    let mut contents = listed(&wheels.join("content/bosauth"));
    let mut expected = listed(&sources("wheel-sources").join("bosauth"));
    expected.push("libbosauth.so".to_owned());
    contents.sort();
    expected.sort();
    assert_eq!(contents, expected);
    let tag = fs::read_to_string(wheels.join(format!("content/bosauth-{version}.dist-info/WHEEL")))
        .unwrap();
    assert!(tag.contains("Root-Is-Purelib: false\n"), "{tag}");
    let metadata = wheels.join(format!("content/bosauth-{version}.dist-info"));
    let mut licenses = listed(&metadata.join("licenses"));
    licenses.sort();
    assert_eq!(licenses, ["LICENSE-APACHE", "LICENSE-MIT"]);
    let metadata = fs::read_to_string(metadata.join("METADATA")).unwrap();
    for line in [
        "License-Expression: MIT OR Apache-2.0",
        "Project-URL: Homepage, https://project.example",
    ] {
        assert!(metadata.lines().any(|it| it == line), "{metadata}");
    }
    check_requirements(&wheels.join("content/bosauth/libbosauth.so"));
    let fresh = self::environment("fresh");
    install_wheel(&fresh, &wheels);
    log_in(&fresh);
}

/// Builds the wheel into an empty directory. The environment has hatchling.
fn wheel(environment: &Path, name: &str) -> PathBuf {
    let wheels = tools::empty(&format!("python/{name}"));
    let mut pip = Command::new(environment.join("bin/pip"));
    pip.args(["wheel", "--quiet", "--disable-pip-version-check"])
        .args(["--no-deps", "--no-build-isolation", "--wheel-dir"])
        .arg(&wheels)
        .arg(package())
        .env("CARGO_TARGET_DIR", tools::target())
        .env("BOSAUTH_HOMEPAGE", "https://project.example");
    tools::run(&mut pip);
    wheels
}

fn install_wheel(environment: &Path, wheels: &Path) {
    let mut pip = Command::new(environment.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check"])
        .args(["--no-index", "--find-links"]);
    tools::run(pip.arg(wheels).arg("bosauth"));
}

/// The names in a directory.
fn listed(directory: &Path) -> Vec<String> {
    fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// Prints the requirements of the library, and checks that it needs only libc and libgcc_s.
fn check_requirements(library: &Path) {
    let needed = library::dynamic_values(&library::dynamic_section(library), "NEEDED");
    for name in &needed {
        assert!(library::is_of_system(name), "{name} is needed");
    }
    let symbols = tools::run(Command::new("objdump").arg("-T").arg(library));
    let versions = symbols.split("GLIBC_").skip(1).filter_map(|version| {
        let mut numbers = version.split(|c: char| !c.is_ascii_digit() && c != '.');
        let number = numbers.next()?;
        let parts: Result<Vec<u32>, _> = number.split('.').map(str::parse).collect();
        parts.ok()
    });
    let highest = versions.max().unwrap();
    println!("NEEDED {needed:?}, highest GLIBC {highest:?}");
    assert!(highest <= vec![2, 34], "GLIBC {highest:?} is needed");
}

/// Logs in by the program of the page.
fn log_in(environment: &Path) {
    let mut python = Command::new(environment.join("bin/python"));
    python.args(["-c", &login_program()]);
    run_login(&mut python);
}

/// The login program of the page.
fn login_program() -> String {
    page_program("login.py")
}

/// The program of the page with this file name.
fn page_program(name: &str) -> String {
    let mut blocks = markdown::blocks("python.md").into_iter();
    blocks
        .find(|b| b.file.as_deref() == Some(name))
        .unwrap()
        .text
}

/// Runs that program in a form that bundles package and library.
fn run_login(program: &mut Command) {
    let server = server::demo();
    program
        .arg(server.base_url())
        .env_remove("PYTHONPATH")
        .env_remove("BOSAUTH_LIBRARY");
    assert_eq!(tools::run(program), format!("hello {DEMO_USER}\n"));
}

#[test]
fn pyinstaller_bundles_the_library() {
    let Some(environment) = environment_with("pyinstaller", &["hatchling", "pyinstaller"]) else {
        return;
    };
    install_wheel(&environment, &wheel(&environment, "pyinstaller-wheels"));
    for form in ["--onedir", "--onefile"] {
        let directory = tools::empty(&format!("python/pyinstaller{form}"));
        fs::write(directory.join("login.py"), login_program()).unwrap();
        let mut pyinstaller = Command::new(environment.join("bin/pyinstaller"));
        pyinstaller
            .args([form, "--log-level", "ERROR", "login.py"])
            .current_dir(&directory)
            .env("PYINSTALLER_CONFIG_DIR", directory.join("cache"))
            .env_remove("PYTHONPATH");
        tools::run(&mut pyinstaller);
        let output = directory.join("dist/login");
        let program = match form {
            "--onedir" => output.join("login"),
            _ => output,
        };
        run_login(&mut Command::new(program));
    }
}

/// A library in an archive is extracted to a file for as long as it is loaded.
#[test]
fn zipapp_bundles_the_library() {
    let sources = sources("zipapp");
    let library = library::shared();
    fs::copy(library, sources.join("bosauth/libbosauth.so")).unwrap();
    fs::write(sources.join("__main__.py"), login_program()).unwrap();
    let archive = tools::temporary("python/login.pyz");
    let mut zipapp = Command::new("python3");
    zipapp.args(["-m", "zipapp"]).arg(&sources).arg("-o");
    tools::run(zipapp.arg(&archive));
    let temporary = tools::empty("python/zipapp-temporary");
    let mut python = Command::new("python3");
    run_login(python.arg(&archive).env("TMPDIR", &temporary));
    assert_eq!(listed(&temporary), [""; 0]);
}

#[test]
fn calls_yield_to_other_greenlets() {
    let server = Server::start(python_suite::config()).unwrap();
    let sources = sources("greenlets");
    for name in ["gevent", "eventlet"] {
        let Some(environment) = environment_with(name, &[name]) else {
            continue;
        };
        let mut python = python(environment.join("bin/python"), &sources);
        python
            .args(["greenlets.py", name])
            .current_dir(package().join("tests"))
            .env("BOSAUTH_TEST_URL", server.base_url());
        assert_eq!(
            tools::run(&mut python),
            "calls\ntimeout\nkilled\nCANCELLED\nstored\nno leaks\n"
        );
    }
}

#[test]
fn missing_cargo_is_reported() {
    let Some(environment) = environment_with("no-cargo", &["hatchling"]) else {
        return;
    };
    let mut pip = Command::new(environment.join("bin/pip"));
    pip.args(["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir"])
        .arg(tools::empty("python/no-wheels"))
        .arg(package())
        .env("PATH", environment.join("bin"));
    let output = pip.output().unwrap();
    assert!(!output.status.success());
    let printed = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains("bosauth: cargo not found."), "{printed}");
}

/// As for a release: the library of another machine, in a wheel with the tag of that platform.
#[test]
fn prebuilt_library_is_packaged_without_cargo() {
    let Some(environment) = environment_with("prebuilt", &["hatchling"]) else {
        return;
    };
    let wheels = tools::empty("python/prebuilt-wheels");
    let build = |library: &Path| {
        let mut pip = Command::new(environment.join("bin/pip"));
        pip.args(["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir"])
            .args([&wheels, &package()])
            .env("PATH", environment.join("bin"))
            .env("BOSAUTH_PREBUILT_LIBRARY", library)
            .env("BOSAUTH_PLATFORM_TAG", "manylinux_2_17_armv7l");
        pip.output().unwrap()
    };
    let missing = build(Path::new("/nonexistent/libbosauth.so"));
    let printed =
        String::from_utf8_lossy(&missing.stderr) + String::from_utf8_lossy(&missing.stdout);
    let message = "BOSAUTH_PREBUILT_LIBRARY is /nonexistent/libbosauth.so, which is not a file";
    assert!(
        !missing.status.success() && printed.contains(message),
        "{printed}"
    );

    let library = library::directory().join("libbosauth.so");
    assert!(build(&library).status.success());
    let name = format!(
        "bosauth-{}-py3-none-manylinux_2_17_armv7l.whl",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(listed(&wheels), [&*name]);
    let mut unzip = Command::new("python3");
    unzip.args(["-m", "zipfile", "-e"]);
    tools::run(unzip.arg(wheels.join(name)).arg(wheels.join("content")));
    let packaged = fs::read(wheels.join("content/bosauth/libbosauth.so")).unwrap();
    assert!(packaged == fs::read(library).unwrap());
}

#[test]
fn python_page_commands_work() {
    let Some(environment) = environment_with("page-tools", &["hatchling"]) else {
        return;
    };
    let wheels = wheel(&environment, "page-wheels");
    let (directory, venv) = (
        tools::empty("python/page"),
        tools::empty("python/page-venv"),
    );
    let is_skipped = |block: &Block| block.text.starts_with("export VENV=");
    let compared = markdown::follow("python.md", &directory, is_skipped, |commands| {
        let mut shell = Command::new("sh");
        shell
            .args(["-e", "-c", commands])
            .current_dir(match commands.contains("./bindings") {
                true => tools::root(),
                false => &directory,
            })
            .env("VENV", &venv)
            .env("WHEELS", &wheels)
            .env("CARGO_TARGET_DIR", tools::target());
        shell
    });
    assert_eq!(compared, 10);
}

/// In auth stores of the official package, and in keyrings of the package keyring.
#[test]
fn sessions_in_stores_of_other_packages() {
    let packages = ["bosbase==0.1.5", "keyring", "keyrings.alt"];
    let Some(environment) = environment_with("stores", &packages) else {
        return;
    };
    let server = Server::start(python_suite::config()).unwrap();
    let mut tests = python(environment.join("bin/python"), &sources("stores-package"));
    tests
        .args(["-m", "unittest", "-v", "test_packages"])
        .current_dir(package().join("tests"))
        .env("BOSAUTH_TEST_URL", server.base_url());
    let output = tests.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}");
    assert!(!printed.contains("skipped"), "{printed}");
}

/// The page runs its program against a server that does not require a second factor.
#[test]
fn python_page_program_logs_in_with_two_factors() {
    let server = server::demo();
    let required = json!({"mfa": {"enabled": true}, "otp": {"enabled": true}});
    let update = json!({"do": "update_collection", "collection": "users", "set": required});
    server.control(update).unwrap();
    let mut python = python("python3", &sources("second-factor"));
    python.args(["-c", &page_program("second.py"), server.base_url()]);
    assert_eq!(tools::run(&mut python), format!("hello {DEMO_USER}\n"));
    let client = Client::builder(server.base_url()).build().unwrap();
    let with_one = client.collection("users").auth_with_token("my-own-token");
    assert_eq!(with_one.unwrap_err().status(), Status::MfaRequired);
}

#[test]
fn cancellation_page_programs_run() {
    let server = server::demo();
    let sources = sources("stopping");
    for program in markdown::programs("timeouts-and-cancellation.md", "python") {
        let mut python = python("python3", &sources);
        python.args(["-c", &program, server.base_url()]);
        assert_eq!(tools::run(&mut python), "UNKNOWN_TOKEN\n");
    }
}

#[test]
fn official_package_program_is_portable() {
    let Some(environment) = environment_with("official", &["bosbase==0.1.5"]) else {
        return;
    };
    let server = Server::start(python_suite::config()).unwrap();
    let program = tools::read("bindings/python/tests/migration.py");
    let import = "from bosbase import BosBase, ClientResponseError\n";
    assert_eq!(program.matches("import BosBase").count(), 1);
    assert!(program.contains(import));
    let sources = sources("moved");
    let run = |program: &str| {
        let mut python = python(environment.join("bin/python"), &sources);
        python.args(["-c", program, server.base_url()]);
        python.args([DEMO_USER, DEMO_PASSWORD, DEMO_SUPERUSER]);
        tools::run(&mut python)
    };
    let official = run(&program);
    let ours = run(&program.replace(import, &import.replace("bosbase", "bosauth")));
    assert!(official.lines().count() > 100, "{official}");
    assert_eq!(ours, official);
}
