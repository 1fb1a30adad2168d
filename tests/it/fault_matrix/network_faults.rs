//! Faults around the response: on the network path, in the TLS handshake, between the packets.

use std::sync::Arc;
use std::time::Duration;

use super::row::{
    BROKEN_TLS, Call, LOST, LOST_200, LOST_UNSENT, NO_HTTP, NO_TLS, RESET, RESET_UNSENT, Row,
    TIMEOUT, TIMEOUT_200, TIMEOUT_UNSENT, by_status, each, no_content_only, session_only, success,
    url,
};
use crate::support::faulty_server::{Act, Transport};
use crate::support::full_backlog::FullBacklog;
use crate::support::relay::{Direction, Fault, Then};
use crate::support::responses::{LOGIN, NO_CONTENT, api_error, response};
use bosauth_test_support::closed_port::ClosedPort;

/// The rows.
pub fn rows() -> Vec<Row> {
    let rows = [
        unreachable_servers(),
        closes_on_the_path(),
        stalls_on_the_path(),
        slow_paths(),
        corrupted_bytes(),
        events_before_the_request(),
        ends_within_the_request(),
        faults_within_the_response(),
    ];
    rows.into_iter().flatten().collect()
}

// ---- no connection ----

fn unreachable_servers() -> Vec<Row> {
    // No DNS query is sent: the label is too long.
    let host = format!("{}.example", "x".repeat(64));
    let unknown = move |transport: Transport| format!("{}://{host}", transport.scheme);
    let port = ClosedPort::new();
    let closed = move |transport| url(transport, port.address());
    let backlog = Arc::new(FullBacklog::new());
    let full = move |transport| url(transport, backlog.address());
    let in_call = Row::unreachable(
        "the deadline while connecting",
        full.clone(),
        TIMEOUT_UNSENT,
    );
    let in_connect = Row::unreachable("the connect deadline", full, TIMEOUT_UNSENT);
    vec![
        Row::unreachable("unknown host", unknown, "NAME_LOOKUP 0 CHECK_NETWORK"),
        Row::unreachable("closed port", closed, "CONNECT 0 CHECK_NETWORK"),
        in_call.short_deadline(),
        in_connect.with_config(&["connect_timeout_ms", "500"]),
    ]
}

// ---- a relay on the path: over TLS most faults are in the handshake ----

fn to_server(after: usize, then: Then) -> Vec<Fault> {
    faults(Direction::ToServer, after, then)
}

fn to_client(after: usize, then: Then) -> Vec<Fault> {
    faults(Direction::ToClient, after, then)
}

fn faults(direction: Direction, after: usize, then: Then) -> Vec<Fault> {
    vec![Fault {
        direction,
        after,
        then,
    }]
}

/// A row in which each call has the same result.
fn relayed(name: &str, faults: Vec<Fault>, expected: &str) -> Row {
    Row::relayed(name, faults, each(expected))
}

const DIRECTIONS: [Direction; 2] = [Direction::ToServer, Direction::ToClient];

fn closes_on_the_path() -> Vec<Row> {
    let mut rows = Vec::new();
    for end in [Then::Close, Then::Reset] {
        for direction in DIRECTIONS {
            for after in [1, 3, 5, 20] {
                let name = format!("{end:?} after {after} bytes {direction:?}");
                let row = relayed(&name, faults(direction, after, end.clone()), LOST);
                rows.push(row.over_tls(LOST_UNSENT));
            }
        }
        // No response is that long, but a handshake is.
        for after in [130, 200, 400] {
            let name = format!("{end:?} after {after} bytes of a handshake");
            let row = Row::relayed(&name, to_client(after, end.clone()), success);
            rows.push(row.over_tls(LOST_UNSENT));
        }
    }
    let close = relayed("Close at once", to_server(0, Then::Close), LOST);
    let reset = relayed("Reset at once", to_server(0, Then::Reset), RESET);
    rows.extend([close.over_tls(LOST_UNSENT), reset.over_tls(RESET_UNSENT)]);
    rows
}

fn stalls_on_the_path() -> Vec<Row> {
    let mut rows = Vec::new();
    for direction in DIRECTIONS {
        for after in [0, 3, 20] {
            let name = format!("silence after {after} bytes {direction:?}");
            rows.push(relayed(
                &name,
                faults(direction, after, Then::Drop),
                TIMEOUT,
            ));
        }
    }
    let name = "silence after 200 bytes of a handshake";
    rows.push(Row::relayed(name, to_client(200, Then::Drop), success));
    rows.into_iter()
        .map(|row| row.over_tls(TIMEOUT_UNSENT).short_deadline())
        .collect()
}

fn slow_paths() -> Vec<Row> {
    let (short, long) = (Duration::from_millis(1), Duration::from_millis(200));
    let mut rows = Vec::new();
    for direction in DIRECTIONS {
        let name = |what: &str| format!("{what} {direction:?}");
        let drip = faults(direction, 0, Then::Drip(short));
        let row = Row::relayed(&name("drip"), drip, success);
        rows.push(row.with_config(&["connect_timeout_ms", "12000"]));
        let delays = [0, 10].map(|after| faults(direction, after, Then::Delay(long)));
        rows.push(Row::relayed(&name("delay"), delays.concat(), success));
        let endless = faults(direction, 0, Then::Drip(long));
        let row = relayed(&name("drip beyond the deadline"), endless, TIMEOUT);
        rows.push(row.over_tls(TIMEOUT_UNSENT).short_deadline());
    }
    rows
}

