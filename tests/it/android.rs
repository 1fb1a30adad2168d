//! The native libraries of Android: what they export and require. `scenarios.rs` runs the one for arm64 in an emulator.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::support::android::{self, ARM64, Abi, OTHERS};
use crate::support::{library, tools};

/// Devices have pages of 4 or 16 KiB.
const PAGE: u64 = 16 << 10;

const LIBRARIES: [&str; 3] = ["libc.so", "libm.so", "libdl.so"];

#[test]
fn library_loads_on_android_6() {
    if let Some(library) = android::library() {
        check(library, &ARM64);
    }
}

#[test]
fn libraries_of_other_abis_load_on_android_6() {
    if std::env::var_os("BOSAUTH_ALL_TARGETS").is_none_or(|value| value != "1") {
        return tools::unsupported("BOSAUTH_ALL_TARGETS=1 builds the other ABIs of Android");
    }
    for abi in OTHERS {
        if let Some(library) = android::build(&abi) {
            check(&library, &abi);
        }
    }
}

#[test]
fn folder_without_an_ndk_is_reported() {
    let mut script = Command::new(tools::root().join("bindings/java/build-android.sh"));
    script
        .arg(ARM64.name)
        .env("ANDROID_NDK_HOME", tools::empty("android-no-ndk"));
    let message = tools::run_failing(&mut script);
    assert!(
        message.contains("ANDROID_NDK_HOME must be an NDK"),
        "{message}"
    );
}

fn check(file: &Path, abi: &Abi) {
    let size = file.metadata().unwrap().len();
    println!("the library of {} has {size} bytes", abi.name);
    assert!(readelf("-h", file).contains(abi.machine));
    check_symbols(file, abi);
    check_dynamic_section(file);
    check_segments(file);
    check_paths(file);
    let sections = readelf("-S", file);
    assert!(
        !sections.contains(".symtab") && !sections.contains(".debug"),
        "{sections}"
    );
}

/// Panic messages would contain the paths of dependencies.
fn check_paths(file: &Path) {
    let data = std::fs::read(file).unwrap();
    let home = std::env::home_dir().unwrap();
    for directory in [tools::root(), &home] {
        let path = directory.to_str().unwrap().as_bytes();
        let is_found = data.windows(path.len()).any(|bytes| bytes == path);
        assert!(!is_found, "contains {}", directory.display());
    }
}

fn readelf(option: &str, file: &Path) -> String {
    tools::run(Command::new("readelf").args(["-W", option]).arg(file))
}

fn check_symbols(file: &Path, abi: &Abi) {
    let symbols = dynamic_symbols(file);
    let exported: BTreeSet<_> = symbols
        .iter()
        .filter(|symbol| symbol.is_defined)
        .map(|symbol| symbol.name.clone())
        .collect();
    assert_eq!(exported, jni_functions());
    let of_android: BTreeSet<_> = LIBRARIES
        .iter()
        .flat_map(|library| symbols_of_android(library, abi))
        .collect();
    let is_strong = |symbol: &&Symbol| !symbol.is_defined && !symbol.is_weak;
    let missing: Vec<_> = symbols
        .iter()
        .filter(is_strong)
        .filter(|symbol| !of_android.contains(&symbol.name))
        .collect();
    assert!(missing.is_empty(), "not in Android 6: {missing:?}");
}

#[derive(Debug)]
struct Symbol {
    name: String,
    is_defined: bool,
    is_weak: bool,
}

fn dynamic_symbols(file: &Path) -> Vec<Symbol> {
    let listed = readelf("--dyn-syms", file);
    let parsed: Vec<_> = listed
        .lines()
        .filter_map(|line| {
            // Number, value, size, type, binding, visibility, section, name.
            let fields: Vec<_> = line.split_whitespace().collect();
            let [number, _, _, _, binding, _, section, name] = fields[..] else {
                return None;
            };
            number.strip_suffix(':')?.parse::<u32>().ok()?;
            Some(Symbol {
                name: name.split('@').next()?.to_owned(),
                is_defined: section != "UND",
                is_weak: binding == "WEAK",
            })
        })
        .collect();
    assert!(parsed.len() > 50, "{listed}");
    parsed
}

