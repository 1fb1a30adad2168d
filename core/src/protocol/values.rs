//! The format of session tokens and of MFA and OTP ids, and the size limit of extra fields.

/// The maximum length of a session token, in bytes.
pub const SESSION_TOKEN_MAX: usize = 8192;
/// The maximum length of an MFA or OTP id, in bytes.
pub const ID_MAX: usize = 255;
/// The maximum length of the extra body fields, in bytes of JSON.
pub const BODY_JSON_MAX: usize = 64 * 1024;

/// Returns whether `token` has the format of a session token.
pub fn is_session_token(token: &str) -> bool {
    let is_allowed = |&b: &u8| IS_SESSION_TOKEN_BYTE[usize::from(b)];
    // Every login checks hundreds of bytes: four at a time, with one branch.
    let mut fours = token.as_bytes().chunks_exact(4);
    (1..=SESSION_TOKEN_MAX).contains(&token.len())
        && fours.remainder().iter().all(is_allowed)
        && fours.all(|four| {
            is_allowed(&four[0])
                & is_allowed(&four[1])
                & is_allowed(&four[2])
                & is_allowed(&four[3])
        })
}

/// The bytes allowed in a session token.
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
