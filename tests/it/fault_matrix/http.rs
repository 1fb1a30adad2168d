//! Responses that are not HTTP, that HTTP allows and this library rejects, or that are never complete.

use super::row::{
    Call, LOST, LOST_200, NO_HTTP, REJECTED_200, Row, TIMEOUT, TIMEOUT_200, TOO_LARGE,
    TOO_LARGE_200, UNEXPECTED_100, UNEXPECTED_101, UNEXPECTED_204, by_status, each, session_only,
    success,
};
use crate::support::faulty_server::Act;
use crate::support::responses::{LOGIN, api_error, response};

/// The rows.
pub fn rows() -> Vec<Row> {
    let rows = [
        valid_http(),
        ambiguous_framing(),
        invalid_http(),
        invalid_chunks(),
        size_limits(),
        truncated_responses(),
        events_after_a_complete_response(),
        responses_without_an_end(),
    ];
    rows.into_iter().flatten().collect()
}

/// The start of a good response to the call, up to where further fields may follow.
fn status_line(call: Call) -> String {
    let status = call.success_status();
    format!("HTTP/1.1 {status} x\r\nContent-Type: application/json\r\n")
}

/// A row whose response is the good status line, these fields and this body, and is rejected.
fn rejected(name: &str, fields: &'static str, body: &'static str) -> Row {
    let acts = move |call| {
        let bytes = format!("{}{fields}\r\n{body}", status_line(call));
        vec![Act::Send(bytes.into()), Act::Close]
    };
    let unexpected = "UNEXPECTED_RESPONSE {s} CHECK_NETWORK outcome=unknown";
    Row::by_call(name, acts, each(unexpected))
}

/// A row whose response has a content coding. It is accepted in a 204, which has no body.
fn coded(name: &str, fields: &'static str) -> Row {
    let acts = move |call| {
        let bytes = format!("{}{fields}\r\n", status_line(call));
        vec![Act::Send(bytes.into()), Act::Close]
    };
    Row::by_call(name, acts, by_status("OK", REJECTED_200))
}

/// A row whose response is good and has these fields, too.
fn accepted(name: &str, fields: &'static str) -> Row {
    let acts = move |call: Call| {
        let body = call.success_body().unwrap_or_default();
        let status = format!("{} x", call.success_status());
        vec![Act::Send(response(&status, fields, body))]
    };
    Row::by_call(name, acts, success)
}

/// A row whose response is these bytes, then the end of the connection.
fn bytes(name: &str, bytes: impl Into<Vec<u8>>, expected: &str) -> Row {
    Row::new(name, vec![Act::Send(bytes.into()), Act::Close], expected)
}

/// A row whose response has a status line of a 204, then this.
fn head(name: &str, fields: &str, expected: &str) -> Row {
    bytes(name, format!("HTTP/1.1 204 x{fields}"), expected)
}

/// A row whose response is a good head and these chunks.
fn chunks(name: &str, body: &str, expected: &str) -> Row {
    let response = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
    bytes(name, response, expected)
}

fn valid_http() -> Vec<Row> {
    let mut rows = rows! { accepted:
        "folded field", "A: b\r\n c\r\n\t d\r\n";
        "field folded at its front", "A:\r\n b\r\n";
        "field folded to nothing", "A: b\r\n \r\n";
        "folded content type", "Content-Type:\r\n application/json\r\n";
        "empty content coding", "Content-Encoding:\r\n";
        "content coding identity", "Content-Encoding: IDENTITY\r\n";
        "field of any bytes", "A: \u{e9}\t\u{1f600}\r\n";
    };
    let length = LOGIN.len();
    let chunked = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
         {length:x} ;a=\"b\"\r\n{LOGIN}\r\n00\t\r\nA: b\r\n c\r\n\r\n"
    );
    rows.push(Row::by_call(
        "list with empty elements, extensions, folded trailer",
        move |_| vec![Act::Send(chunked.clone().into()), Act::Close],
        session_only,
    ));
    rows
}

