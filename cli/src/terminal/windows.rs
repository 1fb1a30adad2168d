//! The console of Windows.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::windows::io::AsRawHandle;
use std::ptr;

use windows_sys::Win32::System::Console::{
    CONSOLE_MODE, ENABLE_ECHO_INPUT, ENABLE_LINE_INPUT, ENABLE_PROCESSED_INPUT,
    FlushConsoleInputBuffer, GetConsoleMode, ReadConsoleW, SetConsoleMode,
};
use zeroize::Zeroizing;

use super::Echo;
use crate::input::{MAX_LINE, Secret, first_line};

pub struct Terminal {
    input: File,
    output: File,
    original: CONSOLE_MODE,
}

impl Terminal {
    pub fn open() -> io::Result<Self> {
        let open = |name| OpenOptions::new().read(true).write(true).open(name);
        let (input, output) = (open("CONIN$")?, open("CONOUT$")?);
        let mut original = 0;
        // SAFETY: the handle is open.
        checked(unsafe { GetConsoleMode(input.as_raw_handle(), &mut original) })?;
        Ok(Terminal {
            input,
            output,
            original,
        })
    }

    /// Sets whether the console shows what is typed.
    pub fn set_echo(&self, echo: Echo) -> io::Result<()> {
        let mode = self.original | ENABLE_LINE_INPUT | ENABLE_PROCESSED_INPUT;
        self.set_mode(match echo {
            Echo::On => mode | ENABLE_ECHO_INPUT,
            Echo::Off => mode & !ENABLE_ECHO_INPUT,
        })
    }

    /// Restores the console. What was typed of a line without its end is discarded: the shell would read it.
    pub fn restore(&self, is_answered: bool) {
        if !is_answered {
            // SAFETY: the handle is open.
            unsafe { FlushConsoleInputBuffer(self.input.as_raw_handle()) };
        }
        let _ = self.set_mode(self.original);
    }

    pub fn write(&self, text: &str) -> io::Result<()> {
        (&self.output).write_all(text.as_bytes())
    }

    pub fn input(&self) -> io::Result<File> {
        self.input.try_clone()
    }

    fn set_mode(&self, mode: CONSOLE_MODE) -> io::Result<()> {
        // SAFETY: the handle is open.
        checked(unsafe { SetConsoleMode(self.input.as_raw_handle(), mode) })
    }
}

fn checked(result: i32) -> io::Result<()> {
    match result {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Reads a line. `None` after Ctrl-C, and for Ctrl-Z at its beginning.
pub fn read_line(input: File) -> io::Result<Option<Secret>> {
    let mut units = Zeroizing::new(vec![0_u16; MAX_LINE + 1]);
    let mut count = 0;
    // SAFETY: the handle is open, and the buffer has as many units.
    checked(unsafe {
        ReadConsoleW(
            input.as_raw_handle(),
            units.as_mut_ptr().cast(),
            units.len() as u32,
            &mut count,
            ptr::null(),
        )
    })?;
    let line = String::from_utf16(&units[..count as usize]).map(Zeroizing::new);
    let line = line.map_err(|_| io::Error::other("the line is not UTF-16"))?;
    match line.starts_with('\u{1a}') {
        true => Ok(None),
        false => first_line(line.as_bytes()),
    }
}
