//! The installed static library: its symbols, and programs that link it with other archives, in any order, with every
//! compiler and linker, with and without LTO.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{installed, needed};
use crate::support::{server, tools};

/// Logs in and calls the other library.
const PROGRAM: &str = r#"
#include <bosauth.h>
uint32_t other(uint32_t n);
int main(int argc, char **argv) {
    bosauth_client client;
    bosauth_session *session;
    if (argc != 2 || bosauth_client_new(argv[1], NULL, &client, NULL) != BOSAUTH_OK) return 1;
    if (bosauth_auth_with_token(client, "users", "token-of-the-tests", NULL, &session, NULL) != BOSAUTH_OK) return 2;
    bosauth_session_free(session);
    if (bosauth_client_free(client) != BOSAUTH_OK) return 3;
    return other(11) == 12 ? 0 : 4;
}
"#;

/// Another library in Rust, which allocates, and catches a panic.
const OTHER_RUST: &str = r#"
#[unsafe(no_mangle)]
pub extern "C" fn other(n: u32) -> u32 {
    let digits = (0..n).map(|i| i.to_string()).collect::<String>();
    let caught = std::panic::catch_unwind(|| -> () { std::panic::resume_unwind(Box::new(digits)) });
    caught.unwrap_err().downcast::<String>().unwrap().len() as u32
}
"#;

const OWN_ALLOCATOR: &str = r#"
use std::alloc::{GlobalAlloc, Layout, System};
struct Own;
unsafe impl GlobalAlloc for Own {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 { unsafe { System.alloc(layout) } }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) { unsafe { System.dealloc(at, layout) } }
}
#[global_allocator]
static OWN: Own = Own;
"#;

/// Another library in C, with a symbol of the Rust runtime.
const OTHER_C: &str = r#"
#include <stdint.h>
void rust_eh_personality(void) {}
uint32_t other(uint32_t n) {
    uint32_t digits = 0;
    for (uint32_t i = 0; i < n; i++) digits += i < 10 ? 1 : 2;
    return digits;
}
"#;

fn archive(prefix: &Path) -> PathBuf {
    prefix.join("lib/libbosauth.a")
}

#[test]
fn only_api_functions_are_global_symbols() {
    let Some(prefix) = installed() else { return };
    let mut nm = Command::new("nm");
    nm.args(["--extern-only", "--defined-only", "--format=posix"]);
    let listed = tools::run(nm.arg(archive(prefix)));
    let symbols = listed.lines().filter(|line| !line.ends_with(':'));
    let mut global: Vec<_> = symbols.filter_map(|line| line.split(' ').next()).collect();
    global.sort_unstable();
    let committed = tools::read("include/abi-symbols.txt");
    assert_eq!(global, committed.lines().collect::<Vec<_>>());
}

#[test]
fn static_library_needs_only_libc_and_libgcc() {
    let Some(prefix) = installed() else { return };
    let library = tools::empty("install/needs").join("whole.so");
    let mut cc = Command::new(tools::cc());
    cc.args([
        "-shared",
        "-nodefaultlibs",
        "-Wl,-z,defs",
        "-Wl,--whole-archive",
    ])
    .arg(archive(prefix))
    .args(["-Wl,--no-whole-archive", "-lgcc_s", "-lc", "-o"]);
    tools::run(cc.arg(&library));
    let segments = tools::run(Command::new("readelf").args(["-W", "-l"]).arg(library));
    let stack = segments.lines().find(|line| line.contains("GNU_STACK"));
    assert!(!stack.unwrap().contains("RWE"), "{segments}");
}

#[test]
fn fully_static_programs_log_in() {
    let Some(prefix) = installed() else { return };
    let directory = tools::empty("install/static");
    let (main, other) = (directory.join("main.c"), directory.join("other.c"));
    fs::write(&main, PROGRAM).unwrap();
    fs::write(&other, OTHER_C).unwrap();
    let server = server::with_token();
    let by_name = format!("http://localhost:{}", server.address().port());
    for compiler in compilers() {
        for (flag, expected) in [("-static", ""), ("-static-libgcc", "libc.so.6")] {
            let program = directory.join(format!("{compiler}{flag}"));
            let mut cc = Command::new(compiler);
            cc.arg(flag).arg("-I").arg(prefix.join("include"));
            cc.args([&main, &other]).arg(archive(prefix));
            tools::run(cc.args(["-lpthread", "-ldl", "-o"]).arg(&program));
            let needed = needed(&program);
            assert!(needed.contains(expected), "{compiler} {flag}: {needed}");
            assert!(!needed.contains("libgcc_s"), "{compiler} {flag}: {needed}");
            assert_eq!(needed.is_empty(), expected.is_empty(), "{needed}");
            for url in [server.base_url(), &by_name] {
                tools::run(Command::new(&program).arg(url));
            }
        }
    }
}

