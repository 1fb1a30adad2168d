//! What the program prints: results on standard output, errors and notes on standard error. Text of a server or a file
//! is printed without what a terminal would interpret.

use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use bosauth::{Error, Session, Status};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::failure::Failure;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default();

/// Prints the result of a command: lines for people, or a JSON object.
pub fn print_result(is_json: bool, lines: &[String], mut object: Value) -> Result<(), Failure> {
    if is_json {
        object["status"] = json!("OK");
        return print_json(&object);
    }
    let lines = lines.iter().map(|line| printable(line) + "\n");
    write_out(lines.collect::<String>().as_bytes())
}

/// Prints a JSON object. Control characters in its strings are escaped.
pub fn print_json(object: &impl Serialize) -> Result<(), Failure> {
    let json = serde_json::to_string(object);
    let json = json.map_err(|error| Failure::program("cannot write JSON", error))?;
    let escaped = json.chars().map(|character| match character {
        '\n' | '\r' | '\t' => character.to_string(),
        _ if is_interpreted(character) => format!("\\u{:04x}", u32::from(character)),
        _ => character.to_string(),
    });
    write_out((escaped.collect::<String>() + "\n").as_bytes())
}

/// Prints the body of a response: unchanged, unless standard output is a terminal.
pub fn print_body(body: &[u8]) -> Result<(), Failure> {
    if !io::stdout().is_terminal() {
        return write_out(body);
    }
    let text = String::from_utf8_lossy(body).replace("\r\n", "\n");
    let lines: Vec<_> = text.split('\n').map(printable).collect();
    write_out(lines.join("\n").as_bytes())
}

/// Writes bytes to standard output.
pub fn write_out(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let written = out.write_all(bytes).and_then(|()| out.flush());
    written.map_err(|error| Failure::program("cannot write to standard output", error))
}

/// Text on one line, without characters that a terminal interprets.
pub fn printable(text: &str) -> String {
    let replaced = |character| match character {
        '\t' => '\t',
        _ if is_interpreted(character) => char::REPLACEMENT_CHARACTER,
        _ => character,
    };
    text.chars().map(replaced).collect()
}

/// Whether a terminal may interpret a character: a control character, or one that changes the direction of text.
fn is_interpreted(character: char) -> bool {
    let changes_direction = matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    character.is_control() || changes_direction
}

/// Prints a note for people.
pub fn note(line: &str) {
    // A note that cannot be printed changes nothing.
    let _ = writeln!(anstream::stderr(), "{}", printable(line));
}

fn labelled_note(style: Style, label: &str, line: &str) {
    let line = printable(line);
    let _ = writeln!(anstream::stderr(), "{style}{label}:{style:#} {line}");
}

/// Who is logged in, as a JSON object.
pub fn session_json(session: &Session) -> Value {
    json!({
        "email": session.field("email"),
        "id": session.field("id"),
        "collection": session.field("collectionName"),
        "superuser": session.is_superuser(),
        "valid": session.is_valid(),
        "expires_at": session.expires_at(),
    })
}

/// The name of the account: its email, or its id.
pub fn account(session: &Session) -> String {
    let email = session.field("email").filter(|email| !email.is_empty());
    email.or_else(|| session.field("id")).unwrap_or_default()
}

/// Prints why a command failed.
pub fn print_failure(failure: &Failure, is_json: bool) {
    if is_json {
        if let Err(failure) = print_json(&failure_json(failure)) {
            labelled_note(ERROR, "error", failure.message());
        }
        return;
    }
    match failure {
        Failure::Call(error) => print_error(error, failure.message()),
        _ => labelled_note(ERROR, "error", failure.message()),
    }
    for hint in hints(failure) {
        labelled_note(HINT, "hint", &hint);
    }
}

/// Prints the error of a call, with what the server says about it.
fn print_error(error: &Error, message: &str) {
    labelled_note(ERROR, "error", &format!("{}: {message}", error.status()));
    if !error.server_message().is_empty() {
        labelled_note(HINT, "server", error.server_message());
    }
    for (field, reason) in data(error) {
        let reason = match reason["message"].as_str() {
            Some(message) => message.to_owned(),
            None => reason.to_string(),
        };
        labelled_note(HINT, &format!("field {}", printable(&field)), &reason);
    }
}

/// What the server says about the fields of a request.
fn data(error: &Error) -> Map<String, Value> {
    serde_json::from_str(error.data_json()).unwrap_or_default()
}

fn failure_json(failure: &Failure) -> Value {
    let message = failure.message();
    match failure {
        Failure::Call(error) => json!({
            "status": error.status().name(),
            "action": error.action().name(),
            "message": message,
            "http_status": error.http_status(),
            "server_message": error.server_message(),
            "outcome_unknown": error.outcome_unknown(),
            "retry_after_ms": u64::try_from(error.retry_after().as_millis()).unwrap_or(u64::MAX),
            "data": data(error),
        }),
        Failure::NotLoggedIn(_) => json!({
            "status": "NO_SESSION", "action": "ASK_CREDENTIALS", "message": message,
        }),
        Failure::Program(_) => {
            json!({ "status": "PROGRAM", "action": "NONE", "message": message })
        }
        Failure::Interrupted => {
            json!({ "status": "CANCELLED", "action": "NONE", "message": message })
        }
    }
}

/// What the user can do about a failure.
fn hints(failure: &Failure) -> Vec<String> {
    let mut hints = Vec::new();
    if let Failure::NotLoggedIn(_) = failure {
        hints.push("run: bosauth login".to_owned());
    }
    let Failure::Call(error) = failure else {
        return hints;
    };
    match error.status() {
        Status::MfaRequired => hints.push("pass --second METHOD".to_owned()),
        Status::StoreCorrupt => hints.push(
            "use another --profile, or omit --url; bosauth login replaces the session".to_owned(),
        ),
        _ => {}
    }
    if error.outcome_unknown() {
        hints.push("the server may have processed the request".to_owned());
    }
    if !error.retry_after().is_zero() {
        let seconds = error.retry_after().as_secs_f64();
        hints.push(format!("retry after {seconds:.1} s"));
    }
    hints
}
