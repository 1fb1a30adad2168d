//! `add_fault`, `list_faults` and `clear_faults`: which requests a fault applies to, what a client
//! then receives, and whether the call is executed.

use crate::support::api::{self, A, Api, account, credentials};
use crate::support::client::{Response, get, post};
use crate::support::process::Running;
use crate::support::raw::{exchange, request, split_head};
use crate::support::tools;
use bosbase_local::Server;
use serde_json::{Value, json};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

const METHODS: &str = "/api/collections/users/auth-methods";
const BIND: &str = "/api/collections/users/bind-token";
const JSON: (&str, &str) = ("Content-Type", "application/json");

/// A delay longer than any test.
const FOREVER: u64 = 3_600_000;

fn server() -> Server {
    api::server(&json!({
        "collections": [{"name": "players", "id": "pl", "type": "auth"}],
        "accounts": [account("users", A), account("players", A)],
    }))
}

fn users(server: &Server) -> Api<'static> {
    Api::new(server.address(), "users")
}

/// Adds a fault by HTTP; `fault` contains all fields but `do`.
fn add_fault(server: &Server, mut fault: Value) {
    fault["do"] = "add_fault".into();
    users(server).control(&fault);
}

fn list_faults(server: &Server) -> Value {
    users(server).control(&json!({"do": "list_faults"}))["faults"].clone()
}

/// How a connection was closed.
#[derive(Debug, PartialEq)]
enum End {
    Orderly,
    Reset,
}

/// Sends `bytes`, and returns all bytes received and the end of the connection.
fn receive(address: SocketAddr, bytes: &[u8]) -> (Vec<u8>, End) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(bytes).unwrap();
    let mut received = Vec::new();
    let end = match stream.read_to_end(&mut received) {
        Ok(_) => End::Orderly,
        Err(error) if error.kind() == ErrorKind::ConnectionReset => End::Reset,
        Err(error) => panic!("{error}"),
    };
    (received, end)
}

/// Requests the methods, whose response is constant, with a fault.
fn methods_with(server: &Server, fault: Value) -> (Vec<u8>, End) {
    add_fault(server, fault);
    receive(server.address(), &request("GET", METHODS, &[], b""))
}

/// The complete response to that request, as a fault serializes it.
fn complete(server: &Server) -> Vec<u8> {
    let fault = json!({"fault": "close", "when": "after", "bytes": 1 << 20});
    methods_with(server, fault).0
}

fn sorted_lines(head: &str) -> Vec<&str> {
    let mut lines: Vec<_> = head.lines().collect();
    lines.retain(|line| !line.starts_with("Date: "));
    lines.sort_unstable();
    lines
}

#[test]
fn complete_response_equals_the_one_without_fault() {
    let server = server();
    let plain = receive(server.address(), &request("GET", METHODS, &[], b""));
    let with_fault = complete(&server);
    let [(head, body), (fault_head, fault_body)] = [&plain.0, &with_fault].map(|it| split_head(it));
    assert_eq!(plain.1, End::Orderly);
    assert_eq!(sorted_lines(fault_head), sorted_lines(head));
    assert_eq!(fault_body, body);
}

#[test]
fn connection_is_closed_or_reset_after_the_given_bytes() {
    let server = server();
    let complete = complete(&server);
    for (name, end) in [("close", End::Orderly), ("reset", End::Reset)] {
        for bytes in [0, 1, 40, complete.len(), 1 << 20] {
            let fault = json!({"fault": name, "when": "after", "bytes": bytes});
            let (received, actual) = methods_with(&server, fault);
            let expected = &complete[..bytes.min(complete.len())];
            assert_eq!(received, expected, "{name} {bytes}");
            assert_eq!(actual, end, "{name} {bytes}");
        }
        let (received, actual) = methods_with(&server, json!({"fault": name, "when": "before"}));
        assert!(received.is_empty() && actual == end, "{name} {received:?}");
    }
}

