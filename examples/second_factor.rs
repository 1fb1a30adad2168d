//! Logs in with two factors: token and one-time password, token and password, password and token. `docs/mfa.md` shows
//! how to start the server.
//!
//! `cargo run --example second_factor`

use std::io::{self, Write};

use bosauth::{CallOptions, Client, Error, Session, Status};

const EMAIL: &str = "user@example.com";
const PASSWORD: &str = "correct horse 1";
const TOKEN: &str = "my-own-token";

/// Completes a login: if the first factor is not enough, logs in with the second one.
fn complete(
    first: Result<Session, Error>,
    second: impl FnOnce(&CallOptions) -> Result<Session, Error>,
) -> Result<(), Error> {
    let session = match first {
        Err(error) if error.status() == Status::MfaRequired => {
            second(&CallOptions::new().mfa_id(error.mfa_id()))?
        }
        first => first?,
    };
    let email = session.field("email").unwrap_or_default();
    println!("logged in as {email}");
    Ok(())
}

/// Returns the code that the user types.
fn read_code() -> String {
    let mut code = String::new();
    print!("code: ");
    // A code that cannot be read is empty, which the login rejects.
    let _ = io::stdout().flush();
    let _ = io::stdin().read_line(&mut code);
    code.trim_end().to_owned()
}

fn log_in(url: &str) -> Result<(), Error> {
    let client = Client::builder(url).build()?;
    let players = client.collection("players");
    players.bind_token(EMAIL, PASSWORD, TOKEN)?;

    complete(players.auth_with_token(TOKEN), |options| {
        let otp_id = players.request_otp(EMAIL)?;
        players.with(options).auth_with_otp(&otp_id, &read_code())
    })?;
    complete(players.auth_with_token(TOKEN), |options| {
        players.with(options).auth_with_password(EMAIL, PASSWORD)
    })?;
    complete(players.auth_with_password(EMAIL, PASSWORD), |options| {
        players.with(options).auth_with_token(TOKEN)
    })
}

fn main() {
    let url = std::env::args()
        .nth(1)
        .unwrap_or("http://127.0.0.1:8090".into());
    if let Err(error) = log_in(&url) {
        eprintln!("{error}\nwhat to do: {}", error.action());
        std::process::exit(1);
    }
}
