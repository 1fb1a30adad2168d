//! Every row of the table of replies that one of the three calls can meet, from a real socket.

use super::row::{Call, Row};
use crate::support::faulty_server::Act;
use crate::support::responses::{JSON, LOGIN, api_error, response};

/// The rows.
pub fn rows() -> Vec<Row> {
    [
        successes_and_what_only_looks_like_one(),
        a_login_needs_a_usable_token_and_record(),
        redirects_limits_and_failures(),
        refusals_of_the_protocol(),
        refusals_that_are_not_the_protocols(),
        lower_case_names_and_every_framing_are_read(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn row(name: &str, bytes: Vec<u8>, expected: &str) -> Row {
    Row::new(name, vec![Act::Send(bytes)], expected)
}

/// A row in which bind, unbind and login differ.
fn row3(name: &str, bytes: Vec<u8>, expected: [&str; 3]) -> Row {
    Row::by_call(name, move |_| vec![Act::Send(bytes.clone())], expected)
}

/// A row of the protocol's own error.
fn refusal(status: u16, message: &str, data: &str, expected: &str) -> Row {
    let name = format!("{status} {message} {data}");
    row(&name, api_error(status, message, data), expected)
}

const UNKNOWN_NETWORK: &str = "CHECK_NETWORK outcome=unknown";

fn unexpected(status: u16, action: &str) -> String {
    format!("UNEXPECTED_RESPONSE {status} {action} outcome=unknown")
}

fn successes_and_what_only_looks_like_one() -> Vec<Row> {
    let html = "<html><body>Please log in to the network</body></html>";
    let object = r#"{"anything":1}"#;
    let mut rows = vec![
        row3(
            "good",
            response("200 OK", JSON, LOGIN),
            [
                "UNEXPECTED_RESPONSE 200 CONTACT_OPERATOR outcome=unknown",
                "UNEXPECTED_RESPONSE 200 CONTACT_OPERATOR outcome=unknown",
                "OK kept",
            ],
        ),
        row3(
            "204",
            b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(),
            [
                "OK",
                "OK",
                "UNEXPECTED_RESPONSE 204 CHECK_NETWORK outcome=unknown",
            ],
        ),
        row(
            "200 HTML",
            response("200 OK", "Content-Type: text/html\r\n", html),
            &unexpected(200, "CHECK_NETWORK"),
        ),
        row(
            "200 empty",
            response("200 OK", JSON, ""),
            &unexpected(200, "CHECK_NETWORK"),
        ),
        row(
            "200 list",
            response("200 OK", JSON, "[]"),
            &unexpected(200, "CHECK_NETWORK"),
        ),
        row(
            "200 object",
            response("200 OK", JSON, object),
            &unexpected(200, "CONTACT_OPERATOR"),
        ),
    ];
    for status in [201, 202, 206, 299] {
        let bytes = response(&format!("{status} x"), JSON, LOGIN);
        rows.push(row(
            &status.to_string(),
            bytes,
            &unexpected(status, "CONTACT_OPERATOR"),
        ));
    }
    for body in ["{}", "", LOGIN] {
        let bytes = response("201 x", JSON, body);
        let row = row("fields left out", bytes, &unexpected(201, "FIX_CALL"));
        rows.push(row.with_option(&["query", "fields", "token"]));
    }
    rows
}

fn a_login_needs_a_usable_token_and_record() -> Vec<Row> {
    let bad = [
        r#"{"record":{"id":"r1"}}"#,
        r#"{"token":"e30.e30.bG9naW4"}"#,
        r#"{"record":{"id":"r1"},"token":""}"#,
        r#"{"record":{"id":"r1"},"token":1}"#,
        r#"{"record":{"id":"r1"},"token":null}"#,
        r#"{"record":{"id":"r1"},"token":"a b"}"#,
        r#"{"record":{"id":"r1"},"token":"a\r\nX: y"}"#,
        r#"{"record":[],"token":"e30.e30.bG9naW4"}"#,
        r#"{"record":null,"token":"e30.e30.bG9naW4"}"#,
        r#"{"record":"r1","token":"e30.e30.bG9naW4"}"#,
        r#"{"record":{"id":1,"id":2},"token":"e30.e30.bG9naW4"}"#,
    ];
    let login = "UNEXPECTED_RESPONSE 200 CONTACT_OPERATOR outcome=unknown";
    let mut rows: Vec<Row> = bad
        .iter()
        .map(|body| row(body, response("200 OK", JSON, body), login))
        .collect();
    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"record":{{"a":{open}{close}}},"token":"e30.e30.bG9naW4"}}"#)
    };
    // Nearly JSON: not from a page of the network.
    let broken = [
        LOGIN[..LOGIN.len() - 1].to_owned(),
        format!("{LOGIN}}}"),
        format!("\u{feff}{LOGIN}"),
        r#"{"record":{"n":1.},"token":"e30.e30.bG9naW4"}"#.to_owned(),
        nested(512),
    ];
    rows.extend(
        broken
            .iter()
            .map(|body| row(&front(body), response("200 OK", JSON, body), login)),
    );
    let none = "UNEXPECTED_RESPONSE 200 CHECK_NETWORK outcome=unknown";
    let list = format!("[{LOGIN}]");
    rows.push(row(&list, response("200 OK", JSON, &list), none));
    let members: Vec<String> = (0..10_001).map(|n| format!("\"n{n}\":{n}")).collect();
    let odd = [
        (
            "half of a surrogate pair",
            r#"{"record":{"text":"\ud800"},"token":"e30.e30.bG9naW4"}"#.to_owned(),
        ),
        (
            "huge numbers",
            r#"{"record":{"n":1e400,"\ud800":-0.0E-999},"token":"e30.e30.bG9naW4"}"#.to_owned(),
        ),
        (
            "10,001 members",
            format!(
                r#"{{"record":{{{}}},"token":"e30.e30.bG9naW4"}}"#,
                members.join(",")
            ),
        ),
        ("512 levels", nested(511)),
    ];
    rows.extend(odd.iter().map(|(name, body)| {
        let bytes = response("200 OK", JSON, body);
        row3(name, bytes, [login, login, "OK kept"])
    }));
    rows
}

