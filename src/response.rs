//! Responses of bosauth_send().

use std::ffi::c_char;

use bosauth::Response;

use crate::ffi;
use crate::string::{EMPTY, ReturnedStrings};

/// The response to bosauth_send(). It is immutable. Free it with bosauth_response_free().
pub struct bosauth_response {
    response: Response,
    /// The headers that were read.
    headers: ReturnedStrings,
}

impl bosauth_response {
    /// Creates the object, to be freed with `bosauth_response_free`.
    pub(crate) fn into_raw(response: Response) -> *mut Self {
        Box::into_raw(Box::new(bosauth_response {
            response,
            headers: ReturnedStrings::default(),
        }))
    }
}

/// Frees a response and all strings returned from it. They are zeroized.
///
/// @param response the response; may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_response_free(response: *mut bosauth_response) {
    // SAFETY: the header's conventions: NULL or a live response.
    unsafe { ffi::free(response) }
}

/// Returns the HTTP status of the response.
///
/// @param response the response; may be NULL
/// @return 200 to 299; 0 for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_response_http_status(response: *const bosauth_response) -> i32 {
    // SAFETY: the header's conventions: NULL or a live response.
    unsafe { ffi::read(response, 0, |r| r.response.status().into()) }
}

/// Returns the value of a header. The values of several fields of one name are joined with ", ". Those of
/// Set-Cookie cannot be joined: its value is that of the first. What is not UTF-8 in a value is replaced by U+FFFD.
///
/// @param response the response; may be NULL
/// @param name the name of the header, such as "Content-Type"; not case-sensitive
/// @return the value, valid until the response is freed; "" if there is no such header, or if name is NULL or not
///         UTF-8
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_response_header(
    response: *const bosauth_response,
    name: *const c_char,
) -> *const c_char {
    // SAFETY: the header's conventions: NULL or a live response, NULL or a string.
    unsafe {
        ffi::read_locked(response, EMPTY, |r| {
            r.headers.get(name, |name| r.response.header(name))
        })
    }
}

/// Returns the body of the response.
///
/// @param response the response; may be NULL
/// @param length receives the number of bytes; may be NULL
/// @return the bytes, followed by a NUL; valid until the response is freed
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_response_body(
    response: *const bosauth_response,
    length: *mut usize,
) -> *const c_char {
    // SAFETY: the header's conventions: NULL or a valid out parameter.
    let length = unsafe { ffi::Out::clear(length, 0) };
    // SAFETY: the header's conventions: NULL or a live response.
    unsafe {
        ffi::read(response, EMPTY, |r| {
            length.set(r.response.body().len());
            r.response.body_ptr()
        })
    }
}
