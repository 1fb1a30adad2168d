//! One client in many threads, while others change its session, clone it and drop clones. Also run under
//! ThreadSanitizer: CONTRIBUTING.md has the command.

use std::sync::{Arc, Mutex};
use std::thread;

use bosauth::{CallOptions, Client, Session, Status, generate_token};
use bosbase_local::{DEMO_PASSWORD, DEMO_USER};

use crate::support::server::{self, TOKEN};
use crate::support::tools;

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

#[test]
fn threads_and_clients_share_a_session_file() {
    let server = server::with_token();
    let directory = tools::empty("threads_session_file");
    let builder = Client::builder(server.base_url()).session_file(directory.join("session"));
    let clients = [builder.clone().build().unwrap(), builder.build().unwrap()];
    let last = [Mutex::default(), Mutex::default()].map(Arc::new);
    let subscriptions = [0, 1].map(|at| {
        let last = Arc::clone(&last[at]);
        clients[at].add_listener(move |change| {
            let mut last = last.try_lock().expect("one call at a time");
            assert_eq!(*last + 1, change.generation, "every change, in order");
            *last = change.generation;
        })
    });
    thread::scope(|scope| {
        for client in &clients {
            scope.spawn(|| log_in_and_refresh(client));
            scope.spawn(|| change_file(client));
        }
    });
    // The first round writes what could not be written before.
    for client in clients.iter().chain(&clients) {
        client.sync_session().unwrap();
    }
    for (client, last) in clients.iter().zip(&last) {
        assert_eq!(*last.lock().unwrap(), client.generation());
    }
    let [first, second] = clients.map(|client| client.session().unwrap());
    let token = |session: Option<Session>| session.map(|session| session.token().to_owned());
    assert_eq!(token(first), token(second));
    drop(subscriptions);
    std::fs::remove_dir_all(directory).unwrap();
}

fn log_in_and_refresh(client: &Client) {
    for _ in 0..ROUNDS {
        let session = client.collection("users").auth_with_token(TOKEN).unwrap();
        let status = session.store_status();
        assert!(matches!(status, None | Some(Status::StoreUnavailable)));
        // Another thread may have cleared or replaced the session.
        let refreshed = client.auth_refresh(&CallOptions::new());
        let status = refreshed.err().map(|error| error.status());
        assert!(matches!(
            status,
            None | Some(Status::NoSession | Status::Unauthorized)
        ));
    }
}

fn change_file(client: &Client) {
    for _ in 0..ROUNDS {
        client.save_session("saved.by.another", None).unwrap();
        for result in [client.sync_session(), client.clear_session()] {
            // The other client may hold the lock of the file for a long time.
            let status = result.err().map(|error| error.status());
            assert!(matches!(status, None | Some(Status::StoreUnavailable)));
        }
    }
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
