//! Archives, checksums, the SBOM and wheels, and the checks on faulty ones.

use std::env::consts::ARCH;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use bosauth_test_support::programs;
use serde_json::json;

use super::dependencies::Crate;
use super::{VERSION, checksums, sbom, tarball};
use crate::failure::Failure;
use crate::tests::{builds_releases, directory};
use crate::{tools, verify};

/// The C source of a library.
const SOURCE: &str = "int bosauth_one(void) { return 1; }\n";

/// Writes the files of a small archive. The metadata that must not be archived depends on `variant`.
fn write_files(root: &Path, variant: bool) {
    let mut names = ["a/text", "b/program"];
    if variant {
        names.reverse();
    }
    for name in names {
        let file = root.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, name).unwrap();
        let mode = if name == "b/program" { 0o711 } else { 0o600 };
        let mode = if variant { mode | 0o66 } else { mode };
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        let time = if variant { 1 } else { 1_000_000_000 };
        let file = fs::File::options().append(true).open(&file).unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(time);
        file.set_modified(time).unwrap();
    }
    std::os::unix::fs::symlink("text", root.join("a/link")).unwrap();
}

#[test]
fn archives_depend_on_contents_only() {
    let root = directory("archives");
    let archives = [false, true].map(|variant| {
        let (files, archive) = (root.join(format!("{variant}")), root.join("archive.tar.gz"));
        write_files(&files, variant);
        tarball::write(&archive, "name", &files).unwrap();
        tools::read(&archive).unwrap()
    });
    assert!(archives[0] == archives[1]);
    tarball::unpack(&root.join("archive.tar.gz"), &root).unwrap();
    let link = fs::read_link(root.join("name/a/link")).unwrap();
    assert_eq!(link, Path::new("text"));
    for (file, mode) in [("a/text", 0o644), ("b/program", 0o755)] {
        let metadata = fs::metadata(root.join("name").join(file)).unwrap();
        assert_eq!(metadata.mode() & 0o777, mode, "{file}");
    }
}

#[test]
fn faults_of_archives_are_found() {
    let root = directory("archive-faults");
    write_files(&root, false);
    let check = |expected: &[&str]| {
        let expected = expected.iter().map(|it| (*it).to_owned()).collect();
        verify::artifacts::check_contents("x", &root, &expected).unwrap()
    };
    let good = ["a/link -> text", "a/text", "b/program"];
    assert_eq!(check(&good), [""; 0]);
    let expected = ["x: contains b/program", "x: does not contain c"];
    assert_eq!(check(&["a/link -> text", "a/text", "c"]), expected);
    let expected = [
        "x: contains a/link -> text",
        "x: does not contain a/link -> b",
    ];
    assert_eq!(check(&["a/link -> b", "a/text", "b/program"]), expected);
    let path = tools::root().join("core");
    fs::write(root.join("a/text"), format!("prefix={}\n", path.display())).unwrap();
    let found = check(&good);
    let expected = format!(
        "x: a/text: contains a path of this machine: {}",
        path.display()
    );
    assert!(found.contains(&expected), "{found:?}");
}

#[test]
fn wrong_checksums_are_found() {
    let root = directory("checksums");
    for name in ["a", "b", "c"] {
        fs::write(root.join(name), name).unwrap();
    }
    checksums::write(&root).unwrap();
    checksums::check(&root).unwrap();
    programs::run(
        Command::new("sha256sum")
            .args(["--check", "SHA256SUMS"])
            .current_dir(&root),
    );
    fs::write(root.join("b"), "other").unwrap();
    fs::remove_file(root.join("c")).unwrap();
    fs::write(root.join("d"), "new").unwrap();
    let error = checksums::check(&root).unwrap_err();
    assert_eq!(error.to_string(), "SHA256SUMS is wrong for b, c, d");
}

#[test]
fn sbom_lists_linked_crates_only() {
    let mut sbom = json!({
        "metadata": {"component": {"bom-ref": "own"}},
        "components": [
            {"bom-ref": "a1", "name": "a", "version": "1"},
            {"bom-ref": "a2", "name": "a", "version": "2"},
            {"bom-ref": "b1", "name": "b", "version": "1"},
        ],
        "dependencies": [
            {"ref": "own", "dependsOn": ["a1", "a2", "b1"]},
            {"ref": "a1", "dependsOn": ["a2"]},
            {"ref": "a2"},
            {"ref": "b1"},
        ],
    });
    let linked = [("a", "1"), ("b", "1")].map(|(name, version)| Crate {
        name: name.into(),
        version: version.into(),
        license: "MIT".into(),
        directory: PathBuf::new(),
        is_third_party: true,
    });
    sbom::retain(&mut sbom, &linked);
    let expected = json!({
        "metadata": {"component": {"bom-ref": "own"}},
        "components": [
            {"bom-ref": "a1", "name": "a", "version": "1"},
            {"bom-ref": "b1", "name": "b", "version": "1"},
        ],
        "dependencies": [
            {"ref": "own", "dependsOn": ["a1", "b1"]},
            {"ref": "a1", "dependsOn": []},
            {"ref": "b1"},
        ],
    });
    assert_eq!(sbom, expected);
}

/// A wheel for glibc 2.17 on this processor with a library of this source.
fn wheel(root: &Path, source: &str) -> Result<PathBuf, Failure> {
    fs::create_dir_all(root)?;
    let (file, library) = (root.join("a.c"), root.join("libbosauth.so"));
    fs::write(&file, source)?;
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&file);
    programs::run(&mut cc);
    let tag = format!("manylinux_2_17_{ARCH}");
    let mut hatchling = Command::new(tools::find(&["hatchling"])?);
    hatchling
        .args(["build", "--target", "wheel", "--directory"])
        .arg(root)
        .current_dir(super::wheel::package())
        .env("BOSAUTH_PREBUILT_LIBRARY", library)
        .env("BOSAUTH_PLATFORM_TAG", &tag);
    tools::run(&mut hatchling)?;
    Ok(root.join(format!("bosauth-{}-py3-none-{tag}.whl", VERSION)))
}

#[test]
fn faults_of_wheels_are_found() {
    if !builds_releases() {
        return;
    }
    let root = directory("wheels");
    let good = match wheel(&root.join("good"), SOURCE) {
        Err(Failure::Missing(reason)) => return programs::skip(&reason),
        good => good.unwrap(),
    };
    assert_eq!(verify::wheel::check_platform(&good).unwrap(), None);
    let content = verify::wheel::unpack(&good, &root.join("unpacked")).unwrap();

    // A function of glibc 2.25.
    let newer = "#include <sys/random.h>\nint bosauth_one(void) { return getrandom(0, 0, 0); }\n";
    let newer = wheel(&root.join("newer"), newer).unwrap();
    let found = verify::wheel::check_platform(&newer).unwrap().unwrap();
    assert!(
        found.starts_with("auditwheel finds manylinux_2_"),
        "{found}"
    );

    fs::write(content.join("bosauth/py.typed"), "changed").unwrap();
    let mut zip = Command::new("python3");
    zip.args(["-m", "zipfile", "-c"]).arg(&good);
    zip.args(["bosauth", &format!("bosauth-{}.dist-info", VERSION)]);
    programs::run(zip.current_dir(&content));
    assert!(verify::wheel::unpack(&good, &root.join("changed")).is_err());
}
