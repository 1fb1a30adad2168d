//! Runs every scenario in every language, in random order, with names made anew.

use std::fs;
use std::process::Command;

use crate::support::driver::Driver;
use crate::support::rng::Rng;
use crate::support::scenario::Scenario;
use crate::support::{driver, library, tools};

/// The scenarios of all files.
fn scenarios() -> Vec<Scenario> {
    let mut paths: Vec<_> = fs::read_dir(tools::root().join("tests/scenarios"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    paths.sort();
    let scenarios: Vec<_> = paths.iter().flat_map(|path| Scenario::read(path)).collect();
    assert!(scenarios.len() > 20, "the scenarios are not found");
    scenarios
}

/// Runs every scenario that is for the driver's language.
fn run_all(mut driver: Driver) {
    let mut rng = Rng::new();
    let mut scenarios = scenarios();
    rng.shuffle(&mut scenarios);
    let ours: Vec<_> = scenarios
        .iter()
        .filter(|scenario| scenario.is_for(driver.language))
        .collect();
    let failures: Vec<String> = ours
        .iter()
        .filter_map(|scenario| scenario.run(&mut driver, &mut rng).err())
        .collect();
    println!("{} scenarios in {}", ours.len(), driver.language);
    assert!(!ours.is_empty());
    driver.stop();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn scenarios_in_rust() {
    run_all(Driver::start("rust", &mut driver::rust()));
}

#[test]
fn scenarios_in_c() {
    let mut command = driver::compile_c("scenarios", &[]);
    run_all(Driver::start("c", &mut command));
}

#[test]
fn scenarios_in_c_with_sanitizers() {
    let sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
    if !can_link(&sanitizers) {
        return tools::skip("no sanitizers");
    }
    let mut command = driver::compile_c("scenarios-sanitized", &sanitizers);
    run_all(Driver::start("c", &mut command));
}

#[test]
fn scenarios_in_c_under_valgrind() {
    if !tools::has("valgrind") {
        return;
    }
    let driver = driver::compile_c("scenarios-valgrind", &[]);
    let mut command = Command::new("valgrind");
    command
        .args(["-q", "--leak-check=full", "--error-exitcode=9"])
        .arg(driver.get_program());
    run_all(Driver::start("c", &mut command));
}

#[test]
fn scenarios_in_cpp() {
    let source = tools::root().join("tests/drivers/cpp.cpp");
    let wrapper = format!("-I{}", tools::root().join("bindings/cpp").display());
    let flags = [
        "-std=c++17",
        "-Wall",
        "-Wextra",
        "-Wpedantic",
        "-Werror",
        &wrapper,
    ];
    let driver = library::compile_cpp(&source, "scenarios-cpp", &flags);
    run_all(Driver::start("cpp", &mut Command::new(driver)));
}

#[test]
fn scenarios_in_python() {
    let mut command = Command::new("python3");
    command.arg(tools::root().join("tests/drivers/python.py"));
    command.env("PYTHONPATH", tools::root().join("bindings/python/src"));
    command.env(
        "BOSAUTH_LIBRARY",
        library::directory().join("libbosauth.so"),
    );
    run_all(Driver::start("python", &mut command));
}

/// Whether the compiler has what these flags ask for.
fn can_link(flags: &[&str]) -> bool {
    let source = library::directory().join("empty.c");
    fs::write(&source, "int main(void) { return 0; }\n").unwrap();
    let mut compiler = Command::new(tools::cc());
    compiler
        .args(flags)
        .arg(&source)
        .arg("-o")
        .arg(source.with_extension("out"));
    compiler
        .output()
        .is_ok_and(|output| output.status.success())
}
