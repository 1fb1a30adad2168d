//! Faults on demand: what a client sees on its socket, whether the call was carried out, and
//! which requests meet a fault.
#![allow(clippy::unwrap_used)]

mod support;

use bosbase_local::{Config, Seed, Server};
use serde_json::{Value, json};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;
use support::api::{Api, PASSWORD, account};
use support::program::Running;
use support::{exchange, post, request, tools};

const A: &str = "a@example.com";
const METHODS: &str = "/api/collections/users/auth-methods";

/// So long that no test sees the end of it.
const FOREVER: u64 = 3_600_000;

fn server() -> Server {
    let seed = json!({
        "collections": [{"name": "players", "id": "pl", "type": "auth"}],
        "accounts": [account("users", A), account("players", A)],
    });
    Server::start(Config {
        seed: Some(Seed::Text(seed.to_string())),
        control: true,
        ..Config::default()
    })
    .unwrap()
}

/// Orders a fault, by control; `order` is all but the verb.
fn order(server: &Server, mut order: Value) {
    order["do"] = "add_fault".into();
    Api::new(server.address(), "users").control(&order);
}

/// How a connection ended.
#[derive(Debug, PartialEq)]
enum End {
    Orderly,
    Reset,
}

/// Sends `sent`; gives all that came back, and how it ended.
fn seen(address: SocketAddr, sent: &[u8]) -> (Vec<u8>, End) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(sent).unwrap();
    let mut bytes = Vec::new();
    let end = match stream.read_to_end(&mut bytes) {
        Ok(_) => End::Orderly,
        Err(error) if error.kind() == ErrorKind::ConnectionReset => End::Reset,
        Err(error) => panic!("{error}"),
    };
    (bytes, end)
}

/// The same for a request whose answer is always the same, after an order.
fn methods_with(server: &Server, ordered: Value) -> (Vec<u8>, End) {
    order(server, ordered);
    seen(server.address(), &request("GET", METHODS, &[], b""))
}

/// The whole answer to that request as a fault writes it.
fn whole(server: &Server) -> Vec<u8> {
    let all = json!({"fault": "close", "when": "after", "bytes": 1 << 20});
    methods_with(server, all).0
}

/// The head of an answer, with the empty line, and its body.
fn parts(answer: &[u8]) -> (String, &[u8]) {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = answer.split_at(end.unwrap() + 4);
    (String::from_utf8(head.to_vec()).unwrap(), body)
}

#[test]
fn a_whole_answer_is_the_one_without_a_fault() {
    let server = server();
    let lines = |answer: &[u8]| {
        let (head, body) = parts(answer);
        let mut lines: Vec<String> = head.lines().map(str::to_owned).collect();
        lines.retain(|line| !line.starts_with("date: "));
        lines.sort();
        (lines, body.to_vec())
    };
    let plain = seen(server.address(), &request("GET", METHODS, &[], b""));
    assert_eq!(plain.1, End::Orderly);
    assert_eq!(lines(&whole(&server)), lines(&plain.0));
}

#[test]
fn a_connection_is_closed_or_reset_after_so_many_bytes() {
    let server = server();
    let whole = whole(&server);
    for (fault, end) in [("close", End::Orderly), ("reset", End::Reset)] {
        for bytes in [0, 1, 40, whole.len(), 1 << 20] {
            let ordered = json!({"fault": fault, "when": "after", "bytes": bytes});
            let (came, ended) = methods_with(&server, ordered);
            assert_eq!(came, whole[..bytes.min(whole.len())], "{fault} {bytes}");
            assert_eq!(ended, end, "{fault} {bytes}");
        }
        let (came, ended) = methods_with(&server, json!({"fault": fault, "when": "before"}));
        assert!(came.is_empty() && ended == end, "{fault} {came:?}");
    }
}

