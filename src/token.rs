//! Custom tokens.

use std::ptr;

use crate::error::bosauth_error;
use crate::ffi::{self, Out};
use crate::status::bosauth_status;
use crate::string::bosauth_string;

/// Generates a custom token: 256 random bits from the operating system, as 43 characters of A-Z a-z 0-9 _ -.
/// Nothing is sent.
///
/// @param token receives the token, to be freed with bosauth_string_free()
/// @param error receives the error; may be NULL
/// @return BOSAUTH_OK or NULL_ARGUMENT; INTERNAL if the operating system provides no random numbers
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_generate_token(
    token: *mut *mut bosauth_string,
    error: *mut *mut bosauth_error,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or valid out parameters.
    unsafe {
        let out = Out::clear(token, ptr::null_mut());
        ffi::call(error, || {
            out.required("token")?;
            let token = bosauth::generate_token()?;
            out.set(bosauth_string::into_raw(token.expose()));
            Ok(())
        })
    }
}
