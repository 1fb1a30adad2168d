//! Session snapshots.

use std::ffi::c_char;
use std::ptr;

use bosauth::{ForkSafeMutex, Secret, Session};

use crate::ffi::{self, Out, null_argument};
use crate::status::{BOSAUTH_OK, bosauth_status};
use crate::string::{EMPTY, ReturnedStrings};

/// An immutable snapshot of a session. Free it with bosauth_session_free().
pub struct bosauth_session {
    session: Session,
    /// The fields that were read.
    fields: ReturnedStrings,
    /// The exported session, if it was read: a returned string must stay at its address.
    exported: ForkSafeMutex<Option<Secret>>,
}

impl bosauth_session {
    /// Creates the object.
    pub(crate) fn new(session: Session) -> Self {
        bosauth_session {
            session,
            fields: ReturnedStrings::default(),
            exported: ForkSafeMutex::default(),
        }
    }

    /// Creates the object, to be freed with `bosauth_session_free`.
    pub(crate) fn into_raw(session: Session) -> *mut Self {
        Box::into_raw(Box::new(bosauth_session::new(session)))
    }

    fn export(&self) -> *const c_char {
        let exported = self
            .exported
            .with(|exported| exported.as_ref().map(Secret::as_ptr));
        // Written without the lock, possibly by two threads at once: the first string is used.
        exported.unwrap_or_else(|| {
            let new = self.session.export();
            self.exported
                .with(|exported| exported.get_or_insert(new).as_ptr())
        })
    }
}

/// Frees a snapshot and all strings returned from it. Its token is zeroized. The client's session does not
/// change.
///
/// @param session the snapshot; may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_session_free(session: *mut bosauth_session) {
    // SAFETY: the header's conventions: NULL or a live session.
    unsafe { ffi::free(session) }
}

/// Copies a snapshot. The copy remains valid when the original is freed, such as one that is passed to a listener.
///
/// @param session the snapshot
/// @param copy receives the copy, to be freed with bosauth_session_free(); NULL on failure
/// @return BOSAUTH_OK or NULL_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_session_copy(
    session: *const bosauth_session,
    copy: *mut *mut bosauth_session,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or a live session and a valid out parameter.
    unsafe {
        let out = Out::clear(copy, ptr::null_mut());
        ffi::status_only(|| {
            let session = session.as_ref().ok_or_else(|| null_argument("session"))?;
            out.required("copy")?;
            out.set(bosauth_session::into_raw(session.session.clone()));
            Ok(())
        })
    }
}

/// Returns the session's token, a JWT.
///
/// @param session the snapshot; may be NULL
/// @return the token, valid until the snapshot is freed; "" for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_session_token(session: *const bosauth_session) -> *const c_char {
    // SAFETY: the header's conventions: NULL or a live session.
    unsafe { ffi::read(session, EMPTY, |s| s.session.token_ptr()) }
}

/// Returns the account's record as the server sent it: a JSON object.
///
/// @param session the snapshot; may be NULL
/// @return the record, valid until the snapshot is freed; "" if the session was saved without one
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_session_record_json(
    session: *const bosauth_session,
) -> *const c_char {
    // SAFETY: the header's conventions: NULL or a live session.
    unsafe { ffi::read(session, EMPTY, |s| s.session.record_json_ptr()) }
}

/// Returns the `meta` value of the login response as JSON.
///
/// @param session the snapshot; may be NULL
/// @return the JSON, valid until the snapshot is freed; "" if there was none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_session_meta_json(
    session: *const bosauth_session,
) -> *const c_char {
    // SAFETY: the header's conventions: NULL or a live session.
    unsafe { ffi::read(session, EMPTY, |s| s.session.meta_json_ptr()) }
}

