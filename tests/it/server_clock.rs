//! The validity of a session and the wait before a retry are measured by the server's clock, not by that of the device.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bosauth::{CallOptions, Client};

use crate::support::faulty_server::{Act, FaultyServer};
use crate::support::responses::{JSON, response};
#[cfg(target_os = "linux")]
use crate::support::{library, tools};

/// Server times in the past and in the future of every device, and the same in Unix seconds.
const PAST: &str = "Date: Mon, 01 Jan 2001 00:00:00 GMT\r\n";
const PAST_SECONDS: i64 = 978_307_200;
const FUTURE: &str = "Date: Wed, 01 Jan 2200 00:00:00 GMT\r\n";
const FUTURE_SECONDS: i64 = 7_258_118_400;

const HOUR: i64 = 3600;
const YEAR: i64 = 365 * 24 * HOUR;

/// A token that expires at this time, in Unix seconds.
fn token(expires_at: i64) -> String {
    let claims = URL_SAFE_NO_PAD.encode(format!(r#"{{"exp":{expires_at}}}"#));
    format!("e30.{claims}.c2ln")
}

/// The response to a login, with these fields and a token that expires at this time.
fn login(fields: &str, expires_at: i64) -> Vec<u8> {
    let record = r#"{"id":"r1","collectionId":"users"}"#;
    let body = format!(r#"{{"record":{record},"token":"{}"}}"#, token(expires_at));
    response("200 OK", &format!("{JSON}{fields}"), &body)
}

fn is_valid(client: &Client) -> bool {
    client.session().unwrap().unwrap().is_valid()
}

/// Whether a client whose device is in the server's future accepts a token after this response: only with the server's
/// clock.
fn knows_the_time_after(method: &str, response: &[u8]) -> bool {
    let server = FaultyServer::always(vec![Act::Send(response.to_vec()), Act::Close]);
    let client = server.client();
    let expires_at = token(PAST_SECONDS + HOUR);
    client.save_session(&expires_at, None).unwrap();
    assert!(!is_valid(&client), "by the local clock");
    let _ = client.send(method, "/api/x", None, &CallOptions::new());
    is_valid(&client)
}

#[test]
fn every_complete_response_with_a_date_sets_the_clock() {
    for status in [
        200, 204, 206, 302, 304, 400, 401, 403, 404, 429, 500, 502, 503,
    ] {
        for method in ["GET", "HEAD", "POST"] {
            let response = format!("HTTP/1.1 {status} x\r\n{PAST}Content-Length: 0\r\n\r\n");
            assert!(
                knows_the_time_after(method, response.as_bytes()),
                "{method} {status}"
            );
        }
    }
    let interim = format!("HTTP/1.1 103 x\r\n{FUTURE}\r\nHTTP/1.1 204 x\r\n{PAST}\r\n");
    assert!(knows_the_time_after("GET", interim.as_bytes()));
    let until_close = format!("HTTP/1.1 200 x\r\n{PAST}\r\nx");
    assert!(knows_the_time_after("GET", until_close.as_bytes()));
}

#[test]
fn dates_that_are_not_of_now_do_not_set_the_clock() {
    for head in [
        "HTTP/1.1 204 x\r\n".into(),
        format!("HTTP/1.1 204 x\r\nAge: 0\r\n{PAST}"),
        format!("HTTP/1.1 204 x\r\n{PAST}{PAST}"),
        "HTTP/1.1 204 x\r\nDate: 978307200\r\n".into(),
        "HTTP/1.1 204 x\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n".into(),
        format!("HTTP/1.1 103 x\r\n{PAST}\r\nHTTP/1.1 204 x\r\n"),
        // Incomplete.
        format!("HTTP/1.1 200 x\r\n{PAST}Content-Length: 1\r\n"),
        format!("HTTP/1.1 200 x\r\n{PAST}Transfer-Encoding: chunked\r\n"),
    ] {
        let response = format!("{head}\r\n");
        assert!(
            !knows_the_time_after("GET", response.as_bytes()),
            "{head:?}"
        );
    }
}

#[test]
fn session_has_the_clock_of_its_response_and_the_client_the_newest() {
    let server = FaultyServer::start(|request| {
        vec![Act::Send(match request.number {
            // By the local clock, each token has the other validity.
            0 => login(PAST, PAST_SECONDS + HOUR),
            1 => login(FUTURE, FUTURE_SECONDS - HOUR),
            _ => login(PAST, FUTURE_SECONDS - HOUR),
        })]
    });
    let client = server.client();
    let first = client.collection("users").auth_with_token("t").unwrap();
    assert!(first.is_valid() && is_valid(&client));
    let second = client.auth_refresh(&CallOptions::new()).unwrap();
    assert!(!second.is_valid() && !is_valid(&client));
    let kept = client.session().unwrap().unwrap();
    client
        .send("GET", "/api/x", None, &CallOptions::new())
        .unwrap();
    assert!(is_valid(&client), "the server's clock was set");
    assert!(first.is_valid() && !second.is_valid() && !kept.is_valid());
    client
        .save_session(&token(PAST_SECONDS - HOUR), None)
        .unwrap();
    assert!(!is_valid(&client));
    client
        .save_session(&token(PAST_SECONDS + HOUR), None)
        .unwrap();
    assert!(is_valid(&client));
    assert!(!is_valid(&{
        let other = server.client();
        other
            .save_session(&token(PAST_SECONDS + HOUR), None)
            .unwrap();
        other
    }));
}

#[test]
fn date_in_retry_after_is_relative_to_that_of_the_response() {
    let server = FaultyServer::start(|request| {
        let date = match request.number {
            0 => PAST,
            1 => "",
            // What a cache has sent is older.
            _ => &format!("Age: 86400\r\n{FUTURE}"),
        };
        let fields = format!("{date}Retry-After: Mon, 01 Jan 2001 01:00:00 GMT\r\n");
        vec![Act::Send(response("503 x", &fields, ""))]
    });
    let client = server.client();
    let wait = || {
        let result = client.send("GET", "/api/x", None, &CallOptions::new());
        result.unwrap_err().retry_after()
    };
    assert_eq!(wait(), Duration::from_secs(3600));
    for response in ["without a date", "with an age"] {
        let wait = wait();
        // By the clock that the first response has set. No test takes so long.
        let is_by_server = !wait.is_zero() && wait < Duration::from_secs(3600);
        assert!(is_by_server, "{response}: {wait:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn clock_of_the_device_does_not_matter_once_the_server_has_sent_its_own() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_secs()).unwrap();
    let server = FaultyServer::start(move |request| {
        let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
        vec![Act::Send(match body["token"].as_str().unwrap() {
            "a year ago" => login("", now - YEAR),
            "in a year" => login("", now + YEAR),
            "an hour ago" => login(FUTURE, FUTURE_SECONDS - HOUR),
            "in an hour" => login(FUTURE, FUTURE_SECONDS + HOUR),
            other => panic!("{other}"),
        })]
    });
    let mut program = library::program("server_clock.c", &[]);
    assert_eq!(tools::run(program.arg(server.url())), "good\n");
}
