//! Validation of arguments, before anything is sent.
//!
//! Each function returns an [`Error`] that names the argument as the C header does. The calls validate their
//! arguments themselves. These functions are public for apps that validate a form while it is filled in, and for
//! bindings.

use std::time::Duration;

use crate::error::{Error, Status};
pub use crate::protocol::paths::PATH_MAX;
use crate::protocol::paths::{BaseUrl, check_path};
use crate::protocol::values;
pub use crate::protocol::values::{BODY_JSON_MAX, ID_MAX, SESSION_TOKEN_MAX};

/// The maximum length of a collection name, in bytes.
pub const COLLECTION_MAX: usize = 255;
/// The maximum length of an email, identity or password, in bytes. BosBase rejects longer ones.
pub const CREDENTIAL_MAX: usize = 255;
/// The maximum length of a one-time password, in bytes. BosBase rejects longer ones.
pub const CODE_MAX: usize = 71;
/// The maximum length of a custom token, in bytes. BosBase rejects longer ones.
pub const TOKEN_MAX: usize = 1024;
/// The maximum length of a header value or query value, in bytes.
pub const VALUE_MAX: usize = 8192;
/// The maximum length of a header name, query name or User-Agent, in bytes.
pub const NAME_MAX: usize = 255;
/// The maximum length of a method, in bytes.
pub const METHOD_MAX: usize = 32;
/// The maximum length of the body of a request, in bytes. BosBase rejects longer ones.
pub const BODY_MAX: usize = 32 * 1024 * 1024;
/// The maximum value of the limit for response bodies, in bytes. Copying and zeroizing a body after the deadline must
/// take much less than 20 ms.
pub const RESPONSE_MAX: u64 = 4 * 1024 * 1024;
/// The maximum length of an exported session: a session of the largest response can be exported.
pub const EXPORT_MAX: usize = RESPONSE_MAX as usize + 64 * 1024;
/// The maximum timeout: 1 day.
pub const TIMEOUT_MAX: Duration = Duration::from_millis(86_400_000);

/// Headers that the library sends itself or that change the meaning of a request.
const RESERVED_HEADERS: [&str; 11] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "accept-encoding",
    "cookie",
];

/// Validates a base URL: `http` or `https`, a host, an optional port and an optional path prefix, without user info,
/// query or fragment; at most 2048 bytes of ASCII.
pub fn base_url(url: &str) -> Result<(), Error> {
    BaseUrl::parse(url).map(|_| ())
}

/// Validates the name or id of a collection: 1 to 255 bytes without `/ \ ? # %` and control characters, and neither
/// `.` nor `..`.
pub fn collection(name: &str) -> Result<(), Error> {
    sized(name, "collection", COLLECTION_MAX)?;
    let forbidden = |c: char| c.is_control() || matches!(c, '/' | '\\' | '?' | '#' | '%');
    if name.contains(forbidden) || name == "." || name == ".." {
        return Err(invalid(
            "collection",
            "collection must be a name or id without / \\ ? # % and control characters",
        ));
    }
    Ok(())
}

/// Validates an email: 1 to 255 bytes without NUL.
pub fn email(email: &str) -> Result<(), Error> {
    sized(email, "email", CREDENTIAL_MAX)
}

/// Validates the identity of a password login, such as an email: 1 to 255 bytes without NUL.
pub fn identity(identity: &str) -> Result<(), Error> {
    sized(identity, "identity", CREDENTIAL_MAX)
}

/// Validates a password: 1 to 255 bytes without NUL.
pub fn password(password: &str) -> Result<(), Error> {
    sized(password, "password", CREDENTIAL_MAX)
}

/// Validates a one-time password: 1 to 71 bytes without NUL.
pub fn code(code: &str) -> Result<(), Error> {
    sized(code, "code", CODE_MAX)
}

