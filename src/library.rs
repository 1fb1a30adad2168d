//! The library itself: its version, and names for its numbers.

use std::ffi::{CStr, c_char};

use bosauth::{Action, Status};

use crate::abi::BOSAUTH_ABI_VERSION;
use crate::status::bosauth_status;

/// The version with the NUL that C wants, checked when this is compiled.
const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => panic!("the version holds a NUL"),
    };

/// The version of the library that is loaded, such as "0.1.0".
///
/// @return a text that is never freed
#[unsafe(no_mangle)]
pub extern "C" fn bosauth_version() -> *const c_char {
    VERSION.as_ptr()
}

/// The ABI of the library that is loaded: to be compared with BOSAUTH_ABI_VERSION of the header.
///
/// @return the number; see BOSAUTH_ABI_VERSION for what its halves mean
#[unsafe(no_mangle)]
pub extern "C" fn bosauth_abi_version() -> u32 {
    BOSAUTH_ABI_VERSION
}

/// The name of a status without its prefix, such as "TIMEOUT", "OK" for BOSAUTH_OK.
///
/// @param status any number
/// @return a text that is never freed; "UNKNOWN" for a number that this library does not know
#[unsafe(no_mangle)]
pub extern "C" fn bosauth_status_name(status: bosauth_status) -> *const c_char {
    if status == 0 {
        return c"OK".as_ptr();
    }
    let known = Status::ALL.into_iter().find(|known| known.code() == status);
    known.map_or(c"UNKNOWN", Status::c_name).as_ptr()
}

/// The name of an action without its prefix, such as "CHECK_NETWORK".
///
/// @param action any number
/// @return a text that is never freed; "UNKNOWN" for a number that this library does not know
#[unsafe(no_mangle)]
pub extern "C" fn bosauth_action_name(action: i32) -> *const c_char {
    let known = Action::ALL.into_iter().find(|known| known.code() == action);
    known.map_or(c"UNKNOWN", Action::c_name).as_ptr()
}
