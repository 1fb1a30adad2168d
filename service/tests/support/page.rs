//! Pages of `docs/` whose blocks are files.

/// The block of the page that is the file `name`.
pub fn block(page: &str, name: &str) -> String {
    let mut blocks = page.split("\n```");
    let text = blocks.find_map(|block| {
        let (first, text) = block.split_once('\n')?;
        (first.split_once(' ')?.1 == name).then_some(text)
    });
    let text = text.unwrap_or_else(|| panic!("the page has no {name}"));
    format!("{text}\n")
}