#[test]
fn bytes_are_missing_or_malformed() {
    let server = server();
    let complete = complete(&server);
    let (head, body) = split_head(&complete);
    let length = format!("Content-Length: {}\r\n", body.len());
    let wrong_length = head.replace(&length, "Content-Length: 7\r\n");
    let interim = b"HTTP/1.1 103 Early Hints\r\n\r\n";
    for (name, parameter, number, expected) in [
        (
            "truncate",
            "bytes",
            1,
            complete[..complete.len() - 1].to_vec(),
        ),
        ("truncate", "bytes", 1 << 20, Vec::new()),
        (
            "wrong_length",
            "bytes",
            7,
            [wrong_length.as_bytes(), body].concat(),
        ),
        (
            "interim_flood",
            "answers",
            300,
            [&interim.repeat(300), &complete[..]].concat(),
        ),
    ] {
        let mut fault = json!({"fault": name, "when": "after"});
        fault[parameter] = number.into();
        let (received, end) = methods_with(&server, fault);
        let shown = String::from_utf8_lossy(&received);
        assert!(received == expected, "{name}: {shown}");
        assert_eq!(end, End::Orderly, "{name}");
    }
    let (received, end) = methods_with(&server, json!({"fault": "bad_chunks", "when": "after"}));
    let (received_head, received_body) = split_head(&received);
    let chunked = head
        .replace(&length, "")
        .replace("\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_eq!(sorted_lines(received_head), sorted_lines(&chunked));
    assert_eq!(
        received_body,
        [b"no size\r\n", body, b"\r\n0\r\n\r\n"].concat()
    );
    assert_eq!(end, End::Orderly);
}

/// Whether no byte is received for some time.
fn is_silent(stream: &mut TcpStream) -> bool {
    let timeout = Some(Duration::from_millis(200));
    stream.set_read_timeout(timeout).unwrap();
    let result = stream.read(&mut [0]).map_err(|error| error.kind());
    matches!(result, Err(ErrorKind::WouldBlock | ErrorKind::TimedOut))
}

#[test]
fn slow_responses_block_no_other_and_stop_at_shutdown() {
    let server = server();
    let start = |fault: Value| {
        add_fault(&server, fault);
        let mut stream = TcpStream::connect(server.address()).unwrap();
        let bytes = request("GET", METHODS, &[], b"");
        stream.write_all(&bytes).unwrap();
        stream
    };
    let mut dripping = start(json!({"fault": "drip", "when": "after", "milliseconds": 60_000}));
    let mut first = [0];
    dripping.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"H");
    assert!(is_silent(&mut dripping));
    let delay = json!({"fault": "delay", "when": "after", "milliseconds": FOREVER});
    let mut delayed = start(delay);
    assert!(is_silent(&mut delayed));
    users(&server).must_bind(A, "t");
    assert_eq!(users(&server).login_with_token("t", "").status, 200);
    server.stop();
    for mut stream in [dripping, delayed] {
        stream.set_read_timeout(None).unwrap();
        let mut rest = Vec::new();
        // Closed or reset.
        let _ = stream.read_to_end(&mut rest);
        assert!(rest.is_empty());
    }
}

#[test]
fn slow_responses_are_complete() {
    let server = server();
    let complete = complete(&server);
    let drip = json!({"fault": "drip", "when": "after", "milliseconds": 1});
    let expected = (complete.clone(), End::Orderly);
    assert_eq!(methods_with(&server, drip), expected);
    let delay = json!({"fault": "delay", "when": "after", "milliseconds": 1});
    let (received, _) = methods_with(&server, delay);
    assert_eq!(split_head(&received).1, split_head(&complete).1);
}

#[test]
fn responses_are_replaced() {
    let server = server();
    users(&server).must_bind(A, "t");
    let login_with = |fault: Value| -> Response {
        add_fault(&server, fault);
        users(&server).login_with_token("t", "")
    };
    let limited = login_with(json!({"fault": "rate_limited", "when": "before"}));
    assert_eq!((limited.status, limited.header("retry-after")), (429, None));
    assert_eq!(limited.message(), "Too Many Requests.");
    let limited = login_with(json!({"fault": "rate_limited", "when": "before", "seconds": 7}));
    assert_eq!(limited.header("retry-after"), Some("7"));

    let failed = login_with(json!({"fault": "server_error", "when": "before", "status": 502}));
    assert_eq!(
        (failed.status, &failed.json()["status"]),
        (502, &json!(502))
    );
    let failed = login_with(json!({"fault": "server_error", "when": "before"}));
    assert_eq!(failed.status, 503);

    let redirect = login_with(json!({"fault": "redirect", "when": "before"}));
    let target = "/api/collections/users/auth-with-token";
    assert_eq!(redirect.status, 307);
    assert_eq!(redirect.header("location"), Some(target));

    let page = login_with(json!({"fault": "html", "when": "before"}));
    let html = Some("text/html; charset=utf-8");
    assert_eq!((page.status, page.header("content-type")), (200, html));
    assert!(page.text().starts_with("<!doctype html>"));

    let login = login_with(json!({"fault": "wrong_content_type", "when": "after"}));
    assert_eq!(login.header("content-type"), Some("text/plain"));
    assert_eq!(login.json()["record"]["email"], A);
}

