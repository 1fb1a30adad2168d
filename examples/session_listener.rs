//! Prints the changes of the session: `cargo run --example session_listener URL`

use bosauth::{CallOptions, Client, Error, SessionChange};

fn changed(change: &SessionChange) {
    let generation = change.generation;
    match &change.session {
        Some(session) => {
            let email = session.field("email").unwrap_or_default();
            println!("{generation}: logged in as {email}");
        }
        None => println!("{generation}: logged out"),
    }
}

fn main() -> Result<(), Error> {
    let url = std::env::args().nth(1);
    let client = Client::builder(url.as_deref().unwrap_or("http://127.0.0.1:8090")).build()?;
    let subscription = client.add_listener(changed);
    let session = client.collection("users").auth_with_token("my-own-token")?;
    client.auth_refresh(&CallOptions::new())?;
    client.clear_session()?;
    drop(subscription);
    client.save_session(session.token(), None)?;
    println!("{} changes", client.generation());
    Ok(())
}
