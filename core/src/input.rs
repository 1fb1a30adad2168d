//! What a caller may give: every check of an argument, before anything is sent.
//!
//! Each function answers with an [`Error`] that names the argument as the C header does. The calls
//! run these checks themselves; they are public for bindings that have to answer for several
//! arguments in order, and for apps that check a form while it is filled in.

use std::time::Duration;

use crate::error::{Error, Status};
use crate::protocol::paths::BaseUrl;

/// The longest collection name, in bytes.
pub const COLLECTION_MAX: usize = 255;
/// The longest email or password, in bytes (BosBase refuses longer ones).
pub const CREDENTIAL_MAX: usize = 255;
/// The longest custom token, in bytes (BosBase refuses longer ones).
pub const TOKEN_MAX: usize = 1024;
/// The longest session token, in bytes.
pub const SESSION_TOKEN_MAX: usize = 8192;
/// The longest MFA id, in bytes.
pub const MFA_ID_MAX: usize = 255;
/// The longest JSON object of extra body members, in bytes.
pub const BODY_JSON_MAX: usize = 64 * 1024;
/// The longest header value or query value, in bytes.
pub const VALUE_MAX: usize = 8192;
/// The longest header or query name, in bytes.
pub const NAME_MAX: usize = 255;
/// The largest body of a response that a client can be set to accept, in bytes. What is done with a body after its
/// deadline has passed, copying and zeroizing above all, has to take much less than 20 ms.
pub const RESPONSE_MAX: u64 = 4 * 1024 * 1024;
/// The longest deadline: one day.
pub const TIMEOUT_MAX: Duration = Duration::from_millis(86_400_000);

/// Header names that the library writes itself or that would change what a request means.
const RESERVED_HEADERS: [&str; 12] = [
    "host",
    "content-length",
    "content-type",
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

/// A server's address: `http` or `https`, a host, perhaps a port and a path prefix; no user-info, query or
/// fragment; up to 2048 bytes of ASCII.
pub fn base_url(text: &str) -> Result<(), Error> {
    BaseUrl::parse(text).map(|_| ())
}

/// A collection's name or id: 1..255 bytes, none of `/ \ ? # %` or control characters, not `.` or `..`.
pub fn collection(name: &str) -> Result<(), Error> {
    sized(name, "collection", COLLECTION_MAX)?;
    let forbidden = |c: char| c.is_control() || matches!(c, '/' | '\\' | '?' | '#' | '%');
    if name.contains(forbidden) || name == "." || name == ".." {
        return Err(invalid(
            "collection",
            "the collection must be a name or an id, without / \\ ? # % or control characters",
        ));
    }
    Ok(())
}

/// An account's email: 1..255 bytes.
pub fn email(email: &str) -> Result<(), Error> {
    sized(email, "email", CREDENTIAL_MAX)
}

/// An account's password: 1..255 bytes.
pub fn password(password: &str) -> Result<(), Error> {
    sized(password, "password", CREDENTIAL_MAX)
}

/// A custom token: 1..1024 bytes. It is compared byte for byte and never trimmed.
pub fn token(token: &str) -> Result<(), Error> {
    sized(token, "token", TOKEN_MAX)
}

/// A session's token: 1..8192 bytes of `[A-Za-z0-9._~+/=-]`.
pub fn session_token(token: &str) -> Result<(), Error> {
    if is_session_token(token) {
        return Ok(());
    }
    Err(invalid(
        "token",
        "a session token is 1 to 8192 bytes of A-Z a-z 0-9 . _ ~ + / = -",
    ))
}

/// Whether `token` has the form of a session token.
pub(crate) fn is_session_token(token: &str) -> bool {
    (1..=SESSION_TOKEN_MAX).contains(&token.len())
        && token.bytes().all(|b| IN_SESSION_TOKEN[usize::from(b)])
}

/// Which bytes a session token may hold: a table, since every login looks at hundreds of them.
const IN_SESSION_TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let is_other = matches!(byte as u8, b'.' | b'_' | b'~' | b'+' | b'/' | b'=' | b'-');
        table[byte] = (byte as u8).is_ascii_alphanumeric() || is_other;
        byte += 1;
    }
    table
};

