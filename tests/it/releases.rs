//! Earlier releases: what was compiled for them works with the current library.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::scenarios;
use crate::support::{library, tools};

/// The releases in `tests/releases`, each in a directory that belongs to the test.
fn releases(test: &str) -> Vec<PathBuf> {
    let directory = tools::empty(&format!("releases-{test}"));
    for entry in fs::read_dir(tools::root().join("tests/releases")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "gz") {
            let mut tar = Command::new("tar");
            tools::run(tar.arg("-xzf").arg(path).arg("-C").arg(&directory));
        }
    }
    let unpacked: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(!unpacked.is_empty(), "no release in tests/releases");
    unpacked
}

/// Runs the scenarios of a release with its driver.
fn run(language: &'static str, release: &Path, driver: &mut Command) {
    let scenarios = scenarios::read_all(&release.join("scenarios"));
    scenarios::run(language, driver, scenarios, || None);
}

#[test]
fn c_programs_of_earlier_releases_work() {
    for release in releases("c") {
        let mut driver = Command::new(release.join("driver"));
        driver.env("LD_LIBRARY_PATH", library::directory());
        run("c", &release, &mut driver);
    }
}

#[test]
fn python_packages_of_earlier_releases_work() {
    for release in releases("python") {
        let mut driver = Command::new("python3");
        driver
            .arg(release.join("driver.py"))
            .env("PYTHONPATH", &release)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("BOSAUTH_LIBRARY", library::shared());
        run("python", &release, &mut driver);
    }
}

/// A shared library with the functions of a header.
fn header_library(header: &Path, name: &str) -> PathBuf {
    let output = tools::temporary(name);
    let mut script = Command::new(tools::root().join("tests/releases/header-library.sh"));
    tools::run(script.arg(header).arg(&output));
    output
}

/// Compares the ABI of a release with that of a header, and returns the exit status and the report of abidiff.
fn compare(release: &Path, library: &Path) -> (Option<i32>, String) {
    let mut abidiff = Command::new("abidiff");
    abidiff.arg("--no-added-syms");
    let compared = abidiff.arg(release.join("bosauth.abi")).arg(library);
    let output = compared.output().unwrap();
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code(), report)
}

#[test]
fn functions_of_earlier_releases_are_unchanged() {
    if !tools::has("abidiff") {
        return;
    }
    let current = header_library(&tools::root().join("include/bosauth.h"), "releases-abi.so");
    for release in releases("abi") {
        let (status, report) = compare(&release, &current);
        assert_eq!(status, Some(0), "{}\n{report}", release.display());
    }
}

#[test]
fn changed_and_removed_functions_are_found() {
    if !tools::has("abidiff") {
        return;
    }
    let header = tools::read("include/bosauth.h");
    let removed = ("bosauth_cancel bosauth_cancel_new(void);", "");
    let changed = (
        "bosauth_cancel_trigger(bosauth_cancel cancel)",
        "bosauth_cancel_trigger(int32_t cancel)",
    );
    let added = (
        "bosauth_cancel bosauth_cancel_new(void);",
        "bosauth_cancel bosauth_cancel_new(void);\n\nint32_t bosauth_cancel_count(void);",
    );
    for (number, (edit, is_compatible)) in [(removed, false), (changed, false), (added, true)]
        .into_iter()
        .enumerate()
    {
        let edited = header.replace(edit.0, edit.1);
        assert_ne!(edited, header, "{}", edit.0);
        let path = tools::temporary(&format!("releases-edited-{number}.h"));
        fs::write(&path, edited).unwrap();
        let library = header_library(&path, &format!("releases-edited-{number}.so"));
        for release in releases("edited") {
            let (status, report) = compare(&release, &library);
            assert_eq!(status == Some(0), is_compatible, "{}\n{report}", edit.1);
        }
    }
}
