//! The import objects in the static library for Windows, which rustc creates with dlltool.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::tools;

/// Renames the symbols whose names contain the temporary directory of a run of dlltool: they would differ between two
/// builds.
pub fn rename_imports(archive: &Path) -> Result<(), Failure> {
    let mut nm = Command::new(tools::llvm("llvm-nm")?);
    nm.args(["--format=just-symbols", "--quiet"]).arg(archive);
    let printed = tools::run(&mut nm)?;
    let directory = mangled(&tools::output());
    let mut names: Vec<_> = printed
        .lines()
        .filter_map(|it| renamed(it, &directory))
        .collect();
    names.sort();
    names.dedup();
    let list = archive.with_extension("symbols");
    fs::write(&list, names.concat())?;
    let mut objcopy = Command::new(tools::llvm("llvm-objcopy")?);
    objcopy
        .arg("--enable-deterministic-archives")
        .arg(format!("--redefine-syms={}", list.display()));
    tools::run(objcopy.arg(archive))?;
    fs::remove_file(list)?;
    Ok(())
}

/// A path as dlltool writes it in the names of symbols.
pub fn mangled(path: &Path) -> String {
    let path = path.display().to_string();
    path.replace(|character: char| !character.is_ascii_alphanumeric(), "_")
}

/// The line with a symbol and its new name, for the symbols of a path in this directory. The name of the temporary
/// directory is `rustc` and six characters.
fn renamed(symbol: &str, directory: &str) -> Option<String> {
    let (start, path) = symbol.split_once(directory)?;
    let (_, random) = path.rsplit_once("_rustc")?;
    let name = random.get(6..)?;
    let start = if start.starts_with("_head") {
        "_head_"
    } else {
        ""
    };
    Some(format!("{symbol} {start}bosauth{name}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_of_this_build_are_renamed() {
        let directory = mangled(Path::new("/a/b-c"));
        for (symbol, expected) in [
            (
                "___a_b_c_x_rustcA1b2C3_kernel32_dll_imports_lib_iname",
                "bosauth_kernel32_dll_imports_lib_iname",
            ),
            (
                "_head__a_b_c_x_rustcA1b2C3_ntdll_dll_imports_lib",
                "_head_bosauth_ntdll_dll_imports_lib",
            ),
        ] {
            assert_eq!(
                renamed(symbol, &directory),
                Some(format!("{symbol} {expected}\n"))
            );
        }
        assert_eq!(
            renamed(
                "__D__a_rust_rustcA1b2C3_ntdll_dll_imports_lib_iname",
                &directory
            ),
            None
        );
    }
}