/// An MFA id: 1..255 bytes of `[A-Za-z0-9_-]`.
pub fn mfa_id(id: &str) -> Result<(), Error> {
    if is_mfa_id(id) {
        return Ok(());
    }
    Err(invalid(
        "mfa_id",
        "an MFA id is 1 to 255 bytes of A-Z a-z 0-9 _ -",
    ))
}

/// Whether `id` has the form of an MFA or OTP id.
pub(crate) fn is_mfa_id(id: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    (1..=MFA_ID_MAX).contains(&id.len()) && id.bytes().all(allowed)
}

/// A deadline: one millisecond to one day.
pub fn timeout(timeout: Duration) -> Result<(), Error> {
    if (Duration::from_millis(1)..=TIMEOUT_MAX).contains(&timeout) {
        return Ok(());
    }
    Err(invalid("ms", "a timeout is 1 to 86400000 milliseconds"))
}

/// A limit for responses: 1 byte to 4 MiB.
pub fn max_response_bytes(bytes: u64) -> Result<(), Error> {
    if (1..=RESPONSE_MAX).contains(&bytes) {
        return Ok(());
    }
    Err(invalid(
        "bytes",
        "the largest response must be 1 to 4194304 bytes",
    ))
}

/// A User-Agent: 1..255 bytes of visible ASCII and spaces, no space at either end.
pub fn user_agent(text: &str) -> Result<(), Error> {
    sized(text, "text", NAME_MAX)?;
    if !text.bytes().all(|b| (b' '..=b'~').contains(&b)) || text.trim() != text {
        return Err(invalid(
            "text",
            "a User-Agent is visible ASCII without spaces at the ends",
        ));
    }
    Ok(())
}

/// A header of the app's own: a token (RFC 9110 §5.6.2) of 1..255 bytes that the library does not
/// write itself, and a value of up to 8192 bytes without CR, LF or NUL.
pub fn header(name: &str, value: &str) -> Result<(), Error> {
    sized(name, "name", NAME_MAX)?;
    if !name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
    {
        return Err(invalid(
            "name",
            "a header name is made of letters, digits and !#$%&'*+-.^_`|~",
        ));
    }
    let lower = name.to_ascii_lowercase();
    if RESERVED_HEADERS.contains(&lower.as_str()) || lower.starts_with("proxy-") {
        return Err(invalid(
            "name",
            "this header is written by the library or not allowed",
        ));
    }
    header_value(value)
}

fn header_value(value: &str) -> Result<(), Error> {
    if value.len() > VALUE_MAX {
        return Err(invalid("value", "a header value is at most 8192 bytes"));
    }
    if value.bytes().any(|b| b < b' ' && b != b'\t' || b == 0x7f) {
        return Err(invalid(
            "value",
            "a header value has no CR, LF, NUL or other control characters",
        ));
    }
    Ok(())
}

/// A query parameter of the app's own: a name of 1..255 bytes and a value of up to 8192, both without
/// NUL. `token` and `mfaId` are refused: the first would put a secret into the server's log of
/// addresses, the second has an option of its own.
pub fn query(name: &str, value: &str) -> Result<(), Error> {
    sized(name, "name", NAME_MAX)?;
    if matches!(name, "token" | "mfaId") {
        return Err(invalid("name", "the query may not name token or mfaId"));
    }
    if value.len() > VALUE_MAX || value.contains('\0') {
        return Err(invalid(
            "value",
            "a query value is at most 8192 bytes without NUL",
        ));
    }
    Ok(())
}

fn sized(text: &str, argument: &'static str, max: usize) -> Result<(), Error> {
    if text.is_empty() {
        return Err(invalid(argument, format!("{argument} is empty")));
    }
    if text.len() > max {
        return Err(invalid(
            argument,
            format!("{argument} is longer than {max} bytes"),
        ));
    }
    if text.contains('\0') {
        return Err(invalid(argument, format!("{argument} holds a NUL")));
    }
    Ok(())
}

/// An INVALID_ARGUMENT error.
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
    fn sizes_are_bytes() {
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
    fn collections_stay_one_path_segment() {
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
    fn headers_cannot_be_smuggled() {
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
            ("Content-Type", "text/html", "name"),
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
    fn queries_carry_no_token() {
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
    fn user_agents_are_plain() {
        assert!(user_agent("my app/1.0").is_ok());
        for bad in ["", " x", "x ", "x\r\n", "é"] {
            assert!(user_agent(bad).is_err(), "{bad:?}");
        }
    }
}
