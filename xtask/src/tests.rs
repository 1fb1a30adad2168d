//! The checks on good and on faulty libraries, and all steps for this machine's target.

use std::env::consts::ARCH;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use bosauth_test_support::programs;
use serde_json::json;

use crate::dist::dependencies::Crate;
use crate::dist::{checksums, sbom, tarball};
use crate::failure::Failure;
use crate::targets::{TARGETS, Target};
use crate::{Step, build, dist, smoke, tools, verify};

const SYMBOLS: [&str; 2] = ["bosauth_one", "bosauth_two"];

const SOURCE: &str = "int bosauth_one(void) { return 1; }\nint bosauth_two(void) { return 2; }\n";

/// The link flags of a library without faults.
const FLAGS: [&str; 5] = [
    "-Wl,-soname,libbosauth.so.1",
    "-Wl,-z,relro",
    "-Wl,-z,now",
    "-Wl,-z,nodelete",
    "-Wl,-z,noexecstack",
];

/// A directory of the test `name`.
pub fn directory(name: &str) -> PathBuf {
    let directory = tools::root().join("target/tmp/xtask").join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    directory
}

pub fn this_target() -> &'static Target {
    Target::find(&format!("{ARCH}-unknown-linux-gnu")).unwrap()
}

fn symbols() -> Vec<String> {
    SYMBOLS.map(str::to_owned).to_vec()
}

/// The problems of a shared library, linked with these flags after those of a good one.
fn problems(name: &str, source: &str, flags: &[&str]) -> Vec<String> {
    let directory = directory(name);
    let (file, library) = (directory.join("a.c"), directory.join("liba.so"));
    fs::write(&file, source).unwrap();
    // The path of the source is in no debug information.
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-g0"]).arg(&file);
    cc.args(FLAGS).args(flags).arg("-o").arg(&library);
    programs::run(&mut cc);
    let data = tools::read(&library).unwrap();
    let library = verify::check_shared(&data, this_target(), &symbols()).unwrap();
    library.problems
}

#[test]
fn good_library_has_no_problem() {
    assert_eq!(problems("good", SOURCE, &[]), [""; 0]);
}

#[test]
fn additional_and_missing_symbols_are_found() {
    let source = SOURCE.replace("bosauth_two", "bosauth_extra");
    let expected = ["exports bosauth_extra", "does not export bosauth_two"];
    assert_eq!(problems("symbols", &source, &[]), expected);
}

#[test]
fn paths_of_this_machine_are_found() {
    let home = std::env::home_dir().unwrap();
    for (name, directory) in [("root", tools::root()), ("home", &*home)] {
        let path = directory.join("core/src/client.rs");
        let source = format!("{SOURCE}const char *volatile path = {path:?};\n");
        let source = source.replace("const char *", "static const char *");
        let found = problems(name, &source, &[]);
        let expected = format!("contains a path of this machine: {}", path.display());
        assert!(found.contains(&expected), "{found:?}");
    }
}

#[test]
fn newer_symbols_of_glibc_are_found() {
    let call = "#include <sys/random.h>\nstatic int call(void) { return getrandom(0, 0, 0); }\n";
    let source = call.to_owned() + &SOURCE.replace("return 1", "return call()");
    let expected = ["needs getrandom of glibc 2.25, newer than 2.17"];
    assert_eq!(problems("glibc", &source, &[]), expected);
}

#[test]
fn missing_hardening_is_found() {
    for (flag, expected) in [
        ("-Wl,-z,execstack", "has an executable stack"),
        ("-Wl,-z,norelro", "has no RELRO segment"),
        ("-Wl,-z,lazy", "is not linked with -z now"),
        ("-Wl,-rpath,/opt", "has a run path"),
        ("-Wl,-soname,a.so", "has the SONAME \"a.so\""),
    ] {
        let found = problems(flag.trim_start_matches("-Wl,"), SOURCE, &[flag]);
        assert_eq!(found, [expected], "{flag}");
    }
}

