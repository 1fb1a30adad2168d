//! What the program prints: results on standard output, errors and notes on standard error.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use bosauth::{Error, Session};
use serde_json::{Map, Value, json};

use crate::failure::Failure;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default();

/// Prints the result of a command: a line for people, or a JSON object.
pub fn print_result(is_json: bool, line: &str, mut object: Value) -> Result<(), Failure> {
    if is_json {
        object["status"] = json!("OK");
        write_out(format!("{object}\n").as_bytes())
    } else {
        write_out(format!("{line}\n").as_bytes())
    }
}

/// Writes bytes to standard output.
pub fn write_out(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let written = out.write_all(bytes).and_then(|()| out.flush());
    written.map_err(|error| Failure::program("cannot write to standard output", error))
}

/// Prints a note for people.
pub fn note(line: &str) {
    // A note that cannot be printed changes nothing.
    let _ = writeln!(anstream::stderr(), "{line}");
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
        // There is no other place to report that standard output is closed.
        let _ = write_out(format!("{}\n", failure_json(failure)).as_bytes());
        return;
    }
    let (message, hint) = match failure {
        Failure::Call(error) => (error.to_string(), hint(error)),
        Failure::NotLoggedIn(reason) => ((*reason).to_owned(), "run: bosauth login".into()),
        Failure::Program(message) => (message.clone(), String::new()),
        Failure::Interrupted => ("interrupted".into(), String::new()),
    };
    note(&format!("{ERROR}error:{ERROR:#} {message}"));
    if !hint.is_empty() {
        note(&format!("{HINT}hint:{HINT:#} {hint}"));
    }
}

fn failure_json(failure: &Failure) -> Value {
    match failure {
        Failure::Call(error) => json!({
            "status": error.status().name(),
            "action": error.action().name(),
            "message": error.message(),
            "http_status": error.http_status(),
            "outcome_unknown": error.outcome_unknown(),
            "retry_after_ms": u64::try_from(error.retry_after().as_millis()).unwrap_or(u64::MAX),
            "data": serde_json::from_str(error.data_json()).unwrap_or(Value::Object(Map::new())),
        }),
        Failure::NotLoggedIn(reason) => json!({
            "status": "NO_SESSION", "action": "ASK_CREDENTIALS", "message": reason,
        }),
        Failure::Program(message) => {
            json!({ "status": "PROGRAM", "action": "NONE", "message": message })
        }
        Failure::Interrupted => {
            json!({ "status": "CANCELLED", "action": "NONE", "message": "interrupted" })
        }
    }
}

/// What the user can do about an error.
fn hint(error: &Error) -> String {
    let mut hints = Vec::new();
    if error.outcome_unknown() {
        hints.push("the server may have processed the request".to_owned());
    }
    if !error.retry_after().is_zero() {
        hints.push(format!(
            "retry after {:.1} s",
            error.retry_after().as_secs_f64()
        ));
    }
    hints.join("; ")
}
