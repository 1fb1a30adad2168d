//! Restores the session after a restart: `cargo run --example stay_logged_in FILE URL`

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;

use bosauth::{Client, Session};

/// Writes token and record to a file that only this user can read.
fn keep(session: &Session, path: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    write!(
        options.open(path)?,
        "{}\n{}",
        session.token(),
        session.record_json()
    )
}

/// Restores the client's session from the file. Returns `None` if there is none or it has expired.
fn restore(client: &Client, path: &str) -> Option<Session> {
    let content = fs::read_to_string(path).ok()?;
    let (token, record) = content.split_once('\n')?;
    client.save_session(token, Some(record)).ok()?;
    client.session().ok()?.filter(Session::is_valid)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = std::env::args().collect();
    let [_, path, url] = &arguments[..] else {
        return Err("usage: stay_logged_in FILE URL".into());
    };
    let client = Client::builder(url).build()?;
    if let Some(session) = restore(&client, path) {
        println!(
            "still logged in as {}",
            session.field("email").unwrap_or_default()
        );
        return Ok(());
    }
    let session = client.collection("users").auth_with_token("my-own-token")?;
    keep(&session, path)?;
    println!(
        "logged in as {}",
        session.field("email").unwrap_or_default()
    );
    Ok(())
}
