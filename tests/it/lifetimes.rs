//! What C was lent lives as long as the object it was got from, also after the next save, clear and free.

use std::process::Command;

use crate::support::{library, tools};

#[test]
fn session_strings_outlive_the_client() {
    let source = tools::root().join("tests/c/lifetimes.c");
    let flags = [
        "-std=c11",
        "-g",
        "-Wall",
        "-Wextra",
        "-Wpedantic",
        "-Werror",
        "-fsanitize=address,undefined",
    ];
    tools::run(&mut Command::new(library::compile(
        &source, "snapshot", &flags,
    )));
}
