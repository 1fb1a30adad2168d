//! The whole story against a server of its own: bind a token, log in with it, unbind it.
//!
//! `cargo run --example quickstart`

use std::error::Error;

use bosauth::{Client, Session};
use bosbase_local::{Config, DEMO_PASSWORD, DEMO_SUPERUSER, DEMO_USER, Server};

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start(Config::demo())?;
    println!(
        "bosbase-local serves BosBase's token API at {}",
        server.base_url()
    );
    let client = Client::builder(server.base_url()).build()?;

    // An app makes such a token from at least 128 random bits and keeps it on the device.
    tell_story(
        &client,
        "users",
        DEMO_USER,
        "quickstart-user-4f1c9a2be7d05836",
    )?;
    tell_story(
        &client,
        "_superusers",
        DEMO_SUPERUSER,
        "quickstart-superuser-90b7e3d1c2a8f654",
    )?;

    println!("\nThat is all of it. README.md goes on with a first login in C and in Rust.");
    Ok(())
}

fn tell_story(
    client: &Client,
    collection: &str,
    email: &str,
    token: &str,
) -> Result<(), Box<dyn Error>> {
    let accounts = client.collection(collection);
    println!("\n== {collection}: {email}");

    println!("1. A login with a token that nobody has bound is refused.");
    let refused = accounts
        .auth_with_token(token)
        .expect_err("the token is not bound yet");
    println!("   {refused}\n   what to do: {}", refused.action());

    println!("2. Bind it once, with email and password.");
    accounts.bind_token(email, DEMO_PASSWORD, token)?;
    println!("   bound");

    println!("3. From now on the token logs the account in by itself.");
    describe(&accounts.auth_with_token(token)?);
    println!(
        "   the client holds the session: {}",
        client.session().is_some()
    );

    println!("4. Unbind it, for instance when the device is lost.");
    accounts.unbind_token(email, DEMO_PASSWORD, token)?;
    println!("   unbound");

    println!("5. The token logs nobody in any more. The session stays as it was.");
    let refused = accounts
        .auth_with_token(token)
        .expect_err("the token was unbound");
    println!("   {refused}");
    println!(
        "   the client still holds the session: {}",
        client.session().is_some()
    );

    println!("6. Log out on this device.");
    client.clear_session();
    println!(
        "   the client holds a session: {}",
        client.session().is_some()
    );
    Ok(())
}

fn describe(session: &Session) {
    println!(
        "   logged in as {}",
        session.field("email").unwrap_or_default()
    );
    println!(
        "   record id    {}",
        session.field("id").unwrap_or_default()
    );
    println!("   superuser    {}", session.is_superuser());
    println!(
        "   valid        {}, until {}",
        session.is_valid(),
        expiry(session)
    );
}

fn expiry(session: &Session) -> String {
    session
        .expires_at()
        .map_or("it says no time".into(), |seconds| {
            format!("Unix time {seconds}")
        })
}
