//! The manifests: the metadata of the published crates, and the features of the dependencies, so that the commands of
//! the README share what cargo has compiled.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

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

/// The slugs of crates.io that this repository uses.
const CATEGORIES: [&str; 4] = [
    "api-bindings",
    "authentication",
    "command-line-utilities",
    "development-tools::testing",
];

/// The packages that can be published, as `cargo metadata` describes them.
fn published() -> Vec<Value> {
    let mut cargo = tools::cargo();
    cargo
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(tools::root());
    let metadata: Value = serde_json::from_str(&tools::run(&mut cargo)).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let is_published = |package: &&Value| package["publish"].is_null();
    packages.filter(is_published).cloned().collect()
}

fn strings(value: &Value) -> Vec<&str> {
    let values = value.as_array().into_iter().flatten();
    values.filter_map(Value::as_str).collect()
}

#[test]
fn published_crates_have_metadata() {
    let packages = published();
    let names = packages.iter().map(|it| it["name"].as_str().unwrap());
    let names: BTreeSet<_> = names.collect();
    assert_eq!(names, ["bosauth", "bosauth-cli", "bosbase-local"].into());
    for package in &packages {
        let name = &package["name"];
        assert_eq!(package["license"], "MIT OR Apache-2.0", "{name}");
        let description = package["description"].as_str().unwrap_or_default();
        assert!(
            (20..200).contains(&description.len()),
            "{name}: {description}"
        );
        let keywords = strings(&package["keywords"]);
        let is_short = |keyword: &&str| keyword.len() <= 20;
        assert!((3..=5).contains(&keywords.len()), "{name}: {keywords:?}");
        assert!(keywords.iter().all(is_short), "{name}: {keywords:?}");
        let categories = strings(&package["categories"]);
        let is_known = |category: &&str| CATEGORIES.contains(category);
        assert!(!categories.is_empty(), "{name}");
        assert!(categories.iter().all(is_known), "{name}: {categories:?}");
        assert_eq!(
            package["metadata"]["docs"]["rs"]["all-features"], true,
            "{name}"
        );
        let path_dependencies = package["dependencies"].as_array().unwrap().iter();
        let mut path_dependencies =
            path_dependencies.filter(|it| !it["path"].is_null() && it["kind"].is_null());
        assert!(path_dependencies.all(|it| it["req"] != "*"), "{name}");
    }
}

#[test]
fn published_crates_are_small_and_have_licences() {
    for package in published() {
        let directory = Path::new(package["manifest_path"].as_str().unwrap())
            .parent()
            .unwrap();
        let mut cargo = tools::cargo();
        cargo
            .args(["package", "--list", "--allow-dirty", "--offline"])
            .current_dir(directory);
        let files = tools::run(&mut cargo);
        let files: Vec<_> = files.lines().collect();
        for required in ["LICENSE-APACHE", "LICENSE-MIT", "README.md"] {
            assert!(files.contains(&required), "{required}: {files:?}");
        }
        for license in ["LICENSE-APACHE", "LICENSE-MIT"] {
            let text = fs::read_to_string(directory.join(license)).unwrap();
            assert_eq!(text, tools::read(license), "{license}");
        }
        let sizes = files
            .iter()
            .filter_map(|file| fs::metadata(directory.join(file)).ok());
        let size: u64 = sizes.map(|file| file.len()).sum();
        assert!(size < 1_000_000, "{size}: {files:?}");
    }
}
