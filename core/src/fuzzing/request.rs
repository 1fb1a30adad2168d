//! The bytes of a request, from what an app and a person give.

use serde_json::Value;

use super::plain::{Members, holds, texts};
use crate::http::Request;
use crate::input;
use crate::protocol::bodies;

/// Makes a request from extra members, email, password, token, and names and values of headers, with a NUL
/// between all of them.
pub fn request(data: &[u8]) {
    let Some(texts) = texts(data) else { return };
    let &[extra, email, password, token, ref headers @ ..] = texts.as_slice() else {
        return;
    };
    let extra = Some(extra).filter(|extra| bodies::check_extra_fields(extra).is_ok());
    let body = bodies::credentials(email, password, token, extra);
    let own = [("email", email), ("password", password), ("token", token)];
    check_body(body.as_slice(), extra.unwrap_or("{}"), &own);
    check_body(
        bodies::token(token, extra).as_slice(),
        extra.unwrap_or("{}"),
        &own[2..],
    );

    let headers: Vec<(&str, &str)> = headers
        .chunks_exact(2)
        .map(|pair| (pair[0], pair[1]))
        .filter(|(name, value)| input::header(name, value).is_ok())
        .collect();
    let request = Request {
        method: "POST",
        target: "/api",
        host: "example.com",
        headers: headers.clone(),
        body: body.as_slice(),
        idempotent: true,
    };
    check_request(request.to_bytes().as_slice(), &headers, body.as_slice());
}

/// The body holds the extra members, then ours, each once.
fn check_body(body: &[u8], extra: &str, own: &[(&str, &str)]) {
    let (members, extra) = (Members::of(body), Members::of(extra.as_bytes()));
    let (members, extra) = (members.expect("an object"), extra.expect("an object"));
    let own_names = own.iter().map(|(name, _)| *name);
    let expected: Vec<&str> = extra.names().chain(own_names).collect();
    assert_eq!(members.names().collect::<Vec<_>>(), expected);
    for (name, value) in own {
        assert_eq!(members.value(name), Some(Value::from(*value)));
    }
    for name in extra.names() {
        assert_eq!(members.raw(name), extra.raw(name));
    }
}

/// The head holds these fields and no other, and the body follows it.
fn check_request(bytes: &[u8], headers: &[(&str, &str)], body: &[u8]) {
    let end = bytes.windows(4).position(|end| end == b"\r\n\r\n");
    let (head, rest) = bytes.split_at(end.expect("an end of the head"));
    assert_eq!(&rest[4..], body);
    let length = body.len();
    let mut expected =
        format!("POST /api HTTP/1.1\r\nHost: example.com\r\nContent-Length: {length}");
    for (name, value) in headers {
        let reserved = [
            "host",
            "content-length",
            "transfer-encoding",
            "cookie",
            "te",
        ];
        assert!(!reserved.contains(&name.to_lowercase().as_str()), "{name}");
        assert!(!holds(value.as_bytes(), b"\n") && !holds(value.as_bytes(), b"\r"));
        expected.push_str(&format!("\r\n{name}: {value}"));
    }
    assert_eq!(head, expected.as_bytes());
}