#[test]
fn huge_head_pads_the_response() {
    let server = server();
    let fault = json!({"fault": "huge_head", "when": "after", "bytes": 100_000});
    add_fault(&server, fault);
    // Above the limit of ureq.
    let response = exchange(server.address(), &request("GET", METHODS, &[], b""));
    assert_eq!(response.header("x-padding").unwrap(), "x".repeat(100_000));
    assert!(response.json()["password"].is_object());
}

#[test]
fn echo_contains_the_request() {
    let server = server();
    let fault = json!({"fault": "echo", "when": "after", "status": 400});
    add_fault(&server, fault);
    let body = br#"{"token":"canary"}"#;
    let target = "/api/collections/users/auth-with-token?fields=a";
    let bytes = request("POST", target, &[JSON, ("X-Mine", "yes")], body);
    let response = exchange(server.address(), &bytes);
    assert_eq!(response.status, 400);
    let (echoed_head, echoed_body) = split_head(&response.body);
    assert_eq!(echoed_body, body);
    assert!(echoed_head.starts_with(&format!("POST {target} HTTP/1.1\r\n")));
    assert!(echoed_head.contains("\r\nx-mine: yes\r\n"), "{echoed_head}");
}

#[test]
fn gzip_response_can_be_decompressed() {
    if !tools::has("gzip") {
        return;
    }
    let server = server();
    let plain = get(server.address(), METHODS, &[]);
    add_fault(&server, json!({"fault": "gzip", "when": "after"}));
    let compressed = get(server.address(), METHODS, &[]);
    assert_eq!(compressed.header("content-encoding"), Some("gzip"));
    let mut gzip = Command::new("gzip")
        .arg("-dc")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = gzip.stdin.take().unwrap();
    stdin.write_all(&compressed.body).unwrap();
    drop(stdin);
    let output = gzip.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(output.stdout, plain.body);
}

#[test]
fn before_skips_the_call_and_after_executes_it() {
    const FAULTS: &str = "delay drip reset close truncate wrong_length bad_chunks interim_flood \
        huge_head gzip rate_limited server_error redirect html wrong_content_type echo";
    let server = server();
    for name in FAULTS.split_whitespace() {
        for (when, status) in [("before", 400), ("after", 200)] {
            let mut fault = json!({"fault": name, "when": when});
            if matches!(name, "delay" | "drip") {
                fault["milliseconds"] = 1.into();
            }
            add_fault(&server, fault);
            let token = format!("{when} {name}");
            let body = credentials(A, &token).to_string();
            let bytes = request("POST", BIND, &[JSON], body.as_bytes());
            receive(server.address(), &bytes);
            let login = users(&server).login_with_token(&token, "");
            assert_eq!(login.status, status, "{name} {when}");
        }
    }
    for fault in list_faults(&server).as_array().unwrap() {
        assert_eq!(fault["played"], 1, "{fault}");
    }
}

#[test]
fn response_to_a_skipped_call_has_its_message() {
    let server = server();
    let fault = json!({"fault": "delay", "when": "before", "milliseconds": 1});
    add_fault(&server, fault);
    let response = users(&server).bind(A, "t");
    assert_eq!(response.status, 503);
    let message = "An injected fault: this call was not executed.";
    assert_eq!(response.message(), message);
}