#[test]
fn bytes_are_missing_or_wrong() {
    let server = server();
    let whole = whole(&server);
    let (head, body) = parts(&whole);
    let length = format!("content-length: {}\r\n", body.len());
    let spoiled = |from: &str, to: &str| head.replace(from, to).into_bytes();
    let chunks = spoiled(&length, "");
    let chunks = String::from_utf8(chunks).unwrap();
    let chunks = chunks.replace("\r\n\r\n", "\r\ntransfer-encoding: chunked\r\n\r\n");
    let interim = b"HTTP/1.1 103 Early Hints\r\n\r\n";
    for (fault, member, number, expected) in [
        ("truncate", "bytes", 1, whole[..whole.len() - 1].to_vec()),
        ("truncate", "bytes", 1 << 20, Vec::new()),
        (
            "wrong_length",
            "bytes",
            7,
            [&spoiled(&length, "content-length: 7\r\n"), body].concat(),
        ),
        (
            "interim_flood",
            "answers",
            300,
            [&interim.repeat(300), &whole[..]].concat(),
        ),
    ] {
        let mut ordered = json!({"fault": fault, "when": "after"});
        ordered[member] = number.into();
        let (came, ended) = methods_with(&server, ordered);
        assert!(
            came == expected,
            "{fault}: {}",
            String::from_utf8_lossy(&came)
        );
        assert_eq!(ended, End::Orderly, "{fault}");
    }
    let ordered = json!({"fault": "bad_chunks", "when": "after"});
    let (came, ended) = methods_with(&server, ordered);
    let (came_head, came_body) = parts(&came);
    let sorted = |head: &str| {
        let mut lines: Vec<String> = head.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&came_head), sorted(&chunks));
    assert_eq!(came_body, [b"no size\r\n", body, b"\r\n0\r\n\r\n"].concat());
    assert_eq!(ended, End::Orderly);
}

/// Whether nothing more comes for a while.
fn is_silent(stream: &mut TcpStream) -> bool {
    let soon = Some(Duration::from_millis(200));
    stream.set_read_timeout(soon).unwrap();
    let waited = stream.read(&mut [0]).map_err(|error| error.kind());
    matches!(waited, Err(ErrorKind::WouldBlock | ErrorKind::TimedOut))
}

#[test]
fn slow_answers_keep_nobody_else_waiting_and_are_dropped_at_the_end() {
    let server = server();
    let asked = |ordered: Value| {
        order(&server, ordered);
        let mut stream = TcpStream::connect(server.address()).unwrap();
        let sent = request("GET", METHODS, &[], b"");
        stream.write_all(&sent).unwrap();
        stream
    };
    let mut dripping = asked(json!({"fault": "drip", "when": "after", "milliseconds": 60_000}));
    let mut first = [0];
    dripping.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"H");
    assert!(is_silent(&mut dripping));
    let late = json!({"fault": "delay", "when": "after", "milliseconds": FOREVER});
    let mut late = asked(late);
    assert!(is_silent(&mut late));
    let api = Api::new(server.address(), "users");
    assert_eq!(api.bind(A, "t").status, 204);
    assert_eq!(api.by_token("t", "").status, 200);
    server.stop();
    for mut stream in [dripping, late] {
        stream.set_read_timeout(None).unwrap();
        let mut rest = Vec::new();
        // An orderly end or a reset, but an end.
        let _ = stream.read_to_end(&mut rest);
        assert!(rest.is_empty());
    }
}

#[test]
fn slow_answers_come_whole_in_the_end() {
    let server = server();
    let whole = whole(&server);
    let drip = json!({"fault": "drip", "when": "after", "milliseconds": 1});
    assert_eq!(methods_with(&server, drip), (whole.clone(), End::Orderly));
    let delay = json!({"fault": "delay", "when": "after", "milliseconds": 1});
    let (came, _) = methods_with(&server, delay);
    assert_eq!(parts(&came).1, parts(&whole).1);
}

/// What a login gives that meets this fault.
fn login_with(server: &Server, ordered: Value) -> support::Answer {
    order(server, ordered);
    Api::new(server.address(), "users").by_token("t", "")
}