fn ambiguous_framing() -> Vec<Row> {
    let mut rows = rows! { rejected:
        "both lengths", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n";
        "two lengths", "Content-Length: 2\r\nContent-Length: 3\r\n", "{}";
        "list of lengths", "Content-Length: 2, 2\r\n", "{}";
        "signed length", "Content-Length: +2\r\n", "{}";
        "negative length", "Content-Length: -2\r\n", "{}";
        "no length", "Content-Length:\r\n", "{}";
        "hexadecimal length", "Content-Length: 0x2\r\n", "{}";
        "enormous length", "Content-Length: 99999999999999999999\r\n", "{}";
        "another coding", "Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n";
        "chunked twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n";
    };
    rows.extend(rows! { coded:
        "gzip", "Content-Encoding: gzip\r\nContent-Length: 0\r\n";
        "br", "Content-Length: 0\r\nCONTENT-ENCODING: br\r\n";
        "a list of codings", "Content-Length: 0\r\nContent-Encoding: identity,,br\r\n";
    });
    let chunked = format!("{:x}\r\n{LOGIN}\r\n0\r\n\r\n", LOGIN.len());
    let chunked = format!("HTTP/1.0 200 x\r\nTransfer-Encoding: chunked\r\n\r\n{chunked}");
    rows.extend(rows! { bytes:
        "body on 204", response("204 x", "", "hello") => UNEXPECTED_204;
        "chunks on 204", "HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" => UNEXPECTED_204;
        "chunks in 1.0", chunked => REJECTED_200;
    });
    rows
}

fn invalid_http() -> Vec<Row> {
    let interim = "HTTP/1.1 100 x\r\n\r\n".repeat(9) + "HTTP/1.1 204 x\r\n\r\n";
    let upgrade = "HTTP/1.1 101 x\r\nUpgrade: y\r\nConnection: Upgrade\r\n\r\n";
    let mut rows = rows! { bytes:
        "another protocol", "SSH-2.0-OpenSSH_9.6\r\n" => NO_HTTP;
        "no status line", "{\"token\":\"x\"}" => NO_HTTP;
        "HTTP/2", "HTTP/2 204\r\n\r\n" => NO_HTTP;
        "HTTP/0.9", "HTTP/0.9 204 x\r\n\r\n" => NO_HTTP;
        "lower case", "http/1.1 204 x\r\n\r\n" => NO_HTTP;
        "empty line first", "\r\nHTTP/1.1 204 x\r\n\r\n" => NO_HTTP;
        "status of two digits", "HTTP/1.1 20 x\r\n\r\n" => NO_HTTP;
        "status of four digits", "HTTP/1.1 2040 x\r\n\r\n" => NO_HTTP;
        "status as word", "HTTP/1.1 OK\r\n\r\n" => NO_HTTP;
        "101", upgrade => UNEXPECTED_101;
        "nine interim responses", interim => UNEXPECTED_100;
    };
    rows.extend(rows! { head:
        "bare LF after the status line", "\nA: b\r\n\r\n" => NO_HTTP;
        "bare LF after a field", "\r\nA: b\n\r\n" => NO_HTTP;
        "bare LF everywhere", "\n\n" => NO_HTTP;
        "space before the colon", "\r\nA : b\r\n\r\n" => NO_HTTP;
        "no colon", "\r\nA\r\n\r\n" => NO_HTTP;
        "fold before the first field", "\r\n A: b\r\n\r\n" => NO_HTTP;
        "fold within a name", "\r\nA\r\n : b\r\n\r\n" => NO_HTTP;
        "NUL in a field", "\r\nA: b\0\r\n\r\n" => NO_HTTP;
        "field without a name", "\r\n: b\r\n\r\n" => NO_HTTP;
    });
    rows
}

fn invalid_chunks() -> Vec<Row> {
    rows! { chunks:
        "size that is no number", "xyz\r\n" => REJECTED_200;
        "empty size", "\r\n" => REJECTED_200;
        "signed size", "+2\r\n{}\r\n0\r\n\r\n" => REJECTED_200;
        "size with prefix", "0x2\r\n{}\r\n0\r\n\r\n" => REJECTED_200;
        "bare LF after the size", "2\n{}\r\n0\r\n\r\n" => REJECTED_200;
        "longer than its size", "2\r\n{}}\r\n0\r\n\r\n" => REJECTED_200;
        "bare LF after a chunk", "2\r\n{}\n0\r\n\r\n" => REJECTED_200;
        "bare LF at the end", "2\r\n{}\r\n0\r\n\n" => REJECTED_200;
        "size beyond numbers", "ffffffffffffffffff\r\n" => REJECTED_200;
        "size beyond the limit", "ffffffff\r\n" => TOO_LARGE_200;
        "cut in the size", "2" => LOST_200;
        "cut in a chunk", "ff\r\n{}" => LOST_200;
        "cut after a chunk", "2\r\n{}\r\n" => LOST_200;
        "cut in the last chunk", "2\r\n{}\r\n0\r\n" => LOST_200;
    }
}

