//! Questions at the terminal, also if the standard streams are redirected.

use std::io::Write;
use std::time::Duration;

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::terminal;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::interrupt;

/// The time between two checks for a signal that ends the program.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The maximum number of bytes of an answer.
const MAX: usize = 4096;

/// Whether the terminal shows what is typed.
#[derive(Clone, Copy, PartialEq)]
pub enum Echo {
    On,
    Off,
}

/// The terminal without line editing and signals of its own. Dropping it restores the terminal.
struct RawMode;

impl RawMode {
    fn enable() -> Result<Self, Failure> {
        terminal::enable_raw_mode().map(|()| RawMode).map_err(|_| {
            let reason = "there is no terminal to ask at";
            Failure::Program(format!(
                "{reason}: pass emails as options, passwords and tokens by file"
            ))
        })
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        let _ = terminal::disable_raw_mode();
    }
}

/// Whether there is a terminal to ask at.
pub fn is_available() -> bool {
    RawMode::enable().is_ok()
}

/// Asks for a line. The question is on standard error.
///
/// # Errors
/// `Interrupted` by Ctrl-C and signals; `Program` without a terminal, at its end, and for more than 4,096 bytes.
pub fn ask(question: &str, echo: Echo) -> Result<Zeroizing<String>, Failure> {
    let raw = RawMode::enable()?;
    show(question)?;
    let answer = read_line(echo);
    drop(raw);
    show("\n")?;
    answer
}

/// Writes text to standard error.
fn show(text: &str) -> Result<(), Failure> {
    let mut error = anstream::stderr();
    let written = write!(error, "{text}").and_then(|()| error.flush());
    written.map_err(|error| Failure::program("cannot write to the terminal", error))
}

fn read_line(echo: Echo) -> Result<Zeroizing<String>, Failure> {
    // Of the maximum size: a reallocation would leave a copy in memory.
    let mut line = Zeroizing::new(String::with_capacity(MAX));
    loop {
        let event = next_event()?;
        let Event::Key(key) = event else { continue };
        match edit(&mut line, key) {
            Edit::Add(character) if line.len() + character.len_utf8() > MAX => {
                return Err(Failure::Program(format!(
                    "an answer has at most {MAX} bytes"
                )));
            }
            Edit::Add(character) => {
                line.push(character);
                if echo == Echo::On {
                    show(character.encode_utf8(&mut [0; 4]))?;
                }
            }
            Edit::Remove(characters) => {
                if echo == Echo::On {
                    show(&"\u{8} \u{8}".repeat(characters))?;
                }
            }
            Edit::End => return Ok(line),
            Edit::Interrupt => return Err(Failure::Interrupted),
            Edit::None => {}
        }
    }
}

/// Waits for input. A signal that ends the program ends the wait, so that the terminal is restored.
fn next_event() -> Result<Event, Failure> {
    let failure = |error| Failure::program("cannot read from the terminal", error);
    let cancel = interrupt::cancel();
    while !event::poll(POLL_INTERVAL).map_err(failure)? {
        if cancel.is_triggered() {
            return Err(Failure::Interrupted);
        }
    }
    event::read().map_err(failure)
}

/// What a key does.
enum Edit {
    None,
    Add(char),
    /// A number of characters has been removed.
    Remove(usize),
    End,
    Interrupt,
}

fn edit(line: &mut String, key: KeyEvent) -> Edit {
    // Windows reports releases, too.
    if key.kind == KeyEventKind::Release {
        return Edit::None;
    }
    let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Enter => Edit::End,
        KeyCode::Char('j' | 'm') if is_control => Edit::End,
        KeyCode::Char('c') if is_control => Edit::Interrupt,
        // At the end of the input there is no answer.
        KeyCode::Char('d') if is_control && line.is_empty() => Edit::Interrupt,
        KeyCode::Char('u') if is_control => {
            let removed = line.chars().count();
            line.clear();
            Edit::Remove(removed)
        }
        KeyCode::Backspace => Edit::Remove(line.pop().map_or(0, |_| 1)),
        KeyCode::Char('h') if is_control => Edit::Remove(line.pop().map_or(0, |_| 1)),
        KeyCode::Char(character) if !is_control => Edit::Add(character),
        _ => Edit::None,
    }
}