#[test]
fn other_answers() {
    let server = server();
    let api = Api::new(server.address(), "users");
    assert_eq!(api.bind(A, "t").status, 204);
    let limited = login_with(&server, json!({"fault": "rate_limited", "when": "before"}));
    assert_eq!((limited.status, limited.header("retry-after")), (429, None));
    assert_eq!(limited.message(), "Too Many Requests.");
    let ordered = json!({"fault": "rate_limited", "when": "before", "seconds": 7});
    let limited = login_with(&server, ordered);
    assert_eq!(limited.header("retry-after"), Some("7"));

    let ordered = json!({"fault": "server_error", "when": "before", "status": 502});
    let broken = login_with(&server, ordered);
    assert_eq!(
        (broken.status, &broken.json()["status"]),
        (502, &json!(502))
    );

    let moved = login_with(&server, json!({"fault": "redirect", "when": "before"}));
    let target = "/api/collections/users/auth-with-token";
    assert_eq!(
        (moved.status, moved.header("location")),
        (307, Some(target))
    );

    let page = login_with(&server, json!({"fault": "html", "when": "before"}));
    assert_eq!(page.status, 200);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(page.text().starts_with("<!doctype html>"));

    let ordered = json!({"fault": "wrong_content_type", "when": "after"});
    let login = login_with(&server, ordered);
    assert_eq!(login.header("content-type"), Some("text/plain"));
    assert_eq!(login.json()["record"]["email"], A);

    let ordered = json!({"fault": "huge_head", "when": "after", "bytes": 100_000});
    let login = login_with(&server, ordered);
    assert_eq!(login.header("x-padding").unwrap(), "x".repeat(100_000));
    assert_eq!(login.json()["record"]["email"], A);

    let ordered = json!({"fault": "server_error", "when": "before"});
    assert_eq!(login_with(&server, ordered).status, 503);
}

#[test]
fn an_echo_repeats_the_request() {
    let server = server();
    order(
        &server,
        json!({"fault": "echo", "when": "after", "status": 400}),
    );
    let headers = [("Content-Type", "application/json"), ("X-Mine", "yes")];
    let body = br#"{"token":"canary"}"#;
    let target = "/api/collections/users/auth-with-token?fields=a";
    let sent = request("POST", target, &headers, body);
    let echo = exchange(server.address(), &sent);
    assert_eq!(echo.status, 400);
    let (head, said) = parts(&echo.body);
    assert_eq!(said, body);
    assert!(head.starts_with(&format!("POST {target} HTTP/1.1\r\n")));
    assert!(head.contains("\r\nx-mine: yes\r\n"), "{head}");
}

#[test]
fn a_packed_answer_can_be_unpacked() {
    if !tools::has("gzip") {
        return;
    }
    let server = server();
    let plain = exchange(server.address(), &request("GET", METHODS, &[], b""));
    order(&server, json!({"fault": "gzip", "when": "after"}));
    let packed = exchange(server.address(), &request("GET", METHODS, &[], b""));
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    let mut unpack = Command::new("gzip")
        .arg("-dc")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    unpack
        .stdin
        .take()
        .unwrap()
        .write_all(&packed.body)
        .unwrap();
    let unpacked = unpack.wait_with_output().unwrap();
    assert!(unpacked.status.success());
    assert_eq!(unpacked.stdout, plain.body);
}

/// Every fault, played quickly.
fn every_fault() -> Vec<Value> {
    let listed = "delay drip reset close truncate wrong_length bad_chunks interim_flood huge_head \
        gzip rate_limited server_error redirect html wrong_content_type echo";
    let quickly = |name| match name {
        "delay" | "drip" => json!({"fault": name, "milliseconds": 1}),
        _ => json!({"fault": name}),
    };
    listed.split_whitespace().map(quickly).collect()
}

