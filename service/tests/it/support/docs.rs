//! Code blocks of the pages in `docs/`.

/// Returns the block of a page that is the file `name`.
pub fn block(page: &str, name: &str) -> String {
    let mut blocks = page.split("\n```");
    let content = blocks.find_map(|block| {
        let (info, content) = block.split_once('\n')?;
        (info.split_once(' ')?.1 == name).then_some(content)
    });
    let content = content.unwrap_or_else(|| panic!("the page has no block {name}"));
    format!("{content}\n")
}