/// The output of `ldd` in `docs/c.md`.
#[test]
fn documented_shared_dependencies() {
    let Some(prefix) = installed() else { return };
    let directory = tools::empty("install/needed");
    let main = directory.join("main.c");
    let source = "#include <bosauth.h>\nint main(void) { return bosauth_version() == NULL; }\n";
    fs::write(&main, source).unwrap();
    let page = tools::read("docs/c.md");
    for (row, library) in [
        ("| the shared library, built from source |", "libbosauth.so"),
        ("| the static library |", "libbosauth.a"),
    ] {
        let program = directory.join(library.replace('.', "-"));
        let mut cc = Command::new(tools::cc());
        cc.arg("-I").arg(prefix.join("include")).arg(&main);
        cc.arg(prefix.join("lib").join(library));
        cc.arg(format!("-Wl,-rpath,{}", prefix.join("lib").display()));
        tools::run(cc.args(["-lpthread", "-ldl", "-o"]).arg(&program));
        let listed = tools::run(Command::new("ldd").arg(&program));
        let row = page.lines().find(|line| line.starts_with(row)).unwrap();
        for line in listed.lines().filter(|line| !line.contains("linux-vdso")) {
            let path = line.split_whitespace().next().unwrap();
            let name = path.rsplit('/').next().unwrap();
            let name = name.split_once("-x86").map_or(name, |(start, _)| start);
            assert!(row.contains(&format!("`{name}`")), "{name} is not in {row}");
        }
    }
}

fn compilers() -> Vec<&'static str> {
    let installed = ["gcc", "clang"].into_iter().filter(|name| tools::has(name));
    installed.collect()
}

/// A compiler and its flags: a linker, and LTO or not.
struct Toolchain {
    compiler: &'static str,
    flags: Vec<String>,
}

impl Toolchain {
    fn all() -> Vec<Toolchain> {
        let mut all = Vec::new();
        for compiler in compilers() {
            for linker in ["bfd", "gold", "lld"] {
                if !tools::has(&format!("ld.{linker}")) {
                    continue;
                }
                for lto in [None, Some("-flto".to_owned())] {
                    let flags = [format!("-fuse-ld={linker}")].into_iter().chain(lto);
                    all.push(Toolchain {
                        compiler,
                        flags: flags.collect(),
                    });
                }
            }
        }
        all
    }

    fn name(&self) -> String {
        format!("{} {}", self.compiler, self.flags.join(" "))
    }

    fn compile(&self, source: &Path, prefix: &Path) -> PathBuf {
        let object = source.with_extension(format!("{}.o", self.name().replace(' ', "")));
        let mut compiler = Command::new(self.compiler);
        compiler
            .args(&self.flags)
            .arg("-I")
            .arg(prefix.join("include"));
        tools::run(compiler.arg("-c").arg(source).arg("-o").arg(&object));
        object
    }

    fn link(&self, inputs: &[&Path], program: &Path) -> Command {
        let mut compiler = Command::new(self.compiler);
        compiler.args(&self.flags).args(inputs);
        compiler
            .args(["-lpthread", "-ldl", "-lm", "-o"])
            .arg(program);
        compiler
    }

    /// Whether it links a program without the library: gcc's LTO does not work with lld.
    fn works(&self, directory: &Path) -> bool {
        let source = directory.join("empty.c");
        fs::write(&source, "int main(void) { return 0; }\n").unwrap();
        let object = self.compile(&source, directory);
        let mut link = self.link(&[&object], &directory.join("empty"));
        let works = link.output().unwrap().status.success();
        if !works {
            assert!(self.flags.len() == 2, "{} links nothing", self.name());
            tools::unsupported(&format!("{} links no program at all", self.name()));
        }
        works
    }
}

/// The other archives.
fn others(directory: &Path) -> Vec<PathBuf> {
    let own_allocator = format!("{OTHER_RUST}{OWN_ALLOCATOR}");
    let mut all = vec![
        in_rust(directory, "same-compiler", None, OTHER_RUST),
        in_rust(directory, "own-allocator", None, &own_allocator),
        in_c(directory),
    ];
    match another_compiler() {
        Some(toolchain) => {
            let toolchain = Some(&*toolchain);
            all.push(in_rust(directory, "other-compiler", toolchain, OTHER_RUST));
        }
        None => tools::skip("no second Rust toolchain"),
    }
    all
}

