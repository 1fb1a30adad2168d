//! The code blocks of the pages in `docs/`, and a page followed step by step.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{server, tools};

/// The programs that a guide has in most languages: its page, their position among the programs of a language, and the
/// name of the example in Rust.
pub const GUIDES: [(&str, usize, &str); 6] = [
    ("sessions.md", 0, "stay_logged_in"),
    ("sessions.md", 1, "session_store"),
    ("sessions.md", 2, "session_listener"),
    ("mfa.md", 0, "second_factor"),
    ("guest-accounts.md", 0, "guest_account"),
    ("timeouts-and-cancellation.md", 0, "stop_a_login"),
];

/// The program of a guide in a language; `None` if the guide has none.
pub fn guide_program(name: &str, language: &str) -> Option<String> {
    let mut guides = GUIDES.iter();
    let (page, at, _) = guides.find(|(_, _, example)| *example == name).unwrap();
    programs(page, language).into_iter().nth(*at)
}

/// A fenced block, and the file that the page has it written to.
pub struct Block {
    pub language: String,
    pub file: Option<String>,
    pub text: String,
}

/// The names in a column of the tables of all guides: those of the API that begin a code span, such as `mfaId` for
/// "`mfaId` of `CallOptions`".
pub fn names_in_columns(heading: &str) -> Vec<String> {
    let mut pages = GUIDES.map(|(page, _, _)| page).to_vec();
    pages.push("error-handling.md");
    pages.dedup();
    let mut names = Vec::new();
    for page in pages {
        let page = tools::read(Path::new("docs").join(page));
        let mut column = None;
        let mut before = "";
        for line in page.lines() {
            let cells: Vec<_> = line.split(" |").collect();
            if !before.starts_with('|') {
                column = cells.iter().position(|cell| cell.contains(heading));
            } else if let Some(cell) = column.and_then(|at| cells.get(at)) {
                names.extend(names_in(cell));
            }
            before = line;
        }
    }
    names
}

/// The names that begin the code spans of a cell. `null` and `nil` are values.
fn names_in(cell: &str) -> impl Iterator<Item = String> + '_ {
    let spans = cell.split('`').skip(1).step_by(2);
    let name = |span: &str| {
        let end = span.find(|c: char| !c.is_alphanumeric());
        span[..end.unwrap_or(span.len())].to_owned()
    };
    spans
        .map(name)
        .filter(|name| name != "null" && name != "nil")
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
