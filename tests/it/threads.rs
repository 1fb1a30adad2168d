//! One client used by many threads at once, while others change its session and come and go. Meant for
//! ThreadSanitizer too: CONTRIBUTING.md has the command.

use std::thread;

use bosauth::Client;
use bosbase_local::{Config, DEMO_PASSWORD, DEMO_USER, Server};

const TOKEN: &str = "token-of-the-thread-test";
const ROUNDS: usize = 50;

#[test]
fn threads_share_a_client() {
    let server = Server::start(Config::demo()).unwrap();
    let client = Client::builder(server.base_url()).build().unwrap();
    client
        .collection("users")
        .bind_token(DEMO_USER, DEMO_PASSWORD, TOKEN)
        .unwrap();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| log_in_often(&client));
        }
        scope.spawn(|| change_often(&client));
        scope.spawn(|| come_and_go(&client, server.base_url()));
    });
    assert!(
        client
            .collection("users")
            .auth_with_token(TOKEN)
            .unwrap()
            .was_kept()
    );
}

fn log_in_often(client: &Client) {
    for _ in 0..ROUNDS {
        let session = client.collection("users").auth_with_token(TOKEN).unwrap();
        assert_eq!(session.field("email").as_deref(), Some(DEMO_USER));
    }
}

fn change_often(client: &Client) {
    for _ in 0..20 * ROUNDS {
        client.save_session("saved.by.another", None).unwrap();
        assert!(
            client
                .session()
                .is_none_or(|session| !session.token().is_empty())
        );
        client.clear_session();
    }
}

/// Clones that are dropped while the client is used, and clients of their own.
fn come_and_go(client: &Client, url: &str) {
    for _ in 0..ROUNDS {
        log_in_once(&client.clone());
        log_in_once(&Client::builder(url).build().unwrap());
    }
}

fn log_in_once(client: &Client) {
    client.collection("users").auth_with_token(TOKEN).unwrap();
}
