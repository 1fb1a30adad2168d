//! Calls to the server.

use std::ffi::{c_char, c_void};
use std::ptr;

use bosauth::{CallOptions, Collection, DeferredError, Error, Session, input};

use crate::arguments::Arguments;
use crate::client::{CLIENTS, bosauth_client};
use crate::error::bosauth_error;
use crate::ffi::{self, Out};
use crate::options::bosauth_options;
use crate::response::bosauth_response;
use crate::session::bosauth_session;
use crate::status::bosauth_status;
use crate::string::bosauth_string;

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
/// completed; see bosauth_session_was_kept(). On failure, the client's session does not change. If the session
/// cannot be stored, the login succeeds nevertheless; see bosauth_session_store_status().
///
/// @param client the client
/// @param collection the name or id of the auth collection; 1 to 255 bytes
/// @param token the token; 1 to 1024 bytes, sent unchanged
/// @param options per-call options; may be NULL
/// @param session receives a snapshot of the session, to be freed with bosauth_session_free(); may be NULL
/// @param error receives the error; may be NULL
/// @return BOSAUTH_OK if logged in. UNKNOWN_TOKEN (do not delete the token on a single one, see
///         BOSAUTH_ERROR_UNKNOWN_TOKEN), MFA_REQUIRED (continue with bosauth_error_mfa_id()), FORBIDDEN,
///         NOT_FOUND, for a second factor also MFA_SESSION and MFA_SAME_METHOD, or one of the errors common to
///         all calls.
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
        let run: &Login<'_> = &|arguments, collection| {
            let token = arguments.string(token, "token");
            collection.auth_with_token(&token)
        };
        log_in(client, collection, options, session, error, run)
    }
}

/// Logs in with an identity and a password. The new session becomes the client's session as for
/// bosauth_auth_with_token(). The call is not retried once a byte was sent.
///
/// @param client the client
/// @param collection the name or id of the auth collection; 1 to 255 bytes
/// @param identity the account's email, or the value of another field that the collection allows; 1 to 255 bytes
/// @param password the account's password; 1 to 255 bytes
/// @param options per-call options, such as bosauth_options_set_mfa_id() for a second factor; may be NULL
/// @param session receives a snapshot of the session, to be freed with bosauth_session_free(); may be NULL
/// @param error receives the error; may be NULL
/// @return BOSAUTH_OK if logged in. CREDENTIALS, VALIDATION, METHOD_DISABLED, or one of the errors of
///         bosauth_auth_with_token() except UNKNOWN_TOKEN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_auth_with_password(
    client: bosauth_client,
    collection: *const c_char,
    identity: *const c_char,
    password: *const c_char,
    options: *const bosauth_options,
    session: *mut *mut bosauth_session,
    error: *mut *mut bosauth_error,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or strings, live options and valid out parameters.
    unsafe {
        let run: &Login<'_> = &|arguments, collection| {
            let identity = arguments.string(identity, "identity");
            let password = arguments.string(password, "password");
            collection.auth_with_password(&identity, &password)
        };
        log_in(client, collection, options, session, error, run)
    }
}

/// Requests a one-time password, which the server mails to the user. BOSAUTH_OK does not mean that the account
/// exists: the server also returns an id for an unknown email. The call is not retried once a byte was sent.
///
/// @param client the client
/// @param collection the name or id of the auth collection; 1 to 255 bytes
/// @param email the account's email; 1 to 255 bytes
/// @param options per-call options; may be NULL
/// @param otp_id receives the id of the one-time password, for bosauth_auth_with_otp(); to be freed with
///        bosauth_string_free()
/// @param error receives the error; may be NULL
/// @return BOSAUTH_OK if the server has accepted the request. VALIDATION, METHOD_DISABLED, NOT_FOUND, or one of
///         the errors common to all calls. If bosauth_error_outcome_unknown() returns 1, the mail may have been
///         sent.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_request_otp(
    client: bosauth_client,
    collection: *const c_char,
    email: *const c_char,
    options: *const bosauth_options,
    otp_id: *mut *mut bosauth_string,
    error: *mut *mut bosauth_error,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or strings, live options and valid out parameters.
    unsafe {
        let out = Out::clear(otp_id, ptr::null_mut());
        ffi::call(error, || {
            let options = options_requiring(options, &out, "otp_id");
            let otp_id = in_collection(client, collection, &options, |arguments, collection| {
                let email = arguments.string(email, "email");
                collection.request_otp(&email)
            })?;
            out.set(bosauth_string::into_raw(&otp_id));
            Ok(())
        })
    }
}

