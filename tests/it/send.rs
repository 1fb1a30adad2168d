//! Any other request: large bodies in both directions, responses before the end of the request, and the response object.

use std::time::Duration;

use bosauth::{CallOptions, Cancel, Client, Error, Response, Status};

use crate::support::WATCHDOG;
use crate::support::faulty_server::{Act, FaultyServer, TCP, Transport};
use crate::support::https::TLS;
use crate::support::responses::{JSON, api_error, response};

/// More than the socket buffers of both sides hold.
const LARGE: usize = 16 << 20;

fn body(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

fn post(client: &Client, body: &[u8], options: &CallOptions) -> Result<Response, Error> {
    client.send("POST", "/api/x", Some(body), options)
}

/// The result of a large POST to a server that acts before it reads a request, and then responds to it.
fn post_to(transport: Transport, greeting: Vec<Act>) -> (Result<Response, Error>, FaultyServer) {
    let server = FaultyServer::start_over(transport, greeting, |_| {
        vec![Act::Send(response("200 OK", JSON, "{}"))]
    });
    let client = server.client_builder().timeout(WATCHDOG).build().unwrap();
    let result = post(&client, &body(LARGE), &CallOptions::new());
    // The server holds the connection until then.
    server.release(usize::MAX);
    (result, server)
}

fn rejection() -> Vec<u8> {
    api_error(413, "Request entity too large.", "{}")
}

#[test]
fn bodies_of_any_size_are_sent_completely() {
    for transport in [TCP, TLS] {
        let server = FaultyServer::start_over(transport, Vec::new(), |_| {
            vec![Act::Send(response("200 OK", JSON, "{}"))]
        });
        let client = server.client_builder().timeout(WATCHDOG).build().unwrap();
        let largest = if transport.scheme == "http" {
            32 << 20
        } else {
            LARGE
        };
        let sizes = [1, 16_383, 16_384, 16_385, 100_000, largest];
        for size in sizes {
            let response = post(&client, &body(size), &CallOptions::new()).unwrap();
            assert_eq!(response.body(), b"{}");
        }
        let requests = server.requests();
        for (size, request) in sizes.into_iter().zip(&requests) {
            assert_eq!(request.body().len(), size);
            assert!(
                request.body() == body(size),
                "{size} over {}",
                transport.name
            );
            assert_eq!(request.connection, 0);
        }
        assert_eq!(requests.len(), sizes.len());
    }
}

#[test]
fn response_before_the_end_of_the_request_is_read() {
    for transport in [TCP, TLS] {
        for end in [Act::Hold, Act::Silence, Act::Close, Act::Cut, Act::Finish] {
            let name = format!("{end:?} over {}", transport.name);
            let greeting = vec![Act::Take(1000), Act::Send(rejection()), end];
            let error = post_to(transport, greeting).0.unwrap_err();
            assert_eq!(error.status(), Status::Refused, "{name}");
            assert_eq!(error.http_status(), Some(413), "{name}");
            assert_eq!(error.server_message(), "Request entity too large.");
            assert!(!error.outcome_unknown(), "{name}");
        }
    }
}

#[test]
fn large_response_before_the_end_of_the_request_is_read() {
    let large = "x".repeat(1 << 20);
    for transport in [TCP, TLS] {
        let sent = Act::Send(response("200 OK", JSON, &large));
        let (result, _server) = post_to(transport, vec![Act::Take(1000), sent, Act::Hold]);
        assert!(result.unwrap().body() == large.as_bytes());
    }
}

#[test]
fn request_is_sent_to_its_end_while_its_response_is_incomplete() {
    let whole = response("200 OK", JSON, &"x".repeat(50_000));
    let (start, rest) = whole.split_at(30_000);
    for transport in [TCP, TLS] {
        let mut greeting = vec![
            Act::Take(1000),
            Act::Send(start.into()),
            // The client fills the socket buffers meanwhile.
            Act::Wait(Duration::from_millis(100)),
        ];
        greeting.extend(vec![Act::Take(1 << 14); (LARGE >> 14) - 1]);
        greeting.extend([Act::Send(rest.into()), Act::Hold]);
        let (result, _server) = post_to(transport, greeting);
        assert_eq!(result.unwrap().body().len(), 50_000);
    }
}

#[test]
fn interim_response_does_not_stop_the_request() {
    let interim = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n".to_vec();
    for transport in [TCP, TLS] {
        let wait = Act::Wait(Duration::from_millis(100));
        let (result, server) = post_to(transport, vec![Act::Send(interim.clone()), wait]);
        assert_eq!(result.unwrap().status(), 200);
        assert!(server.request().body() == body(LARGE));
    }
}

#[test]
fn connection_of_an_early_response_is_not_reused() {
    let greeting = vec![
        Act::Take(1000),
        Act::Send(response("200 OK", JSON, "{}")),
        Act::Hold,
    ];
    let server = FaultyServer::start_over(TCP, greeting, |_| Vec::new());
    let client = server.client();
    for _ in 0..2 {
        post(&client, &body(LARGE), &CallOptions::new()).unwrap();
    }
    server.release(usize::MAX);
    assert_eq!(server.connections(), 2);
}

#[test]
fn deadline_and_cancellation_apply_while_a_body_is_sent() {
    for transport in [TCP, TLS] {
        for (is_cancelled, status) in [(false, Status::Timeout), (true, Status::Cancelled)] {
            let server = FaultyServer::start_over(transport, Vec::new(), |_| {
                let good = Act::Send(response("200 OK", JSON, "{}"));
                vec![good, Act::Take(1000), Act::Hold]
            });
            let client = server.client_builder().timeout(WATCHDOG).build().unwrap();
            post(&client, b"{}", &CallOptions::new()).unwrap();
            let cancel = Cancel::new();
            let options = CallOptions::new().cancel(&cancel);
            let options = if is_cancelled {
                // Called while the call waits for the server to read more.
                options.wait_hook(move || {
                    cancel.trigger();
                    false
                })
            } else {
                options.timeout(Duration::from_secs(1))
            };
            let error = post(&client, &body(LARGE), &options).unwrap_err();
            server.release(0);
            assert_eq!(error.status(), status, "{}", transport.name);
            assert!(error.outcome_unknown(), "{}", transport.name);
            assert_eq!(error.http_status(), None);
        }
    }
}

#[test]
fn response_has_headers_and_body() {
    let fields =
        "X-A: 1\r\nSet-Cookie: a=b, c\r\nx-a: \r\nX-A: 3\r\nset-cookie: d=e\r\nX-B: \u{e9}\r\n";
    let server = FaultyServer::responding(response("201 Created", fields, "a\0b"));
    let client = server.client();
    let response = client.send("DELETE", "/api/x", None, &CallOptions::new());
    let response = response.unwrap();
    assert_eq!((response.status(), response.body()), (201, &b"a\0b"[..]));
    assert_eq!(response.header("x-A").as_deref(), Some("1, , 3"));
    assert_eq!(response.header("SET-COOKIE").as_deref(), Some("a=b, c"));
    assert_eq!(response.header("X-B").as_deref(), Some("\u{e9}"));
    assert_eq!(response.header("X-C"), None);
    let names: Vec<&str> = response.headers().map(|(name, _)| name).collect();
    let expected = [
        "X-A",
        "Set-Cookie",
        "x-a",
        "X-A",
        "set-cookie",
        "X-B",
        "Content-Length",
    ];
    assert_eq!(names, expected);
    let shown = format!("{response:?}");
    assert!(
        shown.contains("201") && !shown.contains("a=b") && !shown.contains("X-A"),
        "{shown}"
    );
}

#[test]
fn responses_without_a_body_keep_the_connection() {
    let server = FaultyServer::start(|request| {
        let bytes = match request.number {
            0 => "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
            1 => "HTTP/1.1 204 No Content\r\n\r\n",
            _ => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        };
        vec![Act::Send(bytes.into())]
    });
    let client = server.client();
    for method in ["HEAD", "GET", "HEAD"] {
        let response = client
            .send(method, "/api/x", None, &CallOptions::new())
            .unwrap();
        assert_eq!(response.body(), b"");
        let length = response.header("content-length");
        assert_eq!(
            length.is_some(),
            method == "HEAD" && server.requests().len() == 1
        );
    }
    let requests = server.requests();
    assert!(requests.iter().all(|request| request.connection == 0));
}

#[test]
fn session_is_not_changed_by_any_response() {
    for status in [200, 204, 401, 403, 500] {
        let server = FaultyServer::responding(match status {
            204 => b"HTTP/1.1 204 x\r\n\r\n".to_vec(),
            status => api_error(status, "No.", "{}"),
        });
        let client = server.client();
        client.save_session("saved", None).unwrap();
        let result = client.send("POST", "/api/x", None, &CallOptions::new());
        assert_eq!(result.is_ok(), status < 300);
        assert_eq!(client.session().unwrap().unwrap().token(), "saved");
        let head = server.request().head().to_owned();
        assert!(head.contains("\r\nAuthorization: saved\r\n"), "{head}");
    }
}