/// Validates a custom token: 1 to 1024 bytes without NUL. It is compared byte for byte and never trimmed.
pub fn token(token: &str) -> Result<(), Error> {
    sized(token, "token", TOKEN_MAX)
}

/// Validates a session token: 1 to 8192 bytes of `[A-Za-z0-9._~+/=-]`.
pub fn session_token(token: &str) -> Result<(), Error> {
    if values::is_session_token(token) {
        return Ok(());
    }
    Err(invalid(
        "token",
        "token must be 1 to 8192 bytes of A-Z a-z 0-9 . _ ~ + / = -",
    ))
}

/// Validates an MFA id: 1 to 255 bytes of `[A-Za-z0-9_-]`.
pub fn mfa_id(id: &str) -> Result<(), Error> {
    self::id(id, "mfa_id")
}

/// Validates an OTP id: 1 to 255 bytes of `[A-Za-z0-9_-]`.
pub fn otp_id(id: &str) -> Result<(), Error> {
    self::id(id, "otp_id")
}

/// Validates a timeout: 1 ms to 1 day.
pub fn timeout(timeout: Duration) -> Result<(), Error> {
    if (Duration::from_millis(1)..=TIMEOUT_MAX).contains(&timeout) {
        return Ok(());
    }
    Err(invalid("ms", "timeout must be 1 to 86400000 ms"))
}

/// Validates a limit for response bodies: 1 byte to 4 MiB.
pub fn max_response_bytes(bytes: u64) -> Result<(), Error> {
    if (1..=RESPONSE_MAX).contains(&bytes) {
        return Ok(());
    }
    Err(invalid("bytes", "max_response_bytes must be 1 to 4194304"))
}

/// Validates a User-Agent: 1 to 255 bytes of visible ASCII and spaces, without leading or trailing spaces.
pub fn user_agent(user_agent: &str) -> Result<(), Error> {
    sized(user_agent, "user_agent", NAME_MAX)?;
    if !user_agent.bytes().all(|b| (b' '..=b'~').contains(&b)) || user_agent.trim() != user_agent {
        return Err(invalid(
            "user_agent",
            "user_agent must be visible ASCII without leading or trailing spaces",
        ));
    }
    Ok(())
}

/// Validates a header: a name of 1 to 255 bytes (RFC 9110 §5.6.2) that the library does not send itself, and a value
/// of at most 8192 bytes without CR, LF, NUL and other control characters.
pub fn header(name: &str, value: &str) -> Result<(), Error> {
    if name.eq_ignore_ascii_case("Content-Type") {
        return Err(content_type());
    }
    call_header(name, value)
}

/// The error for a Content-Type where the library sends its own.
pub(crate) fn content_type() -> Error {
    invalid("name", "Content-Type can only be set for send")
}

/// Validates a header of a call. As [`header`], and Content-Type is accepted: [`Client::send`](crate::Client::send)
/// sends it, and the other calls reject it.
pub fn call_header(name: &str, value: &str) -> Result<(), Error> {
    sized(name, "name", NAME_MAX)?;
    if !name.bytes().all(is_token_byte) {
        return Err(invalid(
            "name",
            "name must consist of letters, digits and !#$%&'*+-.^_`|~",
        ));
    }
    let lower = name.to_ascii_lowercase();
    if RESERVED_HEADERS.contains(&lower.as_str()) || lower.starts_with("proxy-") {
        return Err(invalid(
            "name",
            "name must not be a header that the library sends itself or that changes the meaning of a request",
        ));
    }
    if value.len() > VALUE_MAX {
        return Err(invalid("value", "value must be at most 8192 bytes"));
    }
    if value.bytes().any(|b| b < b' ' && b != b'\t' || b == 0x7f) {
        return Err(invalid(
            "value",
            "value must not contain CR, LF, NUL or other control characters",
        ));
    }
    Ok(())
}

