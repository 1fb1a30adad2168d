//! Local servers in the process of the test.

use bosauth::Client;
use bosbase_local::{Config, DEMO_PASSWORD, DEMO_USER, Server};
use serde_json::json;

/// The token that [`with_token`] binds.
pub const TOKEN: &str = "token-of-the-tests";

/// A server with the demo accounts.
pub fn demo() -> Server {
    Server::start(Config::demo()).unwrap()
}

/// A server with the demo accounts, whose user also exists in `guarded`, a collection that requires two factors.
pub fn with_second_factors() -> Server {
    let server = Server::start(Config {
        control: true,
        ..Config::demo()
    })
    .unwrap();
    let collection = json!({"name": "guarded", "type": "auth", "mfa": {"enabled": true}, "otp": {"enabled": true}});
    let account = json!({"collection": "guarded", "email": DEMO_USER, "password": DEMO_PASSWORD});
    for command in [
        json!({"do": "create_collection", "collection": collection}),
        json!({"do": "create_account", "account": account}),
    ] {
        server.control(command).unwrap();
    }
    server
}

/// A server with the demo accounts, where [`TOKEN`] is bound to the demo user.
pub fn with_token() -> Server {
    with(TOKEN)
}

/// The same with another token.
pub fn with(token: &str) -> Server {
    let server = demo();
    let client = Client::builder(server.base_url()).build().unwrap();
    let users = client.collection("users");
    users.bind_token(DEMO_USER, DEMO_PASSWORD, token).unwrap();
    server
}