#[test]
fn before_does_nothing_and_after_does_it() {
    let server = server();
    let api = Api::new(server.address(), "users");
    let every = every_fault();
    assert_eq!(every.len(), 16);
    for (number, fault) in every.into_iter().enumerate() {
        for (when, status) in [("before", 400), ("after", 200)] {
            let mut ordered = fault.clone();
            ordered["when"] = when.into();
            order(&server, ordered);
            let token = format!("{when} {number}");
            let body = json!({"email": A, "password": PASSWORD, "token": token}).to_string();
            let target = "/api/collections/users/bind-token";
            let json = [("Content-Type", "application/json")];
            seen(
                server.address(),
                &request("POST", target, &json, body.as_bytes()),
            );
            let login = api.by_token(&token, "");
            assert_eq!(login.status, status, "{fault} {when}");
        }
    }
    let listed = api.control(&json!({"do": "list_faults"}));
    for fault in listed["faults"].as_array().unwrap() {
        assert_eq!(fault["played"], 1, "{fault}");
    }
}

#[test]
fn what_is_spoiled_before_says_that_nothing_was_done() {
    let server = server();
    let api = Api::new(server.address(), "users");
    order(
        &server,
        json!({"fault": "delay", "when": "before", "milliseconds": 1}),
    );
    let refused = api.bind(A, "t");
    assert_eq!(refused.status, 503);
    let said = "A fault was ordered: this call was not carried out.";
    assert_eq!(refused.message(), said);
}

#[test]
fn faults_are_for_so_many_requests_to_one_call_of_one_collection() {
    let server = server();
    let users = Api::new(server.address(), "users");
    let players = Api::new(server.address(), "players");
    let broken = |more: Value| {
        let mut ordered = json!({"fault": "server_error", "when": "before"});
        ordered
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        order(&server, ordered);
    };
    let clear = || users.control(&json!({"do": "clear_faults"}));

    broken(json!({"times": 2}));
    let statuses = [1, 2, 3].map(|_| users.bind(A, "t").status);
    assert_eq!(statuses, [503, 503, 204]);

    broken(json!({"call": "auth-with-token"}));
    assert_eq!(users.bind(A, "t").status, 204);
    assert_eq!(players.by_token("t", "").status, 503);
    assert_eq!(users.by_token("t", "").status, 200);

    for collection in ["players", "PLAYERS", "pl"] {
        broken(json!({"collection": collection}));
        assert_eq!(users.by_token("t", "").status, 200);
        for path in ["pl", "pLAYERS", "play%65rs"] {
            broken(json!({"collection": collection}));
            let named = Api::new(server.address(), path);
            assert_eq!(named.by_token("t", "").status, 503, "{collection} {path}");
        }
        clear();
    }

    broken(json!({"call": "bind-token", "collection": "players"}));
    assert_eq!(users.bind(A, "t").status, 204);
    assert_eq!(players.by_token("t", "").status, 400);
    assert_eq!(players.bind(A, "t").status, 503);

    // The one that was ordered first is met first.
    broken(json!({"status": 501}));
    broken(json!({"status": 502}));
    let statuses = [1, 2, 3].map(|_| users.bind(A, "t").status);
    assert_eq!(statuses, [501, 502, 204]);

    broken(json!({"call": "health"}));
    assert_eq!(users.bind(A, "t").status, 204);
    let health = request("GET", "/api/health", &[], b"");
    assert_eq!(exchange(server.address(), &health).status, 503);
}

#[test]
fn faults_are_listed_and_cleared() {
    let server = server();
    let api = Api::new(server.address(), "users");
    order(
        &server,
        json!({"fault": "close", "when": "after", "times": 3, "call": "bind-token",
            "collection": "USERS", "bytes": 5}),
    );
    order(&server, json!({"fault": "rate_limited", "when": "before"}));
    assert_eq!(api.by_token("t", "").status, 429);
    let listed = json!({"faults": [
        {"fault": "close", "when": "after", "times": 3, "played": 0, "call": "bind-token",
            "collection": "users", "bytes": 5},
        {"fault": "rate_limited", "when": "before", "times": 1, "played": 1},
    ]});
    assert_eq!(api.control(&json!({"do": "list_faults"})), listed);
    assert_eq!(api.control(&json!({"do": "clear_faults"})), Value::Null);
    let none = json!({"faults": []});
    assert_eq!(api.control(&json!({"do": "list_faults"})), none);
    assert_eq!(api.bind(A, "t").status, 204);
}

