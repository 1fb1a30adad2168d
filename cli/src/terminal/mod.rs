//! Questions at the terminal, also if the standard streams are redirected. The terminal itself edits the line.

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod system;

use self::system::Terminal;
use crate::failure::Failure;
use crate::input::Secret;
use crate::interrupt;

/// Whether the terminal shows what is typed.
#[derive(Clone, Copy, PartialEq)]
pub enum Echo {
    On,
    Off,
}

/// A terminal with a question. Dropping it restores the terminal.
struct Question {
    terminal: Terminal,
    echo: Echo,
    is_answered: bool,
}

impl Question {
    fn new(terminal: Terminal, echo: Echo) -> Self {
        Question {
            terminal,
            echo,
            is_answered: false,
        }
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        // The terminal has shown the end of the line that it shows.
        if self.echo == Echo::Off || !self.is_answered {
            let _ = self.terminal.write("\n");
        }
        self.terminal.restore(self.is_answered);
    }
}

/// Checks that there is a terminal to ask at.
pub fn check() -> Result<(), Failure> {
    open().map(drop)
}

fn open() -> Result<Terminal, Failure> {
    Terminal::open().map_err(|_| {
        let hint =
            "pass emails as options, passwords and tokens by file; a code requires a terminal";
        Failure::Program(format!("there is no terminal to ask at: {hint}"))
    })
}

/// Asks for a line.
///
/// # Errors
/// `Interrupted` by Ctrl-C, signals, and the end of the terminal; `Program` without a terminal, and for a line that is
/// too long or not UTF-8.
pub fn ask(question: &str, echo: Echo) -> Result<Secret, Failure> {
    let failure = |error| Failure::program("cannot ask at the terminal", error);
    // From now on, a signal does not end the program before the terminal is restored.
    interrupt::cancel();
    let mut asked = Question::new(open()?, echo);
    // Before the question: what is typed from now on is not shown.
    asked.terminal.set_echo(echo).map_err(failure)?;
    asked.terminal.write(question).map_err(failure)?;
    let input = asked.terminal.input().map_err(failure)?;
    let answer = interrupt::wait_for(move || system::read_line(input))?;
    let answer = answer.map_err(failure)?.ok_or(Failure::Interrupted)?;
    asked.is_answered = true;
    Ok(answer)
}
