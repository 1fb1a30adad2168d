//! The outcome of a call that was retried after its connection closed without a response: the server may have
//! processed the first request.

use std::net::{Ipv4Addr, TcpListener};
use std::thread;

use bosauth::{Client, Error, Status};

use crate::support::faulty_server::{Act, FaultyServer};
use crate::support::responses::{NO_CONTENT, api_error, respond_once};

fn bind(client: &Client) -> Result<(), Error> {
    client.collection("users").bind_token("a@b.c", "pw", "tok")
}

/// The error of a bind that is retried and then receives this response.
fn error_of_the_retry(status: u16, message: &str) -> Error {
    let error = api_error(status, message, "{}");
    let server = FaultyServer::start(move |request| match request.number {
        0 => vec![Act::Send(NO_CONTENT.into())],
        1 => vec![Act::Close],
        _ => vec![Act::Send(error.clone())],
    });
    let client = server.client();
    bind(&client).unwrap();
    let error = bind(&client).unwrap_err();
    assert_eq!(server.requests().len(), 3);
    error
}

#[test]
fn outcome_is_unknown_if_the_retry_is_throttled() {
    for (status, expected) in [(503, Status::Server), (429, Status::RateLimited)] {
        let error = error_of_the_retry(status, "Later.");
        assert_eq!(error.status(), expected);
        assert!(error.outcome_unknown(), "{status}");
    }
}

#[test]
fn error_response_to_the_retry_covers_both_requests() {
    let error = error_of_the_retry(400, "Failed to bind token.");
    assert_eq!(error.status(), Status::Credentials);
    assert!(!error.outcome_unknown());
}

#[test]
fn outcome_is_unknown_if_the_retry_cannot_connect() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let client = Client::builder(&url).build().unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        respond_once(&mut stream, NO_CONTENT.as_bytes()).unwrap();
        // The port is closed before the connection is.
        drop(listener);
        respond_once(&mut stream, b"").unwrap();
    });
    bind(&client).unwrap();
    let error = bind(&client).unwrap_err();
    server.join().unwrap();
    assert_eq!(error.status(), Status::Connect);
    assert!(error.outcome_unknown());
}