/// What a row may be called.
fn front(body: &str) -> String {
    body.chars().take(100).collect()
}

fn redirects_limits_and_failures() -> Vec<Row> {
    let mut rows = Vec::new();
    for status in [300, 301, 302, 303, 307, 308, 399, 600, 999] {
        let bytes = response(&format!("{status} x"), "Location: /\r\n", "");
        rows.push(row(
            &status.to_string(),
            bytes,
            &unexpected(status, "CHECK_NETWORK"),
        ));
    }
    let not_modified = b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec();
    rows.push(row("304", not_modified, &unexpected(304, "CHECK_NETWORK")));
    for status in [500, 502, 503, 504, 510, 512, 599] {
        let html = response(
            &format!("{status} x"),
            "Content-Type: text/html\r\n",
            "<html>",
        );
        let expected = format!("SERVER {status} RETRY_LATER outcome=unknown");
        rows.push(row("5xx HTML", html, &expected));
        rows.push(refusal(status, "Something went wrong.", "{}", &expected));
    }
    let proxy = response("511 x", "Content-Type: text/html\r\n", "<html>");
    rows.push(row("511", proxy, &unexpected(511, "CHECK_NETWORK")));
    rows.push(row(
        "407",
        response("407 x", "Proxy-Authenticate: Basic\r\n", "<html>"),
        &format!("PROXY 407 {UNKNOWN_NETWORK}"),
    ));
    rows.push(refusal(407, "No.", "{}", "PROXY 407 CHECK_NETWORK"));
    rows.push(refusal(
        429,
        "Too Many Requests.",
        "{}",
        "RATE_LIMITED 429 RETRY_LATER",
    ));
    rows.push(row(
        "429 HTML",
        response("429 x", "", "slow down"),
        "RATE_LIMITED 429 RETRY_LATER",
    ));
    rows
}