/// Returns a top-level field of the record, such as "id", "email" or "collectionName". A string is returned
/// unchanged, any other value as JSON. A string that contains NUL or is not valid Unicode is also returned as
/// JSON ("\ud800").
///
/// @param session the snapshot; may be NULL
/// @param name the name of the field
/// @return the value, valid until the snapshot is freed; "" if there is no such field, or if name is NULL or not
///         UTF-8
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_session_field(
    session: *const bosauth_session,
    name: *const c_char,
) -> *const c_char {
    // SAFETY: the header's conventions: NULL or a live session, NULL or a string.
    unsafe {
        ffi::read_locked(session, EMPTY, |s| {
            s.fields.get(name, |name| s.session.field(name))
        })
    }
}

/// Returns the expiry time of the token.
///
/// @param session the snapshot; may be NULL
/// @return seconds since the Unix epoch; 0 if the token has no expiry
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_session_expires_at(session: *const bosauth_session) -> i64 {
    // SAFETY: the header's conventions: NULL or a live session.
    unsafe { ffi::read(session, 0, |s| s.session.expires_at().unwrap_or(0)) }
}

/// Returns whether the token is a JWT that has not expired. The server may reject it nevertheless.
///
/// The time is that of the server's clock, if the client had received a response with a Date header and without an
/// Age header when the snapshot was returned; otherwise that of the local clock. The server's time is accurate to the
/// round trip of the newest such response or to 1 second, whichever is longer. Setting the local clock does not
/// change it, and it continues while the device is suspended. Later responses do not apply to this snapshot:
/// bosauth_client_session() returns one with the client's newest time.
///
/// @param session the snapshot; may be NULL
/// @return 1 or 0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_session_is_valid(session: *const bosauth_session) -> i32 {
    // SAFETY: the header's conventions: NULL or a live session.
    unsafe { ffi::read(session, 0, |s| i32::from(s.session.is_valid())) }
}

/// Returns whether the account is a superuser.
///
/// @param session the snapshot; may be NULL
/// @return 1 or 0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_session_is_superuser(session: *const bosauth_session) -> i32 {
    // SAFETY: the header's conventions: NULL or a live session.
    unsafe { ffi::read(session, 0, |s| i32::from(s.session.is_superuser())) }
}

/// Returns whether the session became the client's session when it was created. It did not if
/// bosauth_options_set_keep_session() disabled that, if a login, save or clear that started later had already
/// completed, or if the client's session changed during a refresh.
///
/// @param session the snapshot; may be NULL
/// @return 1 or 0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_session_was_kept(session: *const bosauth_session) -> i32 {
    // SAFETY: the header's conventions: NULL or a live session.
    unsafe { ffi::read(session, 0, |s| i32::from(s.session.was_kept())) }
}

/// Returns whether the session was stored when the snapshot was taken. If not, it is live in memory, and the next
/// change of the session or bosauth_client_sync_session() stores it.
///
/// @param session the snapshot; may be NULL
/// @return BOSAUTH_OK if it is stored, if it is not the client's session, or if the client has no session file or
///         store; also after a refresh that kept what another client had stored or removed in the meantime. STORE if
///         the file or store failed, STORE_UNAVAILABLE if it could not be used at that moment.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_session_store_status(
    session: *const bosauth_session,
) -> bosauth_status {
    let status = |s: &bosauth_session| s.session.store_status().map_or(BOSAUTH_OK, |s| s.code());
    // SAFETY: the header's conventions: NULL or a live session.
    unsafe { ffi::read(session, BOSAUTH_OK, status) }
}

/// Returns the session as a string for bosauth_client_import_session(): a JSON object with the version of the format,
/// the base URL, token, record and meta. Treat it like a password. It is created at the first call.
///
/// @param session the snapshot; may be NULL
/// @return the string, valid until the snapshot is freed; "" for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_session_export(session: *const bosauth_session) -> *const c_char {
    // SAFETY: the header's conventions: NULL or a live session.
    unsafe { ffi::read_locked(session, EMPTY, bosauth_session::export) }
}