/// Validates a query parameter: a name of 1 to 255 bytes and a value of at most 8192 bytes, both without NUL. The
/// names `token` and `mfaId` are rejected: the server would log the token, and the MFA id has an option of its own.
pub fn query(name: &str, value: &str) -> Result<(), Error> {
    sized(name, "name", NAME_MAX)?;
    if matches!(name, "token" | "mfaId") {
        return Err(invalid("name", "name must not be token or mfaId"));
    }
    if value.len() > VALUE_MAX {
        return Err(invalid("value", "value must be at most 8192 bytes"));
    }
    without_nul(value, "value")
}

/// Validates a method: 1 to 32 bytes of a token (RFC 9110 §5.6.2) without lower-case letters, since methods are
/// case-sensitive. CONNECT and TRACE are rejected: they are for proxies.
pub fn method(method: &str) -> Result<(), Error> {
    sized(method, "method", METHOD_MAX)?;
    let is_allowed = |b: u8| is_token_byte(b) && !b.is_ascii_lowercase();
    if !method.bytes().all(is_allowed) {
        return Err(invalid(
            "method",
            "method must consist of upper-case letters, digits and !#$%&'*+-.^_`|~",
        ));
    }
    if matches!(method, "CONNECT" | "TRACE") {
        return Err(invalid("method", "method must not be CONNECT or TRACE"));
    }
    Ok(())
}

/// Validates a path of a request: at most 2048 bytes, a slash first, and segments of the characters that RFC 3986 allows
/// except `@`. However often a segment is percent-decoded, it is UTF-8 without slash, backslash and control characters,
/// and not empty, `.` or `..`, also with spaces around it or before a `;`, `?` or `#`. So the path stays below the base
/// URL, even if a server decodes it twice.
pub fn path(path: &str) -> Result<(), Error> {
    check_path(path).map_err(|reason| invalid("path", format!("path {reason}")))
}

/// Validates the body of a request with this method: at most 32 MiB ([`BODY_MAX`]), and none for GET and HEAD.
pub fn body(method: &str, body: &[u8]) -> Result<(), Error> {
    if body.len() > BODY_MAX {
        return Err(invalid("body", "body must be at most 33554432 bytes"));
    }
    if matches!(method, "GET" | "HEAD") && !body.is_empty() {
        return Err(invalid("body", "a GET or HEAD request must have no body"));
    }
    Ok(())
}

/// Whether a byte may occur in a token (RFC 9110 §5.6.2).
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn id(id: &str, argument: &'static str) -> Result<(), Error> {
    if values::is_id(id) {
        return Ok(());
    }
    let message = format!("{argument} must be 1 to 255 bytes of A-Z a-z 0-9 _ -");
    Err(invalid(argument, message))
}

fn sized(value: &str, argument: &'static str, max: usize) -> Result<(), Error> {
    if !(1..=max).contains(&value.len()) {
        let message = format!("{argument} must be 1 to {max} bytes");
        return Err(invalid(argument, message));
    }
    without_nul(value, argument)
}

fn without_nul(value: &str, argument: &'static str) -> Result<(), Error> {
    if value.contains('\0') {
        let message = format!("{argument} must not contain NUL");
        return Err(invalid(argument, message));
    }
    Ok(())
}

