//! Files with an owner and a mode, and `flock`.

use std::fs::{File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::process::geteuid;

use super::inspect;
use crate::fork::ProcessSocket;

const MODE: u32 = 0o600;

/// The lock, released when it is dropped.
pub(super) struct Lock(Option<ProcessSocket<File>>);

impl Lock {
    /// Acquires the lock with the file at `path`, which is created if it does not exist.
    ///
    /// # Errors
    ///
    /// `WouldBlock`: it is held by another process or thread. `Interrupted`: see `open_blocking`. Otherwise the error of
    /// the file.
    pub fn try_acquire(path: &Path) -> io::Result<Self> {
        inspect(path)?;
        let file = ProcessSocket::open_blocking(|| {
            // For writing: NFS requires it for an exclusive lock.
            let mut options = options();
            options
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)
        })?;
        let lock = Lock(Some(file));
        let file = lock.file()?;
        let metadata = file.metadata()?;
        check(&metadata)?;
        if metadata.mode() & 0o777 != MODE {
            set_private(file)?;
        }
        flock(file, FlockOperation::NonBlockingLockExclusive)?;
        Ok(lock)
    }

    /// Whether this process holds the lock: false in the child of a fork in the middle of a change.
    pub fn is_current_process(&self) -> bool {
        self.0
            .as_ref()
            .is_some_and(ProcessSocket::is_current_process)
    }

    /// Returns `Interrupted` in the child of a fork in the middle of a change.
    pub fn check(&self) -> io::Result<()> {
        self.file().map(drop)
    }

    /// Returns the lock file.
    pub fn file(&self) -> io::Result<&File> {
        match &self.0 {
            Some(file) if file.is_current_process() => Ok(file.get()),
            _ => Err(io::ErrorKind::Interrupted.into()),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(file) = self.0.take() {
            // Closing does not release it while a child has a copy. A child must not release the lock of its parent.
            if file.is_current_process() {
                let _ = flock(file.get(), FlockOperation::Unlock);
            }
            file.close_blocking();
        }
    }
}

/// Checks that it is a regular file of the user.
pub(super) fn check(metadata: &Metadata) -> io::Result<()> {
    let kind = metadata.file_type();
    let problem = if kind.is_symlink() {
        "it is a symbolic link"
    } else if kind.is_dir() {
        "it is a directory"
    } else if kind.is_fifo() {
        "it is a FIFO"
    } else if kind.is_socket() {
        "it is a socket"
    } else if !kind.is_file() {
        "it is a device"
    } else if metadata.uid() != geteuid().as_raw() {
        "it belongs to another user"
    } else {
        return Ok(());
    };
    let message = format!("{problem}; only a regular file of the user is accepted");
    Err(io::Error::other(message))
}

/// Whether only the owner can access it.
pub(super) fn is_private(metadata: &Metadata) -> bool {
    metadata.mode() & 0o077 == 0
}

/// Lets only the owner access it.
pub(super) fn set_private(file: &File) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(MODE))
}

/// Creates a file and synchronizes it with the disk.
pub(super) fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let file = options().write(true).create_new(true).open(path)?;
    // The umask may have removed bits.
    set_private(&file)?;
    // With the position: the child of a fork by a signal handler may write here, too, the same.
    file.write_all_at(content, 0)?;
    file.sync_all()
}

/// Synchronizes the names in a directory with the disk.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    let synchronized = File::open(path).and_then(|directory| directory.sync_all());
    match synchronized.as_ref().map_err(io::Error::kind) {
        // Not every file system can, and a directory that can be changed need not be readable.
        Err(
            io::ErrorKind::InvalidInput
            | io::ErrorKind::Unsupported
            | io::ErrorKind::PermissionDenied,
        ) => Ok(()),
        _ => synchronized,
    }
}

/// Options that create private files, and neither follow a symbolic link nor wait for the other end of a FIFO.
pub(super) fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options
        .mode(MODE)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY);
    options
}
