//! The Rust example of `docs/fault-injection.md`.

use bosbase_local::{Config, DEMO_PASSWORD, DEMO_USER, Server};
use serde_json::json;

#[test]
fn bind_succeeds_although_its_response_is_lost() {
    let server = Server::start(Config::demo()).unwrap();
    let client = bosauth::Client::builder(server.base_url()).build().unwrap();
    let users = client.collection("users");
    let fault = json!({"do": "add_fault", "fault": "reset", "when": "after", "call": "bind-token"});
    server.control(fault).unwrap();

    let error = users
        .bind_token(DEMO_USER, DEMO_PASSWORD, "my-own-token")
        .unwrap_err();
    assert!(error.outcome_unknown());
    assert!(users.auth_with_token("my-own-token").is_ok());
}
