//! Which connections are used again, and what happens when there is none to be had.

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use bosauth::{Action, Client, Error, Status};

use crate::support::faulty_server::{Act, FaultyServer, TCP};
use crate::support::full_backlog::FullBacklog;
use crate::support::https::TLS;
use crate::support::responses::{LOGIN, NO_CONTENT as GOOD, response};

fn client(server: &FaultyServer) -> Client {
    let client = Client::builder(&server.url());
    let client = match server.roots() {
        Some(roots) => client.roots_pem(roots),
        None => client,
    };
    client.build().unwrap()
}

fn bind(client: &Client) -> Result<(), Error> {
    client.collection("users").bind_token("a@b.c", "pw", "tok")
}

/// Checks on which connections two binds go, one after the other, when each is answered like this, over TCP
/// and over TLS.
fn check_connections_of_two(acts: &[Act], expected: [usize; 2]) {
    for transport in [TCP, TLS] {
        let done = acts.to_vec();
        let server = FaultyServer::start_over(transport, Vec::new(), move |_| done.clone());
        let client = client(&server);
        bind(&client).unwrap();
        server.wait_until_done(1);
        bind(&client).unwrap();
        let used: Vec<_> = server.requests().iter().map(|r| r.connection).collect();
        assert_eq!(used, expected, "{acts:?} over {}", transport.name);
    }
}

#[test]
fn large_response_is_read_completely() {
    for transport in [TCP, TLS] {
        for size in [2_000, 3_000, 17_000, 100_000, 1_000_000] {
            let record = format!(r#"{{"x":"{}"}}"#, "y".repeat(size));
            let login = response(
                "200 OK",
                "",
                &format!(r#"{{"token":"t","record":{record}}}"#),
            );
            let server =
                FaultyServer::start_over(transport, Vec::new(), move |_| vec![send(login.clone())]);
            let client = client(&server);
            let session = client.collection("users").auth_with_token("tok");
            let session = session.unwrap_or_else(|e| panic!("{size} over {}: {e}", transport.name));
            assert_eq!(session.record_json(), record);
        }
    }
}

fn send(bytes: impl Into<Vec<u8>>) -> Act {
    Act::Send(bytes.into())
}

#[test]
fn connection_is_reused() {
    check_connections_of_two(&[send(GOOD)], [0, 0]);
    check_connections_of_two(&[Act::Drip(GOOD.into())], [0, 0]);
    check_connections_of_two(&[Act::Trickle(GOOD.into())], [0, 0]);
}

#[test]
fn connection_is_reused_after_an_error_response() {
    let refusal = r#"{"data":{},"message":"Failed to bind token.","status":400}"#;
    let server = FaultyServer::responding(response(
        "400 x",
        "Content-Type: application/json\r\n",
        refusal,
    ));
    let client = client(&server);
    for _ in 0..3 {
        assert_eq!(bind(&client).unwrap_err().status(), Status::Credentials);
    }
    assert!(
        server
            .requests()
            .iter()
            .all(|request| request.connection == 0)
    );
}

#[test]
fn closed_or_dirty_connection_is_not_reused() {
    for acts in [
        vec![send(GOOD), Act::Close],
        vec![send(GOOD), Act::Cut],
        vec![send(GOOD), Act::Reset],
        vec![send(format!("{GOOD}left over"))],
        vec![send(GOOD), send("left over")],
        vec![send(format!("{GOOD}{GOOD}"))],
        vec![send("HTTP/1.1 204 x\r\nConnection: close\r\n\r\n")],
        vec![send("HTTP/1.1 204 x\r\nconnection: x, CLOSE\r\n\r\n")],
        vec![send("HTTP/1.0 204 x\r\n\r\n")],
    ] {
        check_connections_of_two(&acts, [0, 1]);
    }
}

#[test]
fn early_response_is_not_used_for_the_next_call() {
    let forged = response("200 OK", "", LOGIN);
    for (transport, apart) in [(TCP, true), (TCP, false), (TLS, true), (TLS, false)] {
        // In one packet and record with the answer before it, or behind it.
        let acts = if apart {
            vec![send(GOOD), send(forged.clone())]
        } else {
            vec![send([GOOD.as_bytes(), &forged].concat())]
        };
        let server =
            FaultyServer::start_over(transport, Vec::new(), move |request| match request.number {
                0 => acts.clone(),
                _ => vec![send(response("400 x", "", ""))],
            });
        let client = client(&server);
        bind(&client).unwrap();
        server.wait_until_done(1);
        let users = client.collection("users");
        let error = users.auth_with_token("tok").unwrap_err();
        assert_eq!(error.http_status(), Some(400));
        assert!(client.session().is_none());
    }
}

#[test]
fn failed_connection_is_not_reused() {
    let server = FaultyServer::start(|request| match request.number {
        0 => vec![send("HTTP/1.1 204 x\nbare LF\r\n\r\n")],
        1 => vec![Act::Hold],
        _ => vec![send(GOOD)],
    });
    let client = Client::builder(&server.url()).timeout(Duration::from_millis(500));
    let client = client.build().unwrap();
    assert_eq!(
        bind(&client).unwrap_err().status(),
        Status::UnexpectedResponse
    );
    assert_eq!(bind(&client).unwrap_err().status(), Status::Timeout);
    bind(&client).unwrap();
    server.release(1);
    let used: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.connection)
        .collect();
    assert_eq!(used, [0, 1, 2]);
}

#[test]
fn redirects_are_not_followed() {
    let target = FaultyServer::responding(GOOD);
    for status in [301, 302, 303, 307, 308] {
        let place = format!("Location: {}/elsewhere\r\n", target.url());
        let server = FaultyServer::responding(response(&format!("{status} x"), &place, ""));
        let client = client(&server);
        let error = bind(&client).unwrap_err();
        assert_eq!(error.status(), Status::UnexpectedResponse);
        assert_eq!(error.http_status(), Some(status));
        assert_eq!(server.requests().len(), 1);
    }
    assert_eq!(target.connections(), 0, "the passwords went elsewhere");
}

#[test]
fn closed_port_is_a_connect_error() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = bind(&Client::builder(&url).build().unwrap()).unwrap_err();
    assert_eq!(unsent(&error), (Status::Connect, Action::CheckNetwork));
}

