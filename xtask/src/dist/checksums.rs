//! `SHA256SUMS`, the hashes of all artifacts.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::failure::Failure;
use crate::tools;

/// The name of the file.
pub const NAME: &str = "SHA256SUMS";

/// Writes the hashes of all files in a directory, in the format of `sha256sum`.
pub fn write(directory: &Path) -> Result<(), Failure> {
    fs::write(directory.join(NAME), lines(directory)?)?;
    Ok(())
}

/// Fails if files of a directory are not in its `SHA256SUMS` or have another hash there, or are only there.
pub fn check(directory: &Path) -> Result<(), Failure> {
    let written = fs::read_to_string(directory.join(NAME))?;
    let current = lines(directory)?;
    let [written, current] = [&written, &current].map(|it| it.lines().collect::<BTreeSet<_>>());
    let names = written.symmetric_difference(&current);
    let names: BTreeSet<_> = names.filter_map(|line| line.split("  ").nth(1)).collect();
    match names.is_empty() {
        true => Ok(()),
        false => {
            let names: Vec<_> = names.into_iter().collect();
            Err(Failure::Failed(format!(
                "{NAME} is wrong for {}",
                names.join(", ")
            )))
        }
    }
}

fn lines(directory: &Path) -> Result<String, Failure> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_file() && entry.file_name() != NAME {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    let mut lines = String::new();
    for name in names {
        let hash = sha256(&tools::read(&directory.join(&name))?);
        lines += &format!("{hash}  {name}\n");
    }
    Ok(lines)
}

/// The SHA-256 hash in hexadecimal digits.
pub fn sha256(data: &[u8]) -> String {
    format!("{:x}", Sha256::digest(data))
}
