//! Files that only the user can read. They are written at once: another process sees the old content or the new one, and
//! a failure leaves nothing behind.

use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

/// Writes a file, which may exist.
pub fn replace(file: &Path, content: &[u8]) -> io::Result<()> {
    written(file, content)?.persist(file)?;
    Ok(())
}

/// Writes a file, which must not exist.
pub fn create(file: &Path, content: &[u8]) -> io::Result<()> {
    written(file, content)?.persist_noclobber(file)?;
    Ok(())
}

/// A file with the content, in the directory of `file`.
fn written(file: &Path, content: &[u8]) -> io::Result<NamedTempFile> {
    let directory = file.parent().filter(|path| !path.as_os_str().is_empty());
    let mut new = NamedTempFile::new_in(directory.unwrap_or(Path::new(".")))?;
    new.write_all(content)?;
    Ok(new)
}
