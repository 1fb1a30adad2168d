//! The format of session tokens and of MFA and OTP ids, and the size limit of extra fields.

/// The maximum length of a session token, in bytes.
pub const SESSION_TOKEN_MAX: usize = 8192;
/// The maximum length of an MFA or OTP id, in bytes.
pub const ID_MAX: usize = 255;
/// The maximum length of the extra body fields, in bytes of JSON.
pub const BODY_JSON_MAX: usize = 64 * 1024;

/// Returns whether `token` has the format of a session token.
pub fn is_session_token(token: &str) -> bool {
    (1..=SESSION_TOKEN_MAX).contains(&token.len())
        && token
            .bytes()
            .fold(true, |all, b| all & IS_SESSION_TOKEN_BYTE[usize::from(b)])
}

/// The bytes allowed in a session token. A table, since every login checks hundreds of them. They are almost always
/// allowed, so that all are checked without a branch for each.
const IS_SESSION_TOKEN_BYTE: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let is_other = matches!(byte as u8, b'.' | b'_' | b'~' | b'+' | b'/' | b'=' | b'-');
        table[byte] = (byte as u8).is_ascii_alphanumeric() || is_other;
        byte += 1;
    }
    table
};

/// Returns whether `id` has the format of an MFA or OTP id.
pub fn is_id(id: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    (1..=ID_MAX).contains(&id.len()) && id.bytes().all(allowed)
}
