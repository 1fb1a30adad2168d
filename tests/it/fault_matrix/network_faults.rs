//! What happens around the answer: on the way to the server, in the TLS handshake, between the packets.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use super::row::{
    BROKEN_TLS, Call, LOST, LOST_200, LOST_UNSENT, NO_HTTP, NO_TLS, RESET, RESET_UNSENT, Row,
    SUCCESS, TIMEOUT, TIMEOUT_200, TIMEOUT_UNSENT, url,
};
use crate::support::faulty_server::{Act, Transport};
use crate::support::full_backlog::FullBacklog;
use crate::support::relay::{Direction, Fault, Then};
use crate::support::responses::{LOGIN, NO_CONTENT, api_error, response};

/// The rows.
pub fn rows() -> Vec<Row> {
    [
        no_way_to_the_server(),
        ends_on_the_way(),
        silence_on_the_way(),
        slow_ways(),
        bytes_in_between(),
        what_comes_before_the_request(),
        ends_within_the_request(),
        below_the_answer(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

// ---- no connection ----

fn no_way_to_the_server() -> Vec<Row> {
    // No label of a name is that long, so that no name server is asked.
    let host = format!("{}.example", "x".repeat(64));
    let unknown = move |transport: Transport| format!("{}://{host}", transport.scheme);
    let closed = |transport| {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        url(transport, listener.local_addr().unwrap())
    };
    let queue = Arc::new(FullBacklog::new());
    let full = move |transport| url(transport, queue.address());
    vec![
        Row::unreachable("no such name", unknown, "NAME_LOOKUP 0 CHECK_NETWORK"),
        Row::unreachable("nobody listens", closed, "CONNECT 0 CHECK_NETWORK"),
        Row::unreachable(
            "the call's deadline while connecting",
            full.clone(),
            TIMEOUT_UNSENT,
        )
        .short_deadline(),
        Row::unreachable("the connect deadline", full, TIMEOUT_UNSENT)
            .with_config(&["connect_timeout_ms", "500"]),
    ]
}

// ---- a relay in between: over TLS most of it hits the handshake ----

fn fault(way: Direction, after: usize, then: Then) -> Fault {
    Fault { way, after, then }
}

fn relayed(name: &str, fault: Fault, expected: &str) -> Row {
    Row::relayed(name, vec![fault], [expected; 3])
}

fn ends_on_the_way() -> Vec<Row> {
    let mut rows = Vec::new();
    for end in [Then::Close, Then::Reset] {
        for way in [Direction::ToServer, Direction::ToClient] {
            for after in [1, 3, 5, 20] {
                let name = format!("{end:?} after {after} bytes {way:?}");
                let row = relayed(&name, fault(way, after, end.clone()), LOST);
                rows.push(row.over_tls(LOST_UNSENT));
            }
        }
        // No answer is that long, but a handshake is.
        for after in [130, 200, 400] {
            let name = format!("{end:?} after {after} bytes of a handshake");
            let faults = vec![fault(Direction::ToClient, after, end.clone())];
            rows.push(Row::relayed(&name, faults, SUCCESS).over_tls(LOST_UNSENT));
        }
    }
    let at_once = |end| fault(Direction::ToServer, 0, end);
    rows.push(relayed("Close at once", at_once(Then::Close), LOST).over_tls(LOST_UNSENT));
    rows.push(relayed("Reset at once", at_once(Then::Reset), RESET).over_tls(RESET_UNSENT));
    rows
}

fn silence_on_the_way() -> Vec<Row> {
    let mut rows = Vec::new();
    for way in [Direction::ToServer, Direction::ToClient] {
        for after in [0, 3, 20] {
            let name = format!("silence after {after} bytes {way:?}");
            let row = relayed(&name, fault(way, after, Then::Drop), TIMEOUT);
            rows.push(row.over_tls(TIMEOUT_UNSENT).short_deadline());
        }
    }
    let faults = vec![fault(Direction::ToClient, 200, Then::Drop)];
    let row = Row::relayed("silence after 200 bytes of a handshake", faults, SUCCESS);
    rows.push(row.over_tls(TIMEOUT_UNSENT).short_deadline());
    rows
}

fn slow_ways() -> Vec<Row> {
    let (short, long) = (Duration::from_millis(1), Duration::from_millis(200));
    let mut rows = Vec::new();
    for way in [Direction::ToServer, Direction::ToClient] {
        let dripping = vec![fault(way, 0, Then::Drip(short))];
        let row = Row::relayed(&format!("drip {way:?}"), dripping, SUCCESS);
        rows.push(row.with_config(&["connect_timeout_ms", "12000"]));
        let delayed = vec![
            fault(way, 0, Then::Delay(long)),
            fault(way, 10, Then::Delay(long)),
        ];
        rows.push(Row::relayed(&format!("delay {way:?}"), delayed, SUCCESS));
        let endless = fault(way, 0, Then::Drip(long));
        let row = relayed(
            &format!("drip beyond the deadline {way:?}"),
            endless,
            TIMEOUT,
        );
        rows.push(row.over_tls(TIMEOUT_UNSENT).short_deadline());
    }
    rows
}

fn bytes_in_between() -> Vec<Row> {
    let instead = |bytes: &[u8]| {
        vec![
            fault(Direction::ToClient, 0, Then::Insert(bytes.to_vec())),
            fault(Direction::ToClient, 0, Then::Drop),
        ]
    };
    let forged = [
        "OK",
        "OK",
        "UNEXPECTED_RESPONSE 204 CHECK_NETWORK outcome=unknown",
    ];
    let garbage = "x".repeat(64);
    let inserted = vec![fault(
        Direction::ToClient,
        200,
        Then::Insert(garbage.clone().into()),
    )];
    let missing = fault(Direction::ToClient, 8, Then::Omit(1));
    vec![
        Row::relayed("garbage", instead(garbage.as_bytes()), [NO_HTTP; 3]).over_tls(NO_TLS),
        Row::relayed(
            "an response in clear",
            instead(NO_CONTENT.as_bytes()),
            forged,
        )
        .over_tls(NO_TLS),
        Row::relayed("an alert", instead(&ALERT), [NO_HTTP; 3]).over_tls(NO_TLS),
        Row::relayed("garbage in a handshake", inserted, SUCCESS).over_tls(NO_TLS),
        relayed("a byte is missing", missing, NO_HTTP).over_tls(NO_TLS),
    ]
}

/// TLS's record for "handshake failure".
const ALERT: [u8; 7] = [21, 3, 3, 0, 2, 2, 40];

// ---- a server that does not wait ----

fn what_comes_before_the_request() -> Vec<Row> {
    let good = |call: Call| Act::Send(call.success_response());
    let refusal = Act::Send(api_error(413, "Request entity too large.", "{}"));
    let mut rows = vec![
        Row::early("an early response", move |call| vec![good(call)], SUCCESS),
        Row::early(
            "early garbage",
            |_| vec![Act::Send(b"220 ready\r\n".into())],
            [NO_HTTP; 3],
        ),
    ];
    for end in [Act::Close, Act::Finish, Act::Reset] {
        // A reset that comes before the request takes what went before it along.
        let refused = vec![refusal.clone(), Act::Take(1), end.clone()];
        let name = format!("an early refusal, then {end:?}");
        rows.push(Row::early(
            &name,
            move |_| refused.clone(),
            ["REFUSED 413 FIX_CALL"; 3],
        ));
        let name = format!("an early response, then {end:?}");
        let end = end.clone();
        let answered = move |call| vec![good(call), Act::Take(1), end.clone()];
        rows.push(Row::early(&name, answered, SUCCESS));
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
            // A reset at once may come before the request goes out.
            let lost = if taken == 0 { RESET } else { LOST };
            let name = format!("{end:?} after {taken} bytes of the request");
            rows.push(Row::early(&name, acts(&end), [lost; 3]));
        }
        let name = format!("silence after {taken} bytes of the request");
        rows.push(Row::early(&name, acts(&Act::Silence), [TIMEOUT; 3]).short_deadline());
    }
    rows
}

// ---- the answer, byte by byte and record by record ----

fn below_the_answer() -> Vec<Row> {
    let torn = |end: Act| move |call: Call| vec![Act::Torn(call.success_response()), end.clone()];
    let trickle = |call: Call| vec![Act::Trickle(call.success_response())];
    let halves = |call: Call| {
        let response = call.success_response();
        let (front, back) = response.split_at(20);
        let pause = Act::Wait(Duration::from_millis(50));
        vec![Act::Send(front.into()), pause, Act::Send(back.into())]
    };
    let unbounded = Act::Send(format!("HTTP/1.1 200 x\r\n\r\n{LOGIN}").into());
    let long = response("200 x", "", &" ".repeat(16_000));
    let large = response("200 x", "", &format!("{LOGIN}{}", " ".repeat(10_000)));
    let other = "UNEXPECTED_RESPONSE 200 CONTACT_OPERATOR outcome=unknown";
    let clear = |call: Call| vec![Act::Raw(call.success_response()), Act::Silence];
    let raw = |bytes: &[u8]| vec![Act::Raw(bytes.to_vec()), Act::Silence];
    vec![
        Row::by_call(
            "a torn response, then the end",
            torn(Act::Cut),
            [LOST, LOST, LOST_200],
        )
        .over_tls(LOST),
        Row::by_call(
            "a torn response, then a reset",
            torn(Act::Reset),
            [LOST, LOST, LOST_200],
        )
        .over_tls(LOST),
        Row::by_call(
            "a torn response, then silence",
            torn(Act::Silence),
            [TIMEOUT, TIMEOUT, TIMEOUT_200],
        )
        .over_tls(TIMEOUT)
        .short_deadline(),
        Row::by_call("an response that trickles", trickle, SUCCESS),
        Row::by_call("an response in two", halves, SUCCESS),
        Row::by_call(
            "more than one read at once",
            move |_| vec![Act::Send(large.clone())],
            [other, other, "OK kept"],
        ),
        Row::by_call(
            "a body without length, no close_notify",
            move |_| vec![unbounded.clone(), Act::Cut],
            [other, other, "OK kept"],
        )
        .over_tls(LOST_200),
        Row::new(
            "a record that trickles beyond the deadline",
            vec![Act::Trickle(long)],
            TIMEOUT_200,
        )
        .over_tls(TIMEOUT)
        .short_deadline(),
        Row::new("garbage as an response", raw(&[b'x'; 64]), NO_HTTP).over_tls(BROKEN_TLS),
        Row::new("an alert as an response", raw(&ALERT), NO_HTTP).over_tls(BROKEN_TLS),
        Row::by_call("an response in clear behind a handshake", clear, SUCCESS)
            .over_tls(BROKEN_TLS),
    ]
}
