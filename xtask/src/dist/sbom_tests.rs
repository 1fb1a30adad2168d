//! The SBOM of several targets, and what cargo-cyclonedx does not list.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::runtimes::Runtime;
use super::sbom;

/// An SBOM of the package `own` with these crates, which it depends on.
fn of(crates: &[&str]) -> Value {
    let components: Vec<_> = crates.iter().map(|it| json!({"bom-ref": it})).collect();
    json!({
        "metadata": {"component": {"bom-ref": "own"}},
        "components": components,
        "dependencies": [{"ref": "own", "dependsOn": crates}],
    })
}

#[test]
fn sbom_of_several_targets_is_their_union() {
    let merged = sbom::merge(vec![("x", of(&["a", "c"])), ("y", of(&["b", "c"]))]);
    let property = |name: &str, value: &str| json!({"name": name, "value": value});
    let triple = "cdx:rustc:sbom:target:triple";
    let expected = json!({
        "metadata": {
            "component": {"bom-ref": "own"},
            "properties": [property(triple, "x"), property(triple, "y")],
        },
        "components": [
            {"bom-ref": "a", "properties": [property("bosauth:target", "x")]},
            {"bom-ref": "b", "properties": [property("bosauth:target", "y")]},
            {"bom-ref": "c"},
        ],
        "dependencies": [{"ref": "own", "dependsOn": ["a", "b", "c"]}],
    });
    assert_eq!(merged, expected);
}

#[test]
fn sbom_lists_runtimes() {
    let runtime = Runtime {
        name: "a library",
        package: "a-library",
        version: "1.2".into(),
        license: "MIT",
        text: PathBuf::new(),
    };
    let purl = "pkg:generic/a-library@1.2";
    for crates in [&["c"][..], &[]] {
        let mut sbom = of(crates);
        sbom::add_runtimes(&mut sbom, [&runtime].into_iter());
        let component = sbom["components"].as_array().unwrap().last().unwrap();
        let expected = json!({
            "bom-ref": purl,
            "licenses": [{"expression": "MIT"}],
            "name": "a-library",
            "purl": purl,
            "scope": "required",
            "type": "library",
            "version": "1.2",
        });
        assert_eq!(*component, expected);
        let needed = [crates, &[purl]].concat();
        let expected = json!([
            {"ref": "own", "dependsOn": needed},
            {"ref": purl},
        ]);
        assert_eq!(sbom["dependencies"], expected);
    }
}

#[test]
fn sbom_contains_no_directory() {
    let component = |purl: &str, part: &str| json!({"purl": purl, "components": [{"purl": part}]});
    let mut sbom = json!({
        "metadata": {
            "component": component(
                "pkg:cargo/b@1?download_url=file://.",
                "pkg:cargo/b@1?download_url=file://.#src/lib.rs",
            ),
        },
        "components": [{"purl": "pkg:cargo/c@1?download_url=file://core"}, {"purl": "pkg:cargo/d@1"}],
    });
    sbom::remove_directories(&mut sbom);
    let expected = json!({
        "metadata": {"component": component("pkg:cargo/b@1", "pkg:cargo/b@1#src/lib.rs")},
        "components": [{"purl": "pkg:cargo/c@1"}, {"purl": "pkg:cargo/d@1"}],
    });
    assert_eq!(sbom, expected);
}
