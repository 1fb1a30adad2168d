//! Input from files and descriptors. A signal ends a read that blocks.

use std::fmt::{self, Display};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::interrupt;

/// The maximum size of a line: the library accepts shorter secrets only.
pub const MAX_LINE: usize = 4096;

/// A secret, zeroized when it is dropped.
pub type Secret = Zeroizing<String>;

/// Where input is read from.
#[derive(Clone, PartialEq)]
pub enum Source {
    File(PathBuf),
    /// A file descriptor that this process has inherited.
    Descriptor(u32),
}

impl Source {
    /// The source that a path names. `-` is standard input.
    pub fn new(path: &Path) -> Self {
        descriptor_of(path).map_or_else(|| Source::File(path.to_owned()), Source::Descriptor)
    }

    /// Opens the source. Opening a FIFO blocks until another process writes to it.
    pub fn open(&self) -> Result<File, Failure> {
        let source = self.clone();
        let opened = interrupt::wait_for(move || match source {
            Source::File(path) => File::open(path),
            Source::Descriptor(number) => duplicate(number),
        })?;
        opened.map_err(|error| self.failure(error))
    }

    /// Reads the source to its end.
    pub fn read(&self) -> Result<Vec<u8>, Failure> {
        let mut file = self.open()?;
        let content = interrupt::wait_for(move || {
            let mut content = Vec::new();
            file.read_to_end(&mut content).map(|_| content)
        })?;
        content.map_err(|error| self.failure(error))
    }

    /// Whether both are the same file, or the same descriptor.
    pub fn is_same(&self, other: &Self) -> bool {
        let (Source::File(one), Source::File(other)) = (self, other) else {
            return self == other;
        };
        match (fs::canonicalize(one), fs::canonicalize(other)) {
            (Ok(one), Ok(other)) => one == other,
            _ => one == other,
        }
    }

    /// The failure of reading the source.
    pub fn failure(&self, error: io::Error) -> Failure {
        Failure::program(format!("cannot read {self}"), error)
    }
}

impl Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::File(path) => path.display().fmt(f),
            Source::Descriptor(0) => f.write_str("standard input"),
            Source::Descriptor(number) => write!(f, "file descriptor {number}"),
        }
    }
}

/// The descriptor that a path names. Opening `/dev/fd/3` would fail for a socket, and start at the beginning of a file.
fn descriptor_of(path: &Path) -> Option<u32> {
    match path.to_str()? {
        "-" => Some(0),
        "/dev/stdin" if cfg!(unix) => Some(0),
        path if cfg!(unix) => path.strip_prefix("/dev/fd/")?.parse().ok(),
        _ => None,
    }
}

/// Another descriptor of the same open file. Both have one offset.
#[cfg(unix)]
fn duplicate(number: u32) -> io::Result<File> {
    use std::os::fd::FromRawFd;

    let number = i32::try_from(number).unwrap_or(-1);
    // SAFETY: the call fails for a number that is no descriptor.
    let duplicate = unsafe { libc::fcntl(number, libc::F_DUPFD_CLOEXEC, 0) };
    if duplicate < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is new, and nothing else owns it.
    Ok(unsafe { File::from_raw_fd(duplicate) })
}

#[cfg(windows)]
fn duplicate(number: u32) -> io::Result<File> {
    use std::os::windows::io::AsHandle;

    if number != 0 {
        let reason = "on Windows, only 0 can be used: standard input";
        return Err(io::Error::new(io::ErrorKind::Unsupported, reason));
    }
    Ok(io::stdin().as_handle().try_clone_to_owned()?.into())
}

/// Reads up to the end of the line and no further, so that a pipe need not be closed. `None` at the end of the input.
pub fn first_line(source: impl Read) -> io::Result<Option<Secret>> {
    // Of the maximum size: a reallocation would leave a copy in memory.
    let mut line = Zeroizing::new(Vec::with_capacity(MAX_LINE));
    #[expect(
        clippy::unbuffered_bytes,
        reason = "a buffer would keep a copy of the secret, and read further"
    )]
    for byte in source.bytes() {
        match byte? {
            b'\n' => return secret(&line).map(Some),
            _ if line.len() == MAX_LINE => {
                let reason = format!("the first line has more than {MAX_LINE} bytes");
                return Err(io::Error::other(reason));
            }
            byte => line.push(byte),
        }
    }
    match line.is_empty() {
        true => Ok(None),
        false => secret(&line).map(Some),
    }
}

/// The text of a line: without the byte order mark and the carriage return that editors on Windows add.
fn secret(line: &[u8]) -> io::Result<Secret> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text = str::from_utf8(line).map_err(|_| io::Error::other("the first line is not UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    Ok(Zeroizing::new(text.to_owned()))
}
