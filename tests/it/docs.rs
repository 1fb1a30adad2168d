//! The README and the pages of `docs/`: programs, commands, statuses, versions, links and citations.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{server, tools};

/// The first block in a language.
fn block(readme: &str, language: &str) -> String {
    let start = readme.split_once(&format!("```{language}\n")).unwrap().1;
    start.split_once("```").unwrap().0.to_owned()
}

#[test]
fn readme_programs_match_the_examples() {
    let readme = tools::read("README.md");
    for (language, example) in [
        ("c", "examples/first_login.c"),
        ("rust", "examples/first_login.rs"),
    ] {
        let shown = block(&readme, language);
        assert!(
            shown.lines().count() > 10 && tools::read(example).ends_with(&shown),
            "{example} differs from the README"
        );
    }
}

#[test]
fn readme_commands_match_the_example() {
    let readme = tools::read("README.md");
    let example = tools::read("examples/first_login.c");
    let commands = example
        .lines()
        .filter_map(|line| line.strip_prefix(" *   "));
    let commands: String = commands.map(|line| format!("{line}\n")).collect();
    assert!(commands.contains("./target/first_login"));
    assert!(
        readme.contains(&format!("```sh\n{commands}```")),
        "{commands}"
    );
}

/// A project of a reader, with the README's Rust program and dependency lines, which `edit` changes.
fn project(name: &str, edit: impl Fn(&str) -> String) -> PathBuf {
    let readme = tools::read("README.md");
    let folder = tools::empty(&format!("readme-{name}")).join("app");
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("src/main.rs"), block(&readme, "rust")).unwrap();
    // With the profile of this workspace, so that its build is reused.
    let manifest = format!(
        "[package]\nname = \"readme-app\"\nedition = \"2024\"\n\n{}\n[workspace]\n\n\
        [profile.dev]\ndebug = \"line-tables-only\"\n",
        edit(&block(&readme, "toml"))
    );
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    fs::copy(tools::root().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    folder
}

/// cargo in a project, offline: this workspace has fetched all dependencies.
fn cargo(project: &Path, arguments: &[&str]) -> Command {
    let mut cargo = tools::cargo();
    cargo
        .args(arguments)
        .current_dir(project)
        .env("CARGO_TARGET_DIR", tools::target())
        .env("CARGO_NET_OFFLINE", "true");
    cargo
}

#[test]
fn project_depends_on_a_local_clone() {
    let project = project("path", str::to_owned);
    let clone = project.parent().unwrap().join("bosauth");
    std::os::unix::fs::symlink(tools::root(), clone).unwrap();
    let server = server::demo();
    let printed = tools::run(&mut cargo(
        &project,
        &["run", "--quiet", "--", server.base_url()],
    ));
    assert_eq!(printed, "hello user@example.com\n");
}

#[test]
fn project_depends_on_a_git_url() {
    if !tools::has("git") {
        return;
    }
    let repository = repository();
    let url = format!("{{ git = \"file://{}\" }}", repository.display());
    let project = project("git", |lines| {
        let line = |line: &str| match line.split_once(" = ") {
            Some((name, form)) => {
                assert!(
                    form.contains("# or { git = \"URL of this repository\" }"),
                    "{line}"
                );
                format!("{name} = {url}\n")
            }
            None => format!("{line}\n"),
        };
        lines.lines().map(line).collect()
    });
    // A separate directory for the clone, with the crates that were fetched.
    let home = project.join("cargo-home");
    fs::create_dir(&home).unwrap();
    let cargo_home = std::env::var_os("CARGO_HOME").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cargo"),
        PathBuf::from,
    );
    std::os::unix::fs::symlink(cargo_home.join("registry"), home.join("registry")).unwrap();
    let mut metadata = cargo(&project, &["metadata", "--format-version", "1"]);
    // Offline, cargo does not clone from a file.
    let printed = tools::run(
        metadata
            .env("CARGO_HOME", &home)
            .env_remove("CARGO_NET_OFFLINE"),
    );
    let metadata: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    for name in ["bosauth", "bosbase-local"] {
        let package = packages
            .iter()
            .find(|package| package["name"] == name)
            .unwrap();
        assert!(
            package["source"]
                .as_str()
                .unwrap()
                .starts_with("git+file://"),
            "{package}"
        );
    }
}

/// A git repository with the current workspace.
fn repository() -> PathBuf {
    let repository = tools::empty("readme-repository");
    for name in ["Cargo.toml", "Cargo.lock", "build.rs"] {
        fs::copy(tools::root().join(name), repository.join(name)).unwrap();
    }
    for name in ["core", "service", "src"] {
        let mut copy = Command::new("cp");
        tools::run(
            copy.arg("-R")
                .arg(tools::root().join(name))
                .arg(&repository),
        );
    }
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=test", "-c", "user.email=test@example.com"]);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1");
        for inherited in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
            git.env_remove(inherited);
        }
        tools::run(git.args(arguments).current_dir(&repository))
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "all"]);
    repository
}

