//! The installation for C and C++: files, build systems, and the pages in `docs/`.

mod linking;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use bosbase_local::{Config, Server};

use crate::support::markdown::Block;
use crate::support::{library, markdown, server, tools};

const HELLO: &str = "hello user@example.com\n";

/// A clone of the repository, with uncommitted changes. Without git, the repository itself.
pub fn clone() -> &'static Path {
    static CLONE: OnceLock<PathBuf> = OnceLock::new();
    CLONE.get_or_init(|| match tools::root().join(".git").exists() {
        true if tools::has("git") => copy(tools::root(), &tools::empty("install/clone")),
        _ => tools::root().to_owned(),
    })
}

/// Copies the files of a repository with their modification times, so that cargo does not compile them again.
fn copy(repository: &Path, to: &Path) -> PathBuf {
    let list = git(repository, "ls-files --cached --others --exclude-standard");
    for name in list.lines() {
        let (from, to) = (repository.join(name), to.join(name));
        // A deleted file is listed until that is committed.
        if from.is_file() {
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(&from, &to).unwrap();
            let modified = fs::metadata(&from).unwrap().modified().unwrap();
            let file = fs::File::options().write(true).open(&to).unwrap();
            file.set_modified(modified).unwrap();
        }
    }
    git(to, "init --quiet");
    git(to, "add --all");
    to.to_owned()
}

fn git(repository: &Path, arguments: &str) -> String {
    let mut git = Command::new("git");
    git.args(arguments.split(' ')).current_dir(repository);
    tools::run(&mut git)
}

/// The prefix of an installation by the commands of `docs/c.md`, moved after the installation; `None` without CMake.
pub fn installed() -> Option<&'static Path> {
    static INSTALLED: OnceLock<Option<PathBuf>> = OnceLock::new();
    INSTALLED
        .get_or_init(|| tools::has("cmake").then(install))
        .as_deref()
}

fn install() -> PathBuf {
    let first = tools::empty("install/first");
    let prefix = tools::temporary("install/prefix");
    let mut shell = shell(&installation("c.md"), clone(), &first);
    tools::run(shell.env("CARGO_TARGET_DIR", tools::target()));
    let _ = fs::remove_dir_all(&prefix);
    fs::rename(first, &prefix).unwrap();
    prefix
}

/// The commands by which a page installs the library.
fn installation(page: &str) -> String {
    let commands = markdown::blocks(page).into_iter().map(|block| block.text);
    let mut installing =
        commands.filter(|command| command.starts_with("cmake -S bindings/c -B build\n"));
    installing.next().unwrap()
}

fn shell(commands: &str, directory: &Path, prefix: &Path) -> Command {
    let mut shell = Command::new("sh");
    shell
        .args(["-e", "-c", commands])
        .current_dir(directory)
        .env("PREFIX", prefix);
    shell
}

/// Runs pkg-config on the installation.
fn pkg_config(prefix: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("pkg-config");
    command
        .args(arguments)
        .arg("bosauth")
        .env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"));
    tools::run(&mut command).trim().to_owned()
}

/// The shared libraries that a program needs.
fn needed(program: &Path) -> String {
    library::dynamic_values(&library::dynamic_section(program), "NEEDED").join(" ")
}

#[test]
fn installed_files_and_links() {
    let Some(prefix) = installed() else { return };
    let library = prefix.join("lib");
    let points = |name: &str| fs::read_link(library.join(name)).unwrap();
    let abi = library::BOSAUTH_ABI_VERSION;
    let patch = env!("CARGO_PKG_VERSION_PATCH");
    let soname = format!("libbosauth.so.{}", abi >> 16);
    let file = format!("{soname}.{}.{patch}", abi & 0xffff);
    assert_eq!(points("libbosauth.so"), Path::new(&soname));
    assert_eq!(points(&soname), Path::new(&file));
    let dynamic = library::dynamic_section(&library.join(&file));
    assert_eq!(library::dynamic_values(&dynamic, "SONAME"), [soname]);
    for (installed, source) in [
        ("bosauth.h", "include/bosauth.h"),
        ("bosauth.hpp", "bindings/cpp/bosauth.hpp"),
        ("bosauth_easy.h", "bindings/c/bosauth_easy.h"),
    ] {
        let installed = fs::read_to_string(prefix.join("include").join(installed));
        assert!(installed.unwrap() == tools::read(source), "{source}");
    }
}