#[test]
fn what_is_no_call_meets_no_fault() {
    let server = server();
    let address = server.address();
    order(
        &server,
        json!({"fault": "reset", "when": "before", "times": 9}),
    );
    let bind = "/api/collections/users/bind-token";
    for (method, target, status) in [
        ("OPTIONS", bind, 204),
        ("GET", bind, 404),
        ("POST", "/api//collections/users/bind-token", 301),
        ("GET", "/api/nothing", 404),
        ("GET", "/", 404),
    ] {
        let answer = exchange(address, &request(method, target, &[], b""));
        assert_eq!(answer.status, status, "{method} {target}");
    }
    let listed = Api::new(address, "users").control(&json!({"do": "list_faults"}));
    assert_eq!(listed["faults"][0]["played"], 0);
}

#[test]
fn a_request_that_does_not_come_whole_uses_a_fault_up() {
    let server = server();
    let api = Api::new(server.address(), "users");
    order(&server, json!({"fault": "html", "when": "before"}));
    let body = json!({"email": A, "password": PASSWORD, "token": "t"}).to_string();
    let headers = [("Content-Type", "application/json")];
    let target = "/api/collections/users/bind-token";
    let whole = request("POST", target, &headers, body.as_bytes());
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(&whole[..whole.len() - 1]).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut came = String::new();
    stream.read_to_string(&mut came).unwrap();
    assert!(!came.contains("html"), "{came}");
    let listed = api.control(&json!({"do": "list_faults"}));
    assert_eq!(listed["faults"][0]["played"], 1);
    assert_eq!(api.by_token("t", "").status, 400);
}

#[test]
fn a_large_request_finds_an_orderly_end_too() {
    let server = server();
    let headers = [("Content-Type", "application/json")];
    let target = "/api/collections/users/bind-token";
    let large = request("POST", target, &headers, &vec![b' '; 8 << 20]);
    for when in ["before", "after"] {
        order(&server, json!({"fault": "close", "when": when}));
        let nothing = (Vec::new(), End::Orderly);
        assert_eq!(seen(server.address(), &large), nothing, "{when}");
    }
}

#[test]
fn what_was_asked_for_before_on_the_connection_is_answered_whole() {
    let server = server();
    let health = request("GET", "/api/health", &[], b"");
    let (alone, _) = seen(server.address(), &health);
    let health = String::from_utf8(health)
        .unwrap()
        .replace("Connection: close\r\n", "");
    order(
        &server,
        json!({"fault": "close", "when": "after", "call": "auth-methods"}),
    );
    let both = [health.as_bytes(), &request("GET", METHODS, &[], b"")].concat();
    let (came, end) = seen(server.address(), &both);
    assert_eq!(parts(&came).1, parts(&alone).1);
    assert_eq!(end, End::Orderly);
}

#[test]
fn other_requests_on_the_connection_are_as_ever() {
    let server = server();
    order(&server, json!({"fault": "html", "when": "before"}));
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let mut read = |close: &str| {
        let sent = format!("GET {METHODS} HTTP/1.1\r\nHost: localhost\r\n{close}\r\n");
        stream.write_all(sent.as_bytes()).unwrap();
        let mut came = Vec::new();
        while !came.ends_with(b"\n") || !came.windows(4).any(|four| four == b"\r\n\r\n") || {
            let (head, body) = parts(&came);
            !head.contains(&format!("content-length: {}\r\n", body.len()))
        } {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            came.extend(byte);
        }
        String::from_utf8(came).unwrap()
    };
    assert!(read("").contains("<!doctype html>"));
    assert!(read("Connection: close\r\n").contains("\"password\""));
}