/// Creates an INVALID_ARGUMENT error.
pub(crate) fn invalid(argument: &'static str, message: impl Into<String>) -> Error {
    Error::bad_argument(Status::InvalidArgument, argument, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Action;

    fn argument(result: Result<(), Error>) -> Option<(&'static str, Action)> {
        result.err().map(|e| (e.argument(), e.action()))
    }

    #[test]
    fn limits_are_in_bytes() {
        assert_eq!(argument(token(&"é".repeat(512))), None);
        assert_eq!(
            argument(token(&"é".repeat(513))),
            Some(("token", Action::FixCall))
        );
        assert_eq!(argument(email(&"a".repeat(255))), None);
        assert_eq!(
            argument(email(&"a".repeat(256))),
            Some(("email", Action::AskCredentials))
        );
        assert_eq!(
            argument(password("")),
            Some(("password", Action::AskCredentials))
        );
    }

    #[test]
    fn collection_is_one_path_segment() {
        for good in ["users", "_superusers", "pbc_1", "ü", "a b", "..."] {
            assert_eq!(argument(collection(good)), None, "{good}");
        }
        for bad in [
            "", ".", "..", "a/b", "a\\b", "a?b", "a#b", "a%2fb", "a\nb", "a\u{85}b", "a\0",
        ] {
            assert!(argument(collection(bad)).is_some(), "{bad:?}");
        }
    }

    #[test]
    fn headers_that_change_the_request_are_rejected() {
        assert_eq!(argument(header("X-Game", "chess")), None);
        assert_eq!(argument(header("Authorization", "Bearer x")), None);
        for (name, value, bad) in [
            ("X", "a\r\nHost: b", "value"),
            ("X", "a\0", "value"),
            ("X:", "a", "name"),
            ("X Y", "a", "name"),
            ("", "a", "name"),
            ("hOsT", "a", "name"),
            ("Proxy-Authorization", "a", "name"),
            ("content-type", "text/html", "name"),
            ("Cookie", "a=b", "name"),
        ] {
            assert_eq!(
                argument(header(name, value)),
                Some((bad, Action::FixCall)),
                "{name:?} {value:?}"
            );
        }
    }

    #[test]
    fn content_type_is_a_header_of_a_call() {
        assert_eq!(argument(call_header("Content-Type", "text/html")), None);
        let bad = argument(call_header("Content-Length", "1"));
        assert_eq!(bad, Some(("name", Action::FixCall)));
    }

    #[test]
    fn methods_are_upper_case_tokens() {
        for good in ["GET", "POST", "M-SEARCH", "X", "!#$%&'*+-.^_`|~09AZ"] {
            assert_eq!(argument(method(good)), None, "{good}");
        }
        let long = "A".repeat(33);
        for bad in [
            "", "get", "Get", "G T", "GET ", "G\r\n", "G\0", "G/", "\u{c9}", "CONNECT", "TRACE",
            &long,
        ] {
            let expected = Some(("method", Action::FixCall));
            assert_eq!(argument(method(bad)), expected, "{bad:?}");
        }
    }

    #[test]
    fn bodies_have_a_limit_and_get_has_none() {
        let large = vec![0; BODY_MAX + 1];
        let rejected = Some(("body", Action::FixCall));
        for (method, length, expected) in [
            ("POST", BODY_MAX, None),
            ("POST", BODY_MAX + 1, rejected),
            ("GET", 0, None),
            ("GET", 1, rejected),
            ("HEAD", 1, rejected),
            ("DELETE", 1, None),
        ] {
            let result = argument(body(method, &large[..length]));
            assert_eq!(result, expected, "{method} {length}");
        }
    }

    #[test]
    fn tokens_in_the_query_are_rejected() {
        assert_eq!(argument(query("fields", "*")), None);
        assert_eq!(
            argument(query("token", "x")),
            Some(("name", Action::FixCall))
        );
        assert_eq!(
            argument(query("mfaId", "x")),
            Some(("name", Action::FixCall))
        );
    }

    #[test]
    fn timeouts_have_limits() {
        assert!(timeout(Duration::ZERO).is_err());
        assert!(timeout(Duration::from_millis(1)).is_ok());
        assert!(timeout(TIMEOUT_MAX).is_ok());
        assert!(timeout(TIMEOUT_MAX + Duration::from_nanos(1)).is_err());
    }

    #[test]
    fn user_agents_are_visible_ascii() {
        assert!(user_agent("my app/1.0").is_ok());
        for bad in ["", " x", "x ", "x\r\n", "é"] {
            assert!(user_agent(bad).is_err(), "{bad:?}");
        }
    }
}
