//! The checks on good and on faulty libraries.

use std::fs;
use std::process::Command;

use bosauth_test_support::programs;

use super::{check_shared, check_static, jni_symbols};
use crate::targets::Target;
use crate::tests::{directory, this_target};
use crate::{tools, windows};

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
    let library = check_shared(&data, this_target(), &symbols()).unwrap();
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
    let symbol = windows::mangled(&tools::output()) + "_rustc";
    let found = problems("symbol", &format!("{SOURCE}int {symbol};\n"), &[]);
    let expected = format!("contains a path of this machine: {symbol}");
    assert!(found.contains(&expected), "{found:?}");
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
        let library = check_static(&archive(name, version), target, &symbols());
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
    let problems = |data: &[u8]| check_shared(data, target, &symbols()).unwrap().problems;
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
        let library = check_static(&data, target, &symbols()).unwrap();
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
    assert_eq!(jni_symbols().unwrap().len(), declared + 1);
}