/// The major and minor version in a line such as `channel = "1.95.0"`.
fn version(file: &str, key: &str) -> String {
    let line = file.lines().find(|line| line.starts_with(key)).unwrap();
    let version = line.split('"').nth(1).unwrap();
    version.split('.').take(2).collect::<Vec<_>>().join(".")
}

#[test]
fn pages_name_the_supported_rust_versions() {
    let toolchain = version(&tools::read("rust-toolchain.toml"), "channel");
    let oldest = version(&tools::read("Cargo.toml"), "rust-version");
    let mut pages = pages();
    pages.push("bindings/python/hatch_build.py".into());
    for page in pages {
        for named in tools::read(&page).split("Rust ").skip(1) {
            let named: String = named
                .chars()
                .take_while(|c| "0123456789.".contains(*c))
                .collect();
            let named = named.trim_end_matches('.');
            assert!(
                [&*toolchain, &*oldest, ""].contains(&named),
                "{page} names Rust {named}, not {toolchain}"
            );
        }
    }
    assert!(tools::read("README.md").contains(&format!("Rust {toolchain}")));
}

#[test]
fn crates_have_no_fuzzing_feature() {
    for manifest in ["core/Cargo.toml", "service/Cargo.toml"] {
        let manifest = tools::read(manifest);
        assert!(
            !manifest.contains("[features]") || !manifest.contains("\nfuzzing = "),
            "{manifest}"
        );
    }
}

/// The paths of all pages.
fn pages() -> Vec<String> {
    let files = files_below("", &["md"]);
    assert!(files.contains(&"docs/protocol.md".to_owned()));
    files
}

/// The files with these extensions, except built, recorded and generated ones.
fn files_below(directory: &str, endings: &[&str]) -> Vec<String> {
    const EXCLUDED: [&str; 5] = ["target", "corpus", "node_modules", "build", "CHANGELOG.md"];
    let mut files = Vec::new();
    for entry in fs::read_dir(tools::root().join(directory)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = Path::new(directory).join(&name);
        let path = path.to_str().unwrap();
        if name.starts_with('.') || EXCLUDED.contains(&&*name) {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            files.extend(files_below(path, endings));
        } else if endings.iter().any(|e| name.ends_with(&format!(".{e}"))) {
            files.push(path.to_owned());
        }
    }
    files
}

/// The headings of a page.
fn headings(page: &str) -> Vec<String> {
    let text = tools::read(page);
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| line.trim_start_matches('#').trim().to_owned())
        .collect()
}

/// A text without line breaks and comment markers, to be searched.
fn unwrapped(text: &str) -> String {
    let lines = text.lines().map(|line| {
        line.trim_start_matches([' ', '/', '*', '#', '!', ':'])
            .trim()
    });
    lines.collect::<Vec<_>>().join(" ")
}

#[test]
fn cited_protocol_sections_exist() {
    let headings = headings("docs/protocol.md");
    let mut cited = 0;
    for path in files_below("", &["rs", "h", "hpp", "c", "cpp", "py", "md", "toml"]) {
        let text = unwrapped(&tools::read(&path));
        for (at, _) in text.match_indices("docs/protocol.md") {
            let after = text[at + "docs/protocol.md".len()..].trim_start_matches('`');
            let Some(section) = after.strip_prefix(", \"") else {
                continue;
            };
            let section = section.split('"').next().unwrap();
            assert!(
                headings.iter().any(|heading| heading == section),
                "{path} cites {section:?} of docs/protocol.md"
            );
            cited += 1;
        }
        // A section of an unpublished document.
        let words = ["contract", "design.md", "replies.md"];
        let dangling = words
            .iter()
            .flat_map(|word| [format!("{word} \u{a7}"), format!("{word} section")])
            .find(|words| text.contains(words.as_str()));
        assert_eq!(dangling, None, "{path}");
    }
    assert!(cited > 10, "{cited}");
}

#[test]
fn links_resolve() {
    for page in pages() {
        let text = without_blocks(&tools::read(&page));
        let links = text.match_indices("](").map(|(at, _)| &text[at + 2..]);
        for link in links.map(|rest| rest.split(')').next().unwrap()) {
            assert!(
                link.contains("://") || resolves(&page, link),
                "{page} links to {link}"
            );
        }
    }
}

/// Whether a link leads to an existing file, and to one of its headings.
fn resolves(page: &str, link: &str) -> bool {
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let path = match path {
        "" => Path::new(page).to_owned(),
        path => Path::new(page).parent().unwrap().join(path),
    };
    let is_heading = || {
        headings(path.to_str().unwrap())
            .iter()
            .any(|h| slug(h) == anchor)
    };
    tools::root().join(&path).exists() && (anchor.is_empty() || is_heading())
}

/// A page without fenced blocks.
fn without_blocks(page: &str) -> String {
    page.split("\n```").step_by(2).collect()
}

/// The anchor of a heading on GitHub and GitLab.
fn slug(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || "- _".contains(*c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}