#[test]
fn orders_that_make_no_sense_are_refused() {
    let server = server();
    let address = server.address();
    let all_kinds = "`delay`, `drip`, `reset`, `close`, `truncate`";
    let common = "when, times, call and collection";
    let limits = "bytes is a whole number, 0 to 1048576";
    for (step, said) in [
        (json!({"fault": "rest", "when": "after"}), all_kinds),
        (
            json!({"fault": "reset", "when": "during"}),
            "`before` or `after`",
        ),
        (json!({"fault": "reset"}), "missing field `when`"),
        (json!({"when": "after"}), "missing field `fault`"),
        (
            json!({"fault": "gzip", "when": "after", "bytes": 1}),
            common,
        ),
        (
            json!({"fault": "reset", "when": "after", "seconds": 1}),
            "unknown field `seconds`: this fault takes bytes, when",
        ),
        (
            json!({"fault": "reset", "when": "after", "bytes": -1}),
            limits,
        ),
        (
            json!({"fault": "reset", "when": "after", "bytes": 1.5}),
            limits,
        ),
        (
            json!({"fault": "reset", "when": "after", "bytes": "1"}),
            limits,
        ),
        (
            json!({"fault": "reset", "when": "after", "bytes": 1_048_577}),
            limits,
        ),
        (
            json!({"fault": "server_error", "when": "after", "status": 499}),
            "status is a whole number, 500 to 599",
        ),
        (
            json!({"fault": "reset", "when": "after", "times": 0}),
            "times is 1 to",
        ),
        (
            json!({"fault": "reset", "when": "after", "times": 1_000_001}),
            "times is 1 to 1000000",
        ),
        (
            json!({"fault": "new_server", "when": "after"}),
            "new_server has only `before`",
        ),
        (
            json!({"fault": "new_server", "when": "before", "call": "bind-token"}),
            "auth-with-token and unbind-token only",
        ),
        (
            json!({"fault": "reset", "when": "after", "call": "bind"}),
            "there are bind-token, unbind-token,",
        ),
        (
            json!({"fault": "reset", "when": "after", "collection": "nobody"}),
            "there is no collection nobody",
        ),
    ] {
        let mut step = step;
        step["do"] = "add_fault".into();
        let answer = post(address, "/_local/control", &step);
        assert_eq!(answer.status, 400, "{step}");
        let message = answer.message();
        assert!(message.contains(said), "{step}: {message}");
        assert_eq!(server.control(step).unwrap_err().to_string(), message);
    }
    for name in ["list_faults", "clear_faults"] {
        let step = json!({"do": name, "times": 1});
        assert!(server.control(step).is_err(), "{name}");
    }
    let none = json!({"faults": []});
    assert_eq!(server.control(json!({"do": "list_faults"})).unwrap(), none);
}

#[test]
fn a_new_server_misses_what_was_bound() {
    let server = server();
    let api = Api::new(server.address(), "users");
    let ordered = json!({"fault": "new_server", "when": "before", "seconds": 86_400});
    order(&server, ordered);
    // It begins with the first bind after the order, and binds are carried out.
    assert_eq!(api.by_token("t", "").status, 400);
    let played =
        || server.control(json!({"do": "list_faults"})).unwrap()["faults"][0]["played"].clone();
    assert_eq!(played(), 0);
    for _ in 0..2 {
        assert_eq!(api.bind(A, "t").status, 204);
        let answer = api.by_token("t", "");
        let refused = "{\"data\":{},\"message\":\"Failed to authenticate.\",\"status\":400}\n";
        assert_eq!((answer.status, answer.text()), (400, refused));
        assert_eq!(api.unbind(A, "t").status, 204);
    }
    // All collections miss theirs.
    let players = Api::new(server.address(), "players");
    assert_eq!(players.bind(A, "p").status, 204);
    assert_eq!(players.by_token("p", "").status, 400);
    // What is found wrong before is told as ever, and other calls work.
    assert_eq!(api.unbind("b@example.com", "t").status, 400);
    assert!(api.by_token("", "").json()["data"]["token"].is_object());
    assert_eq!(
        Api::new(server.address(), "nobody")
            .by_token("t", "")
            .status,
        404
    );
    assert_eq!(api.by_password(A, "").status, 200);
    assert_eq!(played(), 8);
    server.control(json!({"do": "clear_faults"})).unwrap();
    assert_eq!(api.by_token("t", "").status, 200);
    assert_eq!(players.by_token("p", "").status, 200);
    assert_eq!(api.unbind(A, "t").status, 204);
    assert_eq!(api.by_token("t", "").status, 400);
}

