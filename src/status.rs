//! The numbers of the header: what a call can answer and what to do about it.

/// What a call answers: BOSAUTH_OK or one of BOSAUTH_ERROR_*. 0 is success, every failure is positive. A
/// condition keeps its number; an unknown number is to be read by its ten.
pub type bosauth_status = i32;

/// The call did what it was asked for.
pub const BOSAUTH_OK: bosauth_status = 0;
/// A required argument was NULL.
pub const BOSAUTH_ERROR_NULL_ARGUMENT: bosauth_status = 1;
/// A text was not UTF-8.
pub const BOSAUTH_ERROR_INVALID_UTF8: bosauth_status = 2;
/// A value was empty, too long or malformed; bosauth_error_argument names it.
pub const BOSAUTH_ERROR_INVALID_ARGUMENT: bosauth_status = 3;
/// A handle was stale, freed twice, of another kind or never one.
pub const BOSAUTH_ERROR_INVALID_HANDLE: bosauth_status = 4;
/// The call needs a session and there is none.
pub const BOSAUTH_ERROR_NO_SESSION: bosauth_status = 5;
/// Not built into this library.
pub const BOSAUTH_ERROR_UNSUPPORTED: bosauth_status = 6;
/// The server's name was not found.
pub const BOSAUTH_ERROR_NAME_LOOKUP: bosauth_status = 10;
/// No address of the server could be reached.
pub const BOSAUTH_ERROR_CONNECT: bosauth_status = 11;
/// TLS failed before the first byte of a response: name, chain, expiry, protocol, or an alert of the server.
pub const BOSAUTH_ERROR_TLS: bosauth_status = 12;
/// The certificate chain was good but matched no pin.
pub const BOSAUTH_ERROR_PIN_MISMATCH: bosauth_status = 13;
/// The proxy failed or refused.
pub const BOSAUTH_ERROR_PROXY: bosauth_status = 14;
/// The connection ended before the answer was complete.
pub const BOSAUTH_ERROR_CONNECTION_LOST: bosauth_status = 15;
/// A deadline passed.
pub const BOSAUTH_ERROR_TIMEOUT: bosauth_status = 16;
/// The app cancelled the call.
pub const BOSAUTH_ERROR_CANCELLED: bosauth_status = 17;
/// An answer that is none of the protocol's: redirect, HTML, wrong status or shape.
pub const BOSAUTH_ERROR_UNEXPECTED_RESPONSE: bosauth_status = 20;
/// The answer's head or body is larger than allowed.
pub const BOSAUTH_ERROR_RESPONSE_TOO_LARGE: bosauth_status = 21;
/// The server found a field wrong; bosauth_error_data_json tells which.
pub const BOSAUTH_ERROR_VALIDATION: bosauth_status = 30;
/// Wrong email or password.
pub const BOSAUTH_ERROR_CREDENTIALS: bosauth_status = 31;
/// The token is not bound in this collection. Never delete a token because of one such error: for two seconds
/// after the first bind of a new server the server says it of a bound token. Call again after 3 s. See
/// docs/protocol.md, "A new server".
pub const BOSAUTH_ERROR_UNKNOWN_TOKEN: bosauth_status = 32;
/// A second factor is wanted; go on with bosauth_error_mfa_id.
pub const BOSAUTH_ERROR_MFA_REQUIRED: bosauth_status = 33;
/// The MFA id is unknown, used, expired or another account's.
pub const BOSAUTH_ERROR_MFA_SESSION: bosauth_status = 34;
/// The second factor must be another method than the first.
pub const BOSAUTH_ERROR_MFA_SAME_METHOD: bosauth_status = 35;
/// The one-time password is wrong, expired or tried too often.
pub const BOSAUTH_ERROR_OTP_INVALID: bosauth_status = 36;
/// Password or one-time password login is off in this collection.
pub const BOSAUTH_ERROR_METHOD_DISABLED: bosauth_status = 37;
/// The session is not accepted (any more).
pub const BOSAUTH_ERROR_UNAUTHORIZED: bosauth_status = 40;
/// The collection's auth rule refuses this account.
pub const BOSAUTH_ERROR_FORBIDDEN: bosauth_status = 41;
/// The collection or path does not exist.
pub const BOSAUTH_ERROR_NOT_FOUND: bosauth_status = 42;
/// Too many requests; wait bosauth_error_retry_after_ms.
pub const BOSAUTH_ERROR_RATE_LIMITED: bosauth_status = 43;
/// The server failed (5xx). It may have processed the request: see bosauth_error_outcome_unknown.
pub const BOSAUTH_ERROR_SERVER: bosauth_status = 44;
/// Any other refusal of the protocol.
pub const BOSAUTH_ERROR_REFUSED: bosauth_status = 45;
/// The session file or store callback failed.
pub const BOSAUTH_ERROR_STORE: bosauth_status = 50;
/// The store is not available now; nothing was lost.
pub const BOSAUTH_ERROR_STORE_UNAVAILABLE: bosauth_status = 51;
/// The stored session is damaged; it is kept as it is.
pub const BOSAUTH_ERROR_STORE_CORRUPT: bosauth_status = 52;
/// The app's own transport failed.
pub const BOSAUTH_ERROR_TRANSPORT: bosauth_status = 53;
/// A bug of this library; the client stays usable.
pub const BOSAUTH_ERROR_INTERNAL: bosauth_status = 90;

/// Nothing: the app wanted it so.
pub const BOSAUTH_ACTION_NONE: i32 = 0;
/// The program is wrong: change the call.
pub const BOSAUTH_ACTION_FIX_CALL: i32 = 1;
/// Ask the person for email, password or another token.
pub const BOSAUTH_ACTION_ASK_CREDENTIALS: i32 = 2;
/// Go on with a second factor, or begin the login again.
pub const BOSAUTH_ACTION_SECOND_FACTOR: i32 = 3;
/// Wait bosauth_error_retry_after_ms, then try again.
pub const BOSAUTH_ACTION_RETRY_LATER: i32 = 4;
/// Look at the network: offline, captive portal, proxy, wrong server.
pub const BOSAUTH_ACTION_CHECK_NETWORK: i32 = 5;
/// The server's set-up stands in the way: rule, login method, certificate.
pub const BOSAUTH_ACTION_CONTACT_OPERATOR: i32 = 6;
/// A bug of this library: report it.
pub const BOSAUTH_ACTION_REPORT_BUG: i32 = 7;
