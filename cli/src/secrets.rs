//! Passwords and tokens: from a file, a file descriptor, or the terminal.

use std::io::IsTerminal;
use std::path::Path;

use crate::arguments::SecretSources;
use crate::failure::Failure;
use crate::input::{self, Secret, Source};
use crate::interrupt;
use crate::terminal::{self, Echo};

impl SecretSources {
    /// Checks that the password and the token are not the same line.
    pub fn check(&self) -> Result<(), Failure> {
        if let (Some(password), Some(token)) = (self.password_source(), self.token_source())
            && password.is_same(&token)
        {
            return Err(Failure::Program(format!(
                "{password} has one secret only: use another source for the password or the token"
            )));
        }
        Ok(())
    }

    /// The password.
    pub fn password(&self) -> Result<Secret, Failure> {
        secret("password", self.password_source())
    }

    /// The token.
    pub fn token(&self) -> Result<Secret, Failure> {
        secret("token", self.token_source())
    }

    fn password_source(&self) -> Option<Source> {
        source(self.password_file.as_deref(), self.password_fd)
    }

    fn token_source(&self) -> Option<Source> {
        source(self.token_file.as_deref(), self.token_fd)
    }
}

fn source(file: Option<&Path>, descriptor: Option<u32>) -> Option<Source> {
    file.map(Source::new).or(descriptor.map(Source::Descriptor))
}

/// Reads the first line of a source, by default that of the terminal.
fn secret(name: &str, source: Option<Source>) -> Result<Secret, Failure> {
    let question = format!("{name}: ");
    let Some(source) = source else {
        return terminal::ask(&question, Echo::Off);
    };
    let file = source.open()?;
    if file.is_terminal() {
        return terminal::ask(&question, Echo::Off);
    }
    let line = interrupt::wait_for(move || input::first_line(file))?;
    let line = line.map_err(|error| source.failure(error))?;
    Ok(line.unwrap_or_default())
}
