//! Passwords, tokens and codes: from a file, a file descriptor, or the terminal.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::arguments::SecretSources;
use crate::failure::Failure;
use crate::terminal::{self, Echo};

/// The maximum size of a secret in a file: the library accepts shorter ones only.
const MAX: usize = 4096;

/// A secret, zeroized when it is dropped.
pub type Secret = Zeroizing<String>;

impl SecretSources {
    /// Checks that standard input is not to be read twice.
    pub fn check(&self) -> Result<(), Failure> {
        let is_stdin = |file: &Option<PathBuf>| file.as_deref() == Some(Path::new("-"));
        if is_stdin(&self.password_file) && is_stdin(&self.token_file) {
            let hint = "use --password-file or --token-file with another file";
            return Err(Failure::Program(format!(
                "standard input has one secret only: {hint}"
            )));
        }
        Ok(())
    }

    /// The password.
    pub fn password(&self) -> Result<Secret, Failure> {
        secret("password", self.password_file.as_deref(), self.password_fd)
    }

    /// The token.
    pub fn token(&self) -> Result<Secret, Failure> {
        secret("token", self.token_file.as_deref(), self.token_fd)
    }
}

fn secret(name: &str, file: Option<&Path>, descriptor: Option<u32>) -> Result<Secret, Failure> {
    let of_descriptor = descriptor.map(|descriptor| PathBuf::from(format!("/dev/fd/{descriptor}")));
    match file.or(of_descriptor.as_deref()) {
        Some(file) => read(name, file),
        None => terminal::ask(&format!("{name}: "), Echo::Off),
    }
}

/// Reads the first line of a file; `-` is standard input.
fn read(name: &str, file: &Path) -> Result<Secret, Failure> {
    let failure = |error: io::Error| {
        Failure::program(
            format!("cannot read the {name} from {}", file.display()),
            error,
        )
    };
    let content = match file.to_str() {
        Some("-") => first_line(io::stdin().lock()),
        _ => File::open(file).and_then(first_line),
    };
    content.map_err(failure)
}

/// Reads up to the end of the line and no further, so that a pipe need not be closed.
fn first_line(source: impl Read) -> io::Result<Secret> {
    // Of the maximum size: a reallocation would leave a copy in memory.
    let mut line = Zeroizing::new(Vec::with_capacity(MAX));
    #[expect(
        clippy::unbuffered_bytes,
        reason = "a buffer would keep a copy of the secret, and read further"
    )]
    for byte in source.bytes() {
        match byte? {
            b'\n' => break,
            _ if line.len() == MAX => {
                return Err(io::Error::other(format!(
                    "the first line has more than {MAX} bytes"
                )));
            }
            byte => line.push(byte),
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    let line =
        std::str::from_utf8(&line).map_err(|_| io::Error::other("the first line is not UTF-8"))?;
    Ok(Zeroizing::new(line.to_owned()))
}
