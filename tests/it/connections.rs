//! Which connections are reused, and the errors without a connection.

use std::time::Duration;

use bosauth::{Action, Client, Error, Status};

use crate::support::faulty_server::{Act, FaultyServer, TCP};
use crate::support::full_backlog::FullBacklog;
use crate::support::https::TLS;
use crate::support::responses::{JSON, LOGIN, NO_CONTENT, response};
use bosauth_test_support::closed_port::ClosedPort;

fn bind(client: &Client) -> Result<(), Error> {
    client.collection("users").bind_token("a@b.c", "pw", "tok")
}

fn send(bytes: impl Into<Vec<u8>>) -> Act {
    Act::Send(bytes.into())
}

/// The connections of all requests, by number.
fn used(server: &FaultyServer) -> Vec<usize> {
    let requests = server.requests();
    requests.iter().map(|request| request.connection).collect()
}

/// Checks the connections of two binds, one after the other, to a server that handles both by these steps, over TCP
/// and over TLS.
fn check_connections_of_two(acts: &[Act], expected: [usize; 2]) {
    for transport in [TCP, TLS] {
        let steps = acts.to_vec();
        let server = FaultyServer::start_over(transport, Vec::new(), move |_| steps.clone());
        let client = server.client();
        bind(&client).unwrap();
        server.wait_until_handled(1);
        bind(&client).unwrap();
        let name = transport.name;
        assert_eq!(used(&server), expected, "{acts:?} over {name}");
    }
}

#[test]
fn large_response_is_read_completely() {
    for transport in [TCP, TLS] {
        for size in [2_000, 3_000, 17_000, 100_000, 1_000_000] {
            let record = format!(r#"{{"x":"{}"}}"#, "y".repeat(size));
            let login = format!(r#"{{"token":"t","record":{record}}}"#);
            let login = send(response("200 OK", "", &login));
            let server =
                FaultyServer::start_over(transport, Vec::new(), move |_| vec![login.clone()]);
            let client = server.client();
            let session = client.collection("users").auth_with_token("tok");
            let session = session.unwrap_or_else(|e| panic!("{size} over {}: {e}", transport.name));
            assert_eq!(session.record_json(), record);
        }
    }
}

#[test]
fn connection_is_reused() {
    check_connections_of_two(&[send(NO_CONTENT)], [0, 0]);
    check_connections_of_two(&[Act::Drip(NO_CONTENT.into())], [0, 0]);
    check_connections_of_two(&[Act::Trickle(NO_CONTENT.into())], [0, 0]);
}

#[test]
fn connection_is_reused_after_an_error_response() {
    let error = r#"{"data":{},"message":"Failed to bind token.","status":400}"#;
    let server = FaultyServer::responding(response("400 x", JSON, error));
    let client = server.client();
    for _ in 0..3 {
        assert_eq!(bind(&client).unwrap_err().status(), Status::Credentials);
    }
    assert_eq!(used(&server), [0; 3]);
}

#[test]
fn closed_or_dirty_connection_is_not_reused() {
    for acts in [
        vec![send(NO_CONTENT), Act::Close],
        vec![send(NO_CONTENT), Act::Cut],
        vec![send(NO_CONTENT), Act::Reset],
        vec![send(format!("{NO_CONTENT}unexpected"))],
        vec![send(NO_CONTENT), send("unexpected")],
        vec![send(format!("{NO_CONTENT}{NO_CONTENT}"))],
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
        // In the same packet and record as the response before it, or in the next one.
        let acts = if apart {
            vec![send(NO_CONTENT), send(forged.clone())]
        } else {
            vec![send([NO_CONTENT.as_bytes(), &forged].concat())]
        };
        let server =
            FaultyServer::start_over(transport, Vec::new(), move |request| match request.number {
                0 => acts.clone(),
                _ => vec![send(response("400 x", "", ""))],
            });
        let client = server.client();
        bind(&client).unwrap();
        server.wait_until_handled(1);
        let users = client.collection("users");
        let error = users.auth_with_token("tok").unwrap_err();
        assert_eq!(error.http_status(), Some(400));
        assert!(client.session().unwrap().is_none());
    }
}

#[test]
fn failed_connection_is_not_reused() {
    let server = FaultyServer::start(|request| match request.number {
        0 => vec![send("HTTP/1.1 204 x\nbare LF\r\n\r\n")],
        1 => vec![Act::Hold],
        _ => vec![send(NO_CONTENT)],
    });
    let client = server.client_builder().timeout(Duration::from_millis(500));
    let client = client.build().unwrap();
    for expected in [Status::UnexpectedResponse, Status::Timeout] {
        assert_eq!(bind(&client).unwrap_err().status(), expected);
    }
    bind(&client).unwrap();
    server.release(1);
    assert_eq!(used(&server), [0, 1, 2]);
}

#[test]
fn redirects_are_not_followed() {
    let target = FaultyServer::responding(NO_CONTENT);
    for status in [301, 302, 303, 307, 308] {
        let location = format!("Location: {}/elsewhere\r\n", target.url());
        let server = FaultyServer::responding(response(&format!("{status} x"), &location, ""));
        let error = bind(&server.client()).unwrap_err();
        assert_eq!(error.status(), Status::UnexpectedResponse);
        assert_eq!(error.http_status(), Some(status));
        assert_eq!(server.requests().len(), 1);
    }
    assert_eq!(target.connections(), 0, "the redirect was followed");
}

/// Checks the error of a bind that sends nothing.
fn assert_unsent(client: bosauth::ClientBuilder, status: Status) -> Error {
    let error = bind(&client.build().unwrap()).unwrap_err();
    assert!(!error.outcome_unknown());
    assert_eq!(error.http_status(), None);
    let expected = (status, Action::CheckNetwork);
    assert_eq!((error.status(), error.action()), expected);
    error
}

#[test]
fn closed_port_is_a_connect_error() {
    let port = ClosedPort::new();
    let url = format!("http://{}", port.address());
    assert_unsent(Client::builder(&url), Status::Connect);
}

#[test]
fn unaccepted_connection_times_out() {
    let backlog = FullBacklog::new();
    let client = Client::builder(&format!("http://{}", backlog.address()));
    let client = client.connect_timeout(Duration::from_millis(300));
    let error = assert_unsent(client, Status::Timeout);
    let message = "timed out while connecting to the server (connect timeout: 300 ms)";
    assert_eq!(error.message(), message);
}

#[test]
fn unknown_host_is_a_name_lookup_error() {
    let minute = Duration::from_secs(60);
    let client = Client::builder("http://no-such-host.invalid");
    let client = client.connect_timeout(minute).timeout(minute);
    assert_unsent(client, Status::NameLookup);
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
        let error = bind(&server.client()).unwrap_err();
        let expected = Duration::from_secs(seconds);
        assert_eq!(error.retry_after(), expected, "{status} {fields}");
    }
}
