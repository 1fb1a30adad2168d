//! The SBOM of a library or program in CycloneDX 1.5, by cargo-cyclonedx.

use std::fs;
use std::path::PathBuf;

use bosauth_test_support::programs;
use serde_json::Value;

use super::dependencies::{self, Crate};
use crate::failure::Failure;
use crate::targets::Target;
use crate::tools;

/// The name of the files that cargo-cyclonedx writes beside each manifest of the workspace.
const FILE: &str = "xtask-sbom";

/// Returns the SBOM of a package that consists of these crates, as JSON. cargo-cyclonedx lists what the whole workspace
/// needs, also macros, and identifies the crates of this repository by their directories: other crates and the
/// directory are removed. With `SOURCE_DATE_EPOCH` it writes no serial number.
pub fn create(target: &Target, package: &str, crates: &[Crate]) -> Result<String, Failure> {
    tools::find(&["cargo-cyclonedx"])?;
    let mut cargo = programs::cargo();
    cargo
        .args(["cyclonedx", "--quiet", "--format", "json"])
        .args(["--spec-version", "1.5", "--no-build-deps"])
        .args(["--target", target.triple, "--override-filename", FILE])
        .current_dir(tools::root())
        .env("SOURCE_DATE_EPOCH", tools::source_date_epoch()?);
    let result = tools::run(&mut cargo);
    let files = dependencies::workspace_directories()?;
    let file = |directory: &PathBuf| directory.join(format!("{FILE}.json"));
    let own = crates.iter().find(|it| it.name == package);
    let text = own.map(|it| tools::read(&file(&it.directory)));
    for directory in &files {
        let _ = fs::remove_file(file(directory));
    }
    result?;
    let text = text.ok_or_else(|| Failure::Failed(format!("no crate {package}")))??;
    let text = String::from_utf8_lossy(&text);
    let root = format!("file://{}", tools::root().display());
    let mut sbom: Value = serde_json::from_str(&text.replace(&root, "file:///bosauth"))
        .map_err(|error| Failure::Failed(format!("cargo cyclonedx: {error}")))?;
    retain(&mut sbom, crates);
    Ok(format!("{sbom:#}\n"))
}

/// Removes all crates but these.
pub fn retain(sbom: &mut Value, crates: &[Crate]) {
    let is_linked = |component: &Value| {
        let mut crates = crates.iter();
        crates.any(|it| component["name"] == *it.name && component["version"] == *it.version)
    };
    let references = |sbom: &Value| -> Vec<Value> {
        let components = sbom["components"].as_array().into_iter().flatten();
        let own = &sbom["metadata"]["component"];
        components
            .chain([own])
            .map(|it| it["bom-ref"].clone())
            .collect()
    };
    if let Some(components) = sbom["components"].as_array_mut() {
        components.retain(is_linked);
    }
    let references = references(sbom);
    let Some(dependencies) = sbom["dependencies"].as_array_mut() else {
        return;
    };
    dependencies.retain(|it| references.contains(&it["ref"]));
    for dependency in dependencies {
        // The index operator would add the member.
        let names = dependency
            .get_mut("dependsOn")
            .and_then(Value::as_array_mut);
        if let Some(names) = names {
            names.retain(|it| references.contains(it));
        }
    }
}
