//! Why a command failed, and its exit code.

use std::fmt::Display;
use std::process::ExitCode;

use bosauth::{Action, Error, Status};

/// The exit code of a program that a signal has ended.
pub const INTERRUPTED: u8 = 130;

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// A call of the library failed.
    Call(Error),
    /// Nobody is logged in, or the session has expired.
    NotLoggedIn(&'static str),
    /// The program failed: what, and why.
    Program(String),
    /// The user pressed Ctrl-C.
    Interrupted,
}

impl Failure {
    /// A failure of the program: what, and why.
    pub fn program(what: impl Display, why: impl Display) -> Self {
        Failure::Program(format!("{what}: {why}"))
    }

    /// The exit code: see `bosauth --help`.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Failure::Call(error) if error.status() == Status::Cancelled => INTERRUPTED,
            Failure::Call(error) => exit_code_of(error.action()),
            Failure::NotLoggedIn(_) => exit_code_of(Action::AskCredentials),
            Failure::Program(_) => 1,
            Failure::Interrupted => INTERRUPTED,
        })
    }
}

/// An action that a later version of the library adds is none to the user of this program.
fn exit_code_of(action: Action) -> u8 {
    match action {
        Action::FixCall => 11,
        Action::AskCredentials => 12,
        Action::SecondFactor => 13,
        Action::RetryLater => 14,
        Action::CheckNetwork => 15,
        Action::ContactOperator => 16,
        Action::ReportBug => 17,
        _ => 1,
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error.status() {
            Status::Cancelled if !error.outcome_unknown() => Failure::Interrupted,
            _ => Failure::Call(error),
        }
    }
}