#[test]
fn other_needed_libraries_are_found() {
    let found = problems("needed", SOURCE, &["-Wl,--no-as-needed", "-lgcc_s"]);
    assert_eq!(found, ["needs the library libgcc_s.so.1"]);
}

/// A static library of one object for macOS.
fn archive(name: &str, version: &str) -> Vec<u8> {
    let directory = directory(name);
    let (source, object) = (directory.join("a.c"), directory.join("a.o"));
    let library = directory.join("liba.a");
    fs::write(&source, SOURCE).unwrap();
    let mut clang = Command::new("clang");
    clang.arg(format!("--target=arm64-apple-macos{version}"));
    programs::run(clang.arg("-c").arg(&source).arg("-o").arg(&object));
    programs::run(Command::new("ar").arg("rcs").arg(&library).arg(&object));
    tools::read(&library).unwrap()
}

#[test]
fn objects_for_a_newer_macos_are_found() {
    if !programs::has("clang") {
        return;
    }
    let target = Target::find("aarch64-apple-darwin").unwrap();
    let problems = |name, version| {
        let library = verify::check_static(&archive(name, version), target, &symbols());
        library.unwrap().problems
    };
    assert_eq!(problems("macos-11", "11.0"), [""; 0]);
    let expected = ["a.o requires 12.3", "no object requires 11.0"];
    assert_eq!(problems("macos-12", "12.3"), expected);
}

/// A library for Apple silicon, in which a byte is changed after linking.
#[test]
fn changed_libraries_of_macos_are_found() {
    let (Ok(clang), Ok(lld)) = (tools::llvm("clang"), tools::llvm("ld64.lld")) else {
        return programs::skip("no clang or ld64.lld");
    };
    let directory = directory("signature");
    let (source, library) = (directory.join("a.c"), directory.join("liba.dylib"));
    fs::write(&source, SOURCE).unwrap();
    let mut cc = Command::new(clang);
    cc.args([
        "--target=arm64-apple-macos11.0",
        "-mlinker-version=705",
        "-nostdlib",
    ]);
    cc.arg(format!("--ld-path={}", lld.display()));
    cc.args(["-dynamiclib", "-Wl,-install_name,@rpath/libbosauth.1.dylib"]);
    programs::run(cc.arg(&source).arg("-o").arg(&library));
    let mut data = tools::read(&library).unwrap();
    let target = Target::find("aarch64-apple-darwin").unwrap();
    let problems = |data: &[u8]| {
        verify::check_shared(data, target, &symbols())
            .unwrap()
            .problems
    };
    assert_eq!(problems(&data), [""; 0]);
    // Between the code and the end of its segment.
    data[0x2000] ^= 1;
    assert_eq!(problems(&data), ["has no valid code signature"]);
}

/// A library in the directory of another target.
#[test]
fn libraries_of_another_target_are_found() {
    if !programs::has("clang") {
        return;
    }
    let data = archive("other-target", "11.0");
    let problems = |triple| {
        let target = Target::find(triple).unwrap();
        let library = verify::check_static(&data, target, &symbols()).unwrap();
        library.problems.join("\n")
    };
    let found = problems("x86_64-apple-darwin");
    assert_eq!(found, "is for Aarch64, not for X86_64");
    let found = problems("aarch64-apple-ios");
    assert!(
        found.contains("a.o is for another system of Apple"),
        "{found}"
    );
}