#[test]
fn pkg_config_lists_private_libraries() {
    let Some(prefix) = installed() else { return };
    if !tools::has("pkg-config") {
        return;
    }
    assert_eq!(
        pkg_config(prefix, &["--modversion"]),
        env!("CARGO_PKG_VERSION")
    );
    let file = fs::read_to_string(prefix.join("lib/pkgconfig/bosauth.pc")).unwrap();
    assert!(file.contains("\nLibs.private: -lpthread -ldl\n"), "{file}");
    assert!(
        !file.contains(&*tools::temporary("install/").to_string_lossy()),
        "it is not relocatable: {file}"
    );
    let all = pkg_config(prefix, &["--static", "--libs"]);
    assert!(all.ends_with("-lbosauth -lpthread -ldl"), "{all}");
}

/// Builds a project with the example's programs and runs each against a server.
fn build_and_log_in(project: &Path, commands: &str, prefix: &Path) {
    let server = server::demo();
    let mut shell = shell(commands, project, prefix);
    tools::run(shell.env("CARGO_TARGET_DIR", tools::target()));
    for (name, shared) in [
        ("login_shared", true),
        ("login_static", false),
        ("login_cpp", true),
    ] {
        let program = project.join("build").join(name);
        let printed = tools::run(Command::new(&program).arg(server.base_url()));
        assert_eq!(printed, HELLO, "{name}");
        let is_shared = needed(&program).contains("libbosauth.so.1");
        assert_eq!(is_shared, shared, "{name}");
    }
}

/// A directory with the files of the example project.
fn example(name: &str) -> PathBuf {
    let directory = tools::empty(name);
    for file in fs::read_dir(tools::root().join("bindings/c/example")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), directory.join(file.file_name())).unwrap();
    }
    directory
}

#[test]
fn example_project_links_shared_and_static() {
    let Some(prefix) = installed() else { return };
    let directory = example("install/example");
    let commands = "cmake -S . -B build -DCMAKE_PREFIX_PATH=\"$PREFIX\"\ncmake --build build";
    build_and_log_in(&directory, commands, prefix);
    let unbound = Server::start(Config::default()).unwrap();
    for name in ["login_static", "login_cpp"] {
        let program = directory.join("build").join(name);
        let stderr = tools::run_failing(Command::new(program).arg(unbound.base_url()));
        let expected = "CREDENTIALS: wrong email or password\nwhat to do: ASK_CREDENTIALS\n";
        assert_eq!(stderr, expected);
    }
}

/// The example project with the repository as a part of its build, by these lines of `docs/c.md`.
fn build_with_the_repository(name: &str, by: &str) {
    let Some(prefix) = installed() else { return };
    let directory = example(name);
    let blocks = markdown::programs("c.md", "cmake");
    let lines = blocks.iter().find(|block| block.contains(by)).unwrap();
    let repository = clone().to_string_lossy();
    let lines = lines
        .replace("third_party/bosauth", &repository)
        // Not cloned: cargo would compile everything again for another path.
        .replace(
            "GIT_REPOSITORY https://example.com/bosauth.git GIT_TAG main",
            &format!("SOURCE_DIR \"{repository}\""),
        );
    let project = directory.join("CMakeLists.txt");
    let lists = fs::read_to_string(&project).unwrap();
    let lists = lists.replace("find_package(bosauth 0.1 REQUIRED)\n", &lines);
    assert!(lists.contains(&*repository), "the page differs");
    fs::write(&project, lists).unwrap();
    let commands = "cmake -S . -B build\ncmake --build build";
    build_and_log_in(&directory, commands, prefix);
}

