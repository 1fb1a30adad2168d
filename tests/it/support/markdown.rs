//! Pages of `docs/` as a reader follows them: their blocks, and the files that they say to write.

use std::fs;

use super::tools;

/// A fenced block of a page, and the file that the page says to write it to.
pub struct Block {
    pub language: String,
    pub file: Option<String>,
    pub text: String,
}

/// The blocks of a page, in their order.
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

/// The programs of a page in one language, in the order in which they stand there.
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
