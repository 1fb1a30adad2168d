//! The version of the workspace, which other files repeat.

use std::process::Command;

use crate::support::tools;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The files that declare the version, and how. `{}` is the version.
const DECLARATIONS: [(&str, &str); 7] = [
    (
        "bindings/python/src/bosauth/__init__.py",
        "__version__ = \"{}\"\n",
    ),
    ("bindings/java/pom.xml", "<version>{}</version>"),
    ("bindings/java/bosauth-api/pom.xml", "<version>{}</version>"),
    ("bindings/java/bosauth/pom.xml", "<version>{}</version>"),
    (
        "bindings/java/bosauth-kotlin/pom.xml",
        "<version>{}</version>",
    ),
    (
        "bindings/java/bosauth-android/pom.xml",
        "<version>{}</version>",
    ),
    (
        "bindings/java/bosauth-api/src/main/java/io/bosauth/Loader.java",
        "VERSION = \"{}\";",
    ),
];

#[test]
fn wrappers_have_the_version_of_the_workspace() {
    for (file, declaration) in DECLARATIONS {
        let expected = declaration.replace("{}", VERSION);
        assert!(
            tools::read(file).contains(&expected),
            "{file}: no {expected}"
        );
    }
}

/// The names of files and dependencies, such as `bosauth-X.Y.Z.jar`.
#[test]
fn documents_name_the_version_of_the_workspace() {
    let mut git = Command::new("git");
    git.args([
        "grep",
        "-noE",
        r#"(bosauth[a-z-]*[:-]|from: ")[0-9]+\.[0-9]+\.[0-9]+"#,
        "--",
    ])
    .args(["README.md", "bindings", "docs", "examples"])
    .current_dir(tools::root());
    let named = tools::run(&mut git);
    assert!(named.contains("docs/java.md"));
    let other: Vec<_> = named
        .lines()
        .filter(|line| !line.ends_with(VERSION))
        .collect();
    assert!(other.is_empty(), "other versions:\n{}", other.join("\n"));
}
