//! The recipes of package managers, as `packaging/recipes.sh` writes them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bosauth_test_support::programs;

use crate::dist::{VERSION, checksums, packages};
use crate::targets::TARGETS;
use crate::tools;

const URL: &str = "https://downloads.example/v1";

/// The targets of the Homebrew formula.
const HOMEBREW: [&str; 4] = [
    "aarch64-apple-darwin",
    "x86_64-apple-darwin",
    "aarch64-unknown-linux-gnu",
    "x86_64-unknown-linux-gnu",
];

/// An empty directory of the test `name`, and one with an archive for each triple, which contains the triple.
fn directories(name: &str, triples: &[&str]) -> (PathBuf, PathBuf) {
    let directory = tools::root().join("target/tmp/packaging").join(name);
    let _ = fs::remove_dir_all(&directory);
    let artifacts = directory.join("artifacts");
    fs::create_dir_all(&artifacts).unwrap();
    for triple in triples {
        let archive = format!("bosauth-{VERSION}-{triple}.tar.gz");
        fs::write(artifacts.join(archive), triple).unwrap();
    }
    (artifacts, directory.join("recipes"))
}

fn recipes(artifacts: &Path, output: &Path) -> Command {
    let mut script = Command::new("sh");
    script
        .arg(tools::root().join("packaging/recipes.sh"))
        .args([artifacts, output])
        .env("BOSAUTH_URL", URL)
        .env("BOSAUTH_HOMEPAGE", "https://project.example");
    script
}

fn read(path: PathBuf) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn recipes_have_urls_and_hashes_of_archives() {
    let (artifacts, output) = directories("recipes", &HOMEBREW);
    assert_eq!(programs::run(&mut recipes(&artifacts, &output)), "");
    let conan = read(output.join("conan/conandata.yml"));
    let formula = read(output.join("homebrew/bosauth.rb"));
    let vcpkg = read(output.join("vcpkg/bosauth/hashes.cmake"));
    for triple in HOMEBREW {
        let name = format!("bosauth-{VERSION}-{triple}.tar.gz");
        let (url, hash) = (
            format!("{URL}/{name}"),
            checksums::sha256(triple.as_bytes()),
        );
        let source = format!("    {triple}:\n      url: \"{url}\"\n      sha256: \"{hash}\"\n");
        assert!(conan.contains(&source), "{conan}");
        let source = format!("      url \"{url}\"\n      sha256 \"{hash}\"\n");
        assert!(formula.contains(&source), "{formula}");
        let sha512 = programs::run(Command::new("sha512sum").arg(artifacts.join(name)));
        let (sha512, _) = sha512.split_once(' ').unwrap();
        assert!(
            vcpkg.contains(&format!("set(sha512_{triple} {sha512})\n")),
            "{vcpkg}"
        );
    }
    for file in [
        "homebrew/bosauth.rb",
        "vcpkg/bosauth/portfile.cmake",
        "vcpkg/bosauth/vcpkg.json",
    ] {
        let text = read(output.join(file));
        let has_variable = ["@URL", "@HOMEPAGE", "@VERSION", "@SHA"]
            .iter()
            .any(|it| text.contains(it));
        assert!(!has_variable, "{text}");
    }
    if programs::has("ruby") {
        programs::run(
            Command::new("ruby")
                .arg("-c")
                .arg(output.join("homebrew/bosauth.rb")),
        );
    }
    let json: serde_json::Value =
        serde_json::from_str(&read(output.join("vcpkg/bosauth/vcpkg.json"))).unwrap();
    assert_eq!(json["version"], VERSION);
    assert_eq!(json["homepage"], "https://project.example");
}

#[test]
fn formula_requires_the_archives_of_all_its_platforms() {
    let (artifacts, output) = directories("no-formula", &HOMEBREW[1..]);
    let printed = programs::run(&mut recipes(&artifacts, &output));
    assert!(printed.starts_with("SKIPPED: homebrew"), "{printed}");
    assert!(!output.join("homebrew").exists());
    assert!(output.join("conan/conanfile.py").exists());
}

#[test]
fn recipes_require_urls_and_archives() {
    let (artifacts, output) = directories("invalid", &[]);
    for variable in ["BOSAUTH_URL", "BOSAUTH_HOMEPAGE"] {
        let mut script = recipes(&artifacts, &output);
        let result = script.env_remove(variable).output().unwrap();
        assert!(!result.status.success());
        let stderr = String::from_utf8(result.stderr).unwrap();
        assert!(stderr.contains(variable), "{stderr}");
    }
    let result = recipes(&artifacts, &output).output().unwrap();
    assert!(!result.status.success());
}

#[test]
fn conan_recipe_knows_the_archives_for_desktops() {
    let recipe = read(tools::root().join("packaging/conan/conanfile.py"));
    let targets = TARGETS.iter().filter(|target| target.shared().is_some());
    // The recipe derives the names of the targets with musl.
    for target in targets.filter(|it| !it.triple.ends_with("musl")) {
        assert!(
            recipe.contains(&format!("\"{}\"", target.triple)),
            "{}",
            target.triple
        );
    }
}

#[test]
fn files_of_packages_have_distinct_names() {
    let targets = TARGETS.iter();
    let mut paths: Vec<_> = targets
        .flat_map(|target| packages::all(target).into_iter().map(|it| it.path(target)))
        .collect();
    let count = paths.len();
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), count);
}