fn in_rust(directory: &Path, name: &str, toolchain: Option<&str>, code: &str) -> PathBuf {
    let source = directory.join(format!("{name}.rs"));
    fs::write(&source, code).unwrap();
    let library = directory.join(format!("lib{name}.a"));
    let mut rustc = Command::new("rustc");
    rustc.args(toolchain.map(|name| format!("+{name}")));
    rustc.args(["--edition=2024", "--crate-type=staticlib", "-O", "-o"]);
    tools::run(rustc.arg(&library).arg(source));
    // Without debug information, which slows linking, and without bitcode, which an older LLVM rejects.
    let mut objcopy = Command::new("objcopy");
    objcopy.args(["--strip-debug", "-R", ".llvmbc", "-R", ".llvmcmd"]);
    tools::run(objcopy.arg(&library));
    library
}

fn in_c(directory: &Path) -> PathBuf {
    let (source, object) = (directory.join("other.c"), directory.join("other.o"));
    let library = directory.join("libother-c.a");
    fs::write(&source, OTHER_C).unwrap();
    let mut cc = Command::new(tools::cc());
    tools::run(cc.arg("-c").arg(source).arg("-o").arg(&object));
    tools::run(Command::new("ar").arg("rcs").arg(&library).arg(object));
    library
}

/// A toolchain of rustup whose compiler has another version than this build's.
fn another_compiler() -> Option<String> {
    let version = |toolchain: Option<&str>| {
        let mut rustc = Command::new("rustc");
        rustc.args(toolchain.map(|name| format!("+{name}")));
        Some(rustc.arg("--version").output().ok()?.stdout)
    };
    let mut rustup = Command::new("rustup");
    let listed = rustup.args(["toolchain", "list"]).output().ok()?;
    let listed = String::from_utf8(listed.stdout).ok()?;
    let names = listed.lines().filter_map(|line| line.split(' ').next());
    let mut others = names.filter(|name| version(Some(name)) != version(None));
    others.next().map(str::to_owned)
}

/// By the script that prepares the installed library.
#[test]
fn panics_are_caught_in_the_prepared_archive() {
    let directory = tools::empty("install/panic");
    let (symbols, library) = (directory.join("symbols"), directory.join("libmade.a"));
    let (main, program) = (directory.join("main.c"), directory.join("main"));
    fs::write(&symbols, "other\n").unwrap();
    let source = "unsigned other(unsigned n);\nint main(void) { return other(11) != 12; }\n";
    fs::write(&main, source).unwrap();
    let mut script = Command::new("sh");
    script.arg(tools::root().join("bindings/c/static-library.sh"));
    script.arg(in_rust(&directory, "panics", None, OTHER_RUST));
    tools::run(script.arg(symbols).arg(&library));
    for flag in ["-pie", "-static"] {
        let mut cc = Command::new(tools::cc());
        cc.arg(flag).arg(&main).arg(&library);
        tools::run(cc.args(["-lpthread", "-ldl", "-o"]).arg(&program));
        tools::run(&mut Command::new(&program));
    }
}

#[test]
fn missing_tool_is_reported() {
    for (variable, name) in [("OBJCOPY", "missing-objcopy"), ("AR", "missing-ar")] {
        let mut script = Command::new("sh");
        script.arg(tools::root().join("bindings/c/static-library.sh"));
        let stderr = tools::run_failing(script.args(["a", "b", "c"]).env(variable, name));
        assert!(stderr.contains(name), "{stderr}");
    }
}

#[test]
fn links_with_other_archives_in_any_order() {
    let Some(prefix) = installed() else { return };
    let directory = tools::empty("install/linking");
    let (main, program) = (directory.join("main.c"), directory.join("main"));
    fs::write(&main, PROGRAM).unwrap();
    let (server, library_archive, others) =
        (server::with_token(), archive(prefix), others(&directory));
    for toolchain in Toolchain::all() {
        if !toolchain.works(&directory) {
            continue;
        }
        let main = toolchain.compile(&main, prefix);
        for other in &others {
            for archives in [[&library_archive, other], [other, &library_archive]] {
                let inputs = [&main, archives[0], archives[1]].map(PathBuf::as_path);
                tools::run(&mut toolchain.link(&inputs, &program));
                tools::run(Command::new(&program).arg(server.base_url()));
            }
        }
    }
}