#[test]
fn add_subdirectory_provides_the_targets() {
    build_with_the_repository("install/subdirectory", "add_subdirectory(");
}

#[test]
fn fetch_content_provides_the_targets() {
    build_with_the_repository("install/fetched", "FetchContent_Declare(");
}

#[test]
fn build_prints_cargo_output_once() {
    if installed().is_none() {
        return;
    }
    let mut build = shell("cmake --build build", clone(), clone());
    let output = build
        .env("CARGO_TARGET_DIR", tools::target())
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        printed.matches("Finished `dist` profile").count(),
        1,
        "{printed}"
    );
    assert_eq!(printed.matches("Finished").count(), 1, "{printed}");
}

/// The commands of the README and the examples that compile a program.
fn compilations() -> Vec<String> {
    let mut commands = Vec::new();
    for page in [
        "README.md",
        "examples/first_login.c",
        "examples/stop_a_login.c",
    ] {
        let text = tools::read(page);
        let lines = text.lines().map(|line| line.trim_start_matches([' ', '*']));
        let lines = lines.filter(|line| line.starts_with("cc "));
        commands.extend(lines.map(str::to_owned));
    }
    assert!(commands.len() >= 3, "{commands:?}");
    commands
}

#[test]
fn documented_commands_leave_the_clone_clean() {
    if installed().is_none() || clone() == tools::root() {
        return;
    }
    // Reuses what another test has built.
    let release = library::install(&["--release"]);
    fs::create_dir_all(clone().join("target")).unwrap();
    let link = clone().join("target/release");
    std::os::unix::fs::symlink(release, link).unwrap();
    for command in compilations() {
        tools::run(&mut shell(&command, clone(), clone()));
    }
    let pip = "python3 -m venv \"$PREFIX\"\n\"$PREFIX/bin/pip\" install --quiet ./bindings/python";
    let mut pip = shell(pip, clone(), &tools::empty("install/venv"));
    tools::run(pip.env("CARGO_TARGET_DIR", tools::target()));
    let status = git(clone(), "status --porcelain");
    let changed = status.lines().filter(|line| !line.starts_with("A  "));
    assert_eq!(changed.collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn version_mismatch_is_reported() {
    let Some(prefix) = installed() else { return };
    let directory = tools::empty("install/version-mismatch");
    let project = "cmake_minimum_required(VERSION 3.16)\nproject(other LANGUAGES C)\nfind_package(bosauth 99 REQUIRED)\n";
    fs::write(directory.join("CMakeLists.txt"), project).unwrap();
    let mut cmake = shell(
        "cmake -S . -B build -DCMAKE_PREFIX_PATH=\"$PREFIX\"",
        &directory,
        prefix,
    );
    let stderr = tools::run_failing(&mut cmake);
    assert!(stderr.contains(env!("CARGO_PKG_VERSION")), "{stderr}");
}

/// The error of `find_package` with these arguments, in a project for this system and processor; empty if it succeeds.
fn find_package(prefix: &Path, system: &str, processor: &str, arguments: &str) -> String {
    let directory = tools::empty("install/find-package");
    let project = format!(
        "cmake_minimum_required(VERSION 3.16)\nproject(other LANGUAGES NONE)\nfind_package(bosauth {arguments})\n"
    );
    fs::write(directory.join("CMakeLists.txt"), project).unwrap();
    let mut cmake = Command::new("cmake");
    cmake.args(["-S", ".", "-B", "build", "-DCMAKE_SIZEOF_VOID_P=8"]);
    cmake.arg(format!("-DCMAKE_SYSTEM_NAME={system}"));
    cmake.arg(format!("-DCMAKE_SYSTEM_PROCESSOR={processor}"));
    cmake.arg(format!("-Dbosauth_ROOT={}", prefix.display()));
    let output = cmake.current_dir(&directory).output().unwrap();
    match output.status.success() {
        true => String::new(),
        false => String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn unknown_components_are_not_found() {
    let Some(prefix) = installed() else { return };
    let found = |arguments| find_package(prefix, "Linux", "x86_64", arguments);
    assert_eq!(found("0.1 REQUIRED"), "");
    assert_eq!(found("0.1 REQUIRED OPTIONAL_COMPONENTS nonsense"), "");
    let error = found("0.1 REQUIRED COMPONENTS nonsense");
    assert!(error.contains("the package has no components"), "{error}");
}

/// A package for Windows, installed from empty libraries.
#[test]
fn libraries_of_another_platform_are_not_found() {
    if !tools::has("cmake") {
        return;
    }
    let built = tools::empty("install/windows");
    for library in ["bosauth.dll", "libbosauth.dll.a", "libbosauth.a"] {
        fs::write(built.join(library), "").unwrap();
    }
    let prefix = built.join("prefix");
    let install = "cmake -S bindings/c -B \"$PREFIX/build\" -DBOSAUTH_PREBUILT_DIR=\"$PREFIX/..\" \
        -DBOSAUTH_PREBUILT_SYSTEM=Windows -DBOSAUTH_PREBUILT_PROCESSOR=x86_64
        cmake --build \"$PREFIX/build\"
        cmake --install \"$PREFIX/build\" --prefix \"$PREFIX\"";
    tools::run(&mut shell(install, tools::root(), &prefix));
    for (system, processor, expected) in [
        ("Windows", "AMD64", ""),
        ("Windows", "other", ""),
        ("Windows", "ARM64", "not for Windows on aarch64"),
        ("Linux", "x86_64", "not for Linux on x86_64"),
    ] {
        let error = find_package(&prefix, system, processor, "0.1 REQUIRED");
        let words: Vec<_> = error.split_whitespace().collect();
        assert_eq!(error.is_empty(), expected.is_empty(), "{error}");
        assert!(words.join(" ").contains(expected), "{error}");
    }
}

#[test]
fn easy_header_compiles_in_c_and_cpp() {
    let source = tools::empty("install/easy").join("easy.h");
    fs::write(&source, "#include <bosauth_easy.h>\n".repeat(2)).unwrap();
    for (compiler, language, standard) in [
        ("cc", "c", "c99"),
        ("cc", "c", "c17"),
        ("c++", "c++", "c++17"),
        ("clang", "c", "c99"),
        ("clang++", "c++", "c++17"),
    ] {
        if tools::has(compiler) {
            let mut command = Command::new(compiler);
            command
                .args(library::STRICT)
                .args(["-Wconversion", "-fsyntax-only", "-x", language])
                .arg(format!("-std={standard}"))
                .args(["-isystem", "include", "-I", "bindings/c"])
                .arg(&source)
                .current_dir(tools::root());
            tools::run(&mut command);
        }
    }
}

/// A shell whose compilers report warnings as errors.
pub fn strict_shell(commands: &str, directory: &Path, prefix: &Path) -> Command {
    let strict = library::STRICT.join(" ");
    let commands = commands.replace("cc ", &format!("cc {strict} "));
    let commands = commands.replace("c++ ", &format!("c++ {strict} "));
    shell(&commands, directory, prefix)
}

/// Follows a page of `docs/` in an empty directory.
fn follow(page: &str) {
    let Some(prefix) = installed() else { return };
    if !tools::has("pkg-config") {
        return;
    }
    let directory = tools::empty(&format!("install/{page}"));
    // `build_with_the_repository` covers the builds from a clone.
    let is_skipped = |block: &Block| {
        block.file.is_none()
            && (block.text.contains("bindings/c") || block.text.contains("export PREFIX"))
    };
    let compared = markdown::follow(page, &directory, is_skipped, |commands| {
        strict_shell(commands, &directory, prefix)
    });
    assert!(compared >= 2, "{page} shows no output");
}

#[test]
fn c_page_commands_work() {
    follow("c.md");
}

#[test]
fn cpp_page_commands_work() {
    follow("cpp.md");
    assert_eq!(installation("cpp.md"), installation("c.md"));
}
