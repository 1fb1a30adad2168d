//! `SHA256SUMS`, the hashes of all artifacts.

use std::fs;

use sha2::{Digest, Sha256};

use super::directory;
use crate::failure::Failure;
use crate::tools;

/// The name of the file.
pub const NAME: &str = "SHA256SUMS";

/// Writes the hashes of all files in the directory of artifacts, in the format of `sha256sum`.
pub fn write() -> Result<(), Failure> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory())? {
        let entry = entry?;
        if entry.file_type()?.is_file() && entry.file_name() != NAME {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    let mut lines = String::new();
    for name in names {
        let hash = sha256(&tools::read(&directory().join(&name))?);
        lines += &format!("{hash}  {name}\n");
    }
    fs::write(directory().join(NAME), lines)?;
    Ok(())
}

/// The SHA-256 hash in hexadecimal digits.
pub fn sha256(data: &[u8]) -> String {
    format!("{:x}", Sha256::digest(data))
}
