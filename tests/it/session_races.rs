//! Concurrent changes of the session: the one that started last wins, in any order of completion.

use std::thread::{self, JoinHandle};

use bosauth::{CallOptions, Client, Session};

use crate::support::faulty_server::{Act, FaultyServer, Request};
use crate::support::responses::response;

/// A server that holds the response of each login and refresh until it is released. The token holds the request's number.
fn held_logins() -> (FaultyServer, Client) {
    let login = |request: &Request| {
        let body = format!(
            r#"{{"record":{RECORD},"token":"login-{}"}}"#,
            request.number
        );
        vec![Act::Hold, Act::Send(response("200 OK", "", &body))]
    };
    let server = FaultyServer::start(login);
    let client = server.client();
    (server, client)
}

/// The record of the account.
const RECORD: &str = r#"{"id":"r1","collectionId":"users"}"#;

/// Starts a login, the server's request number `count`.
fn start(server: &FaultyServer, client: &Client, count: usize, keep: bool) -> JoinHandle<Session> {
    let client = client.clone();
    let login = thread::spawn(move || {
        let options = CallOptions::new().keep_session(keep);
        let users = client.collection("users").with(&options);
        users.auth_with_token("tok").unwrap()
    });
    server.wait_for_requests(count);
    login
}

/// Starts a refresh of the session, the server's request number `count`.
fn start_refresh(server: &FaultyServer, client: &Client, count: usize) -> JoinHandle<Session> {
    let client = client.clone();
    let refresh = thread::spawn(move || client.auth_refresh(&CallOptions::new()).unwrap());
    server.wait_for_requests(count);
    refresh
}

/// The token of the client's session.
fn token(client: &Client) -> Option<String> {
    client
        .session()
        .unwrap()
        .map(|session| session.token().to_owned())
}

#[test]
fn clear_wins_over_an_earlier_login() {
    let (server, client) = held_logins();
    let login = start(&server, &client, 1, true);
    client.clear_session().unwrap();
    server.release(0);
    let session = login.join().unwrap();
    assert_eq!(session.token(), "login-0", "the call returns its session");
    assert!(!session.was_kept());
    assert_eq!(token(&client), None);
}

#[test]
fn save_wins_over_an_earlier_login() {
    let (server, client) = held_logins();
    let login = start(&server, &client, 1, true);
    client.save_session("saved", None).unwrap();
    server.release(0);
    assert!(!login.join().unwrap().was_kept());
    assert_eq!(token(&client).as_deref(), Some("saved"));
}

#[test]
fn last_started_login_wins() {
    for order in [[0, 1], [1, 0]] {
        let (server, client) = held_logins();
        let mut logins = [1, 2].map(|count| Some(start(&server, &client, count, true)));
        let mut kept = [false; 2];
        for number in order {
            server.release(number);
            kept[number] = logins[number].take().unwrap().join().unwrap().was_kept();
        }
        assert_eq!(token(&client).as_deref(), Some("login-1"), "{order:?}");
        assert_eq!(kept, [order == [0, 1], true], "{order:?}");
    }
}

#[test]
fn failed_login_does_not_block_an_earlier_one() {
    let server = FaultyServer::start(|request| {
        let status = ["200 OK", "500 x"][request.number];
        let body = r#"{"record":{},"token":"login-0"}"#;
        vec![Act::Hold, Act::Send(response(status, "", body))]
    });
    let client = server.client();
    let good = start(&server, &client, 1, true);
    let other = client.clone();
    let bad = thread::spawn(move || {
        other
            .collection("users")
            .auth_with_token("tok")
            .unwrap_err()
    });
    server.wait_for_requests(2);
    server.release(1);
    bad.join().unwrap();
    server.release(0);
    assert!(good.join().unwrap().was_kept());
    assert_eq!(token(&client).as_deref(), Some("login-0"));
}

#[test]
fn login_without_keep_session_is_ignored() {
    let (server, client) = held_logins();
    let kept = start(&server, &client, 1, true);
    let other = start(&server, &client, 2, false);
    server.release(1);
    assert!(!other.join().unwrap().was_kept());
    assert_eq!(token(&client), None);
    server.release(0);
    assert!(kept.join().unwrap().was_kept());
    assert_eq!(token(&client).as_deref(), Some("login-0"));
}

#[test]
fn refresh_commits_only_if_the_session_is_the_one_it_started_with() {
    type Change = fn(&Client);
    let changes: [(Change, Option<&str>); 4] = [
        (|_| (), Some("login-0")),
        (|client| client.clear_session().unwrap(), None),
        (
            |client| client.save_session("other", None).unwrap(),
            Some("other"),
        ),
        // The same token, but another session.
        (
            |client| client.save_session("saved", Some(RECORD)).unwrap(),
            Some("saved"),
        ),
    ];
    for (change, expected) in changes {
        let (server, client) = held_logins();
        client.save_session("saved", Some(RECORD)).unwrap();
        let refresh = start_refresh(&server, &client, 1);
        change(&client);
        server.release(0);
        let session = refresh.join().unwrap();
        assert_eq!(session.token(), "login-0", "the call returns its session");
        assert_eq!(session.was_kept(), expected == Some("login-0"));
        assert_eq!(token(&client).as_deref(), expected);
    }
}

#[test]
fn login_in_flight_wins_over_a_refresh() {
    for order in [[0, 1], [1, 0]] {
        for login_first in [true, false] {
            let (server, client) = held_logins();
            client.save_session("saved", Some(RECORD)).unwrap();
            let (login, refresh) = if login_first {
                let login = start(&server, &client, 1, true);
                (login, start_refresh(&server, &client, 2))
            } else {
                let refresh = start_refresh(&server, &client, 1);
                (start(&server, &client, 2, true), refresh)
            };
            let mut calls = [Some(login), Some(refresh)];
            if !login_first {
                calls.reverse();
            }
            for number in order {
                server.release(number);
                calls[number].take().unwrap().join().unwrap();
            }
            let of_login = if login_first { "login-0" } else { "login-1" };
            assert_eq!(token(&client).as_deref(), Some(of_login), "{order:?}");
        }
    }
}

#[test]
fn first_of_two_refreshes_wins() {
    let (server, client) = held_logins();
    client.save_session("saved", Some(RECORD)).unwrap();
    let refreshes = [1, 2].map(|count| start_refresh(&server, &client, count));
    server.release(1);
    let [first, second] = refreshes;
    assert!(second.join().unwrap().was_kept());
    server.release(0);
    assert!(!first.join().unwrap().was_kept());
    assert_eq!(token(&client).as_deref(), Some("login-1"));
}
