//! The session file: its text is read, replaced and removed so that neither a crash nor another process leaves a mix.
//! Independent of what the text means.
//!
//! Beside the file at `PATH`:
//!
//! - `PATH.lock` is always empty and never removed. It is locked during a change, which makes changes exclude each other.
//! - `PATH.tmp` is the next file until it is renamed to `PATH`.
//! - `PATH.corrupt` is the last file that was unusable when it was replaced.

use std::borrow::Cow;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use zeroize::{Zeroize, Zeroizing};

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as system;

#[cfg(all(unix, test))]
mod tests;

use crate::input::EXPORT_MAX;
use system::Lock;

/// How long a change waits for those of other threads and processes.
const LOCK_WAIT: Duration = Duration::from_secs(2);
const READ: &str = "read session file";
const WRITE: &str = "write session file";
const REMOVE: &str = "remove session file";
const TOO_LARGE: &str = "larger than 4 MiB + 64 KiB";
/// How long it pauses between two attempts: short, since the lock is free only for moments if others write all the time.
const LOCK_PAUSE: Duration = Duration::from_millis(2);

/// A session file.
#[derive(Debug)]
pub(crate) struct SessionFile {
    path: PathBuf,
    directory: PathBuf,
    temporary: PathBuf,
    lock: PathBuf,
    corrupt: PathBuf,
    lock_wait: Duration,
}

/// Why the file cannot be read or changed.
#[derive(Debug)]
pub(crate) struct FileError {
    pub kind: FileErrorKind,
    /// What failed and what to check. Without the content.
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileErrorKind {
    /// The file or its directory must be corrected.
    Failed,
    /// A later attempt can succeed.
    Unavailable,
    /// The content is unusable. It has been left as it is.
    Corrupt,
}

/// What is stored when an update starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stored<'a> {
    /// There is no file.
    Nothing,
    /// A text.
    Text(&'a str),
    /// Content that is larger than [`EXPORT_MAX`] or not UTF-8.
    Unusable,
}

/// What an update does with the stored text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// Replace or remove it.
    Replace,
    /// Rename the file to `PATH.corrupt` first.
    SetAside,
    /// Change nothing.
    Keep,
}

