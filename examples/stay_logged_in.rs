//! Stays logged in across restarts: `cargo run --example stay_logged_in FILE URL`

use bosauth::{Client, Error, Session, Status};

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    let [_, file, url] = &arguments[..] else {
        eprintln!("usage: stay_logged_in FILE URL");
        std::process::exit(2);
    };
    if let Err(error) = start(file, url) {
        eprintln!("{error}\nwhat to do: {}", error.action());
        std::process::exit(1);
    }
}

fn start(file: &str, url: &str) -> Result<(), Error> {
    let client = Client::builder(url).session_file(file).build()?;
    let stored = match client.session() {
        // The file is kept: the login renames it.
        Err(error) if error.status() == Status::StoreCorrupt => {
            eprintln!("{error}");
            None
        }
        stored => stored?.filter(Session::is_valid),
    };
    if let Some(session) = stored {
        println!("still logged in as {}", email(&session));
        return Ok(());
    }
    let session = client.collection("users").auth_with_token("my-own-token")?;
    if session.store_status().is_some() {
        // The second attempt returns the reason.
        if let Err(error) = client.sync_session() {
            eprintln!("the session is not stored: {error}");
        }
    }
    println!("logged in as {}", email(&session));
    Ok(())
}

fn email(session: &Session) -> String {
    session.field("email").unwrap_or_default()
}
