//! Why a command failed, and its exit code.

use std::fmt::Display;
use std::process::ExitCode;

use bosauth::{Action, Error, Status};

/// The exit code of a program that a signal has ended.
pub const INTERRUPTED: u8 = 130;

/// Parts of the library's messages that name what a program can read or set, and a user cannot. This program prints the
/// former after the message.
const FOR_PROGRAMS: [&str; 5] = [
    ": see data_json",
    ": see server_message",
    "; see server_message",
    ": log in by another method with this mfa_id",
    ", or raise the limit with max_response_bytes",
];

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

    /// What failed, and why.
    pub fn message(&self) -> &str {
        match self {
            Failure::Call(error) => message(error),
            Failure::NotLoggedIn(reason) => reason,
            Failure::Program(message) => message,
            Failure::Interrupted => "interrupted",
        }
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

/// The message of an error without what only a program can do.
fn message(error: &Error) -> &str {
    let message = error.message();
    let end = FOR_PROGRAMS.iter().find_map(|part| message.find(part));
    &message[..end.unwrap_or(message.len())]
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
