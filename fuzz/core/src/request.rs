//! The bytes of a request, from the arguments of a call.

use bosauth::fuzzing::body;
use bosauth::{CallOptions, input};
use serde_json::Value;

use super::json::Fields;
use super::{contains, strings};

/// Headers that an app may not set.
const RESERVED: [&str; 5] = [
    "host",
    "content-length",
    "transfer-encoding",
    "cookie",
    "te",
];

/// Serializes a request from extra fields, email, password, token, and names and values of headers, separated by NULs.
pub fn request(data: &[u8]) {
    let Some(strings) = strings(data) else { return };
    let &[extra, email, password, token, ref headers @ ..] = strings.as_slice() else {
        return;
    };
    let extra = Some(extra).filter(|extra| CallOptions::new().body_json(extra).check().is_ok());
    let (binding, otp) = (
        [("email", email), ("password", password), ("token", token)],
        [("otpId", token), ("password", password)],
    );
    let login = [("identity", email), ("password", password)];
    for own in [&binding[..], &binding[..1], &binding[2..], &login, &otp] {
        check_body(&body(own, extra), extra.unwrap_or("{}"), own);
    }

    let body = body(&binding, extra);
    let headers: Vec<(&str, &str)> = headers
        .chunks_exact(2)
        .map(|pair| (pair[0], pair[1]))
        .filter(|(name, value)| input::header(name, value).is_ok())
        .collect();
    for (method, body) in [("POST", Some(&*body)), ("PUT", None), ("GET", None)] {
        let request = bosauth::fuzzing::request(method, &headers, body);
        check_request(&request, method, &headers, body);
    }
}

/// The body has the extra fields, then the call's own, each once.
fn check_body(body: &[u8], extra: &str, own: &[(&str, &str)]) {
    let (fields, extra) = (Fields::of(body), Fields::of(extra.as_bytes()));
    let (fields, extra) = (fields.expect("an object"), extra.expect("an object"));
    let own_names = own.iter().map(|(name, _)| *name);
    let expected: Vec<&str> = extra.names().chain(own_names).collect();
    assert_eq!(fields.names().collect::<Vec<_>>(), expected);
    for (name, value) in own {
        assert_eq!(fields.value(name), Some(Value::from(*value)));
    }
    for name in extra.names() {
        assert_eq!(fields.raw(name), extra.raw(name));
    }
}

/// The head has these header fields and no others, and the body follows it.
fn check_request(bytes: &[u8], method: &str, headers: &[(&str, &str)], body: Option<&[u8]>) {
    let end = bytes.windows(4).position(|end| end == b"\r\n\r\n");
    let (head, rest) = bytes.split_at(end.expect("an end of the head"));
    let body = body.unwrap_or_default();
    assert_eq!(&rest[4..], body);
    let mut expected = format!("{method} /api HTTP/1.1\r\nHost: example.com");
    if method != "GET" {
        expected.push_str(&format!("\r\nContent-Length: {}", body.len()));
    }
    for (name, value) in headers {
        assert!(!RESERVED.contains(&name.to_lowercase().as_str()), "{name}");
        assert!(!contains(value.as_bytes(), b"\n") && !contains(value.as_bytes(), b"\r"));
        expected.push_str(&format!("\r\n{name}: {value}"));
    }
    assert_eq!(head, expected.as_bytes());
}