impl SessionFile {
    /// Checks what can never work. `path` is absolute.
    ///
    /// # Errors
    ///
    /// A message: the directory does not exist, is not one or cannot be searched, or `path` is something else than a
    /// regular file of the user.
    pub fn new(path: PathBuf) -> Result<Self, String> {
        let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(format!("session file {path:?} has no file name"));
        };
        let sibling = |suffix: &str| {
            let mut name = name.to_owned();
            name.push(suffix);
            directory.join(name)
        };
        let file = SessionFile {
            path: sibling(""),
            temporary: sibling(".tmp"),
            lock: sibling(".lock"),
            corrupt: sibling(".corrupt"),
            directory: directory.to_owned(),
            lock_wait: LOCK_WAIT,
        };
        check_directory(directory)?;
        let unusable = |error| failed("use session file", &file.path, &error).message;
        inspect(&file.path).map_err(unusable)?;
        // The longest name.
        existing(fs::symlink_metadata(&file.corrupt)).map_err(unusable)?;
        Ok(file)
    }

    /// Returns the stored text, or `None` if there is no file. Removes a temporary file of a process that has died.
    ///
    /// # Errors
    ///
    /// - `Failed`: it cannot be read, its directory does not exist, or its mode lets other users access it.
    /// - `Corrupt`: it is larger than [`EXPORT_MAX`] or not UTF-8.
    pub fn load(&self) -> Result<Option<Zeroizing<String>>, FileError> {
        let stored = self.open(READ)?;
        self.remove_stale_temporary();
        let Some((file, metadata)) = stored else {
            return check_directory(&self.directory)
                .map(|()| None)
                .map_err(|message| FileError::new(FileErrorKind::Failed, message));
        };
        if !system::is_private(&metadata) {
            let path = &self.path;
            let message = format!(
                "cannot {READ} {path:?}: other users can access it; run chmod 600 {path:?}"
            );
            return Err(FileError::new(FileErrorKind::Failed, message));
        }
        match read_text(&file, &metadata).map_err(|error| failed(READ, &self.path, &error))? {
            Ok(text) => Ok(Some(text)),
            Err(problem) => Err(self.unusable(&format!("it is {problem}"))),
        }
    }

    /// Replaces the stored text, or removes it with `None`, while it holds the lock. `judge` decides what is done with
    /// what is stored. A file that other users can access is replaced by a private one.
    ///
    /// # Errors
    ///
    /// - `Failed`: the file cannot be changed. It is as before, unless only the directory cannot be synchronized.
    /// - `Unavailable`: another thread or process holds the lock.
    pub fn update(
        &self,
        text: Option<&str>,
        judge: &dyn Fn(Stored<'_>) -> Judgement,
    ) -> Result<(), FileError> {
        let action = if text.is_some() { WRITE } else { REMOVE };
        if text.is_some_and(|text| text.len() > EXPORT_MAX) {
            let message = format!(
                "cannot {action} {:?}: the session is {TOO_LARGE}",
                self.path
            );
            return Err(FileError::new(FileErrorKind::Failed, message));
        }
        // Before the lock file is created: if it fails, nothing is changed.
        inspect(&self.path).map_err(|error| failed(action, &self.path, &error))?;
        let lock = self.lock()?;
        let judgement = self.judge_stored(action, judge)?;
        if judgement == Judgement::Keep {
            return Ok(());
        }
        let replaced = self.replace(&lock, action, text, judgement);
        // In the child of a fork, the temporary file is the parent's.
        if replaced.is_err() && lock.is_current_process() {
            let _ = fs::remove_file(&self.temporary);
        }
        replaced?;
        system::sync_directory(&self.directory)
            .map_err(|error| failed("synchronize directory", &self.directory, &error))
    }

    /// The error for content that is unusable because of `reason`.
    pub fn unusable(&self, reason: &str) -> FileError {
        let message = format!(
            "session file {:?} cannot be used: {reason}; log in again, which renames it to {:?}",
            self.path, self.corrupt
        );
        FileError::new(FileErrorKind::Corrupt, message)
    }

    /// Acquires the lock. Every attempt opens the lock file: a fork between two attempts has no effect.
    fn lock(&self) -> Result<Lock, FileError> {
        let deadline = Instant::now() + self.lock_wait;
        loop {
            match Lock::try_acquire(&self.lock) {
                Ok(lock) => return Ok(lock),
                Err(error) if is_transient(&error) => {}
                Err(error) => return Err(failed("lock", &self.lock, &error)),
            }
            let remaining = deadline.saturating_duration_since(Instant::now());
            if remaining.is_zero() {
                let message = format!(
                    "session file {:?} is in use, another process holds {:?}; retry later",
                    self.path, self.lock
                );
                return Err(FileError::new(FileErrorKind::Unavailable, message));
            }
            thread::sleep(LOCK_PAUSE.min(remaining));
        }
    }

    fn judge_stored(
        &self,
        action: &str,
        judge: &dyn Fn(Stored<'_>) -> Judgement,
    ) -> Result<Judgement, FileError> {
        let Some((file, metadata)) = self.open(action)? else {
            return Ok(judge(Stored::Nothing));
        };
        let is_private = system::is_private(&metadata);
        let failed = |error| failed(action, &self.path, &error);
        let text = read_text(&file, &metadata).map_err(failed)?;
        let judgement = judge(
            text.as_ref()
                .map_or(Stored::Unusable, |text| Stored::Text(text)),
        );
        if judgement == Judgement::SetAside && !is_private {
            system::set_private(&file).map_err(failed)?;
        }
        Ok(judgement)
    }

    /// Replaces or removes the file. The lock is held.
    fn replace(
        &self,
        lock: &Lock,
        action: &str,
        text: Option<&str>,
        judgement: Judgement,
    ) -> Result<(), FileError> {
        let change_failed = |error| failed(action, &self.path, &error);
        if let Some(text) = text {
            lock.check().map_err(change_failed)?;
            self.remove_temporary()?;
            system::write_new(&self.temporary, text.as_bytes()).map_err(change_failed)?;
        }
        lock.check().map_err(change_failed)?;
        if judgement == Judgement::SetAside {
            let renamed = existing(fs::rename(&self.path, &self.corrupt));
            renamed.map_err(|error| failed("replace", &self.corrupt, &error))?;
        }
        if text.is_some() {
            return fs::rename(&self.temporary, &self.path).map_err(change_failed);
        }
        existing(fs::remove_file(&self.path)).map_err(change_failed)?;
        // That of a process that has died may contain a session.
        self.remove_temporary()
    }

    fn open(&self, action: &str) -> Result<Option<(File, Metadata)>, FileError> {
        open(&self.path).map_err(|error| failed(action, &self.path, &error))
    }

    fn remove_temporary(&self) -> Result<(), FileError> {
        let removed = existing(fs::remove_file(&self.temporary));
        removed
            .map(drop)
            .map_err(|error| failed("remove", &self.temporary, &error))
    }

    /// Removes the temporary file of a process that has died. If the lock is held, the file is in use.
    fn remove_stale_temporary(&self) {
        if fs::symlink_metadata(&self.temporary).is_err() {
            return;
        }
        if let Ok(_lock) = Lock::try_acquire(&self.lock) {
            // The next update reports why it cannot be removed.
            let _ = self.remove_temporary();
        }
    }
}

impl FileError {
    fn new(kind: FileErrorKind, message: String) -> Self {
        FileError { kind, message }
    }
}

fn check_directory(directory: &Path) -> Result<(), String> {
    let problem = match fs::metadata(directory) {
        Ok(metadata) if metadata.is_dir() => return Ok(()),
        Ok(_) => "it is not a directory".into(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            "it does not exist; create it with access for its owner only".into()
        }
        Err(error) => reason(&error),
    };
    Err(format!(
        "cannot use {directory:?}, the directory of the session file: {problem}"
    ))
}

fn failed(action: &str, path: &Path, error: &io::Error) -> FileError {
    let kind = if is_transient(error) {
        FileErrorKind::Unavailable
    } else {
        FileErrorKind::Failed
    };
    FileError::new(kind, format!("cannot {action} {path:?}: {}", reason(error)))
}

/// Whether the next attempt can succeed: the lock is held, or a fork or a signal has interrupted the call.
fn is_transient(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

fn reason(error: &io::Error) -> Cow<'static, str> {
    match error.kind() {
        io::ErrorKind::NotFound => "it or its directory does not exist".into(),
        io::ErrorKind::PermissionDenied => {
            "permission denied; check the owner and the mode of the file and of its directory"
                .into()
        }
        io::ErrorKind::StorageFull => "the disk is full".into(),
        io::ErrorKind::QuotaExceeded => "the disk quota is exceeded".into(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".into(),
        _ => error.to_string().into(),
    }
}

/// Opens the file at `path` for reading. `None` if there is none.
fn open(path: &Path) -> io::Result<Option<(File, Metadata)>> {
    if inspect(path)?.is_none() {
        return Ok(None);
    }
    let Some(file) = existing(system::options().read(true).open(path))? else {
        return Ok(None);
    };
    // Another file may have replaced the one that was inspected.
    let metadata = file.metadata()?;
    system::check(&metadata)?;
    Ok(Some((file, metadata)))
}

/// Returns what is at `path`, without opening it: to open a device can have effects. `None` if there is nothing.
///
/// # Errors
///
/// It is not a regular file of the user, or the error of the call.
fn inspect(path: &Path) -> io::Result<Option<Metadata>> {
    let found = existing(path.symlink_metadata())?;
    found.as_ref().map_or(Ok(()), system::check)?;
    Ok(found)
}

fn existing<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        result => result.map(Some),
    }
}

/// Reads a file into one buffer of its size, or returns why its content is unusable. What is appended meanwhile is not
/// read.
fn read_text(
    file: &File,
    metadata: &Metadata,
) -> io::Result<Result<Zeroizing<String>, &'static str>> {
    let Some(size) = usize::try_from(metadata.len())
        .ok()
        .filter(|&size| size <= EXPORT_MAX)
    else {
        return Ok(Err(TOO_LARGE));
    };
    let mut bytes = Zeroizing::new(vec![0; size]);
    let length = read_up_to(file, &mut bytes)?;
    bytes.truncate(length);
    Ok(match String::from_utf8(std::mem::take(&mut bytes)) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(error) => {
            error.into_bytes().zeroize();
            Err("not UTF-8")
        }
    })
}

/// Reads until the end or until `buffer` is full. Returns the length.
fn read_up_to(mut file: &File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match file.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}
