//! Clients, and the session of a client.

use std::ffi::c_char;
use std::ptr;
use std::time::Duration;

use bosauth::{Client, ClientBuilder, Error, Status, input};

use crate::arguments::{Arguments, milliseconds};
use crate::config::bosauth_config;
use crate::error::bosauth_error;
use crate::ffi::{self, Out};
use crate::handles::Table;
use crate::session::bosauth_session;
use crate::status::bosauth_status;

/// A client of one BosBase server: a handle that is validated on every use; 0 is never valid.
pub type bosauth_client = u64;

/// The live client handles.
pub(crate) static CLIENTS: Table<Client> = Table::new(1, "client");

/// Creates a client of one server. Nothing is sent. Plain http protects neither passwords nor responses on the
/// network path: use it on loopback only. The string is copied.
///
/// @param base_url the server's URL: http or https, a host, an optional port and an optional path prefix,
///        without user info, query or fragment; at most 2048 bytes of ASCII
/// @param config the configuration, which is copied; may be NULL for the defaults
/// @param client receives the handle, to be freed with bosauth_client_free(); 0 on failure
/// @param error receives the error; may be NULL
/// @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8, INVALID_ARGUMENT, or the status of the first setter of
///         `config` that failed
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_client_new(
    base_url: *const c_char,
    config: *const bosauth_config,
    client: *mut bosauth_client,
    error: *mut *mut bosauth_error,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or valid out parameters, a string, a live config.
    unsafe {
        let out = Out::clear(client, 0);
        ffi::call(error, || {
            let client = Arguments::pass(|arguments| {
                let base_url = arguments.string(base_url, "base_url");
                let config = config.as_ref();
                let config = config.map_or_else(ClientBuilder::default, |config| config.0.clone());
                config.base_url(&base_url).build()
            })?;
            out.required("client")?;
            out.set(CLIENTS.insert(client)?);
            Ok(())
        })
    }
}

/// Frees a client. The handle is invalid from then on. Calls in progress on other threads fail with CANCELLED,
/// except those whose response has already been accepted. This function does not wait for them.
///
/// @param client the handle; 0 has no effect
/// @return BOSAUTH_OK or INVALID_HANDLE
#[unsafe(no_mangle)]
pub extern "C" fn bosauth_client_free(client: bosauth_client) -> bosauth_status {
    ffi::status_only(|| {
        if client != 0 {
            CLIENTS.remove(client)?.close(Duration::ZERO);
        }
        Ok(())
    })
}

/// Frees a client like bosauth_client_free() and waits until none of its calls is in progress.
///
/// @param client the handle
/// @param wait_ms the maximum time to wait, in milliseconds; 1 to 86400000
/// @return BOSAUTH_OK, or TIMEOUT if calls are still in progress; the handle is freed in both cases.
///         INVALID_HANDLE or INVALID_ARGUMENT: nothing was changed
#[unsafe(no_mangle)]
pub extern "C" fn bosauth_client_close(client: bosauth_client, wait_ms: i64) -> bosauth_status {
    ffi::status_only(|| {
        let wait = milliseconds(wait_ms);
        CLIENTS.get(client)?;
        input::timeout(wait)?;
        if CLIENTS.remove(client)?.close(wait) {
            return Ok(());
        }
        let message = "calls of the client are still in progress";
        Err(Error::bad_argument(Status::Timeout, "wait_ms", message))
    })
}

/// Returns a snapshot of the client's current session.
///
/// @param client the client
/// @param session receives the snapshot, to be freed with bosauth_session_free(); NULL if there is no session
/// @param error receives the error; may be NULL
/// @return BOSAUTH_OK, also if there is no session; INVALID_HANDLE or NULL_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_client_session(
    client: bosauth_client,
    session: *mut *mut bosauth_session,
    error: *mut *mut bosauth_error,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or valid out parameters.
    unsafe {
        let out = Out::clear(session, ptr::null_mut());
        ffi::call(error, || {
            let client = CLIENTS.get(client)?;
            out.required("session")?;
            if let Some(session) = client.session()? {
                out.set(bosauth_session::into_raw(session));
            }
            Ok(())
        })
    }
}

/// Makes a token obtained elsewhere the client's session. Nothing is sent.
///
/// @param client the client
/// @param token the session token; 1 to 8192 bytes of A-Z a-z 0-9 . _ ~ + / = -
/// @param record_json the account's record: a JSON object with at most 512 levels of nesting and without
///        duplicate names at its top level; may be NULL if there is none
/// @param error receives the error; may be NULL
/// @return BOSAUTH_OK, INVALID_HANDLE, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_client_save_session(
    client: bosauth_client,
    token: *const c_char,
    record_json: *const c_char,
    error: *mut *mut bosauth_error,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or strings and a valid out parameter.
    unsafe {
        ffi::call(error, || {
            let client = CLIENTS.get(client)?;
            Arguments::pass(|arguments| {
                let token = arguments.string(token, "token");
                let record_json = arguments.optional_string(record_json, "record_json");
                client.save_session(&token, record_json.as_deref())
            })
        })
    }
}

/// Removes the client's session. Nothing is sent: the server accepts the token until it expires.
///
/// @param client the client
/// @param error receives the error; may be NULL
/// @return BOSAUTH_OK or INVALID_HANDLE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_client_clear_session(
    client: bosauth_client,
    error: *mut *mut bosauth_error,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or a valid out parameter.
    unsafe { ffi::call(error, || CLIENTS.get(client)?.clear_session()) }
}