/// Logs in with a one-time password. The new session becomes the client's session as for
/// bosauth_auth_with_token(). The call is not retried once a byte was sent.
///
/// @param client the client
/// @param collection the name or id of the auth collection; 1 to 255 bytes
/// @param otp_id the id from bosauth_request_otp(); 1 to 255 bytes of A-Z a-z 0-9 _ -
/// @param code the one-time password that the user received; 1 to 71 bytes
/// @param options per-call options, such as bosauth_options_set_mfa_id() for a second factor; may be NULL
/// @param session receives a snapshot of the session, to be freed with bosauth_session_free(); may be NULL
/// @param error receives the error; may be NULL
/// @return BOSAUTH_OK if logged in. OTP_INVALID (the code is wrong, expired or was tried too often), and the errors
///         of bosauth_auth_with_password() except CREDENTIALS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_auth_with_otp(
    client: bosauth_client,
    collection: *const c_char,
    otp_id: *const c_char,
    code: *const c_char,
    options: *const bosauth_options,
    session: *mut *mut bosauth_session,
    error: *mut *mut bosauth_error,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or strings, live options and valid out parameters.
    unsafe {
        let run: &Login<'_> = &|arguments, collection| {
            let otp_id = arguments.string(otp_id, "otp_id");
            let code = arguments.string(code, "code");
            collection.auth_with_otp(&otp_id, &code)
        };
        log_in(client, collection, options, session, error, run)
    }
}

/// Checks the client's session with the server and updates its record. The new session becomes the client's
/// session, unless bosauth_options_set_keep_session() disables that or the client's session has changed since
/// the start of the call; see bosauth_session_was_kept(). On failure, the client's session does not change.
///
/// The server returns the token unchanged. From the second refresh of a token on, the record may be up to 30
/// minutes old (docs/protocol.md, "Login response"): for a current one, call bosauth_send() with "GET" and the
/// path "/api/collections/{collection}/records/{id}". The collection of the call is that of the session's
/// record or, without one, of its token.
///
/// @param client the client
/// @param options per-call options; may be NULL
/// @param session receives a snapshot of the session, to be freed with bosauth_session_free(); may be NULL
/// @param error receives the error; may be NULL
/// @return BOSAUTH_OK if the server accepts the session. NO_SESSION (there is none, or its collection is
///         unknown; nothing is sent), UNAUTHORIZED (log in again), FORBIDDEN, NOT_FOUND, or one of the errors
///         common to all calls. A response of another account is UNEXPECTED_RESPONSE. STORE, STORE_UNAVAILABLE or
///         STORE_CORRUPT if the stored session cannot be read; nothing is sent.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_auth_refresh(
    client: bosauth_client,
    options: *const bosauth_options,
    session: *mut *mut bosauth_session,
    error: *mut *mut bosauth_error,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or live options and valid out parameters.
    unsafe {
        return_session(session, error, &|| {
            CLIENTS.get(client)?.auth_refresh(&copy_options(options))
        })
    }
}

/// A login in a collection.
type Login<'a> = dyn Fn(&mut Arguments, &Collection<'_>) -> Result<Session, Error> + 'a;

/// Runs `login` in a collection, and writes its session to the out parameter.
///
/// # Safety
/// `collection` is NULL or NUL-terminated, `options` is NULL or live, and `session` and `error` are NULL or valid for
/// writes.
unsafe fn log_in(
    client: bosauth_client,
    collection: *const c_char,
    options: *const bosauth_options,
    session: *mut *mut bosauth_session,
    error: *mut *mut bosauth_error,
    login: &Login<'_>,
) -> bosauth_status {
    // SAFETY: as promised by the caller.
    unsafe {
        return_session(session, error, &|| {
            in_collection(client, collection, &copy_options(options), login)
        })
    }
}