fn size_limits() -> Vec<Row> {
    let long_fields = format!("X: {}\r\n", "y".repeat(1000)).repeat(17);
    let many_fields = "X: y\r\n".repeat(65);
    let kib = "z".repeat(1024);
    let unsized_body = format!("HTTP/1.1 200 x\r\n\r\n{}", kib.repeat(1025));
    let too_large_500 = "RESPONSE_TOO_LARGE 500 CONTACT_OPERATOR outcome=unknown";
    let login = response("200 OK", "", LOGIN);
    let limited = bytes("the client's limit", login, TOO_LARGE_200);
    let mut rows = vec![limited.with_config(&["max_response_bytes", "10"])];
    rows.extend(rows! { head:
        "head", &format!("\r\n{long_fields}\r\n") => TOO_LARGE;
        "head without an end", &"y".repeat(20_000) => TOO_LARGE;
        "fields", &format!("\r\n{many_fields}\r\n") => TOO_LARGE;
    });
    rows.extend(rows! { bytes:
        "length", "HTTP/1.1 200 x\r\nContent-Length: 1048577\r\n\r\n" => TOO_LARGE_200;
        "until the end", unsized_body => TOO_LARGE_200;
        "an error's body", "HTTP/1.1 500 x\r\nContent-Length: 1048577\r\n\r\n" => too_large_500;
    });
    rows.extend(rows! { chunks:
        "chunks", &format!("400\r\n{kib}\r\n").repeat(1025) => TOO_LARGE_200;
        "trailers", &format!("0\r\n{many_fields}\r\n") => TOO_LARGE_200;
    });
    rows
}

fn truncated_responses() -> Vec<Row> {
    let whole = response("200 OK", "", LOGIN);
    let head = whole.len() - LOGIN.len();
    let mut rows = Vec::new();
    for end in [Act::Close, Act::Reset] {
        let row = |name: &str, sent: &[u8], expected| {
            let acts = vec![Act::Send(sent.to_vec()), end.clone()];
            Row::new(name, acts, expected)
        };
        rows.push(Row::new("nothing", vec![end.clone()], LOST));
        for cut in [1, 8, 12, 20, head - 1, head, head + 1, whole.len() - 1] {
            let name = format!("{cut} bytes, then {end:?}");
            let expected = if cut < head { LOST } else { LOST_200 };
            rows.push(row(&name, &whole[..cut], expected));
        }
        let interim = b"HTTP/1.1 100 x\r\n\r\n";
        rows.push(row("an interim response", interim, LOST));
    }
    let unsized_body = format!("HTTP/1.1 200 x\r\n\r\n{LOGIN}").into_bytes();
    let acts = vec![Act::Send(unsized_body), Act::Reset];
    rows.push(Row::new("unsized body, then Reset", acts, LOST_200));
    rows
}

fn events_after_a_complete_response() -> Vec<Row> {
    let early = Act::Send(api_error(413, "Request entity too large.", "{}"));
    let reset = vec![early, Act::Reset];
    let mut rows = vec![Row::new("413, then Reset", reset, "REFUSED 413 FIX_CALL")];
    for end in [
        Act::Close,
        Act::Cut,
        Act::Finish,
        Act::Reset,
        Act::Drip(b"unexpected".to_vec()),
        Act::Raw(vec![0; 9]),
        Act::Silence,
    ] {
        let name = format!("all, then {end:?}");
        let acts = move |call: Call| vec![Act::Send(call.success_response()), end.clone()];
        rows.push(Row::by_call(&name, acts, success));
    }
    rows
}

/// A row whose response stops within, and the connection stays open.
fn stalled(name: &str, bytes: &[u8], expected: &str) -> Row {
    let acts = vec![Act::Send(bytes.to_vec()), Act::Silence];
    Row::new(name, acts, expected)
}

/// A row whose response is slow and endless.
fn endless(name: &str, start: &str, more: &str, expected: &str) -> Row {
    let acts = vec![Act::Send(start.into()), Act::Flood(more.into())];
    Row::new(name, acts, expected)
}

fn responses_without_an_end() -> Vec<Row> {
    let whole = response("200 OK", "", LOGIN);
    let head = whole.len() - LOGIN.len();
    let chunked = "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut rows = rows! { stalled:
        "silence", b"" => TIMEOUT;
        "silence in the head", &whole[..20] => TIMEOUT;
        "silence after the head", &whole[..head] => TIMEOUT_200;
        "silence in the body", &whole[..head + 5] => TIMEOUT_200;
    };
    rows.extend(rows! { endless:
        "drip in the head", "HTTP/1.1 200 x\r\nA: ", "b" => TIMEOUT;
        "drip in the body", "HTTP/1.1 200 x\r\n\r\n", "b" => TIMEOUT_200;
        "drip of chunks", chunked, "1\r\nb\r\n" => TIMEOUT_200;
        "drip in a chunk's size", chunked, "0" => TIMEOUT_200;
    });
    let mut rows: Vec<Row> = rows.into_iter().map(Row::short_deadline).collect();
    let of_a_call = stalled("the call's own deadline", b"", TIMEOUT);
    rows.push(of_a_call.with_option(&["timeout_ms", "1000"]));
    rows
}
