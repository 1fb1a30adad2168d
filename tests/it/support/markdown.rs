//! The code blocks of the pages in `docs/`, and a page followed step by step.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{server, tools};

/// A fenced block, and the file that the page has it written to.
pub struct Block {
    pub language: String,
    pub file: Option<String>,
    pub text: String,
}

/// The blocks of a page, in order.
pub fn blocks(page: &str) -> Vec<Block> {
    let page = fs::read_to_string(tools::root().join("docs").join(page)).unwrap();
    let mut blocks = Vec::new();
    let mut before = "";
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let text = lines.by_ref().take_while(|line| *line != "```");
            blocks.push(Block {
                language: language.to_owned(),
                file: file_in(before),
                text: text.map(|line| format!("{line}\n")).collect(),
            });
        } else if !line.is_empty() {
            before = line;
        }
    }
    blocks
}

/// The blocks of a page in one language, in order.
pub fn programs(page: &str, language: &str) -> Vec<String> {
    let blocks = blocks(page).into_iter();
    let programs = blocks.filter(|block| block.language == language);
    programs.map(|block| block.text).collect()
}

/// The file name in a line such as "write this to `login.c`:".
fn file_in(line: &str) -> Option<String> {
    let (_, name) = line.split_once("to `")?;
    Some(name.split_once('`')?.0.to_owned())
}

/// Follows a page in an empty directory: writes its files, runs its commands by `shell` against a server, and compares
/// the output with that on the page. Returns how often it was compared. Blocks for which
/// `is_skipped` returns true are skipped.
pub fn follow(
    page: &str,
    directory: &Path,
    is_skipped: impl Fn(&Block) -> bool,
    shell: impl Fn(&str) -> Command,
) -> usize {
    let server = server::demo();
    let (mut printed, mut compared) = (String::new(), 0);
    for block in blocks(page).into_iter().filter(|block| !is_skipped(block)) {
        match (&*block.language, block.file) {
            ("text", _) => {
                assert_eq!(printed, block.text, "{page}");
                compared += 1;
            }
            ("sh", _) => {
                let commands = block
                    .text
                    .replace("http://127.0.0.1:8090", server.base_url());
                printed = tools::run(&mut shell(&commands));
            }
            (_, Some(file)) => fs::write(directory.join(file), block.text).unwrap(),
            (language, None) => panic!("{page}: unknown {language} block\n{}", block.text),
        }
    }
    compared
}
