//! The controlling terminal of Unix.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};

use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};

use super::Echo;
use crate::input::{Secret, first_line};

/// The value of a special character that no key has: `_POSIX_VDISABLE`.
const DISABLED: u8 = if cfg!(target_vendor = "apple") {
    0xff
} else {
    0
};

pub struct Terminal {
    device: File,
    original: Termios,
}

impl Terminal {
    pub fn open() -> io::Result<Self> {
        let device = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
        let original = tcgetattr(&device)?;
        Ok(Terminal { device, original })
    }

    /// Sets whether the terminal shows what is typed.
    pub fn set_echo(&self, echo: Echo) -> io::Result<()> {
        let mut modes = self.original.clone();
        modes.local_modes |= LocalModes::ICANON | LocalModes::ISIG;
        modes.local_modes.set(LocalModes::ECHO, echo == Echo::On);
        if echo == Echo::Off {
            // A stopped program would leave a terminal without echo, a core dump would have the secret.
            modes.special_codes[SpecialCodeIndex::VSUSP] = DISABLED;
            modes.special_codes[SpecialCodeIndex::VQUIT] = DISABLED;
        }
        Ok(tcsetattr(&self.device, OptionalActions::Now, &modes)?)
    }

    /// Restores the terminal. What was typed of a line without its end is discarded: the shell would read it.
    pub fn restore(&self, is_answered: bool) {
        let when = match is_answered {
            true => OptionalActions::Now,
            false => OptionalActions::Flush,
        };
        let _ = tcsetattr(&self.device, when, &self.original);
    }

    pub fn write(&self, text: &str) -> io::Result<()> {
        (&self.device).write_all(text.as_bytes())
    }

    pub fn input(&self) -> io::Result<File> {
        self.device.try_clone()
    }
}

/// Reads a line. `None` at its end, and for a terminal that was closed.
pub fn read_line(input: File) -> io::Result<Option<Secret>> {
    match first_line(input) {
        Err(error) if error.raw_os_error() == Some(libc::EIO) => Ok(None),
        line => line,
    }
}