#[test]
fn fault_applies_by_times_call_and_collection() {
    let server = server();
    let users = users(&server);
    let players = Api::new(server.address(), "players");
    let fail = |fields: Value| {
        let mut fault = json!({"fault": "server_error", "when": "before"});
        let fields = fields.as_object().unwrap().clone();
        fault.as_object_mut().unwrap().extend(fields);
        add_fault(&server, fault);
    };

    fail(json!({"times": 2}));
    let statuses = [1, 2, 3].map(|_| users.bind(A, "t").status);
    assert_eq!(statuses, [503, 503, 204]);

    fail(json!({"call": "auth-with-token"}));
    users.must_bind(A, "t");
    assert_eq!(players.login_with_token("t", "").status, 503);
    assert_eq!(users.login_with_token("t", "").status, 200);

    for collection in ["players", "PLAYERS", "pl"] {
        fail(json!({"collection": collection}));
        assert_eq!(users.login_with_token("t", "").status, 200);
        for path in ["pl", "pLAYERS", "play%65rs"] {
            fail(json!({"collection": collection}));
            let login = Api::new(server.address(), path).login_with_token("t", "");
            assert_eq!(login.status, 503, "{collection} {path}");
        }
        users.control(&json!({"do": "clear_faults"}));
    }

    fail(json!({"call": "bind-token", "collection": "players"}));
    users.must_bind(A, "t");
    assert_eq!(players.login_with_token("t", "").status, 400);
    assert_eq!(players.bind(A, "t").status, 503);

    // Faults apply in the order in which they were added.
    fail(json!({"status": 501}));
    fail(json!({"status": 502}));
    let statuses = [1, 2, 3].map(|_| users.bind(A, "t").status);
    assert_eq!(statuses, [501, 502, 204]);

    fail(json!({"call": "health"}));
    users.must_bind(A, "t");
    assert_eq!(get(server.address(), "/api/health", &[]).status, 503);
}

#[test]
fn faults_are_listed_and_cleared() {
    let server = server();
    let users = users(&server);
    add_fault(
        &server,
        json!({"fault": "close", "when": "after", "times": 3, "call": "bind-token",
            "collection": "USERS", "bytes": 5}),
    );
    add_fault(&server, json!({"fault": "rate_limited", "when": "before"}));
    assert_eq!(users.login_with_token("t", "").status, 429);
    let expected = json!([
        {"fault": "close", "when": "after", "times": 3, "played": 0, "call": "bind-token",
            "collection": "users", "bytes": 5},
        {"fault": "rate_limited", "when": "before", "times": 1, "played": 1},
    ]);
    assert_eq!(list_faults(&server), expected);
    assert_eq!(users.control(&json!({"do": "clear_faults"})), Value::Null);
    assert_eq!(list_faults(&server), json!([]));
    users.must_bind(A, "t");
}

#[test]
fn faults_apply_to_calls_only() {
    let server = server();
    let fault = json!({"fault": "reset", "when": "before", "times": 9});
    add_fault(&server, fault);
    for (method, target, status) in [
        ("OPTIONS", BIND, 204),
        ("GET", BIND, 404),
        ("POST", "/api//collections/users/bind-token", 301),
        ("GET", "/api/nothing", 404),
        ("GET", "/", 404),
    ] {
        let response = exchange(server.address(), &request(method, target, &[], b""));
        assert_eq!(response.status, status, "{method} {target}");
    }
    assert_eq!(list_faults(&server)[0]["played"], 0);
}

#[test]
fn incomplete_request_uses_up_a_fault() {
    let server = server();
    add_fault(&server, json!({"fault": "html", "when": "before"}));
    let body = credentials(A, "t").to_string();
    let bytes = request("POST", BIND, &[JSON], body.as_bytes());
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(&bytes[..bytes.len() - 1]).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut received = String::new();
    stream.read_to_string(&mut received).unwrap();
    assert!(!received.contains("html"), "{received}");
    assert_eq!(list_faults(&server)[0]["played"], 1);
    assert_eq!(users(&server).login_with_token("t", "").status, 400);
}

#[test]
fn connection_with_a_large_request_is_closed_orderly() {
    let server = server();
    let bytes = request("POST", BIND, &[JSON], &vec![b' '; 8 << 20]);
    for when in ["before", "after"] {
        add_fault(&server, json!({"fault": "close", "when": when}));
        let expected = (Vec::new(), End::Orderly);
        assert_eq!(receive(server.address(), &bytes), expected, "{when}");
    }
}

