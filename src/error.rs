//! What went wrong.

use std::ffi::c_char;

use bosauth::Error;

use crate::entry;
use crate::status::{BOSAUTH_OK, bosauth_status};
use crate::text::{CText, EMPTY};

/// What went wrong in one call. Immutable; free it with bosauth_error_free.
pub struct bosauth_error {
    error: Error,
    message: CText,
    argument: CText,
    server_message: CText,
    data_json: CText,
    body: CText,
    url: CText,
    mfa_id: CText,
}

impl bosauth_error {
    /// The object for the caller.
    pub(crate) fn new(error: Error) -> Self {
        let text = |text: &str| CText::new(text.as_bytes());
        bosauth_error {
            message: text(error.message()),
            argument: text(error.argument()),
            server_message: text(error.server_message()),
            data_json: text(error.data_json()),
            body: CText::new(error.body()),
            url: text(error.url()),
            mfa_id: text(error.mfa_id()),
            error,
        }
    }
}

/// Frees an error and all texts got from it.
///
/// @param error the error; may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_error_free(error: *mut bosauth_error) {
    // SAFETY: errors are made by `entry::call`; freeing one twice is the caller's bug by the header's rules.
    unsafe { entry::free(error) }
}

/// The condition: the same as the status that the call returned.
///
/// @param error the error; may be NULL
/// @return one of BOSAUTH_ERROR_*; BOSAUTH_OK for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_error_status(error: *const bosauth_error) -> bosauth_status {
    // SAFETY: by the header's rules NULL or a live error.
    unsafe { entry::read(error, BOSAUTH_OK, |e| e.error.status().code()) }
}

/// What to do about it.
///
/// @param error the error; may be NULL
/// @return one of BOSAUTH_ACTION_*; treat an unknown one as BOSAUTH_ACTION_NONE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_error_action(error: *const bosauth_error) -> i32 {
    // SAFETY: by the header's rules NULL or a live error.
    unsafe { entry::read(error, 0, |e| e.error.action().code()) }
}

/// One line in English for the log: no secret and no text of the server's is in it.
///
/// @param error the error; may be NULL
/// @return a text that lives as long as the error; "" for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_error_message(error: *const bosauth_error) -> *const c_char {
    // SAFETY: by the header's rules NULL or a live error.
    unsafe { entry::read(error, EMPTY, |e| e.message.as_ptr()) }
}

/// The name of the bad argument as in this header ("email", "client"); of several bad ones the first.
///
/// @param error the error; may be NULL
/// @return a text that lives as long as the error; "" if no argument was bad
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_error_argument(error: *const bosauth_error) -> *const c_char {
    // SAFETY: by the header's rules NULL or a live error.
    unsafe { entry::read(error, EMPTY, |e| e.argument.as_ptr()) }
}

/// Whether the server may have processed the request although the call failed: 1 once a byte of the request was
/// sent, unless a response proves that nothing was done. Such are a 4xx, 3xx or 1xx in BosBase's own form,
/// BOSAUTH_ERROR_MFA_REQUIRED and BOSAUTH_ERROR_RATE_LIMITED. A 5xx never proves it: BosBase also answers one when
/// its database fails after the commit.
///
/// @param error the error; may be NULL
/// @return 1: it may have; 0: it has not
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_error_outcome_unknown(error: *const bosauth_error) -> i32 {
    // SAFETY: by the header's rules NULL or a live error.
    unsafe { entry::read(error, 0, |e| i32::from(e.error.outcome_unknown())) }
}

/// The HTTP status of the server's answer.
///
/// @param error the error; may be NULL
/// @return the status; 0 without an answer
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_error_http_status(error: *const bosauth_error) -> i32 {
    // SAFETY: by the header's rules NULL or a live error.
    unsafe { entry::read(error, 0, |e| e.error.http_status().map_or(0, i32::from)) }
}

/// The server's own message, made safe to show: at most 512 bytes, no control or direction-changing
/// characters, secrets of the call replaced by "***".
///
/// @param error the error; may be NULL
/// @return a text that lives as long as the error; "" if the server sent none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_error_server_message(
    error: *const bosauth_error,
) -> *const c_char {
    // SAFETY: by the header's rules NULL or a live error.
    unsafe { entry::read(error, EMPTY, |e| e.server_message.as_ptr()) }
}

/// The `data` object of the server's response as JSON: for BOSAUTH_ERROR_VALIDATION, why each field is wrong.
/// Secrets of the call are replaced by "***"; BosBase's own names, codes and sentences are left whole.
///
/// @param error the error; may be NULL
/// @return a text that lives as long as the error; "" if the server sent none, "{}" if it is longer than 64 KiB
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_error_data_json(error: *const bosauth_error) -> *const c_char {
    // SAFETY: by the header's rules NULL or a live error.
    unsafe { entry::read(error, EMPTY, |e| e.data_json.as_ptr()) }
}

/// The first 64 KiB of the response's body, secrets of the call replaced by "***". Empty without a response, for
/// every 2xx response, since it may hold a token, and if the call has more secrets than can be looked for (256 KiB
/// of header values and extra fields).
///
/// @param error the error; may be NULL
/// @param length gets the number of bytes; may be NULL
/// @return bytes that live as long as the error, followed by a NUL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_error_body(
    error: *const bosauth_error,
    length: *mut usize,
) -> *const c_char {
    // SAFETY: by the header's rules NULL or a place for a size.
    let length = unsafe { entry::Out::clear(length, 0) };
    // SAFETY: by the header's rules NULL or a live error.
    unsafe {
        entry::read(error, EMPTY, |e| {
            length.set(e.body.len());
            e.body.as_ptr()
        })
    }
}

/// The address that the call was for, without query and user-info.
///
/// @param error the error; may be NULL
/// @return a text that lives as long as the error; "" if an argument was refused
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_error_url(error: *const bosauth_error) -> *const c_char {
    // SAFETY: by the header's rules NULL or a live error.
    unsafe { entry::read(error, EMPTY, |e| e.url.as_ptr()) }
}

/// How long to wait before the next try.
///
/// @param error the error; may be NULL
/// @return milliseconds, at most a day; 0: there is nothing to wait for
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_error_retry_after_ms(error: *const bosauth_error) -> i64 {
    let wait =
        |e: &bosauth_error| i64::try_from(e.error.retry_after().as_millis()).unwrap_or(i64::MAX);
    // SAFETY: by the header's rules NULL or a live error.
    unsafe { entry::read(error, 0, wait) }
}

/// The id of the started MFA login, for bosauth_options_set_mfa_id of the second factor's call.
///
/// @param error the error; may be NULL
/// @return a text that lives as long as the error; "" unless the status is BOSAUTH_ERROR_MFA_REQUIRED
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_error_mfa_id(error: *const bosauth_error) -> *const c_char {
    // SAFETY: by the header's rules NULL or a live error.
    unsafe { entry::read(error, EMPTY, |e| e.mfa_id.as_ptr()) }
}
