//! Calls to the server.

use std::ffi::c_char;
use std::ptr;

use bosauth::{CallOptions, Collection, Error};

use crate::arguments::Arguments;
use crate::client::{CLIENTS, bosauth_client};
use crate::error::bosauth_error;
use crate::ffi::{self, Out};
use crate::options::bosauth_options;
use crate::session::bosauth_session;
use crate::status::bosauth_status;

/// Binds a token to an account. From then on, the token alone logs in to the account, like a password: use
/// at least 128 random bits. If the token is bound to another account of the collection, it moves to this
/// one. The client's session does not change. See docs/protocol.md, "Binding".
///
/// @param client the client
/// @param collection the name or id of the auth collection, such as "users" or "_superusers"; 1 to 255 bytes
/// @param email the account's email, case-sensitive; 1 to 255 bytes
/// @param password the account's password; 1 to 255 bytes
/// @param token the token; 1 to 1024 bytes, sent unchanged
/// @param options per-call options; may be NULL
/// @param error receives the error; may be NULL
/// @return BOSAUTH_OK if the token is bound. CREDENTIALS, VALIDATION, METHOD_DISABLED, NOT_FOUND, or one of the
///         errors common to all calls. If bosauth_error_outcome_unknown() returns 1, the token may be bound;
///         the call may be retried.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_bind_token(
    client: bosauth_client,
    collection: *const c_char,
    email: *const c_char,
    password: *const c_char,
    token: *const c_char,
    options: *const bosauth_options,
    error: *mut *mut bosauth_error,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or strings, live options and a valid out parameter.
    unsafe {
        let strings = [collection, email, password, token];
        let bind: Change = |users, email, password, token| users.bind_token(email, password, token);
        change_binding(client, strings, options, error, bind)
    }
}

/// Unbinds a token from an account. BOSAUTH_OK does not mean that the token was bound: the server returns the
/// same response for a token that was never bound, or that is bound to another account (docs/protocol.md,
/// "Binding"). During the first two seconds of a new server, nothing is removed (docs/protocol.md,
/// "A new server").
///
/// @param client the client
/// @param collection the name or id of the auth collection; 1 to 255 bytes
/// @param email the account's email, case-sensitive; 1 to 255 bytes
/// @param password the account's password; 1 to 255 bytes
/// @param token the token; 1 to 1024 bytes, sent unchanged
/// @param options per-call options; may be NULL
/// @param error receives the error; may be NULL
/// @return BOSAUTH_OK if the token is not bound to this account. The errors are those of bosauth_bind_token().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_unbind_token(
    client: bosauth_client,
    collection: *const c_char,
    email: *const c_char,
    password: *const c_char,
    token: *const c_char,
    options: *const bosauth_options,
    error: *mut *mut bosauth_error,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or strings, live options and a valid out parameter.
    unsafe {
        let strings = [collection, email, password, token];
        let unbind: Change =
            |users, email, password, token| users.unbind_token(email, password, token);
        change_binding(client, strings, options, error, unbind)
    }
}

/// Logs in with a bound token. The new session becomes the client's session, unless
/// bosauth_options_set_keep_session() disables that or a login, save or clear that started later has already
/// completed; see bosauth_session_was_kept(). On failure, the client's session does not change.
///
/// @param client the client
/// @param collection the name or id of the auth collection; 1 to 255 bytes
/// @param token the token; 1 to 1024 bytes, sent unchanged
/// @param options per-call options; may be NULL
/// @param session receives a snapshot of the session, to be freed with bosauth_session_free(); may be NULL
/// @param error receives the error; may be NULL
/// @return BOSAUTH_OK if logged in. UNKNOWN_TOKEN (do not delete the token on a single one, see
///         BOSAUTH_ERROR_UNKNOWN_TOKEN), MFA_REQUIRED (continue with bosauth_error_mfa_id()), FORBIDDEN,
///         NOT_FOUND, or one of the errors common to all calls.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_auth_with_token(
    client: bosauth_client,
    collection: *const c_char,
    token: *const c_char,
    options: *const bosauth_options,
    session: *mut *mut bosauth_session,
    error: *mut *mut bosauth_error,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or strings, live options and valid out parameters.
    unsafe {
        let out = Out::clear(session, ptr::null_mut());
        ffi::call(error, || {
            let client = CLIENTS.get(client)?;
            let session = Arguments::pass(|arguments| {
                let collection = arguments.string(collection, "collection");
                let token = arguments.string(token, "token");
                let options = copy_options(options);
                let collection = client.collection(&collection).with(&options);
                collection.auth_with_token(&token)
            })?;
            if !out.is_null() {
                out.set(bosauth_session::into_raw(session));
            }
            Ok(())
        })
    }
}

/// A call with an email, a password and a token.
type Change = fn(&Collection<'_>, &str, &str, &str) -> Result<(), Error>;

/// Runs `change` with copies of the collection, the email, the password and the token.
///
/// # Safety
/// The strings are NULL or NUL-terminated, `options` is NULL or live, and `error` is NULL or valid for writes.
unsafe fn change_binding(
    client: bosauth_client,
    [collection, email, password, token]: [*const c_char; 4],
    options: *const bosauth_options,
    error: *mut *mut bosauth_error,
    change: Change,
) -> bosauth_status {
    // SAFETY: as promised by the caller.
    unsafe {
        ffi::call(error, || {
            let client = CLIENTS.get(client)?;
            Arguments::pass(|arguments| {
                let collection = arguments.string(collection, "collection");
                let email = arguments.string(email, "email");
                let password = arguments.string(password, "password");
                let token = arguments.string(token, "token");
                let options = copy_options(options);
                let collection = client.collection(&collection).with(&options);
                change(&collection, &email, &password, &token)
            })
        })
    }
}

/// Copies the options, so that they may be changed or freed during the call.
///
/// # Safety
/// `options` is NULL or live.
unsafe fn copy_options(options: *const bosauth_options) -> CallOptions {
    // SAFETY: as promised by the caller.
    unsafe { options.as_ref() }.map_or_else(CallOptions::new, |options| options.0.clone())
}
