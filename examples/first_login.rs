//! First login in Rust. Start `cargo run -p bosbase-local` in another terminal, then
//! `cargo run --example first_login`.

use bosauth::{Client, Error};

fn main() {
    let url = std::env::args()
        .nth(1)
        .unwrap_or("http://127.0.0.1:8090".into());
    if let Err(error) = log_in(&url) {
        eprintln!("{error}\nwhat to do: {}", error.action());
        std::process::exit(1);
    }
}

fn log_in(url: &str) -> Result<(), Error> {
    let client = Client::builder(url).build()?;
    let users = client.collection("users");
    users.bind_token("user@example.com", "correct horse 1", "my-own-token")?;
    let session = users.auth_with_token("my-own-token")?;
    println!("hello {}", session.field("email").unwrap_or_default());
    Ok(())
}