fn corrupted_bytes() -> Vec<Row> {
    let insert = |after, bytes: &[u8]| to_client(after, Then::Insert(bytes.to_vec()));
    let replace = |bytes: &[u8]| [insert(0, bytes), to_client(0, Then::Drop)].concat();
    let rows = rows! { Row::relayed:
        "garbage", replace(&[b'x'; 64]) => each(NO_HTTP);
        "a plain-text response", replace(NO_CONTENT.as_bytes()) => no_content_only;
        "an alert", replace(&ALERT) => each(NO_HTTP);
        "garbage in a handshake", insert(200, &[b'x'; 64]) => success;
        "a byte is missing", to_client(8, Then::Omit(1)) => each(NO_HTTP);
    };
    rows.into_iter().map(|row| row.over_tls(NO_TLS)).collect()
}

/// The TLS record of the alert "handshake failure".
const ALERT: [u8; 7] = [21, 3, 3, 0, 2, 2, 40];

// ---- a server that sends before the request ----

fn events_before_the_request() -> Vec<Row> {
    let good = |call: Call| Act::Send(call.success_response());
    let error = Act::Send(api_error(413, "Request entity too large.", "{}"));
    let banner = |_| vec![Act::Send(b"220 ready\r\n".into())];
    let mut rows = vec![
        Row::early("an early response", move |call| vec![good(call)], success),
        Row::early("early garbage", banner, each(NO_HTTP)),
    ];
    for end in [Act::Close, Act::Finish, Act::Reset] {
        // A reset before the request discards what was received.
        let acts = vec![error.clone(), Act::Take(1), end.clone()];
        let name = format!("an early error, then {end:?}");
        let expected = each("REFUSED 413 FIX_CALL");
        rows.push(Row::early(&name, move |_| acts.clone(), expected));
        let name = format!("an early response, then {end:?}");
        let acts = move |call| vec![good(call), Act::Take(1), end.clone()];
        rows.push(Row::early(&name, acts, success));
    }
    rows
}

fn ends_within_the_request() -> Vec<Row> {
    let mut rows = Vec::new();
    for taken in [0, 1, 30, 100] {
        let acts = |end: &Act| {
            let acts = vec![Act::Take(taken), end.clone()];
            move |_| acts.clone()
        };
        for end in [Act::Close, Act::Finish, Act::Reset] {
            // A reset at once may precede the request.
            let lost = if taken == 0 { RESET } else { LOST };
            let name = format!("{end:?} after {taken} bytes of the request");
            rows.push(Row::early(&name, acts(&end), each(lost)));
        }
        let name = format!("silence after {taken} bytes of the request");
        rows.push(Row::early(&name, acts(&Act::Silence), each(TIMEOUT)).short_deadline());
    }
    rows
}

// ---- the response, byte by byte and record by record ----

fn faults_within_the_response() -> Vec<Row> {
    let torn = |end: Act| move |call: Call| vec![Act::Torn(call.success_response()), end.clone()];
    let trickle = |call: Call| vec![Act::Trickle(call.success_response())];
    let halves = |call: Call| {
        let response = call.success_response();
        let (front, back) = response.split_at(20);
        let pause = Act::Wait(Duration::from_millis(50));
        vec![Act::Send(front.into()), pause, Act::Send(back.into())]
    };
    let login = format!("HTTP/1.1 200 x\r\n\r\n{LOGIN}");
    let unsized_body = vec![Act::Send(login.into()), Act::Cut];
    let long = response("200 x", "", &" ".repeat(16_000));
    let large = response("200 x", "", &format!("{LOGIN}{}", " ".repeat(10_000)));
    let plain = |call: Call| vec![Act::Raw(call.success_response()), Act::Silence];
    let raw = |bytes: &[u8]| vec![Act::Raw(bytes.to_vec()), Act::Silence];
    let lost = || by_status(LOST, LOST_200);
    let cut = Row::by_call("a torn response, then Cut", torn(Act::Cut), lost());
    let reset = Row::by_call("a torn response, then Reset", torn(Act::Reset), lost());
    let timeout = by_status(TIMEOUT, TIMEOUT_200);
    let stall = Row::by_call("a torn response, then silence", torn(Act::Silence), timeout);
    let large = Row::by_call(
        "longer than one read",
        move |_| vec![Act::Send(large.clone())],
        session_only,
    );
    let unsized_body = Row::by_call(
        "unsized body without close_notify",
        move |_| unsized_body.clone(),
        session_only,
    );
    let slow_record = "a record that trickles beyond the deadline";
    let slow_record = Row::new(slow_record, vec![Act::Trickle(long)], TIMEOUT_200);
    let plain_records = Row::by_call("plain text after a handshake", plain, success);
    vec![
        cut.over_tls(LOST),
        reset.over_tls(LOST),
        stall.over_tls(TIMEOUT).short_deadline(),
        Row::by_call("a response that trickles", trickle, success),
        Row::by_call("a response in two parts", halves, success),
        large,
        unsized_body.over_tls(LOST_200),
        slow_record.over_tls(TIMEOUT).short_deadline(),
        Row::new("garbage as a response", raw(&[b'x'; 64]), NO_HTTP).over_tls(BROKEN_TLS),
        Row::new("an alert as a response", raw(&ALERT), NO_HTTP).over_tls(BROKEN_TLS),
        plain_records.over_tls(BROKEN_TLS),
    ]
}