#[test]
fn earlier_pipelined_request_gets_its_response() {
    let server = server();
    let health = request("GET", "/api/health", &[], b"");
    let (alone, _) = receive(server.address(), &health);
    let health = String::from_utf8(health).unwrap();
    let health = health.replace("Connection: close\r\n", "");
    let fault = json!({"fault": "close", "when": "after", "call": "auth-methods"});
    add_fault(&server, fault);
    let both = [health.as_bytes(), &request("GET", METHODS, &[], b"")].concat();
    let (received, end) = receive(server.address(), &both);
    assert_eq!(split_head(&received).1, split_head(&alone).1);
    assert_eq!(end, End::Orderly);
}

#[test]
fn later_request_on_the_connection_is_unaffected() {
    let server = server();
    add_fault(&server, json!({"fault": "html", "when": "before"}));
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let mut exchange = |connection: &str| {
        let bytes = format!("GET {METHODS} HTTP/1.1\r\nHost: localhost\r\n{connection}\r\n");
        stream.write_all(bytes.as_bytes()).unwrap();
        let is_complete = |received: &[u8]| {
            received.windows(4).any(|four| four == b"\r\n\r\n") && {
                let (head, body) = split_head(received);
                head.contains(&format!("Content-Length: {}\r\n", body.len()))
            }
        };
        let mut received = Vec::new();
        while !is_complete(&received) {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            received.extend(byte);
        }
        String::from_utf8(received).unwrap()
    };
    assert!(exchange("").contains("<!doctype html>"));
    assert!(exchange("Connection: close\r\n").contains("\"password\""));
}

#[test]
fn invalid_faults_are_rejected() {
    let server = server();
    let reset = |fields: Value| {
        let mut fault = json!({"fault": "reset", "when": "after"});
        let fields = fields.as_object().unwrap().clone();
        fault.as_object_mut().unwrap().extend(fields);
        fault
    };
    let range = "bytes must be an integer from 0 to 1048576";
    for (mut command, expected) in [
        (
            reset(json!({"fault": "rest"})),
            "`delay`, `drip`, `reset`, `close`, `truncate`",
        ),
        (reset(json!({"when": "during"})), "`before` or `after`"),
        (json!({"fault": "reset"}), "missing field `when`"),
        (json!({"when": "after"}), "missing field `fault`"),
        (
            reset(json!({"fault": "gzip", "bytes": 1})),
            "unknown field `bytes`: this fault takes when, times, call and collection",
        ),
        (
            reset(json!({"seconds": 1})),
            "unknown field `seconds`: this fault takes bytes, when",
        ),
        (reset(json!({"bytes": -1})), range),
        (reset(json!({"bytes": 1.5})), range),
        (reset(json!({"bytes": "1"})), range),
        (reset(json!({"bytes": 1_048_577})), range),
        (
            reset(json!({"fault": "server_error", "status": 499})),
            "status must be an integer from 500 to 599",
        ),
        (reset(json!({"times": 0})), "times must be 1 to 1000000"),
        (
            reset(json!({"times": 1_000_001})),
            "times must be 1 to 1000000",
        ),
        (
            reset(json!({"fault": "new_server"})),
            "new_server supports only `before`",
        ),
        (
            json!({"fault": "new_server", "when": "before", "call": "bind-token"}),
            "auth-with-token and unbind-token only",
        ),
        (
            reset(json!({"call": "bind"})),
            "the calls are bind-token, unbind-token,",
        ),
        (
            reset(json!({"collection": "unknown"})),
            "no collection unknown",
        ),
    ] {
        command["do"] = "add_fault".into();
        let response = post(server.address(), "/_local/control", &command);
        assert_eq!(response.status, 400, "{command}");
        let message = response.message();
        assert!(message.contains(expected), "{command}: {message}");
        assert_eq!(server.control(command).unwrap_err().to_string(), message);
    }
    for name in ["list_faults", "clear_faults"] {
        let command = json!({"do": name, "times": 1});
        assert!(server.control(command).is_err(), "{name}");
    }
    assert_eq!(list_faults(&server), json!([]));
}

