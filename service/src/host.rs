//! The `Host` header, which HTTP/1.1 requires (RFC 9112, section 3.2).

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, Version, header};
use axum::response::{IntoResponse, Response};

/// Checks the `Host` header as Go's `net/http` does. An error is the reason.
pub fn check(version: Version, headers: &HeaderMap) -> Result<(), &'static str> {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if version < Version::HTTP_11 => Ok(()),
        (None, _) => Err("missing required Host header"),
        (Some(_), Some(_)) => Err("too many Host headers"),
        (Some(host), None) if host.as_bytes().iter().all(|byte| is_host_byte(*byte)) => Ok(()),
        (Some(_), None) => Err("malformed Host header"),
    }
}

/// Whether a byte is allowed in a host and port: in a name, an address, or a percent-encoding.
fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!$%&'()*+,-.:;=[]_~".contains(&byte)
}

/// The response of Go's `net/http`, which reports this error before BosBase receives the request.
pub fn error_response(reason: &str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CONNECTION, "close"),
    ];
    let body = Body::from(format!("400 Bad Request: {reason}"));
    (StatusCode::BAD_REQUEST, headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::check;
    use axum::http::{HeaderMap, HeaderValue, Version, header};

    #[test]
    fn exactly_one_valid_host_is_required() {
        for (hosts, at_1_0, at_1_1) in [
            (&[][..], true, false),
            (&[""], true, true),
            (&["example.com"], true, true),
            (&["[::1]:8090"], true, true),
            (&["a", "a"], false, false),
            (&["a", "b"], false, false),
            (&["a/b"], false, false),
            (&["a b"], false, false),
            (&["user@a"], false, false),
        ] {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(header::HOST, HeaderValue::from_static(host));
            }
            for (version, is_valid) in [(Version::HTTP_10, at_1_0), (Version::HTTP_11, at_1_1)] {
                assert_eq!(
                    check(version, &headers).is_ok(),
                    is_valid,
                    "{hosts:?} {version:?}"
                );
            }
        }
    }
}
