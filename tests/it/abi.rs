//! What a program that is linked to the library relies on: header, numbers, symbols, names.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use bosauth::{Action, Status};

use crate::support::{library, tools};

fn header() -> String {
    fs::read_to_string(tools::root().join("include/bosauth.h")).unwrap()
}

/// The `#define`s of the header whose names start like this, without that start, and their numbers.
fn numbers(prefix: &str) -> BTreeSet<(String, i32)> {
    let text = header();
    let defines = text
        .lines()
        .filter_map(|line| line.strip_prefix("#define ")?.strip_prefix(prefix));
    let pair = |define: &str| {
        let (name, number) = define.split_once(' ')?;
        Some((name.to_owned(), number.parse().ok()?))
    };
    defines.filter_map(pair).collect()
}

#[test]
fn header_constants_match_the_core() {
    let statuses = Status::ALL.iter().map(|s| (s.name().to_owned(), s.code()));
    assert_eq!(numbers("BOSAUTH_ERROR_"), statuses.collect());
    let actions = Action::ALL.iter().map(|a| (a.name().to_owned(), a.code()));
    assert_eq!(numbers("BOSAUTH_ACTION_"), actions.collect());
}

#[test]
fn library_matches_the_header() {
    let mut program = String::from("#include <bosauth.h>\n#include <string.h>\nint main(void) {\n");
    program += "if (strcmp(bosauth_version(), BOSAUTH_VERSION)) return 1;\n";
    program += "if (bosauth_abi_version() != BOSAUTH_ABI_VERSION) return 2;\n";
    program += "if (strcmp(bosauth_status_name(BOSAUTH_OK), \"OK\")) return 3;\n";
    program += "if (strcmp(bosauth_status_name(-1), \"UNKNOWN\") || strcmp(bosauth_action_name(99), \"UNKNOWN\")) return 4;\n";
    for (name, _) in numbers("BOSAUTH_ERROR_") {
        program += &format!(
            "if (strcmp(bosauth_status_name(BOSAUTH_ERROR_{name}), \"{name}\")) return 5;\n"
        );
    }
    for (name, _) in numbers("BOSAUTH_ACTION_") {
        program += &format!(
            "if (strcmp(bosauth_action_name(BOSAUTH_ACTION_{name}), \"{name}\")) return 6;\n"
        );
    }
    program += "return 0; }\n";
    let source = library::directory().join("names.c");
    fs::write(&source, program).unwrap();
    tools::run(&mut Command::new(library::compile(
        &source,
        "names",
        &["-std=c99"],
    )));
    assert!(header().contains(&format!(
        "#define BOSAUTH_VERSION \"{}\"",
        env!("CARGO_PKG_VERSION")
    )));
}

#[test]
fn header_compiles_alone_and_twice() {
    let compilers = [
        ("cc", "-xc", ["c99", "c11", "c17"]),
        ("c++", "-xc++", ["c++11", "c++17", "c++20"]),
    ];
    let clang = [
        ("clang", "-xc", ["c99", "c11", "c17"]),
        ("clang++", "-xc++", ["c++11", "c++17", "c++20"]),
    ];
    for (compiler, language, standards) in compilers.into_iter().chain(clang) {
        if !tools::has(compiler) {
            continue;
        }
        for standard in standards {
            for times in 1..=2 {
                let source = library::directory().join(format!("{times}.h"));
                fs::write(&source, "#include <bosauth.h>\n".repeat(times)).unwrap();
                let mut command = Command::new(compiler);
                command.args([
                    "-Wall",
                    "-Wextra",
                    "-Wpedantic",
                    "-Werror",
                    "-fsyntax-only",
                    language,
                ]);
                command
                    .arg(format!("-std={standard}"))
                    .arg("-I")
                    .arg(tools::root().join("include"))
                    .arg(source);
                tools::run(&mut command);
            }
        }
    }
}

#[test]
fn cargo_c_metadata_has_the_abi_version() {
    let abi = library::BOSAUTH_ABI_VERSION;
    let version = format!("version = \"{}.{}.0\"", abi >> 16, abi & 0xffff);
    let manifest = fs::read_to_string(tools::root().join("Cargo.toml")).unwrap();
    let section = manifest
        .split_once("[package.metadata.capi.library]")
        .unwrap()
        .1;
    assert!(
        section.split("\n[").next().unwrap().contains(&version),
        "{version} is not in Cargo.toml"
    );
}

#[test]
fn exported_symbols_match_the_committed_list() {
    let listed = tools::run(
        Command::new("nm")
            .args(["-D", "--defined-only", "--format=posix"])
            .arg(shared()),
    );
    let exported: Vec<_> = listed
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    let path = tools::root().join("include/abi-symbols.txt");
    if std::env::var_os("BOSAUTH_BLESS").is_some() {
        fs::write(&path, exported.join("\n") + "\n").unwrap();
    }
    let committed = fs::read_to_string(path).unwrap();
    assert_eq!(exported, committed.lines().collect::<Vec<_>>());
    for name in committed.lines() {
        assert!(
            header().contains(&format!("{name}(")),
            "{name} is not in the header"
        );
    }
}

#[test]
fn shared_library_has_its_soname_and_link_flags() {
    let dynamic = tools::run(Command::new("readelf").args(["-W", "-d"]).arg(shared()));
    let values = |tag: &str| -> Vec<String> {
        let lines = dynamic
            .lines()
            .filter(|line| line.contains(&format!("({tag})")));
        lines
            .filter_map(|line| Some(line.split_once('[')?.1.trim_end_matches(']').to_owned()))
            .collect()
    };
    assert_eq!(values("SONAME"), ["libbosauth.so.1"]);
    for needed in values("NEEDED") {
        let system = [
            "libc.so",
            "libgcc_s.so",
            "libm.so",
            "libpthread.so",
            "libdl.so",
            "librt.so",
            "ld-linux",
        ];
        assert!(
            system.iter().any(|library| needed.starts_with(library)),
            "{needed} is needed"
        );
    }
    assert!(
        dynamic.contains("NODELETE") && dynamic.contains("NOW"),
        "{dynamic}"
    );
    let segments = tools::run(Command::new("readelf").args(["-W", "-l"]).arg(shared()));
    assert!(segments.contains("GNU_RELRO"), "{segments}");
}

fn shared() -> &'static Path {
    static PATH: std::sync::OnceLock<std::path::PathBuf> = std::sync::OnceLock::new();
    PATH.get_or_init(|| library::directory().join("libbosauth.so"))
}
