//! The program `bosauth`: binds, unbinds and logs in with a token at a BosBase server.
//!
//! `arguments` defines the command line, `commands` runs it with the crate `bosauth`, and `output` prints the result. A
//! `profile` is a server and an account, `secrets` and `terminal` read passwords, tokens and codes, `keyring` stores a
//! session in the desktop keyring.

mod arguments;
mod commands;
mod context;
mod failure;
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
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return arguments::report(&error),
    };
    arguments.color.write_global();
    let is_json = arguments.json;
    match commands::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::print_failure(&failure, is_json);
            failure.exit_code()
        }
    }
}