/// Runs a call and writes its session to the out parameter.
///
/// # Safety
/// `session` and `error` are NULL or valid for writes.
unsafe fn return_session(
    session: *mut *mut bosauth_session,
    error: *mut *mut bosauth_error,
    call: &dyn Fn() -> Result<Session, Error>,
) -> bosauth_status {
    // SAFETY: as promised by the caller.
    unsafe {
        let out = Out::clear(session, ptr::null_mut());
        ffi::call(error, || {
            let session = call()?;
            if !out.is_null() {
                out.set(bosauth_session::into_raw(session));
            }
            Ok(())
        })
    }
}

/// Sends any other request below the base URL. The token of the client's session is sent in the Authorization
/// header, if there is a session and neither the options nor the configuration have a header of that name. It is
/// sent to the server of the base URL only. The session does not change. Redirects are not followed. GET and HEAD
/// are retried like other idempotent calls; see docs/timeouts-and-cancellation.md. The options
/// bosauth_options_set_body_json(), bosauth_options_set_mfa_id() and bosauth_options_set_keep_session() do not
/// apply.
///
/// The secrets of the request are replaced by "***" in what an error shows: the session's token, header values,
/// and in a JSON body the strings and numbers of fields whose names contain "password", "token" or "secret".
///
/// @param client the client
/// @param method the method, such as "GET", sent unchanged: upper-case letters, digits and !#$%&'*+-.^_`|~; 1 to 32
///        bytes; neither CONNECT nor TRACE
/// @param path the path below the base URL, such as "/api/health"; at most 2048 bytes. It starts with a slash and
///        consists of segments of the characters that RFC 3986 allows except @. However often a segment is
///        percent-decoded, it is UTF-8 without slash, backslash and control characters, and not empty, "." or
///        "..". The server logs request URLs: do not pass a secret. Query parameters are added with
///        bosauth_options_add_query()
/// @param body the body, which is copied; may be NULL. Its Content-Type is application/json, unless
///        bosauth_options_add_header() sets another. GET and HEAD requests must have none
/// @param body_length the number of bytes of the body; at most 33554432; 0 for no body
/// @param options per-call options; may be NULL
/// @param response receives the response, to be freed with bosauth_response_free()
/// @param error receives the error; may be NULL
/// @return BOSAUTH_OK if the HTTP status is 200 to 299. UNAUTHORIZED (the session is not accepted, or there is none),
///         FORBIDDEN, NOT_FOUND, VALIDATION, METHOD_DISABLED, or one of the errors common to all calls. STORE,
///         STORE_UNAVAILABLE or STORE_CORRUPT if the session's token is to be sent and the stored session cannot be
///         read; nothing is sent.
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
                let options = options_requiring(options, &out, "response");
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
            let options = copy_options(options);
            in_collection(client, collection, &options, |arguments, collection| {
                let email = arguments.string(email, "email");
                let password = arguments.string(password, "password");
                let token = arguments.string(token, "token");
                change(collection, &email, &password, &token)
            })
        })
    }
}

/// Runs `call` in a collection of a client. It copies the arguments after the collection.
///
/// # Safety
/// `collection` is NULL or NUL-terminated.
unsafe fn in_collection<T>(
    client: bosauth_client,
    collection: *const c_char,
    options: &CallOptions,
    call: impl FnOnce(&mut Arguments, &Collection<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let client = CLIENTS.get(client)?;
    Arguments::pass(|arguments| {
        // SAFETY: as promised by the caller.
        let collection = unsafe { arguments.string(collection, "collection") };
        call(arguments, &client.collection(&collection).with(options))
    })
}

/// Copies the options, so that they may be changed or freed during the call.
///
/// # Safety
/// `options` is NULL or live.
unsafe fn copy_options(options: *const bosauth_options) -> CallOptions {
    // SAFETY: as promised by the caller.
    unsafe { options.as_ref() }.map_or_else(CallOptions::new, |options| options.0.clone())
}

/// Copies the options for a call whose out parameter is required. If it is NULL, core reports that after the other
/// arguments, and before anything is sent.
///
/// # Safety
/// As for [`copy_options`].
unsafe fn options_requiring<T>(
    options: *const bosauth_options,
    out: &Out<T>,
    argument: &'static str,
) -> CallOptions {
    // SAFETY: as promised by the caller.
    let options = unsafe { copy_options(options) };
    options.set(|_| out.required(argument))
}
