//! The README says what is so: its programs are the examples, its table has every status.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]

#[path = "support/tools.rs"]
mod tools;

use std::fs;

use bosauth::Status;

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
    let command = "cc -Iinclude examples/first_login.c target/release/libbosauth.a -lpthread -ldl -lm -o first_login";
    assert!(readme.contains(command) && file("examples/first_login.c").contains(command));
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
