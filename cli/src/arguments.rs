//! The command line.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anstream::ColorChoice;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::failure::Failure;
use crate::output::note;

/// The heading of the options of all commands.
const COMMON: &str = "Common options";

const EXIT_CODES: &str = "\
Exit codes:
  0    success
  1    the program failed: a file, the terminal, the profile
  2    invalid command line
  11   fix the call          12  other credentials        13  second factor required
  14   retry later           15  check the network        16  contact the server's operator
  17   report a bug          130 interrupted

Passwords and tokens are never arguments: they are asked for at the terminal, or read from a file
or a file descriptor. The password of a script: --password-file FILE.";

const EXAMPLES: &str = "\
Examples:
  bosauth token --output token.txt
      Generates a token.
  bosauth --url https://api.example.com bind --token-file token.txt
      Binds it; asks for the email and the password.
  bosauth --url https://api.example.com login --token-file token.txt
      Logs in. The following commands use this session.
  bosauth send GET /api/collections/posts/records
      Sends a request with the session.";

/// Bind, unbind and log in with a token at a BosBase server.
#[derive(Parser)]
#[command(name = "bosauth", version, after_help = EXIT_CODES, after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
#[command(disable_help_subcommand = true)]
pub struct Arguments {
    /// Base URL of the server. Default: BOSAUTH_URL, or that of the profile.
    #[arg(long, value_name = "URL", global = true, help_heading = COMMON)]
    pub url: Option<String>,
    /// Auth collection. Default: BOSAUTH_COLLECTION, or that of the profile, or users.
    #[arg(long, value_name = "NAME", global = true, help_heading = COMMON)]
    pub collection: Option<String>,
    /// Profile: the server, the account and the session of its last login. Default: BOSAUTH_PROFILE, or default.
    #[arg(long, value_name = "NAME", global = true, help_heading = COMMON)]
    pub profile: Option<String>,
    /// Directory of the profiles. Default: BOSAUTH_CONFIG_DIR, or bosauth in the user's configuration directory.
    #[arg(long, value_name = "DIR", global = true, help_heading = COMMON)]
    pub config_dir: Option<PathBuf>,
    /// Time limit of each request, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, global = true, help_heading = COMMON,
        value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub timeout: u32,
    /// PEM file with certificate authorities to trust in addition to the bundled ones.
    #[arg(long, value_name = "FILE", global = true, help_heading = COMMON)]
    pub ca_file: Option<PathBuf>,
    /// Print the result, also an error, as one JSON object on standard output.
    #[arg(long, global = true, help_heading = COMMON)]
    pub json: bool,
    /// Colored output. NO_COLOR is respected.
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true, help_heading = COMMON)]
    pub color: Color,
    #[command(subcommand)]
    pub command: Command,
}

impl Arguments {
    /// Adds what environment variables set, where there is no option. An empty variable is like none.
    pub fn with_environment(mut self) -> Result<Self, Failure> {
        self.url = self.url.or(text_variable("BOSAUTH_URL")?);
        self.collection = self.collection.or(text_variable("BOSAUTH_COLLECTION")?);
        self.profile = self.profile.or(text_variable("BOSAUTH_PROFILE")?);
        let directory = variable("BOSAUTH_CONFIG_DIR").map(PathBuf::from);
        self.config_dir = self.config_dir.or(directory);
        Ok(self)
    }
}

fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

fn text_variable(name: &str) -> Result<Option<String>, Failure> {
    let text = variable(name).map(OsString::into_string).transpose();
    text.map_err(|_| Failure::Program(format!("{name} is not UTF-8")))
}

/// When to print colors.
#[derive(Clone, Copy, ValueEnum)]
pub enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Makes it the choice of this process.
    pub fn write_global(self) {
        match self {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        }
        .write_global();
    }
}

#[derive(Subcommand)]
pub enum Command {
    /// Bind a token to an account.
    Bind(Binding),
    /// Unbind a token from an account.
    Unbind(Binding),
    /// Log in, and keep the session in the profile.
    Login(Login),
    /// Show who is logged in. No request is sent.
    Status,
    /// Check the session with the server and renew it.
    Refresh,
    /// Remove the session.
    Logout,
    /// Send a request with the session, and print the body of the response.
    Send(Send),
    /// Generate a token: 43 characters, 256 random bits.
    Token(Token),
    /// Check whether the server responds, and how fast.
    Health(Health),
    /// List the profiles.
    Profiles,
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Write the man pages.
    Man {
        /// An existing directory.
        directory: PathBuf,
    },
}

#[derive(Args)]
pub struct Binding {
    #[command(flatten)]
    pub account: Account,
    #[command(flatten)]
    pub secrets: SecretSources,
}

#[derive(Args)]
pub struct Account {
    /// Email of the account. Default: that of the profile, or it is asked for.
    #[arg(long)]
    pub email: Option<String>,
}

