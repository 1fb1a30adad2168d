//! The features of the dependencies: the commands of the README share what cargo has compiled.

use serde_json::Value;

use crate::support::tools;

/// The crates of a registry that cargo compiled, by its messages in JSON.
fn compiled(messages: &str) -> Vec<String> {
    let messages = messages
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let of_a_registry = |package: &str| package.starts_with("registry+");
    let new = messages.filter(|message| message["fresh"] == false);
    let packages = new.filter_map(|message| message["package_id"].as_str().map(str::to_owned));
    packages.filter(|id| of_a_registry(id)).collect()
}

/// This test is built with the features of the quick start, which is an example of the same package.
#[test]
fn local_server_reuses_the_quickstart_dependencies() {
    if !cfg!(debug_assertions) {
        return tools::unsupported("`cargo run` uses another profile");
    }
    let mut cargo = tools::cargo();
    cargo
        .args(["build", "--package", "bosbase-local", "--bin"])
        .args(["bosbase-local", "--message-format", "json", "--target-dir"])
        .arg(tools::target())
        .current_dir(tools::root());
    assert_eq!(compiled(&tools::run(&mut cargo)), Vec::<String>::new());
}