fn refusals_of_the_protocol() -> Vec<Row> {
    let second_factor = response("401 x", JSON, r#"{"mfaId":"m_1"}"#);
    let odd = "UNEXPECTED_RESPONSE 401 CHECK_NETWORK outcome=unknown";
    let mut rows = vec![
        row3(
            "401 mfa",
            second_factor,
            [odd, odd, "MFA_REQUIRED 401 SECOND_FACTOR"],
        ),
        row(
            "401 bad mfa",
            response("401 x", JSON, r#"{"mfaId":"a/b"}"#),
            odd,
        ),
        row("401 no mfa", response("401 x", JSON, r#"{"mfaId":5}"#), odd),
        refusal(401, "No.", "{}", "REFUSED 401 CONTACT_OPERATOR"),
        refusal(403, "No.", "{}", "FORBIDDEN 403 CONTACT_OPERATOR"),
        refusal(404, "No.", "{}", "NOT_FOUND 404 FIX_CALL"),
        refusal(
            413,
            "Request entity too large.",
            "{}",
            "REFUSED 413 FIX_CALL",
        ),
        refusal(402, "No.", "{}", "REFUSED 402 CONTACT_OPERATOR"),
        refusal(499, "No.", "{}", "REFUSED 499 CONTACT_OPERATOR"),
        refusal(
            400,
            "No.",
            r#"{"email":{},"password":{}}"#,
            "VALIDATION 400 ASK_CREDENTIALS",
        ),
        refusal(
            400,
            "No.",
            r#"{"email":{},"token":{}}"#,
            "VALIDATION 400 FIX_CALL",
        ),
        refusal(400, "No.", r#"{"other":1}"#, "VALIDATION 400 FIX_CALL"),
        refusal(400, "Any other text.", "{}", "REFUSED 400 CONTACT_OPERATOR"),
    ];
    for how in ["password", "OTP"] {
        let text = format!("The collection is not configured to allow {how} authentication.");
        rows.push(refusal(
            403,
            &text,
            "{}",
            "METHOD_DISABLED 403 CONTACT_OPERATOR",
        ));
    }
    for text in [
        "An error occurred while loading the submitted data.",
        "Unsupported Content-Type.",
    ] {
        rows.push(refusal(400, text, "{}", "REFUSED 400 FIX_CALL"));
    }
    rows.extend(texts_of_one_call());
    rows
}

/// Texts that mean something to one call, and to the others no more than any text.
fn texts_of_one_call() -> impl Iterator<Item = Row> {
    let other = "REFUSED 400 CONTACT_OPERATOR";
    let (wrong, session) = (
        "CREDENTIALS 400 ASK_CREDENTIALS",
        "MFA_SESSION 400 SECOND_FACTOR",
    );
    [
        ("Failed to bind token.", [wrong, other, other]),
        ("Failed to unbind token.", [other, wrong, other]),
        (
            "Failed to authenticate.",
            [other, other, "UNKNOWN_TOKEN 400 ASK_CREDENTIALS"],
        ),
        ("Invalid or expired MFA session.", [other, other, session]),
        ("Invalid MFA session.", [other, other, session]),
        (
            "Failed to read MFA Id.",
            [other, other, "MFA_SESSION 400 FIX_CALL"],
        ),
        (
            "A different authentication method is required.",
            [other, other, "MFA_SAME_METHOD 400 SECOND_FACTOR"],
        ),
        ("Invalid or expired OTP.", [other; 3]),
        ("failed to bind token.", [other; 3]),
    ]
    .into_iter()
    .map(|(text, expected)| row3(text, api_error(400, text, "{}"), expected))
}

fn refusals_that_are_not_the_protocols() -> Vec<Row> {
    let body = r#"{"data":{},"message":"No.","status":400}"#;
    let mut rows = Vec::new();
    for (name, fields, body) in [
        ("HTML", "Content-Type: text/html\r\n", "<html>"),
        ("no type", "", body),
        ("text", "Content-Type: text/plain\r\n", body),
        ("nearly JSON", "Content-Type: application/jsonp\r\n", body),
        (
            "another status",
            JSON,
            r#"{"data":{},"message":"No.","status":401}"#,
        ),
        (
            "status as text",
            JSON,
            r#"{"data":{},"message":"No.","status":"400"}"#,
        ),
        ("no message", JSON, r#"{"data":{},"status":400}"#),
        (
            "data as list",
            JSON,
            r#"{"data":[],"message":"No.","status":400}"#,
        ),
        ("cut", JSON, r#"{"data":{},"message":"No.","status":400"#),
        ("empty", JSON, ""),
    ] {
        let bytes = response("400 x", fields, body);
        rows.push(row(name, bytes, &unexpected(400, "CHECK_NETWORK")));
    }
    for (status, expected) in [(413, 413), (404, 404), (403, 403), (418, 418)] {
        let bytes = response(
            &format!("{status} x"),
            "Content-Type: text/html\r\n",
            "<html>",
        );
        rows.push(row("HTML", bytes, &unexpected(expected, "CHECK_NETWORK")));
    }
    let typed = "Content-Type: Application/JSON; charset=utf-8\r\n";
    let whole = response("400 x", typed, body);
    rows.push(row(
        "type with a parameter",
        whole,
        "REFUSED 400 CONTACT_OPERATOR",
    ));
    rows
}

fn lower_case_names_and_every_framing_are_read() -> Vec<Row> {
    let length = LOGIN.len();
    let (front, back) = LOGIN.split_at(10);
    let framings = [
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{LOGIN}"
        ),
        format!(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\na\r\n{front}\r\n{:x};x=y\r\n{back}\r\n0\r\ntrailer: x\r\n\r\n",
            length - 10
        ),
        format!("HTTP/1.0 200 OK\r\n\r\n{LOGIN}"),
        format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{LOGIN}"),
        format!(
            "HTTP/1.1 200\r\nContent-Length: {length}\r\nContent-Length: {length}\r\n\r\n{LOGIN}"
        ),
        format!(
            "{}HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{LOGIN}",
            "HTTP/1.1 103 x\r\nLink: y\r\n\r\n".repeat(8)
        ),
    ];
    let other = "UNEXPECTED_RESPONSE 200 CONTACT_OPERATOR outcome=unknown";
    let expected = [other, other, "OK kept"];
    let mut rows = Vec::new();
    for text in framings {
        let bytes = text.clone().into_bytes();
        let whole = move |_: Call| vec![Act::Send(bytes.clone()), Act::Close];
        rows.push(Row::by_call(&text, whole, expected));
        let bytes = text.clone().into_bytes();
        let drip = move |_: Call| vec![Act::Drip(bytes.clone()), Act::Close];
        rows.push(Row::by_call(&format!("dripped {text}"), drip, expected));
    }
    rows
}
