//! Files with the access rights of their directory, and `LockFileEx`.
#![allow(unsafe_code, reason = "LockFileEx has no safe form")]

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::mem;
use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
use std::os::windows::io::AsRawHandle;
use std::path::Path;

use windows_sys::Win32::Foundation::{ERROR_IO_PENDING, ERROR_LOCK_VIOLATION};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_REPARSE_POINT, FILE_FLAG_OPEN_REPARSE_POINT, LOCKFILE_EXCLUSIVE_LOCK,
    LOCKFILE_FAIL_IMMEDIATELY, LockFileEx, UnlockFileEx,
};

use super::inspect;

/// The lock, released when it is dropped.
pub(super) struct Lock(File);

impl Lock {
    /// Acquires the lock with the file at `path`, which is created if it does not exist.
    ///
    /// # Errors
    ///
    /// `WouldBlock`: it is held by another process or thread. Otherwise the error of the file.
    pub fn try_acquire(path: &Path) -> io::Result<Self> {
        inspect(path)?;
        let file = options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        check(&file.metadata()?)?;
        let flags = LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY;
        // SAFETY: the handle is open. The structure lives until the call returns: the handle is synchronous.
        let locked =
            unsafe { LockFileEx(file.as_raw_handle(), flags, 0, 1, 0, &mut mem::zeroed()) };
        if locked != 0 {
            return Ok(Lock(file));
        }
        let error = io::Error::last_os_error();
        let is_held = [ERROR_LOCK_VIOLATION, ERROR_IO_PENDING]
            .iter()
            .any(|&code| error.raw_os_error() == Some(code as i32));
        Err(if is_held {
            io::ErrorKind::WouldBlock.into()
        } else {
            error
        })
    }

    /// Whether this process holds the lock. There is no fork on this platform.
    pub fn is_current_process(&self) -> bool {
        true
    }

    /// Always succeeds. There is no fork on this platform.
    pub fn check(&self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing would release it later.
        // SAFETY: the handle is open. The structure lives until the call returns: the handle is synchronous.
        unsafe { UnlockFileEx(self.0.as_raw_handle(), 0, 1, 0, &mut mem::zeroed()) };
    }
}

/// Checks that it is a regular file.
pub(super) fn check(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_dir() {
        return Err(io::Error::other("it is a directory"));
    }
    if metadata.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
        return Err(io::Error::other(
            "it is a symbolic link or another reparse point",
        ));
    }
    Ok(())
}

/// Always true: the access rights are those of the directory.
pub(super) fn is_private(_metadata: &Metadata) -> bool {
    true
}

/// Does nothing: the access rights are those of the directory.
pub(super) fn set_private(_file: &File) -> io::Result<()> {
    Ok(())
}

/// Creates a file and synchronizes it with the disk.
pub(super) fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = options().write(true).create_new(true).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Does nothing: a directory cannot be synchronized on this platform.
pub(super) fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Options that do not follow a symbolic link.
pub(super) fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
    options
}
