//! Answers that are no HTTP, that HTTP allows and this library refuses, or that never become whole.

use super::row::{
    Call, LOST, LOST_200, NO_HTTP, REFUSED, Row, SUCCESS, TIMEOUT, TIMEOUT_200, TOO_LARGE,
    TOO_LARGE_200,
};
use crate::support::faulty_server::Act;
use crate::support::responses::{LOGIN, api_error, response};

/// The rows.
pub fn rows() -> Vec<Row> {
    [
        what_rfc_9112_lets_a_server_write_is_accepted(),
        framing_that_could_be_read_in_two_ways_is_refused(),
        what_is_no_http_is_refused(),
        chunks_that_are_none_are_refused(),
        what_is_larger_than_its_limit_is_given_up(),
        an_end_before_the_answers_end_is_a_lost_connection(),
        a_whole_answer_counts_whatever_comes_after_it(),
        a_peer_that_never_ends_meets_the_deadline(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The start of a good answer of the call, up to where further fields may stand.
fn status_line(call: Call) -> String {
    let status = call.success_status();
    format!("HTTP/1.1 {status} x\r\nContent-Type: application/json\r\n")
}

/// A row whose answer is the good status line, these fields and this body.
fn refused(name: &str, fields: &'static str, body: &'static str) -> Row {
    let bytes = move |call| format!("{}{fields}\r\n{body}", status_line(call)).into_bytes();
    Row::by_call(
        name,
        move |call| vec![Act::Send(bytes(call)), Act::Close],
        ["UNEXPECTED_RESPONSE {s} CHECK_NETWORK outcome=unknown"; 3],
    )
}

/// A row whose answer is the good status line and these fields, which name a content coding: a 204 may do so,
/// since it has no body.
fn coded(name: &str, fields: &'static str) -> Row {
    let acts = move |call| {
        let bytes = format!("{}{fields}\r\n", status_line(call));
        vec![Act::Send(bytes.into_bytes()), Act::Close]
    };
    Row::by_call(name, acts, ["OK", "OK", REFUSED])
}

/// A row whose answer is good and has these fields, too.
fn accepted(name: &str, fields: &'static str) -> Row {
    let acts = move |call: Call| {
        let body = if call == Call::Login { LOGIN } else { "" };
        let bytes = response(&format!("{} x", call.success_status()), fields, body);
        vec![Act::Send(bytes)]
    };
    Row::by_call(name, acts, SUCCESS)
}

fn what_rfc_9112_lets_a_server_write_is_accepted() -> Vec<Row> {
    vec![
        accepted("folded field", "A: b\r\n c\r\n\t d\r\n"),
        accepted("field folded at its front", "A:\r\n b\r\n"),
        accepted("field folded to nothing", "A: b\r\n \r\n"),
        accepted(
            "folded content type",
            "Content-Type:\r\n application/json\r\n",
        ),
        accepted("empty content coding", "Content-Encoding:\r\n"),
        accepted("content coding identity", "Content-Encoding: IDENTITY\r\n"),
        accepted("field of any bytes", "A: \u{e9}\t\u{1f600}\r\n"),
        chunks(
            "list with empty elements, extensions, folded trailer",
            &format!(
                "{:x} ;a=\"b\"\r\n{LOGIN}\r\n00\t\r\nA: b\r\n c\r\n\r\n",
                LOGIN.len()
            ),
            "UNEXPECTED_RESPONSE 200 CONTACT_OPERATOR outcome=unknown | OK kept",
        ),
    ]
}

/// A row whose answer is these bytes, then the end.
fn bytes(name: &str, bytes: impl Into<Vec<u8>>, expected: &str) -> Row {
    Row::new(name, vec![Act::Send(bytes.into()), Act::Close], expected)
}

fn framing_that_could_be_read_in_two_ways_is_refused() -> Vec<Row> {
    vec![
        refused(
            "both lengths",
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "0\r\n\r\n",
        ),
        refused(
            "two lengths",
            "Content-Length: 2\r\nContent-Length: 3\r\n",
            "{}",
        ),
        refused("list of lengths", "Content-Length: 2, 2\r\n", "{}"),
        refused("signed length", "Content-Length: +2\r\n", "{}"),
        refused("negative length", "Content-Length: -2\r\n", "{}"),
        refused("no length", "Content-Length:\r\n", "{}"),
        refused("hexadecimal length", "Content-Length: 0x2\r\n", "{}"),
        refused(
            "enormous length",
            "Content-Length: 99999999999999999999\r\n",
            "{}",
        ),
        refused(
            "another coding",
            "Transfer-Encoding: gzip, chunked\r\n",
            "0\r\n\r\n",
        ),
        refused(
            "chunked twice",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "0\r\n\r\n",
        ),
        coded("gzip", "Content-Encoding: gzip\r\nContent-Length: 0\r\n"),
        coded("br", "Content-Length: 0\r\nCONTENT-ENCODING: br\r\n"),
        coded(
            "a list of codings",
            "Content-Length: 0\r\nContent-Encoding: identity,,br\r\n",
        ),
        bytes(
            "body on 204",
            response("204 x", "", "hello"),
            "UNEXPECTED_RESPONSE 204 CHECK_NETWORK outcome=unknown",
        ),
        bytes(
            "chunks on 204",
            "HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "UNEXPECTED_RESPONSE 204 CHECK_NETWORK outcome=unknown",
        ),
        bytes(
            "chunks in 1.0",
            format!(
                "HTTP/1.0 200 x\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{LOGIN}\r\n0\r\n\r\n",
                LOGIN.len()
            ),
            REFUSED,
        ),
    ]
}

fn what_is_no_http_is_refused() -> Vec<Row> {
    vec![
        bytes("another protocol", "SSH-2.0-OpenSSH_9.6\r\n", NO_HTTP),
        bytes("no status line", "{\"token\":\"x\"}", NO_HTTP),
        bytes("HTTP/2", "HTTP/2 204\r\n\r\n", NO_HTTP),
        bytes("HTTP/0.9", "HTTP/0.9 204 x\r\n\r\n", NO_HTTP),
        bytes("lower case", "http/1.1 204 x\r\n\r\n", NO_HTTP),
        bytes("empty line first", "\r\nHTTP/1.1 204 x\r\n\r\n", NO_HTTP),
        bytes("status of two digits", "HTTP/1.1 20 x\r\n\r\n", NO_HTTP),
        bytes("status of four digits", "HTTP/1.1 2040 x\r\n\r\n", NO_HTTP),
        bytes("status as word", "HTTP/1.1 OK\r\n\r\n", NO_HTTP),
        bytes(
            "bare LF after the status line",
            "HTTP/1.1 204 x\nA: b\r\n\r\n",
            NO_HTTP,
        ),
        bytes(
            "bare LF after a field",
            "HTTP/1.1 204 x\r\nA: b\n\r\n",
            NO_HTTP,
        ),
        bytes("bare LF everywhere", "HTTP/1.1 204 x\n\n", NO_HTTP),
        bytes(
            "space before the colon",
            "HTTP/1.1 204 x\r\nA : b\r\n\r\n",
            NO_HTTP,
        ),
        bytes("no colon", "HTTP/1.1 204 x\r\nA\r\n\r\n", NO_HTTP),
        bytes(
            "fold before the first field",
            "HTTP/1.1 204 x\r\n A: b\r\n\r\n",
            NO_HTTP,
        ),
        bytes(
            "fold within a name",
            "HTTP/1.1 204 x\r\nA\r\n : b\r\n\r\n",
            NO_HTTP,
        ),
        bytes(
            "NUL in a field",
            "HTTP/1.1 204 x\r\nA: b\0\r\n\r\n",
            NO_HTTP,
        ),
        bytes(
            "field without a name",
            "HTTP/1.1 204 x\r\n: b\r\n\r\n",
            NO_HTTP,
        ),
        bytes(
            "101",
            "HTTP/1.1 101 x\r\nUpgrade: y\r\nConnection: Upgrade\r\n\r\n",
            "UNEXPECTED_RESPONSE 101 CHECK_NETWORK outcome=unknown",
        ),
        bytes(
            "nine interim answers",
            "HTTP/1.1 100 x\r\n\r\n".repeat(9) + "HTTP/1.1 204 x\r\n\r\n",
            "UNEXPECTED_RESPONSE 100 CHECK_NETWORK outcome=unknown",
        ),
    ]
}

/// Chunks behind a good head.
fn chunks(name: &str, body: &str, expected: &str) -> Row {
    let text = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
    bytes(name, text, expected)
}

fn chunks_that_are_none_are_refused() -> Vec<Row> {
    vec![
        chunks("size that is no number", "xyz\r\n", REFUSED),
        chunks("empty size", "\r\n", REFUSED),
        chunks("signed size", "+2\r\n{}\r\n0\r\n\r\n", REFUSED),
        chunks("size with prefix", "0x2\r\n{}\r\n0\r\n\r\n", REFUSED),
        chunks("bare LF after the size", "2\n{}\r\n0\r\n\r\n", REFUSED),
        chunks("longer than its size", "2\r\n{}}\r\n0\r\n\r\n", REFUSED),
        chunks("bare LF after a chunk", "2\r\n{}\n0\r\n\r\n", REFUSED),
        chunks("bare LF at the end", "2\r\n{}\r\n0\r\n\n", REFUSED),
        chunks("size beyond numbers", "ffffffffffffffffff\r\n", REFUSED),
        chunks("size beyond the limit", "ffffffff\r\n", TOO_LARGE_200),
        chunks("cut in the size", "2", LOST_200),
        chunks("cut in a chunk", "ff\r\n{}", LOST_200),
        chunks("cut after a chunk", "2\r\n{}\r\n", LOST_200),
        chunks("cut in the last chunk", "2\r\n{}\r\n0\r\n", LOST_200),
    ]
}

fn what_is_larger_than_its_limit_is_given_up() -> Vec<Row> {
    let field = format!("X: {}\r\n", "y".repeat(1000));
    let kib = "z".repeat(1024);
    let chunk = format!("400\r\n{kib}\r\n");
    let limited = bytes(
        "the client's limit",
        response("200 OK", "", LOGIN),
        TOO_LARGE_200,
    );
    vec![
        limited.with_config(&["max_response_bytes", "10"]),
        bytes(
            "head",
            format!("HTTP/1.1 204 x\r\n{}\r\n", field.repeat(17)),
            TOO_LARGE,
        ),
        bytes(
            "head without an end",
            format!("HTTP/1.1 204 {}", "y".repeat(20_000)),
            TOO_LARGE,
        ),
        bytes(
            "fields",
            format!("HTTP/1.1 204 x\r\n{}\r\n", "X: y\r\n".repeat(65)),
            TOO_LARGE,
        ),
        bytes(
            "length",
            "HTTP/1.1 200 x\r\nContent-Length: 1048577\r\n\r\n",
            TOO_LARGE_200,
        ),
        chunks("chunks", &chunk.repeat(1025), TOO_LARGE_200),
        bytes(
            "until the end",
            format!("HTTP/1.1 200 x\r\n\r\n{}", kib.repeat(1025)),
            TOO_LARGE_200,
        ),
        bytes(
            "an error's body",
            "HTTP/1.1 500 x\r\nContent-Length: 1048577\r\n\r\n",
            "RESPONSE_TOO_LARGE 500 CONTACT_OPERATOR outcome=unknown",
        ),
        bytes(
            "trailers",
            format!(
                "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n{}\r\n",
                "X: y\r\n".repeat(65)
            ),
            TOO_LARGE_200,
        ),
    ]
}

fn an_end_before_the_answers_end_is_a_lost_connection() -> Vec<Row> {
    let whole = String::from_utf8(response("200 OK", "", LOGIN)).unwrap();
    let head = whole.len() - LOGIN.len();
    let mut rows = Vec::new();
    for end in [Act::Close, Act::Reset] {
        rows.push(Row::new("nothing", vec![end.clone()], LOST));
        for cut in [1, 8, 12, 20, head - 1, head, head + 1, whole.len() - 1] {
            let part = whole.as_bytes()[..cut].to_vec();
            let expected = if cut < head { LOST } else { LOST_200 };
            let name = format!("{cut} bytes, then {end:?}");
            rows.push(Row::new(
                &name,
                vec![Act::Send(part), end.clone()],
                expected,
            ));
        }
        let interim = vec![Act::Send(b"HTTP/1.1 100 x\r\n\r\n".to_vec()), end.clone()];
        rows.push(Row::new("an interim response", interim, LOST));
    }
    let unfinished = vec![
        Act::Send(format!("HTTP/1.1 200 x\r\n\r\n{LOGIN}").into_bytes()),
        Act::Reset,
    ];
    rows.push(Row::new(
        "a body without length, then a reset",
        unfinished,
        LOST_200,
    ));
    rows
}

fn a_whole_answer_counts_whatever_comes_after_it() -> Vec<Row> {
    let early = api_error(413, "Request entity too large.", "{}");
    let mut rows = vec![Row::new(
        "a refusal, then a reset",
        vec![Act::Send(early), Act::Reset],
        "REFUSED 413 FIX_CALL",
    )];
    for end in [
        Act::Close,
        Act::Cut,
        Act::Finish,
        Act::Reset,
        Act::Drip(b"left over".to_vec()),
        Act::Raw(vec![0; 9]),
        Act::Silence,
    ] {
        let name = format!("all, then {end:?}");
        let acts = move |call: Call| vec![Act::Send(call.success_response()), end.clone()];
        rows.push(Row::by_call(&name, acts, SUCCESS));
    }
    rows
}

fn a_peer_that_never_ends_meets_the_deadline() -> Vec<Row> {
    let whole = String::from_utf8(response("200 OK", "", LOGIN)).unwrap();
    let head = whole.len() - LOGIN.len();
    let silent = |cut: usize| vec![Act::Send(whole.as_bytes()[..cut].to_vec()), Act::Silence];
    let flood = |start: &str, more: &str| {
        vec![
            Act::Send(start.as_bytes().to_vec()),
            Act::Flood(more.as_bytes().to_vec()),
        ]
    };
    let chunked = "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n";
    let rows = [
        Row::new("silence", silent(0), TIMEOUT),
        Row::new("silence in the head", silent(20), TIMEOUT),
        Row::new("silence after the head", silent(head), TIMEOUT_200),
        Row::new("silence in the body", silent(head + 5), TIMEOUT_200),
        Row::new(
            "drip in the head",
            flood("HTTP/1.1 200 x\r\nA: ", "b"),
            TIMEOUT,
        ),
        Row::new(
            "drip in the body",
            flood("HTTP/1.1 200 x\r\n\r\n", "b"),
            TIMEOUT_200,
        ),
        Row::new("drip of chunks", flood(chunked, "1\r\nb\r\n"), TIMEOUT_200),
        Row::new("drip in a chunk's size", flood(chunked, "0"), TIMEOUT_200),
    ];
    let mut rows: Vec<Row> = rows.into_iter().map(Row::short_deadline).collect();
    let of_a_call = Row::new("the call's own deadline", silent(0), TIMEOUT);
    rows.push(of_a_call.with_option(&["timeout_ms", "1000"]));
    rows
}
