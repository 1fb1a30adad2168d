//! Calls to the server.

use std::ffi::{c_char, c_void};
use std::ptr;

use bosauth::{CallOptions, Collection, DeferredError, Error, input};

use crate::arguments::Arguments;
use crate::client::{CLIENTS, bosauth_client};
use crate::error::bosauth_error;
use crate::ffi::{self, Out};
use crate::options::bosauth_options;
use crate::response::bosauth_response;
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

/// Sends any other request below the base URL. The token of the client's session is sent in the Authorization header, if
/// there is a session and neither the options nor the configuration have a header of that name. It is sent to the server
/// of the base URL only. The session does not change. Redirects are not followed. GET and HEAD are retried like other
/// idempotent calls; see docs/timeouts-and-cancellation.md. bosauth_options_set_body_json(), set_mfa_id() and
/// set_keep_session() do not apply.
///
/// The secrets of the request are replaced by "***" in what an error shows: the session's token, header values, and the
/// values of fields of a JSON body whose names contain "password", "token" or "secret".
///
/// @param client the client
/// @param method the method, such as "GET", sent unchanged: upper-case letters, digits and !#$%&'*+-.^_`|~; 1 to 32
///        bytes; neither CONNECT nor TRACE
/// @param path the path below the base URL, such as "/api/health"; at most 2048 bytes. It starts with a slash and
///        consists of non-empty segments other than "." and "..", of the characters that RFC 3986 allows in a path
///        except @. An encoded slash, backslash or NUL, and an encoding of "." or "..", are rejected, also if they are
///        encoded more than once. The server logs request URLs: do not pass a secret. Query parameters are added with
///        bosauth_options_add_query()
/// @param body the body, copied; may be NULL. Its Content-Type is application/json, unless
///        bosauth_options_add_header() sets another. GET and HEAD requests have none
/// @param body_length the number of bytes of the body; at most 33554432; 0 for no body
/// @param options per-call options; may be NULL
/// @param response receives the response, to be freed with bosauth_response_free()
/// @param error receives the error; may be NULL
/// @return BOSAUTH_OK if the HTTP status is 200 to 299. UNAUTHORIZED (the session is not accepted, or there is none),
///         FORBIDDEN, NOT_FOUND, VALIDATION, METHOD_DISABLED, or one of the errors common to all calls.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_send(
    client: bosauth_client,
    method: *const c_char,
    path: *const c_char,
    body: *const c_void,
    body_length: usize,
    options: *const bosauth_options,
    response: *mut *mut bosauth_response,
    error: *mut *mut bosauth_error,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or strings, `body_length` bytes, live options and valid out parameters.
    unsafe {
        let out = Out::clear(response, ptr::null_mut());
        ffi::call(error, || {
            let client = CLIENTS.get(client)?;
            let response = Arguments::pass(|arguments| {
                let method = arguments.string(method, "method");
                let path = arguments.string(path, "path");
                let body = arguments.bytes(body, body_length, "body", input::BODY_MAX);
                let mut options = copy_options(options);
                // Reported after the other arguments, and before anything is sent.
                let required = out.required("response");
                options = options.set(|_| required);
                client.send(&method, &path, body.as_deref(), &options)
            })?;
            out.set(bosauth_response::into_raw(response));
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