#[test]
fn new_server_ignores_bindings() {
    let server = server();
    let users = users(&server);
    let fault = json!({"fault": "new_server", "when": "before", "seconds": 86_400});
    add_fault(&server, fault);
    // The first bind starts it; binds are executed.
    assert_eq!(users.login_with_token("t", "").status, 400);
    let hits = || list_faults(&server)[0]["played"].clone();
    assert_eq!(hits(), 0);
    for _ in 0..2 {
        users.must_bind(A, "t");
        let response = users.login_with_token("t", "");
        let failed = "{\"data\":{},\"message\":\"Failed to authenticate.\",\"status\":400}\n";
        assert_eq!((response.status, response.text()), (400, failed));
        assert_eq!(users.unbind(A, "t").status, 204);
    }
    // It applies to all collections.
    let players = Api::new(server.address(), "players");
    players.must_bind(A, "p");
    assert_eq!(players.login_with_token("p", "").status, 400);
    // Earlier errors and other calls are unaffected.
    assert_eq!(users.unbind("b@example.com", "t").status, 400);
    let response = users.login_with_token("", "");
    assert!(response.json()["data"]["token"].is_object());
    let unknown = Api::new(server.address(), "unknown");
    assert_eq!(unknown.login_with_token("t", "").status, 404);
    assert_eq!(users.login_with_password(A, "").status, 200);
    assert_eq!(hits(), 8);
    server.control(json!({"do": "clear_faults"})).unwrap();
    assert_eq!(users.login_with_token("t", "").status, 200);
    assert_eq!(players.login_with_token("p", "").status, 200);
    assert_eq!(users.unbind(A, "t").status, 204);
    assert_eq!(users.login_with_token("t", "").status, 400);
}

#[test]
fn new_server_expires_by_time_or_hits() {
    let server = server();
    let users = users(&server);
    let fault = json!({"fault": "new_server", "when": "before", "seconds": 1});
    add_fault(&server, fault);
    users.must_bind(A, "t");
    while users.login_with_token("t", "").status != 200 {}
    users.must_bind(A, "t");
    assert_eq!(users.login_with_token("t", "").status, 200);

    let twice = json!({"fault": "new_server", "when": "before", "seconds": 86_400, "times": 2,
        "call": "auth-with-token", "collection": "users"});
    add_fault(&server, twice);
    let players = Api::new(server.address(), "players");
    players.must_bind(A, "t");
    assert_eq!(users.login_with_token("t", "").status, 200);
    users.must_bind(A, "t");
    let statuses = [1, 2, 3].map(|_| users.login_with_token("t", "").status);
    assert_eq!(statuses, [400, 400, 200]);
}

#[test]
fn number_of_faults_is_limited() {
    let server = server();
    let command = json!({"do": "add_fault", "fault": "reset", "when": "before"});
    for _ in 0..1000 {
        server.control(command.clone()).unwrap();
    }
    let error = server.control(command.clone()).unwrap_err().to_string();
    assert!(error.contains("remove them with clear_faults"), "{error}");
    server.control(json!({"do": "clear_faults"})).unwrap();
    server.control(command).unwrap();
}

#[test]
fn browsers_cannot_add_faults() {
    let server = server();
    let command = br#"{"do":"add_fault","fault":"reset","when":"before"}"#;
    for header in [
        ("Origin", "http://127.0.0.1"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Host", "example.com"),
    ] {
        let bytes = request("POST", "/_local/control", &[header], command);
        assert_eq!(exchange(server.address(), &bytes).status, 403, "{header:?}");
    }
    assert_eq!(list_faults(&server), json!([]));
}

#[test]
fn faults_require_control() {
    let running = Running::start(&["--demo"]);
    let command = json!({"do": "add_fault", "fault": "reset", "when": "before"});
    assert_eq!(running.post("/_local/control", &command), 404);
    assert_eq!(get(running.address, METHODS, &[]).status, 200);
    running.stop();
}

#[test]
fn faults_are_logged() {
    let running = Running::start(&["--demo", "--control", "--log"]);
    let users = Api::new(running.address, "users");
    users.control(&json!({"do": "add_fault", "fault": "reset", "when": "after"}));
    for _ in 0..2 {
        receive(running.address, &request("GET", METHODS, &[], b""));
    }
    let (_, log) = running.stop();
    let lines = log.lines().filter(|line| line.starts_with('{'));
    let lines: Vec<Value> = lines
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &Value| line["path"] == METHODS)
        .map(|line| json!([line["status"], line["fault"], line["when"]]))
        .collect();
    let expected = [json!([200, "reset", "after"]), json!([200, null, null])];
    assert_eq!(lines, expected, "{log}");
}
