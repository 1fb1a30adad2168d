//! One client in many threads, while others change its session, clone it and drop clones. Also run under
//! ThreadSanitizer: CONTRIBUTING.md has the command.

use std::thread;

use bosauth::{CallOptions, Client, generate_token};
use bosbase_local::{DEMO_PASSWORD, DEMO_USER};

use crate::support::server::{self, TOKEN};

const ROUNDS: usize = 50;

#[test]
fn threads_share_a_client() {
    let server = server::with_token();
    let client = Client::builder(server.base_url()).build().unwrap();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| log_in_repeatedly(&client));
        }
        scope.spawn(|| save_and_clear(&client));
        scope.spawn(|| clone_and_drop(&client, server.base_url()));
    });
    let session = client.collection("users").auth_with_token(TOKEN).unwrap();
    assert!(session.was_kept());
}

#[test]
fn threads_share_a_client_of_refreshes_and_password_logins() {
    let server = server::demo();
    let client = Client::builder(server.base_url()).build().unwrap();
    let log_in = || {
        let users = client.collection("users");
        users.auth_with_password(DEMO_USER, DEMO_PASSWORD).unwrap()
    };
    log_in();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| refresh_repeatedly(&client));
        }
        scope.spawn(|| {
            for _ in 0..5 {
                log_in();
            }
        });
        scope.spawn(|| (0..ROUNDS).for_each(|_| drop(generate_token().unwrap())));
    });
    let session = client.auth_refresh(&CallOptions::new()).unwrap();
    assert!(session.was_kept());
}

fn refresh_repeatedly(client: &Client) {
    for _ in 0..ROUNDS {
        let session = client.auth_refresh(&CallOptions::new()).unwrap();
        assert_eq!(session.field("email").as_deref(), Some(DEMO_USER));
    }
}

fn log_in_repeatedly(client: &Client) {
    for _ in 0..ROUNDS {
        let session = client.collection("users").auth_with_token(TOKEN).unwrap();
        assert_eq!(session.field("email").as_deref(), Some(DEMO_USER));
    }
}

fn save_and_clear(client: &Client) {
    for _ in 0..20 * ROUNDS {
        client.save_session("saved.by.another", None).unwrap();
        let session = client.session().unwrap();
        assert!(session.is_none_or(|session| !session.token().is_empty()));
        client.clear_session().unwrap();
    }
}

fn clone_and_drop(client: &Client, url: &str) {
    for _ in 0..ROUNDS {
        for client in [client.clone(), Client::builder(url).build().unwrap()] {
            client.collection("users").auth_with_token(TOKEN).unwrap();
        }
    }
}
