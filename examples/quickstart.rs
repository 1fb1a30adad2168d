//! Starts a server, binds a token, logs in with it, and unbinds it.
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

    // An app generates a token from at least 128 random bits and stores it on the device.
    demonstrate(
        &client,
        "users",
        DEMO_USER,
        "quickstart-user-4f1c9a2be7d05836",
    )?;
    demonstrate(
        &client,
        "_superusers",
        DEMO_SUPERUSER,
        "quickstart-superuser-90b7e3d1c2a8f654",
    )?;

    println!("\nREADME.md continues with a first login in C and in Rust.");
    Ok(())
}

fn demonstrate(
    client: &Client,
    collection: &str,
    email: &str,
    token: &str,
) -> Result<(), Box<dyn Error>> {
    let accounts = client.collection(collection);
    println!("\n== {collection}: {email}");

    println!("1. A login with an unbound token fails.");
    let error = accounts
        .auth_with_token(token)
        .expect_err("the token is not bound yet");
    println!("   {error}\n   what to do: {}", error.action());

    println!("2. Bind it once, with email and password.");
    accounts.bind_token(email, DEMO_PASSWORD, token)?;
    println!("   bound");

    println!("3. Log in with the token alone.");
    describe(&accounts.auth_with_token(token)?);
    println!(
        "   the client holds the session: {}",
        client.session()?.is_some()
    );

    println!("4. Unbind it, for instance when the device is lost.");
    accounts.unbind_token(email, DEMO_PASSWORD, token)?;
    println!("   unbound");

    println!("5. A login with the token fails. The session of the client does not change.");
    let error = accounts
        .auth_with_token(token)
        .expect_err("the token was unbound");
    println!("   {error}");
    println!(
        "   the client still holds the session: {}",
        client.session()?.is_some()
    );

    println!("6. Log out on this device.");
    client.clear_session()?;
    println!(
        "   the client holds a session: {}",
        client.session()?.is_some()
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
        .map_or("an unknown time".into(), |seconds| {
            format!("Unix time {seconds}")
        })
}
