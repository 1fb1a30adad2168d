//! The crates that a library or program of this repository consists of.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bosauth_test_support::programs;
use serde_json::Value;

use crate::failure::Failure;
use crate::tools;

/// A crate that is linked.
#[derive(Debug)]
pub struct Crate {
    pub name: String,
    pub version: String,
    /// An SPDX expression.
    pub license: String,
    /// The directory of its source.
    pub directory: PathBuf,
    /// Not a crate of this repository.
    pub is_third_party: bool,
}

/// The crates of a package for a target of rustc, sorted, with the package itself. Macros and build scripts are not
/// linked and not in the list. `cargo metadata` would add the crates that only other packages of the workspace need, so
/// that `cargo tree` decides which ones are used.
pub fn crates(triple: &str, package: &str) -> Result<Vec<Crate>, Failure> {
    let metadata = metadata()?;
    let mut crates = Vec::new();
    for (name, version) in names(triple, package)? {
        let found = metadata.get(&(name.clone(), version.clone()));
        let package = found.ok_or_else(|| unexpected(&name))?;
        let text = |key: &str| package[key].as_str().ok_or_else(|| unexpected(&name));
        let directory = Path::new(text("manifest_path")?).parent();
        crates.push(Crate {
            license: text("license")?.replace('/', " OR "),
            directory: directory.ok_or_else(|| unexpected(&name))?.to_owned(),
            is_third_party: !package["source"].is_null(),
            name,
            version,
        });
    }
    Ok(crates)
}

/// The directories of the packages of the workspace.
pub fn workspace_directories() -> Result<Vec<PathBuf>, Failure> {
    let packages = metadata()?;
    let packages = packages.values().filter(|it| it["source"].is_null());
    let manifests = packages.filter_map(|it| Path::new(it["manifest_path"].as_str()?).parent());
    Ok(manifests.map(Path::to_owned).collect())
}

fn unexpected(name: &str) -> Failure {
    Failure::Failed(format!("cargo metadata: no data of {name}"))
}

/// The packages in the output of `cargo metadata`, by name and version.
fn metadata() -> Result<BTreeMap<(String, String), Value>, Failure> {
    let mut cargo = programs::cargo();
    cargo
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(tools::root());
    let printed = tools::run(&mut cargo)?;
    let json: Value = serde_json::from_str(&printed)
        .map_err(|error| Failure::Failed(format!("cargo metadata: {error}")))?;
    let packages = json["packages"].as_array().cloned().unwrap_or_default();
    let key = |package: &Value, key: &str| package[key].as_str().unwrap_or_default().to_owned();
    let packages = packages
        .into_iter()
        .map(|it| ((key(&it, "name"), key(&it, "version")), it));
    Ok(packages.collect())
}

/// The names and versions that `cargo tree` prints.
fn names(triple: &str, package: &str) -> Result<BTreeSet<(String, String)>, Failure> {
    let mut cargo = programs::cargo();
    cargo
        .args(["tree", "--package", package, "--target", triple])
        .args(["--edges", "normal,no-proc-macro", "--prefix", "none"])
        .args(["--locked", "--format", "{p}"])
        .current_dir(tools::root());
    let printed = tools::run(&mut cargo)?;
    let names = printed.lines().filter_map(|line| {
        let mut words = line.split(' ');
        let (name, version) = (words.next()?, words.next()?);
        Some((name.to_owned(), version.trim_start_matches('v').to_owned()))
    });
    Ok(names.collect())
}
