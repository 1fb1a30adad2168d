//! The Rust example of `docs/testing.md`.

use bosbase_local::{Config, Seed, Server};

#[test]
fn bound_token_logs_in() {
    let seed = r#"{"accounts": [
        {"collection": "users", "email": "user@example.com", "password": "correct horse 1"}]}"#;
    let server = Server::start(Config {
        seed: Some(Seed::Text(seed.to_owned())),
        ..Config::default()
    })
    .unwrap();
    let client = bosauth::Client::builder(server.base_url()).build().unwrap();
    let users = client.collection("users");
    users
        .bind_token("user@example.com", "correct horse 1", "my-own-token")
        .unwrap();
    assert!(users.auth_with_token("my-own-token").is_ok());
}
