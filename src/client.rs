//! Clients, and the session a client holds.

use std::ffi::c_char;
use std::ptr;
use std::time::Duration;

use bosauth::{Client, Config, Error, Status, input};

use crate::config::bosauth_config;
use crate::entry::{self, Out};
use crate::error::bosauth_error;
use crate::handles::Table;
use crate::session::bosauth_session;
use crate::status::bosauth_status;
use crate::sticky::milliseconds;
use crate::text::{checked, copied_whole};

/// A client of one BosBase server: a handle, checked on every use. 0 is never one.
pub type bosauth_client = u64;

/// The clients in the caller's hands.
pub(crate) static CLIENTS: Table<Client> = Table::new(1, "client");

/// Makes a client of one server. Nothing is sent yet. Over plain http anybody on the way reads the
/// passwords and can forge an answer: use it on loopback only.
///
/// @param base_url http or https, a host, perhaps a port and a path prefix; no user-info, query or
///        fragment; up to 2048 bytes of ASCII
/// @param config how to set it up, copied; may be NULL for the defaults
/// @param client gets the handle, to free with bosauth_client_free; 0 on failure
/// @param error gets the error; may be NULL
/// @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8, INVALID_ARGUMENT or a failed setter's status
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_client_new(
    base_url: *const c_char,
    config: *const bosauth_config,
    client: *mut bosauth_client,
    error: *mut *mut bosauth_error,
) -> bosauth_status {
    // SAFETY: by the header's rules NULL or places for results, NULL or a text, NULL or a live config.
    unsafe {
        let client = Out::clear(client, 0);
        entry::call(error, || {
            let base_url = checked(base_url, "base_url", input::base_url)?;
            let config = config
                .as_ref()
                .map_or_else(|| Ok(Config::new()), |config| config.0.checked())?;
            client.required("client")?;
            client.set(CLIENTS.insert(Client::new(&base_url, &config)?)?);
            Ok(())
        })
    }
}

/// Frees a client: the handle is invalid at once. Calls of it that are under way on other threads end with
/// CANCELLED, unless their answer has already been accepted; this does not wait for them.
///
/// @param client the handle; 0 is nothing to free
/// @return BOSAUTH_OK or INVALID_HANDLE
#[unsafe(no_mangle)]
pub extern "C" fn bosauth_client_free(client: bosauth_client) -> bosauth_status {
    entry::plain(|| {
        if client != 0 {
            CLIENTS.remove(client)?.close(Duration::ZERO);
        }
        Ok(())
    })
}

/// Frees a client as bosauth_client_free does, and waits until none of its calls is under way any more.
///
/// @param client the handle
/// @param wait_ms how long to wait at most, in milliseconds, 1 to 86400000
/// @return BOSAUTH_OK, or TIMEOUT if calls are still under way: the handle is gone in both cases.
///         INVALID_HANDLE or INVALID_ARGUMENT: nothing was done
#[unsafe(no_mangle)]
pub extern "C" fn bosauth_client_close(client: bosauth_client, wait_ms: i64) -> bosauth_status {
    entry::plain(|| {
        let wait = milliseconds(wait_ms);
        CLIENTS.get(client)?;
        input::timeout(wait)?;
        if CLIENTS.remove(client)?.close(wait) {
            return Ok(());
        }
        let message = "calls of the client are still under way";
        Err(Error::bad_argument(Status::Timeout, "wait_ms", message))
    })
}

/// Gets the session that the client holds, as it is now.
///
/// @param client the handle
/// @param session gets a snapshot to free with bosauth_session_free; NULL if nobody is logged in
/// @param error gets the error; may be NULL
/// @return BOSAUTH_OK, also when nobody is logged in; INVALID_HANDLE or NULL_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_client_session(
    client: bosauth_client,
    session: *mut *mut bosauth_session,
    error: *mut *mut bosauth_error,
) -> bosauth_status {
    // SAFETY: by the header's rules NULL or places for results.
    unsafe {
        let out = Out::clear(session, ptr::null_mut());
        entry::call(error, || {
            let client = CLIENTS.get(client)?;
            out.required("session")?;
            if let Some(session) = client.session() {
                out.set(bosauth_session::into_raw(session));
            }
            Ok(())
        })
    }
}

/// Makes a token that was got elsewhere the client's session.
///
/// @param client the handle
/// @param token 1 to 8192 bytes of A-Z a-z 0-9 . _ ~ + / = -
/// @param record_json the account's record, a JSON object nested up to 512 levels deep and without duplicate names
///                    at its top level; may be NULL if there is none
/// @param error gets the error; may be NULL
/// @return BOSAUTH_OK, INVALID_HANDLE, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_client_save_session(
    client: bosauth_client,
    token: *const c_char,
    record_json: *const c_char,
    error: *mut *mut bosauth_error,
) -> bosauth_status {
    // SAFETY: by the header's rules NULL or a place for a result, NULL or texts.
    unsafe {
        entry::call(error, || {
            let client = CLIENTS.get(client)?;
            let token = checked(token, "token", input::session_token)?;
            let record_json = copied_whole(record_json, "record_json")?;
            client.save_session(&token, record_json.as_ref().map(|json| json.as_str()))
        })
    }
}

/// Forgets the client's session. The server is not told: it accepts the token until it expires.
///
/// @param client the handle
/// @param error gets the error; may be NULL
/// @return BOSAUTH_OK or INVALID_HANDLE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_client_clear_session(
    client: bosauth_client,
    error: *mut *mut bosauth_error,
) -> bosauth_status {
    // SAFETY: by the header's rules NULL or a place for a result.
    unsafe {
        entry::call(error, || {
            CLIENTS.get(client)?.clear_session();
            Ok(())
        })
    }
}
