//! The Rust example of `docs/fault-injection.md`, to the letter.
#![allow(clippy::unwrap_used)]

use bosbase_local::{Config, DEMO_PASSWORD, DEMO_USER, Server};
use serde_json::json;

#[test]
fn a_bind_whose_answer_was_lost() {
    let server = Server::start(Config::demo()).unwrap();
    let client = bosauth::Client::builder(server.base_url()).build().unwrap();
    let users = client.collection("users");
    let lost = json!({"do": "add_fault", "fault": "reset", "when": "after", "call": "bind-token"});
    server.control(lost).unwrap();

    let error = users
        .bind_token(DEMO_USER, DEMO_PASSWORD, "my-own-token")
        .unwrap_err();
    assert!(error.outcome_unknown());
    assert!(users.auth_with_token("my-own-token").is_ok());
}
