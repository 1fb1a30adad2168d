//! Runs every scenario in every language, in random order, with random names.

use std::fs;
use std::path::Path;
use std::process::Command;

use bosauth_test_support::postgres;
use bosbase_local::Data;

#[cfg(target_os = "linux")]
use crate::support::android;
use crate::support::driver::{self, Driver};
use crate::support::rng::Rng;
use crate::support::scenario::Scenario;
#[cfg(unix)]
use crate::support::swift;
use crate::support::{java, library, tools};

fn scenarios() -> Vec<Scenario> {
    read_all(&tools::root().join("tests/scenarios"))
}

/// The scenarios of all files in a directory.
pub fn read_all(directory: &Path) -> Vec<Scenario> {
    let mut paths: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    paths.sort();
    let scenarios: Vec<_> = paths.iter().flat_map(|path| Scenario::read(path)).collect();
    assert!(scenarios.len() > 20, "scenarios not found");
    scenarios
}

/// Runs every scenario that is for this language.
fn run_all(language: &'static str, command: &mut Command) {
    run(language, command, scenarios(), || None);
}

/// Runs those of the scenarios that are for this language, each on new data.
pub fn run(
    language: &'static str,
    command: &mut Command,
    mut scenarios: Vec<Scenario>,
    new_data: impl Fn() -> Option<Data>,
) {
    let mut driver = Driver::start(language, command);
    let mut rng = Rng::new();
    scenarios.retain(|scenario| scenario.is_for(language));
    rng.shuffle(&mut scenarios);
    let failures: Vec<String> = scenarios
        .iter()
        .filter_map(|scenario| scenario.run(&mut driver, &mut rng, new_data()).err())
        .collect();
    println!("{} scenarios in {}", scenarios.len(), language);
    assert!(!scenarios.is_empty());
    driver.stop();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn scenarios_in_rust() {
    run_all("rust", &mut driver::rust());
}

#[test]
fn scenarios_in_c() {
    run_all("c", &mut driver::c(&[]));
}

#[test]
fn scenarios_in_c_with_sanitizers() {
    if !can_link(&library::SANITIZERS) {
        return tools::skip("no sanitizers");
    }
    run_all("c", &mut driver::c(&library::SANITIZERS));
}

#[test]
fn scenarios_in_c_under_valgrind() {
    if let Some(mut driver) = tools::valgrind(&driver::c(&[])) {
        run_all("c", &mut driver);
    }
}

#[test]
fn scenarios_in_cpp() {
    run_all("cpp", &mut cpp());
}

#[test]
fn scenarios_in_python() {
    run_all("python", &mut python());
}

#[cfg(unix)]
#[test]
fn scenarios_in_swift() {
    if let Some(mut driver) = swift::driver() {
        run_all("swift", &mut driver);
    }
}

#[test]
fn scenarios_in_java() {
    if let Some(mut java) = java() {
        run_all("java", &mut java);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn scenarios_in_java_on_android() {
    let Some(mut driver) = android::driver() else {
        return;
    };
    let mut scenarios = scenarios();
    // The emulator has files of its own.
    scenarios.retain(|scenario| !scenario.uses("config session_file"));
    run("java", &mut driver, scenarios, || None);
}

#[test]
fn scenarios_in_kotlin() {
    if let Some(mut kotlin) = kotlin() {
        run_all("kotlin", &mut kotlin);
    }
}

#[test]
fn second_factors_on_postgresql() {
    if postgres::new_database().is_none() {
        return;
    }
    let mut drivers = vec![
        ("rust", driver::rust()),
        ("c", driver::c(&[])),
        ("cpp", cpp()),
        ("python", python()),
    ];
    #[cfg(unix)]
    drivers.extend(swift::driver().map(|driver| ("swift", driver)));
    drivers.extend(java().map(|java| ("java", java)));
    drivers.extend(kotlin().map(|kotlin| ("kotlin", kotlin)));
    for (language, mut command) in drivers {
        let mut scenarios = scenarios();
        scenarios.retain(|scenario| scenario.name.starts_with("mfa: "));
        assert!(scenarios.len() >= 6, "an order of two factors is missing");
        run(language, &mut command, scenarios, || {
            postgres::new_database().map(|url| Data::parse(url.as_ref()))
        });
    }
}

fn cpp() -> Command {
    let source = tools::root().join("tests/drivers/cpp.cpp");
    let wrapper = format!("-I{}", tools::root().join("bindings/cpp").display());
    Command::new(library::compile(&source, &[&wrapper]))
}

fn python() -> Command {
    let mut command = Command::new("python3");
    command
        .arg(tools::root().join("tests/drivers/python.py"))
        .env("PYTHONPATH", tools::root().join("bindings/python/src"))
        .env("BOSAUTH_LIBRARY", library::shared());
    command
}

fn java() -> Option<Command> {
    let driver = tools::root().join("tests/drivers/java.java");
    java::built().map(|java| java.program(&driver))
}

fn kotlin() -> Option<Command> {
    java::built().map(|java| java.kotlin_program("DriverKt"))
}

/// Whether the compiler supports these flags.
fn can_link(flags: &[&str]) -> bool {
    let source = library::directory().join("empty.c");
    fs::write(&source, "int main(void) { return 0; }\n").unwrap();
    let mut compiler = Command::new(tools::cc());
    let compiler = compiler.args(flags).arg(&source).arg("-o");
    let output = compiler.arg(source.with_extension("out")).output();
    output.is_ok_and(|output| output.status.success())
}
