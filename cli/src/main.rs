//! The program `bosauth`: binds, unbinds and logs in with a token at a BosBase server.
//!
//! `arguments` defines the command line, `commands` runs it with the crate `bosauth`, and `output` prints the result. A
//! `profile` is a server and an account, `secrets`, `input` and `terminal` read passwords, tokens and codes, `keyring`
//! stores a session in the desktop keyring.

mod arguments;
mod commands;
mod context;
mod failure;
mod files;
mod input;
mod interrupt;
mod keyring;
mod login;
mod output;
mod profile;
mod secrets;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;

fn main() -> ExitCode {
    arguments::color().write_global();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return arguments::report(&error),
    };
    let is_json = arguments.json;
    match arguments.with_environment().and_then(commands::run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::print_failure(&failure, is_json);
            failure.exit_code()
        }
    }
}
