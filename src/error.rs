//! Errors.

use std::ffi::c_char;

use bosauth::Error;

use crate::ffi;
use crate::status::{BOSAUTH_OK, bosauth_status};
use crate::string::{EMPTY, ReturnedString};

/// The error of one call. It is immutable. Free it with bosauth_error_free().
pub struct bosauth_error {
    error: Error,
    message: ReturnedString,
    argument: ReturnedString,
    server_message: ReturnedString,
    data_json: ReturnedString,
    body: ReturnedString,
    url: ReturnedString,
    mfa_id: ReturnedString,
}

impl From<Error> for bosauth_error {
    fn from(error: Error) -> Self {
        let string = |value: &str| ReturnedString::new(value.as_bytes());
        bosauth_error {
            message: string(error.message()),
            argument: string(error.argument()),
            server_message: string(error.server_message()),
            data_json: string(error.data_json()),
            body: ReturnedString::new(error.body()),
            url: string(error.url()),
            mfa_id: string(error.mfa_id()),
            error,
        }
    }
}

/// Frees an error and all strings returned from it.
///
/// @param error the error; may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_error_free(error: *mut bosauth_error) {
    // SAFETY: errors are created by `ffi::call`; the header's conventions forbid freeing one twice.
    unsafe { ffi::free(error) }
}

/// Returns the status, which is the one that the call returned.
///
/// @param error the error; may be NULL
/// @return one of BOSAUTH_ERROR_*; BOSAUTH_OK for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_error_status(error: *const bosauth_error) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or a live error.
    unsafe { ffi::read(error, BOSAUTH_OK, |e| e.error.status().code()) }
}

/// Returns the action to take.
///
/// @param error the error; may be NULL
/// @return one of BOSAUTH_ACTION_*; treat an unknown one as BOSAUTH_ACTION_NONE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_error_action(error: *const bosauth_error) -> i32 {
    // SAFETY: the header's conventions: NULL or a live error.
    unsafe { ffi::read(error, 0, |e| e.error.action().code()) }
}

/// Returns a message in English for logs: one line, without secrets and without strings from the server.
///
/// @param error the error; may be NULL
/// @return the message, valid until the error is freed; "" for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_error_message(error: *const bosauth_error) -> *const c_char {
    // SAFETY: the header's conventions: NULL or a live error.
    unsafe { ffi::read(error, EMPTY, |e| e.message.as_ptr()) }
}

/// Returns the name of the invalid argument as in this header, such as "email" or "client".
///
/// @param error the error; may be NULL
/// @return the name, valid until the error is freed; "" if no argument was invalid
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_error_argument(error: *const bosauth_error) -> *const c_char {
    // SAFETY: the header's conventions: NULL or a live error.
    unsafe { ffi::read(error, EMPTY, |e| e.argument.as_ptr()) }
}

/// Returns whether the server may have processed the request even though the call failed: a byte of the request
/// was sent, and no response proves the opposite. A 4xx, 3xx or 1xx in BosBase's error format proves it, and so
/// do BOSAUTH_ERROR_MFA_REQUIRED and BOSAUTH_ERROR_RATE_LIMITED. A 5xx does not: BosBase also sends one if its
/// database fails after the commit.
///
/// @param error the error; may be NULL
/// @return 1 if the request may have been processed, 0 if it was not
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_error_outcome_unknown(error: *const bosauth_error) -> i32 {
    // SAFETY: the header's conventions: NULL or a live error.
    unsafe { ffi::read(error, 0, |e| i32::from(e.error.outcome_unknown())) }
}

/// Returns the HTTP status of the response.
///
/// @param error the error; may be NULL
/// @return the HTTP status; 0 if there was no response
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_error_http_status(error: *const bosauth_error) -> i32 {
    // SAFETY: the header's conventions: NULL or a live error.
    unsafe { ffi::read(error, 0, |e| e.error.http_status().map_or(0, i32::from)) }
}

/// Returns the server's message, sanitized for display: at most 512 bytes, without control and bidirectional
/// formatting characters, with secrets of the call replaced by "***".
///
/// @param error the error; may be NULL
/// @return the message, valid until the error is freed; "" if the server sent none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_error_server_message(
    error: *const bosauth_error,
) -> *const c_char {
    // SAFETY: the header's conventions: NULL or a live error.
    unsafe { ffi::read(error, EMPTY, |e| e.server_message.as_ptr()) }
}

/// Returns the `data` object of the response as JSON. For BOSAUTH_ERROR_VALIDATION it contains the reason for
/// each invalid field. Secrets of the call are replaced by "***"; the names, codes and messages defined by
/// BosBase are not changed.
///
/// @param error the error; may be NULL
/// @return the JSON, valid until the error is freed; "" if the server sent none, "{}" if it is longer than 64 KiB
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_error_data_json(error: *const bosauth_error) -> *const c_char {
    // SAFETY: the header's conventions: NULL or a live error.
    unsafe { ffi::read(error, EMPTY, |e| e.data_json.as_ptr()) }
}

/// Returns the first 64 KiB of the response body, with secrets of the call replaced by "***". It is empty if
/// there was no response, for a 2xx response, which may contain a token, and if the header values and extra
/// fields of the call exceed 256 KiB, which is too much to search for.
///
/// @param error the error; may be NULL
/// @param length receives the number of bytes; may be NULL
/// @return the bytes, followed by a NUL; valid until the error is freed
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_error_body(
    error: *const bosauth_error,
    length: *mut usize,
) -> *const c_char {
    // SAFETY: the header's conventions: NULL or a valid out parameter.
    let length = unsafe { ffi::Out::clear(length, 0) };
    // SAFETY: the header's conventions: NULL or a live error.
    unsafe {
        ffi::read(error, EMPTY, |e| {
            length.set(e.body.len());
            e.body.as_ptr()
        })
    }
}

/// Returns the URL of the request, without query and user info.
///
/// @param error the error; may be NULL
/// @return the URL, valid until the error is freed; "" if an argument was invalid
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_error_url(error: *const bosauth_error) -> *const c_char {
    // SAFETY: the header's conventions: NULL or a live error.
    unsafe { ffi::read(error, EMPTY, |e| e.url.as_ptr()) }
}

/// Returns the time to wait before a retry.
///
/// @param error the error; may be NULL
/// @return milliseconds, at most 86400000; 0 if there is no need to wait
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_error_retry_after_ms(error: *const bosauth_error) -> i64 {
    let wait =
        |e: &bosauth_error| i64::try_from(e.error.retry_after().as_millis()).unwrap_or(i64::MAX);
    // SAFETY: the header's conventions: NULL or a live error.
    unsafe { ffi::read(error, 0, wait) }
}

/// Returns the id of the MFA login, to be set with bosauth_options_set_mfa_id() for the second factor.
///
/// @param error the error; may be NULL
/// @return the id, valid until the error is freed; "" unless the status is BOSAUTH_ERROR_MFA_REQUIRED
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_error_mfa_id(error: *const bosauth_error) -> *const c_char {
    // SAFETY: the header's conventions: NULL or a live error.
    unsafe { ffi::read(error, EMPTY, |e| e.mfa_id.as_ptr()) }
}