#[test]
fn a_new_server_is_one_for_some_seconds_or_some_calls() {
    let server = server();
    let api = Api::new(server.address(), "users");
    order(
        &server,
        json!({"fault": "new_server", "when": "before", "seconds": 1}),
    );
    assert_eq!(api.bind(A, "t").status, 204);
    // It ends by itself; how soon is not asked.
    while api.by_token("t", "").status != 200 {}
    assert_eq!(api.bind(A, "t").status, 204);
    assert_eq!(api.by_token("t", "").status, 200);

    let twice = json!({"fault": "new_server", "when": "before", "seconds": 86_400, "times": 2,
        "call": "auth-with-token", "collection": "users"});
    order(&server, twice);
    assert_eq!(
        Api::new(server.address(), "players").bind(A, "t").status,
        204
    );
    assert_eq!(api.by_token("t", "").status, 200);
    assert_eq!(api.bind(A, "t").status, 204);
    let statuses: Vec<u16> = (0..3).map(|_| api.by_token("t", "").status).collect();
    assert_eq!(statuses, [400, 400, 200]);
}

#[test]
fn there_is_room_for_a_thousand() {
    let server = server();
    let step = json!({"do": "add_fault", "fault": "reset", "when": "before"});
    for _ in 0..1000 {
        server.control(step.clone()).unwrap();
    }
    let refused = server.control(step.clone()).unwrap_err().to_string();
    assert!(refused.contains("clear_faults makes room"), "{refused}");
    server.control(json!({"do": "clear_faults"})).unwrap();
    server.control(step).unwrap();
}

#[test]
fn no_browser_orders_a_fault() {
    let server = server();
    let api = Api::new(server.address(), "users");
    let step = br#"{"do":"add_fault","fault":"reset","when":"before"}"#;
    for header in [
        ("Origin", "http://127.0.0.1"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Host", "example.com"),
    ] {
        let sent = request("POST", "/_local/control", &[header], step);
        assert_eq!(exchange(server.address(), &sent).status, 403, "{header:?}");
    }
    assert_eq!(
        api.control(&json!({"do": "list_faults"}))["faults"],
        json!([])
    );
}

#[test]
fn without_control_there_are_none() {
    let running = Running::start(&["--demo"]);
    let step = json!({"do": "add_fault", "fault": "reset", "when": "before"});
    assert_eq!(running.post("/_local/control", &step), 404);
    let methods = request("GET", METHODS, &[], b"");
    assert_eq!(exchange(running.address, &methods).status, 200);
    running.end();
}

#[test]
fn the_log_tells_of_a_fault() {
    let running = Running::start(&["--demo", "--control", "--log"]);
    let api = Api::new(running.address, "users");
    api.control(&json!({"do": "add_fault", "fault": "reset", "when": "after"}));
    seen(running.address, &request("GET", METHODS, &[], b""));
    seen(running.address, &request("GET", METHODS, &[], b""));
    let (_, errors) = running.end();
    let lines = errors.lines().filter(|line| line.starts_with('{'));
    let lines: Vec<Value> = lines
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &Value| line["path"] == METHODS)
        .collect();
    assert_eq!(lines.len(), 2, "{errors}");
    let told = |line: &Value| [&line["status"], &line["fault"], &line["when"]].map(Value::clone);
    assert_eq!(
        told(&lines[0]),
        [json!(200), json!("reset"), json!("after")]
    );
    assert_eq!(told(&lines[1]), [json!(200), Value::Null, Value::Null]);
}
