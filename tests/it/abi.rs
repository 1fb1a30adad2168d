//! The ABI: header, constants, symbols, SONAME.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::support::{library, tools};

fn header() -> String {
    tools::read("include/bosauth.h")
}

/// The constants of the header with this prefix: the rest of the name, and the value.
fn constants(prefix: &str) -> BTreeSet<(String, i32)> {
    let header = header();
    let defines = header
        .lines()
        .filter_map(|line| line.strip_prefix("#define ")?.strip_prefix(prefix));
    let pair = |define: &str| {
        let (name, number) = define.split_once(' ')?;
        Some((name.to_owned(), number.parse().ok()?))
    };
    defines.filter_map(pair).collect()
}

#[test]
fn library_matches_the_header() {
    let mut program = String::from("#include <bosauth.h>\n#include <string.h>\nint main(void) {\n");
    program += "if (strcmp(bosauth_version(), BOSAUTH_VERSION)) return 1;\n";
    program += "if (bosauth_abi_version() != BOSAUTH_ABI_VERSION) return 2;\n";
    program += "if (strcmp(bosauth_status_name(BOSAUTH_OK), \"OK\")) return 3;\n";
    program += "if (strcmp(bosauth_status_name(-1), \"UNKNOWN\") || strcmp(bosauth_action_name(99), \"UNKNOWN\")) return 4;\n";
    for (name, _) in constants("BOSAUTH_ERROR_") {
        program += &format!(
            "if (strcmp(bosauth_status_name(BOSAUTH_ERROR_{name}), \"{name}\")) return 5;\n"
        );
    }
    for (name, _) in constants("BOSAUTH_ACTION_") {
        program += &format!(
            "if (strcmp(bosauth_action_name(BOSAUTH_ACTION_{name}), \"{name}\")) return 6;\n"
        );
    }
    program += "return 0; }\n";
    let source = library::directory().join("names.c");
    fs::write(&source, program).unwrap();
    tools::run(&mut Command::new(library::compile(&source, &["-std=c99"])));
    assert!(header().contains(&format!(
        "#define BOSAUTH_VERSION \"{}\"",
        env!("CARGO_PKG_VERSION")
    )));
}

#[test]
fn header_compiles_alone_and_twice() {
    const C: (&str, [&str; 3]) = ("-xc", ["c99", "c11", "c17"]);
    const CPP: (&str, [&str; 3]) = ("-xc++", ["c++11", "c++17", "c++20"]);
    let compilers = [("cc", C), ("c++", CPP), ("clang", C), ("clang++", CPP)];
    for (compiler, (language, standards)) in compilers {
        if !tools::has(compiler) {
            continue;
        }
        for standard in standards {
            for times in 1..=2 {
                let source = library::directory().join(format!("{times}.h"));
                fs::write(&source, "#include <bosauth.h>\n".repeat(times)).unwrap();
                let mut command = Command::new(compiler);
                command
                    .args(library::STRICT)
                    .args(["-fsyntax-only", language, "-I", "include"])
                    .arg(format!("-std={standard}"))
                    .arg(source)
                    .current_dir(tools::root());
                tools::run(&mut command);
            }
        }
    }
}

#[test]
fn cargo_c_metadata_has_the_abi_version() {
    let abi = library::BOSAUTH_ABI_VERSION;
    let version = format!("version = \"{}.{}.0\"", abi >> 16, abi & 0xffff);
    let manifest = tools::read("Cargo.toml");
    let (_, section) = manifest
        .split_once("[package.metadata.capi.library]")
        .unwrap();
    let section = section
        .split(
            "
[",
        )
        .next()
        .unwrap();
    assert!(section.contains(&version), "{version} is not in Cargo.toml");
}

#[test]
fn exported_symbols_match_the_committed_list() {
    let mut nm = Command::new("nm");
    nm.args(["-D", "--defined-only", "--format=posix"]);
    let listed = tools::run(nm.arg(library::shared()));
    let names = listed.lines().filter_map(|line| line.split(' ').next());
    let exported: Vec<_> = names.collect();
    let path = tools::root().join("include/abi-symbols.txt");
    if std::env::var_os("BOSAUTH_BLESS").is_some() {
        fs::write(&path, exported.join("\n") + "\n").unwrap();
        // The header may be generated at the same time.
        return;
    }
    let committed = fs::read_to_string(path).unwrap();
    assert_eq!(exported, committed.lines().collect::<Vec<_>>());
    for name in committed.lines() {
        let is_declared = header().contains(&format!("{name}("));
        assert!(is_declared, "{name} is not in the header");
    }
}

#[test]
fn shared_library_has_its_soname_and_link_flags() {
    let dynamic = library::dynamic_section(&library::shared());
    let values = |tag| library::dynamic_values(&dynamic, tag);
    assert_eq!(values("SONAME"), ["libbosauth.so.1"]);
    for needed in values("NEEDED") {
        assert!(library::is_of_system(&needed), "{needed} is needed");
    }
    let flags = ["NODELETE", "NOW"];
    assert!(flags.iter().all(|flag| dynamic.contains(flag)), "{dynamic}");
    let segments = tools::run(
        Command::new("readelf")
            .args(["-W", "-l"])
            .arg(library::shared()),
    );
    assert!(segments.contains("GNU_RELRO"), "{segments}");
}