#[test]
fn unaccepted_connection_meets_the_connect_deadline() {
    let queue = FullBacklog::new();
    let address = queue.address();
    let short = Duration::from_millis(300);
    let client = Client::builder(&format!("http://{address}")).connect_timeout(short);
    let error = bind(&client.build().unwrap()).unwrap_err();
    assert_eq!(unsent(&error), (Status::Timeout, Action::CheckNetwork));
}

#[test]
fn unknown_host_is_a_name_lookup_error() {
    let client = Client::builder("http://no-such-host.invalid")
        .connect_timeout(Duration::from_secs(60))
        .timeout(Duration::from_secs(60));
    let error = bind(&client.build().unwrap()).unwrap_err();
    assert_eq!(unsent(&error), (Status::NameLookup, Action::CheckNetwork));
}

/// Status and action of an error after which nothing had been sent.
fn unsent(error: &Error) -> (Status, Action) {
    assert!(!error.outcome_unknown());
    assert_eq!(error.http_status(), None);
    (error.status(), error.action())
}

#[test]
fn retry_after_is_reported() {
    for (status, fields, seconds) in [
        (429, "", 3),
        (429, "Retry-After: 7\r\n", 7),
        (429, "retry-after:  7 \r\n", 7),
        (429, "Retry-After: 0\r\n", 0),
        (429, "Retry-After: soon\r\n", 3),
        (429, "Retry-After: -1\r\n", 3),
        (429, "Retry-After: 99999999999999999999\r\n", 86_400),
        (429, "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n", 3),
        (
            429,
            "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n",
            86_400,
        ),
        (503, "Retry-After: 7\r\n", 7),
        (503, "", 0),
        (400, "Retry-After: 7\r\n", 0),
    ] {
        let server = FaultyServer::responding(response(&format!("{status} x"), fields, ""));
        let error = bind(&client(&server)).unwrap_err();
        assert_eq!(
            error.retry_after(),
            Duration::from_secs(seconds),
            "{status} {fields}"
        );
    }
}
