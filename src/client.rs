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
/// @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8, INVALID_ARGUMENT (also for a session file that can never be
///         used), or the status of the first setter of `config` that failed
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
/// except those whose response has already been accepted. This function does not wait for them. Listeners are not
/// called any more. They are released when the last call of the client has ended. The stored session remains.
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

/// Frees a client like bosauth_client_free() and waits until none of its calls and callbacks is in progress, except
/// those of the calling thread: a callback may close its client.
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

/// Returns a snapshot of the client's current session. With a session file or store, the first call reads it, unless
/// the session has been changed before; bosauth_client_sync_session() reads later changes of other processes.
///
/// @param client the client
/// @param session receives the snapshot, to be freed with bosauth_session_free(); NULL if there is no session
/// @param error receives the error; may be NULL
/// @return BOSAUTH_OK, also if there is no session; INVALID_HANDLE or NULL_ARGUMENT; STORE, STORE_UNAVAILABLE or
///         STORE_CORRUPT if the stored session cannot be read: the next call tries again
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

/// Makes a token obtained elsewhere the client's session. Nothing is sent. If it cannot be stored, it is the client's
/// session in memory; see bosauth_session_store_status().
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

/// Removes the client's session, also from the session file or store. Nothing is sent: the server accepts the token
/// until it expires.
///
/// @param client the client
/// @param error receives the error; may be NULL
/// @return BOSAUTH_OK or INVALID_HANDLE. STORE or STORE_UNAVAILABLE: the client has no session any more, but the stored
///         one remains until the next change of the session or bosauth_client_sync_session() removes it
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_client_clear_session(
    client: bosauth_client,
    error: *mut *mut bosauth_error,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or a valid out parameter.
    unsafe { ffi::call(error, || CLIENTS.get(client)?.clear_session()) }
}

/// Makes an exported session the client's session. Nothing is sent. If it cannot be stored, it is the client's session
/// in memory; see bosauth_session_store_status().
///
/// @param client the client
/// @param text the exported session, from bosauth_session_export() of a client with the same base URL; at most 4259840
///        bytes (4 MiB and 64 KiB)
/// @param error receives the error; may be NULL
/// @return BOSAUTH_OK, INVALID_HANDLE, NULL_ARGUMENT or INVALID_UTF8; INVALID_ARGUMENT if the string is not such a
///         session, if a later version of the library has exported it, or if it belongs to another base URL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_client_import_session(
    client: bosauth_client,
    text: *const c_char,
    error: *mut *mut bosauth_error,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or a string and a valid out parameter.
    unsafe {
        ffi::call(error, || {
            let client = CLIENTS.get(client)?;
            Arguments::pass(|arguments| client.import_session(&arguments.long_string(text, "text")))
        })
    }
}

/// Writes the session to the session file or store if that has failed before, and reads what is stored. A session that
/// another process has stored becomes the client's session; if another process has removed it, there is none. Without a
/// file or store, it has no effect.
///
/// @param client the client
/// @param error receives the error; may be NULL
/// @return BOSAUTH_OK or INVALID_HANDLE; STORE, STORE_UNAVAILABLE or STORE_CORRUPT: the client's session did not change
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_client_sync_session(
    client: bosauth_client,
    error: *mut *mut bosauth_error,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or a valid out parameter.
    unsafe { ffi::call(error, || CLIENTS.get(client)?.sync_session()) }
}

/// Returns the number of changes of the client's session: a login, refresh, save, import, clear, or a read of a stored
/// session. Nothing is read. It differs exactly if the session was changed in the meantime.
///
/// @param client the client
/// @param generation receives the number; 0 on failure
/// @return BOSAUTH_OK, INVALID_HANDLE or NULL_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_client_generation(
    client: bosauth_client,
    generation: *mut u64,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or a valid out parameter.
    let out = unsafe { Out::clear(generation, 0) };
    ffi::status_only(|| {
        let client = CLIENTS.get(client)?;
        out.required("generation")?;
        out.set(client.generation());
        Ok(())
    })
}
