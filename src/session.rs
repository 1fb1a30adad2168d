//! Who is logged in.

use std::ffi::c_char;

use bosauth::{ForkSafeMutex, Session};

use crate::entry;
use crate::text::{CText, EMPTY, copied_whole};

/// Who is logged in: a snapshot that does not change. Free it with bosauth_session_free.
pub struct bosauth_session {
    session: Session,
    token: CText,
    record_json: CText,
    meta_json: CText,
    /// Fields that were asked for: a text that was lent has to stay where it is.
    fields: ForkSafeMutex<Fields>,
}

impl bosauth_session {
    /// An object for the caller, to be freed with `bosauth_session_free`.
    pub(crate) fn into_raw(session: Session) -> *mut Self {
        Box::into_raw(Box::new(bosauth_session {
            token: CText::new(session.token().as_bytes()),
            record_json: CText::new(session.record_json().as_bytes()),
            meta_json: CText::new(session.meta_json().as_bytes()),
            fields: ForkSafeMutex::new(Fields(Vec::new())),
            session,
        }))
    }

    fn field(&self, name: &str) -> *const c_char {
        if let Some(lent) = self.fields.with(|fields| fields.find(name)) {
            return lent;
        }
        // The record is parsed without the lock, perhaps by two threads at once: the first one's copy is lent.
        let Some(value) = self.session.field(name) else {
            return EMPTY;
        };
        let new = (name.into(), CText::new(value.as_bytes()));
        self.fields.with(|fields| fields.add(new))
    }
}

/// Fields by name, as they were lent.
struct Fields(Vec<(Box<str>, CText)>);

impl Fields {
    fn find(&self, name: &str) -> Option<*const c_char> {
        let (_, known) = self.0.iter().find(|(known, _)| **known == *name)?;
        Some(known.as_ptr())
    }

    fn add(&mut self, new: (Box<str>, CText)) -> *const c_char {
        self.find(&new.0).unwrap_or_else(|| {
            let lent = new.1.as_ptr();
            self.0.push(new);
            lent
        })
    }
}

/// Frees a snapshot and all texts got from it; the token in it is wiped. The client's session stays.
///
/// @param session the snapshot; may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_session_free(session: *mut bosauth_session) {
    // SAFETY: by the header's rules NULL or a live session.
    unsafe { entry::free(session) }
}

/// The session's token, a JWT.
///
/// @param session the snapshot; may be NULL
/// @return a text that lives as long as the snapshot; "" for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_session_token(session: *const bosauth_session) -> *const c_char {
    // SAFETY: by the header's rules NULL or a live session.
    unsafe { entry::read(session, EMPTY, |s| s.token.as_ptr()) }
}

/// The account's record as the server sent it: a JSON object.
///
/// @param session the snapshot; may be NULL
/// @return a text that lives as long as the snapshot; "" if the session was saved without a record
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_session_record_json(
    session: *const bosauth_session,
) -> *const c_char {
    // SAFETY: by the header's rules NULL or a live session.
    unsafe { entry::read(session, EMPTY, |s| s.record_json.as_ptr()) }
}

/// What the server added to the login's answer, as JSON.
///
/// @param session the snapshot; may be NULL
/// @return a text that lives as long as the snapshot; "" if it added nothing
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_session_meta_json(
    session: *const bosauth_session,
) -> *const c_char {
    // SAFETY: by the header's rules NULL or a live session.
    unsafe { entry::read(session, EMPTY, |s| s.meta_json.as_ptr()) }
}

/// A field of the record: "id", "email", "collectionName" or any other at its top level.
///
/// @param session the snapshot; may be NULL
/// @param name the field's name
/// @return a text that lives as long as the snapshot: a string as its text, anything else as JSON, and so a
///         string that holds NUL or is not valid Unicode ("\ud800"); "" if there is no such field, or name is
///         NULL or not UTF-8
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_session_field(
    session: *const bosauth_session,
    name: *const c_char,
) -> *const c_char {
    // SAFETY: by the header's rules NULL or a live session, NULL or a text.
    unsafe {
        entry::read_locked(session, EMPTY, |s| {
            let name = copied_whole(name, "name").ok().flatten();
            name.map_or(EMPTY, |name| s.field(&name))
        })
    }
}

/// When the token expires.
///
/// @param session the snapshot; may be NULL
/// @return Unix seconds; 0 if the token does not say
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_session_expires_at(session: *const bosauth_session) -> i64 {
    // SAFETY: by the header's rules NULL or a live session.
    unsafe { entry::read(session, 0, |s| s.session.expires_at().unwrap_or(0)) }
}

/// Whether the token is a JWT that has not expired, by this machine's clock. Only the server knows whether
/// it still accepts it.
///
/// @param session the snapshot; may be NULL
/// @return 1 or 0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_session_is_valid(session: *const bosauth_session) -> i32 {
    // SAFETY: by the header's rules NULL or a live session.
    unsafe { entry::read(session, 0, |s| i32::from(s.session.is_valid())) }
}

/// Whether a superuser is logged in.
///
/// @param session the snapshot; may be NULL
/// @return 1 or 0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_session_is_superuser(session: *const bosauth_session) -> i32 {
    // SAFETY: by the header's rules NULL or a live session.
    unsafe { entry::read(session, 0, |s| i32::from(s.session.is_superuser())) }
}

/// Whether it became the client's session when it was made. It did not if the options said so, or if a
/// login, save or clear begun later had won already.
///
/// @param session the snapshot; may be NULL
/// @return 1 or 0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_session_was_kept(session: *const bosauth_session) -> i32 {
    // SAFETY: by the header's rules NULL or a live session.
    unsafe { entry::read(session, 0, |s| i32::from(s.session.was_kept())) }
}