/// The names of the functions that the Java classes look up.
fn jni_functions() -> BTreeSet<String> {
    let declarations =
        tools::read("bindings/java/bosauth-api/src/main/java/io/bosauth/Native.java");
    let name = |declaration: &str| {
        let signature = declaration.split('(').next().unwrap();
        let name = signature.rsplit(' ').next().unwrap();
        format!("Java_io_bosauth_Native_{name}")
    };
    let methods = declarations.split("static native ").skip(1).map(name);
    methods.chain(["JNI_OnLoad".to_owned()]).collect()
}

/// What a library of Android 6 exports, by the list in the repository.
fn symbols_of_android(library: &str, abi: &Abi) -> BTreeSet<String> {
    let list = tools::read("bindings/java/native/android-23.txt");
    let mut symbols = BTreeSet::new();
    let mut is_selected = false;
    for line in list.lines().filter(|line| !line.starts_with('#')) {
        if let Some((name, architectures)) = line.split_once(':') {
            is_selected = name == library
                && architectures
                    .split(' ')
                    .any(|name| name == abi.architecture);
        } else if is_selected {
            symbols.extend(line.split_whitespace().map(str::to_owned));
        }
    }
    assert!(symbols.len() > 5, "{library}");
    symbols
}

fn check_dynamic_section(file: &Path) {
    let section = library::dynamic_section(file);
    assert_eq!(
        library::dynamic_values(&section, "SONAME"),
        ["libbosauth_jni.so"]
    );
    for name in library::dynamic_values(&section, "NEEDED") {
        assert!(LIBRARIES.contains(&&*name), "{name} is needed");
    }
    let flags = section
        .lines()
        .find(|line| line.contains("(FLAGS_1)"))
        .unwrap();
    assert!(
        flags.contains("NOW") && flags.contains("NODELETE"),
        "{section}"
    );
    // Android 6 does not load libraries with text relocations, and ignores newer formats of relocations.
    for unsupported in ["TEXTREL", "RELR", "ANDROID"] {
        assert!(!section.contains(unsupported), "{section}");
    }
}

fn check_segments(file: &Path) {
    let listed = readelf("-l", file);
    let mut end = 0;
    let mut kinds = BTreeSet::new();
    for line in listed.lines() {
        // Kind, offset, address, physical address, size in the file, size in memory, flags, alignment.
        let Some((kind, fields)) = line.trim_start().split_once("  ") else {
            continue;
        };
        let fields: Vec<_> = fields.split_whitespace().collect();
        let [_, address, _, _, size, flags @ .., alignment] = &fields[..] else {
            continue;
        };
        let (Some(address), Some(size)) = (hexadecimal(address), hexadecimal(size)) else {
            continue;
        };
        kinds.insert(kind);
        let flags = flags[1..].concat();
        assert!(!(flags.contains('W') && flags.contains('E')), "{listed}");
        if kind == "LOAD" {
            assert_eq!(hexadecimal(alignment), Some(PAGE), "{listed}");
            assert!(
                end == 0 || address / PAGE > (end - 1) / PAGE,
                "segments share a page: {listed}"
            );
            end = address + size;
        }
    }
    assert!(
        kinds.contains("GNU_RELRO") && kinds.contains("GNU_STACK"),
        "{listed}"
    );
    // Android before version 10 does not support thread-local storage of ELF.
    assert!(!kinds.contains("TLS"), "{listed}");
}

fn hexadecimal(number: &str) -> Option<u64> {
    u64::from_str_radix(number.strip_prefix("0x")?, 16).ok()
}

/// The emulator contains libraries of Android 6.
#[test]
fn symbol_list_is_that_of_android_6() {
    let Some(emulator) = android::emulator() else {
        return;
    };
    let directory = tools::empty("android-bionic");
    let mut jar = Command::new("jar");
    jar.args(["--extract", "--file"])
        .arg(emulator.join("unidbg-android-0.9.8.jar"))
        .args(LIBRARIES.map(|library| format!("android/sdk23/lib64/{library}")))
        .current_dir(&directory);
    tools::run(&mut jar);
    for library in LIBRARIES {
        let symbols = readelf(
            "--dyn-syms",
            &directory.join("android/sdk23/lib64").join(library),
        );
        let names = symbols
            .lines()
            .filter_map(|line| line.split_whitespace().nth(7));
        let exported: BTreeSet<_> = names
            .map(|name| name.split('@').next().unwrap().to_owned())
            .collect();
        let listed = symbols_of_android(library, &ARM64);
        assert!(
            listed.is_subset(&exported),
            "{:?}",
            listed.difference(&exported)
        );
    }
}
