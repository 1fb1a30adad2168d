//! The SBOM of a library or program in CycloneDX 1.5, by cargo-cyclonedx.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use bosauth_test_support::programs;
use serde_json::{Value, json};

use super::dependencies::{self, Crate};
use super::documents::Linked;
use super::runtimes::Runtime;
use crate::failure::Failure;
use crate::tools;

/// The name of the files that cargo-cyclonedx writes beside each manifest of the workspace.
const FILE: &str = "xtask-sbom";

/// The property of a component that is not linked for all platforms.
const PLATFORM: &str = "bosauth:target";

/// Returns the SBOM of a package as JSON: of what is linked for these platforms together, with Rust's standard library.
pub fn create(package: &str, linked: &[Linked], library: &Runtime) -> Result<String, Failure> {
    let mut sboms = Vec::new();
    for it in linked {
        let triple = it.platform.triple;
        let mut sbom = create_for(triple, package, &it.crates)?;
        retain(&mut sbom, &it.crates);
        add_runtimes(&mut sbom, it.runtimes.iter().chain([library]));
        sboms.push((triple, sbom));
    }
    let mut sbom = merge(sboms);
    remove_directories(&mut sbom);
    Ok(format!("{sbom:#}\n"))
}

/// The SBOM for one target of rustc by cargo-cyclonedx, which lists what the whole workspace needs, also macros, and
/// identifies the crates of this repository by their directories: that of the repository gets a fixed name. With
/// `SOURCE_DATE_EPOCH` it writes no serial number.
fn create_for(triple: &str, package: &str, crates: &[Crate]) -> Result<Value, Failure> {
    tools::find(&["cargo-cyclonedx"])?;
    let mut cargo = programs::cargo();
    cargo
        .args(["cyclonedx", "--quiet", "--format", "json"])
        .args(["--spec-version", "1.5", "--no-build-deps"])
        .args(["--target", triple, "--override-filename", FILE])
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
    serde_json::from_str(&text.replace(&root, "file:///bosauth"))
        .map_err(|error| Failure::Failed(format!("cargo cyclonedx: {error}")))
}

/// Adds components that the package depends on and that are no crates.
pub fn add_runtimes<'a>(sbom: &mut Value, runtimes: impl Iterator<Item = &'a Runtime>) {
    let package = sbom["metadata"]["component"]["bom-ref"].clone();
    for it in runtimes {
        let purl = format!("pkg:generic/{}@{}", it.package, it.version);
        let component = json!({
            "bom-ref": purl,
            "licenses": [{"expression": it.license}],
            "name": it.package,
            "purl": purl,
            "scope": "required",
            "type": "library",
            "version": it.version,
        });
        push(&mut sbom["components"], component);
        let dependencies = &mut sbom["dependencies"];
        push(dependencies, json!({"ref": purl}));
        let mut own = dependencies.as_array_mut().into_iter().flatten();
        if let Some(own) = own.find(|it| it["ref"] == package) {
            push(&mut own["dependsOn"], json!(purl));
        }
    }
}

/// Appends to an array, which is created if there is none.
fn push(array: &mut Value, value: Value) {
    if array.is_null() {
        *array = json!([]);
    }
    if let Some(array) = array.as_array_mut() {
        array.push(value);
    }
}

/// The union of the SBOMs of one package for several targets. A component that is not in all of them has the targets
/// as properties.
pub fn merge(sboms: Vec<(&str, Value)>) -> Value {
    let targets: Vec<_> = sboms.iter().map(|(triple, _)| *triple).collect();
    let mut components: BTreeMap<String, (Value, Vec<&str>)> = BTreeMap::new();
    let mut dependencies: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (triple, sbom) in &sboms {
        for it in elements(&sbom["components"]) {
            let component = components.entry(text(&it["bom-ref"]));
            let (_, triples) = component.or_insert_with(|| (it.clone(), Vec::new()));
            triples.push(triple);
        }
        for it in elements(&sbom["dependencies"]) {
            let names = dependencies.entry(text(&it["ref"])).or_default();
            names.extend(elements(&it["dependsOn"]).map(text));
        }
    }
    let component = |(mut component, triples): (Value, Vec<&str>)| {
        if triples.len() < targets.len() {
            component["properties"] = properties(PLATFORM, &triples);
        }
        component
    };
    let dependency = |(name, names): (String, BTreeSet<String>)| match names.is_empty() {
        true => json!({"ref": name}),
        false => json!({"ref": name, "dependsOn": names}),
    };
    let mut merged = sboms.first().map_or(Value::Null, |(_, sbom)| sbom.clone());
    merged["components"] = components.into_values().map(component).collect();
    merged["dependencies"] = dependencies.into_iter().map(dependency).collect();
    merged["metadata"]["properties"] = properties("cdx:rustc:sbom:target:triple", &targets);
    merged
}

fn properties(name: &str, values: &[&str]) -> Value {
    let properties = values.iter().map(|it| json!({"name": name, "value": it}));
    properties.collect()
}

fn elements(array: &Value) -> impl Iterator<Item = &Value> {
    array.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Removes the directories from the package URLs of the crates of this repository: `?download_url=file://core`.
pub fn remove_directories(sbom: &mut Value) {
    match sbom {
        Value::Object(members) => {
            if let Some(Value::String(purl)) = members.get_mut("purl") {
                *purl = without_directory(purl);
            }
            members.values_mut().for_each(remove_directories);
        }
        Value::Array(elements) => elements.iter_mut().for_each(remove_directories),
        _ => {}
    }
}

/// Keeps the path below the crate, which is after `#`.
fn without_directory(purl: &str) -> String {
    let Some((name, directory)) = purl.split_once("?download_url=file:") else {
        return purl.to_owned();
    };
    let path = directory.find('#').map_or("", |start| &directory[start..]);
    format!("{name}{path}")
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
