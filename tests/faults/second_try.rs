//! What is told of a call that was sent twice, since the connection of the first sending died without an
//! answer: the first sending may have been carried out.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

use bosauth::{Client, Error, Status};

use super::answers::answer;
use super::peer::{Act, Peer};

const GOOD: &str = "HTTP/1.1 204 No Content\r\n\r\n";

fn bind(client: &Client) -> Result<(), Error> {
    client.collection("users").bind_token("a@b.c", "pw", "tok")
}

/// The error of a bind that is sent over a connection that dies, and then gets this answer.
fn answered_the_second_time(status: &str, message: &str) -> Error {
    let code = status.split(' ').next().unwrap();
    let body = format!(r#"{{"data":{{}},"message":"{message}","status":{code}}}"#);
    let refusal = answer(status, "Content-Type: application/json\r\n", &body);
    let peer = Peer::start(move |request| match request.number {
        0 => vec![Act::Send(GOOD.into())],
        1 => vec![Act::Close],
        _ => vec![Act::Send(refusal.clone())],
    });
    let client = Client::builder(&peer.url()).build().unwrap();
    bind(&client).unwrap();
    let error = bind(&client).unwrap_err();
    assert_eq!(peer.requests().len(), 3);
    error
}

#[test]
fn a_server_that_cannot_serve_now_does_not_say_what_became_of_the_first() {
    for (status, expected) in [("503 x", Status::Server), ("429 x", Status::RateLimited)] {
        let error = answered_the_second_time(status, "Later.");
        assert_eq!(error.status(), expected);
        assert!(error.outcome_unknown(), "{status}");
    }
}

#[test]
fn a_refusal_holds_for_the_first_too() {
    let error = answered_the_second_time("400 x", "Failed to bind token.");
    assert_eq!(error.status(), Status::Credentials);
    assert!(!error.outcome_unknown());
}

/// Reads one request, and answers it with these bytes.
fn serve(stream: &mut TcpStream, bytes: &str) {
    let mut request = Vec::new();
    while !request.ends_with(b"}") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        request.push(byte[0]);
    }
    stream.write_all(bytes.as_bytes()).unwrap();
}

#[test]
fn a_server_that_is_gone_the_second_time_may_have_done_the_first() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let client = Client::builder(&url).build().unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        serve(&mut stream, GOOD);
        // Nobody listens any more by the time that the connection dies.
        drop(listener);
        serve(&mut stream, "");
    });
    bind(&client).unwrap();
    let error = bind(&client).unwrap_err();
    server.join().unwrap();
    assert_eq!(error.status(), Status::Connect);
    assert!(error.outcome_unknown());
}