#[test]
fn native_methods_are_those_of_the_java_class() {
    let source = "bindings/java/bosauth-api/src/main/java/io/bosauth/Native.java";
    let source = fs::read_to_string(tools::root().join(source)).unwrap();
    let declared = source
        .lines()
        .filter(|line| line.contains(" native "))
        .count();
    assert_eq!(verify::jni_symbols().unwrap().len(), declared + 1);
}

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
    assert_eq!(checksums::problems(&root).unwrap(), [""; 0]);
    programs::run(
        Command::new("sha256sum")
            .args(["--check", "SHA256SUMS"])
            .current_dir(&root),
    );
    fs::write(root.join("b"), "other").unwrap();
    fs::remove_file(root.join("c")).unwrap();
    fs::write(root.join("d"), "new").unwrap();
    let expected = ["b", "c", "d"].map(|it| format!("SHA256SUMS is wrong for {it}"));
    assert_eq!(checksums::problems(&root).unwrap(), expected);
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

/// Whether the tests that build what a release contains run.
fn builds_releases() -> bool {
    let is_set = std::env::var_os("BOSAUTH_ALL_TARGETS").is_some_and(|value| value == "1");
    if !is_set {
        programs::unsupported("BOSAUTH_ALL_TARGETS=1 builds the libraries of a release");
    }
    is_set
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
        .current_dir(dist::wheel::package())
        .env("BOSAUTH_PREBUILT_LIBRARY", library)
        .env("BOSAUTH_PLATFORM_TAG", &tag);
    tools::run(&mut hatchling)?;
    Ok(root.join(format!("bosauth-{}-py3-none-{tag}.whl", dist::VERSION)))
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
    zip.args(["bosauth", &format!("bosauth-{}.dist-info", dist::VERSION)]);
    programs::run(zip.current_dir(&content));
    assert!(verify::wheel::unpack(&good, &root.join("changed")).is_err());
}

/// Builds the artifacts of this machine twice, from clones in different directories.
#[test]
fn builds_are_reproducible() {
    if !builds_releases() {
        return;
    }
    let mut script = Command::new("sh");
    script
        .arg(tools::root().join("xtask/reproduce.sh"))
        .arg(directory("reproduce"))
        .arg(this_target().triple);
    println!("{}", programs::run(&mut script));
}

/// This machine's target, whose libraries are compiled from scratch once; `None` without the tools.
pub fn built_target() -> Option<&'static Target> {
    static BUILT: OnceLock<Option<&'static Target>> = OnceLock::new();
    if !builds_releases() {
        return None;
    }
    let build = || completed(build::build(this_target())).map(|_| this_target());
    *BUILT.get_or_init(build)
}

/// Runs a test that creates artifacts and their checksums, one at a time.
pub fn with_artifacts(run: impl FnOnce()) {
    static ARTIFACTS: Mutex<()> = Mutex::new(());
    let _guard = ARTIFACTS.lock().unwrap_or_else(PoisonError::into_inner);
    run();
    checksums::write(&dist::directory()).unwrap();
}

/// The result of a step; `None`, with the test reported as skipped, without its tools.
pub fn completed(result: Result<String, Failure>) -> Option<String> {
    match result {
        Ok(lines) => {
            println!("{lines}");
            Some(lines)
        }
        Err(Failure::Missing(reason)) => {
            programs::skip(&reason);
            None
        }
        Err(failure) => panic!("{failure}"),
    }
}

/// Checks and runs the libraries and artifacts of this machine's target.
#[test]
fn libraries_of_this_machine_pass() {
    let Some(target) = built_target() else { return };
    let dist = |target: &Target| {
        let lines = dist::dist(target)?;
        checksums::write(&dist::directory())?;
        Ok(lines)
    };
    let steps: [Step; 3] = [dist, verify::verify, smoke::smoke];
    with_artifacts(|| {
        let _ = steps
            .iter()
            .try_for_each(|step| completed(step(target)).map(drop));
    });
}

#[test]
fn every_target_is_documented() {
    let page = tools::root().join("docs/platforms.md");
    let page = fs::read_to_string(Path::new(&page)).unwrap();
    for target in TARGETS {
        assert!(
            page.contains(&format!("| `{}` |", target.triple)),
            "{}",
            target.triple
        );
    }
}
