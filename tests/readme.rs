//! What the README and the pages of `docs/` claim is so: programs, commands, statuses, versions, links and citations.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]

#[path = "support/tools.rs"]
mod tools;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bosauth::Status;
use bosbase_local::{Config, Server};

fn file(name: &str) -> String {
    fs::read_to_string(tools::root().join(name)).unwrap()
}

/// The first block of this language.
fn block(readme: &str, language: &str) -> String {
    let start = readme.split_once(&format!("```{language}\n")).unwrap().1;
    start.split_once("```").unwrap().0.to_owned()
}

#[test]
fn its_programs_are_the_examples() {
    let readme = file("README.md");
    for (language, example) in [
        ("c", "examples/first_login.c"),
        ("rust", "examples/first_login.rs"),
    ] {
        let shown = block(&readme, language);
        assert!(
            shown.lines().count() > 10 && file(example).ends_with(&shown),
            "{example} differs from the README"
        );
    }
}

#[test]
fn its_commands_are_those_of_the_example() {
    let readme = file("README.md");
    let example = file("examples/first_login.c");
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

#[test]
fn it_names_every_status() {
    let readme = file("README.md");
    for status in Status::ALL {
        let row = format!("| `{}` | {} |", status.name(), status.code());
        let to_come = format!("`{}`", status.name());
        assert!(
            readme.contains(&row) || readme.contains(&to_come),
            "{status} is missing"
        );
    }
}

/// A project of a reader's own, with the README's Rust program and its dependency lines changed by `edit`.
fn project(name: &str, edit: impl Fn(&str) -> String) -> PathBuf {
    let readme = file("README.md");
    let folder = tools::empty(&format!("readme-{name}")).join("app");
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("src/main.rs"), block(&readme, "rust")).unwrap();
    // With the profile of this workspace, what it has compiled is used again.
    let manifest = format!(
        "[package]\nname = \"readme-app\"\nedition = \"2024\"\n\n{}\n[workspace]\n\n\
        [profile.dev]\ndebug = \"line-tables-only\"\n",
        edit(&block(&readme, "toml"))
    );
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    fs::copy(tools::root().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    folder
}

/// cargo in a project, without the network: what it needs was fetched for this workspace.
fn cargo(project: &Path, arguments: &[&str]) -> Command {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let mut cargo = tools::cargo();
    cargo
        .args(arguments)
        .current_dir(project)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_NET_OFFLINE", "true");
    cargo
}

#[test]
fn a_project_beside_a_clone_depends_on_it() {
    let project = project("path", str::to_owned);
    let clone = project.parent().unwrap().join("bosauth");
    std::os::unix::fs::symlink(tools::root(), clone).unwrap();
    let server = Server::start(Config::demo()).unwrap();
    let said = tools::run(&mut cargo(
        &project,
        &["run", "--quiet", "--", server.base_url()],
    ));
    assert_eq!(said, "hello user@example.com\n");
}

#[test]
fn a_project_depends_on_the_url_of_a_repository() {
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
    // The clone goes to a place of the test's own; what the registry has sent is used.
    let home = project.join("cargo-home");
    fs::create_dir(&home).unwrap();
    let cargo_home = std::env::var_os("CARGO_HOME").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cargo"),
        PathBuf::from,
    );
    std::os::unix::fs::symlink(cargo_home.join("registry"), home.join("registry")).unwrap();
    let mut metadata = cargo(&project, &["metadata", "--format-version", "1"]);
    // Without the network, cargo would not clone from a file either.
    let said = tools::run(
        metadata
            .env("CARGO_HOME", &home)
            .env_remove("CARGO_NET_OFFLINE"),
    );
    let metadata: serde_json::Value = serde_json::from_str(&said).unwrap();
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

/// A git repository with the workspace as it is now.
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

/// The version in a line such as `channel = "1.95.0"`: major and minor.
fn version(file: &str, key: &str) -> String {
    let line = file.lines().find(|line| line.starts_with(key)).unwrap();
    let version = line.split('"').nth(1).unwrap();
    version.split('.').take(2).collect::<Vec<_>>().join(".")
}

#[test]
fn every_page_names_the_rust_of_the_toolchain_file() {
    let toolchain = version(&file("rust-toolchain.toml"), "channel");
    let oldest = version(&file("Cargo.toml"), "rust-version");
    let mut pages = pages();
    pages.push("bindings/python/hatch_build.py".into());
    for page in pages {
        for named in file(&page).split("Rust ").skip(1) {
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
    assert!(file("README.md").contains(&format!("Rust {toolchain}")));
}

#[test]
fn the_crates_show_no_feature_of_the_fuzzers() {
    for manifest in ["core/Cargo.toml", "service/Cargo.toml"] {
        let manifest = file(manifest);
        assert!(
            !manifest.contains("[features]") || !manifest.contains("\nfuzzing = "),
            "{manifest}"
        );
    }
}

/// The README and all other pages, by their paths.
fn pages() -> Vec<String> {
    let files = files_below("", &["md"]);
    assert!(files.contains(&"docs/protocol.md".to_owned()));
    files
}

/// The files of the repository with these endings, but what is built, recorded or generated.
fn files_below(directory: &str, endings: &[&str]) -> Vec<String> {
    const LEFT_OUT: [&str; 5] = ["target", "corpus", "node_modules", "build", "CHANGELOG.md"];
    let mut found = Vec::new();
    for entry in fs::read_dir(tools::root().join(directory)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = Path::new(directory).join(&name);
        let path = path.to_str().unwrap();
        if name.starts_with('.') || LEFT_OUT.contains(&&*name) {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            found.extend(files_below(path, endings));
        } else if endings.iter().any(|e| name.ends_with(&format!(".{e}"))) {
            found.push(path.to_owned());
        }
    }
    found
}

/// The headings of a page.
fn headings(page: &str) -> Vec<String> {
    let text = file(page);
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| line.trim_start_matches('#').trim().to_owned())
        .collect()
}

/// A text without its line breaks and the comment signs at the beginning of lines.
fn unwrapped(text: &str) -> String {
    let lines = text.lines().map(|line| {
        line.trim_start_matches([' ', '/', '*', '#', '!', ':'])
            .trim()
    });
    lines.collect::<Vec<_>>().join(" ")
}

#[test]
fn every_cited_section_of_the_protocol_exists() {
    let headings = headings("docs/protocol.md");
    let mut cited = 0;
    for path in files_below("", &["rs", "h", "hpp", "c", "cpp", "py", "md", "toml"]) {
        let text = unwrapped(&file(&path));
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
        // A section of a document that readers do not have.
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
fn every_link_of_a_page_leads_somewhere() {
    for page in pages() {
        let text = without_blocks(&file(&page));
        let links = text.match_indices("](").map(|(at, _)| &text[at + 2..]);
        for link in links.map(|rest| rest.split(')').next().unwrap()) {
            assert!(
                link.contains("://") || leads(&page, link),
                "{page} links to {link}"
            );
        }
    }
}

/// Whether a link in a page is to a file that exists, and to one of its headings.
fn leads(page: &str, link: &str) -> bool {
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

/// A page without its fenced blocks.
fn without_blocks(page: &str) -> String {
    page.split("\n```").step_by(2).collect()
}

/// A heading as the anchor that it gets on GitHub and GitLab.
fn slug(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || "- _".contains(*c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}