/// Where passwords, tokens and codes are read from; without a source, from the terminal.
#[derive(Args)]
pub struct SecretSources {
    /// File whose first line is the password; - for standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "password_fd")]
    pub password_file: Option<PathBuf>,
    /// File descriptor to read the password from.
    #[arg(long, value_name = "N")]
    pub password_fd: Option<u32>,
    /// File whose first line is the token; - for standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "token_fd")]
    pub token_file: Option<PathBuf>,
    /// File descriptor to read the token from.
    #[arg(long, value_name = "N")]
    pub token_fd: Option<u32>,
}

#[derive(Args)]
pub struct Login {
    #[command(flatten)]
    pub account: Account,
    #[command(flatten)]
    pub secrets: SecretSources,
    /// First factor.
    #[arg(long, value_name = "METHOD", default_value = "token")]
    pub with: Method,
    /// Second factor, if the server requires one. Default: it is asked for.
    #[arg(long, value_name = "METHOD")]
    pub second: Option<Method>,
    /// Keep the session of this login and later ones in the desktop keyring, not in a file that only the user can read.
    #[arg(long)]
    pub keyring: bool,
}

/// A way to log in.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub enum Method {
    /// A bound token.
    Token,
    /// Email and password.
    Password,
    /// A one-time password that the server sends by email.
    Otp,
}

#[derive(Args)]
pub struct Send {
    /// HTTP method, such as GET.
    pub method: String,
    /// Path below the base URL, such as /api/health.
    pub path: String,
    /// File with the body, which is JSON unless the header Content-Type is set; - for standard input.
    #[arg(long, value_name = "FILE")]
    pub body: Option<PathBuf>,
    /// Query parameter. Can be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair::<'='>)]
    pub query: Vec<(String, String)>,
    /// Header field. Can be repeated.
    #[arg(long, value_name = "NAME:VALUE", value_parser = pair::<':'>)]
    pub header: Vec<(String, String)>,
    /// Print status and header fields before the body.
    #[arg(long)]
    pub include: bool,
}

#[derive(Args)]
pub struct Token {
    /// New file for the token, which only the user can read. Default: standard output.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Args)]
pub struct Health {
    /// Base URL of the server; as --url.
    #[arg(value_name = "SERVER")]
    pub server: Option<String>,
}

/// Splits `NAME=VALUE` at the first separator. The value of a header begins after spaces.
fn pair<const SEPARATOR: char>(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once(SEPARATOR)
        .ok_or_else(|| format!("{SEPARATOR} is missing"))?;
    let value = match SEPARATOR {
        ':' => value.trim_start(),
        _ => value,
    };
    Ok((name.to_owned(), value.to_owned()))
}

/// The option --color of a command line that may be invalid, or asks for help.
pub fn color() -> Color {
    let mut arguments = env::args_os().map(|argument| argument.to_string_lossy().into_owned());
    while let Some(argument) = arguments.next() {
        let value = match argument.strip_prefix("--color") {
            Some("") => arguments.next().unwrap_or_default(),
            Some(value) => value.trim_start_matches('=').to_owned(),
            None => continue,
        };
        return Color::from_str(&value, false).unwrap_or(Color::Auto);
    }
    Color::Auto
}

/// Reports an invalid command line, or prints the requested help.
pub fn report(error: &clap::Error) -> ExitCode {
    if repeats_arguments(error.kind()) {
        note(&without_arguments(error));
        return ExitCode::from(2);
    }
    match error.print().and_then(|()| io::stdout().flush()) {
        _ if error.use_stderr() => ExitCode::from(2),
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            note(&format!("error: cannot write to standard output: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Whether the message contains text of the command line, which may be a password or a token.
fn repeats_arguments(kind: ErrorKind) -> bool {
    !matches!(
        kind,
        ErrorKind::ArgumentConflict
            | ErrorKind::DisplayHelp
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            | ErrorKind::DisplayVersion
            | ErrorKind::InvalidUtf8
            | ErrorKind::MissingRequiredArgument
            | ErrorKind::MissingSubcommand
    )
}

/// The message of an error with the names of options, and without other text of the command line.
fn without_arguments(error: &clap::Error) -> String {
    let what = match (error.kind(), text_of(error, ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand, _) | (_, None) => {
            "unexpected argument".to_owned()
        }
        (_, Some(option)) => format!("invalid value of {option}"),
    };
    let suggested = [ContextKind::SuggestedArg, ContextKind::ValidValue]
        .into_iter()
        .find_map(|kind| text_of(error, kind));
    let hint = suggested.map_or_else(String::new, |text| format!(" Possible: {text}."));
    format!(
        "error: {what} (not shown: it may be a secret).{hint} Passwords and tokens are never arguments; \
         see bosauth --help"
    )
}

fn text_of(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) if !texts.is_empty() => Some(texts.join(", ")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_the_value_of_a_header_begins_after_spaces() {
        assert_eq!(pair::<'='>("a=  b").unwrap(), ("a".into(), "  b".into()));
        assert_eq!(pair::<':'>("a:  b ").unwrap(), ("a".into(), "b ".into()));
    }
}
