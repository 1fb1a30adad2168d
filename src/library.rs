//! The library itself: its version, and the names of statuses and actions.

use std::ffi::{CStr, c_char};

use bosauth::{Action, Status};

use crate::abi::BOSAUTH_ABI_VERSION;
use crate::status::{BOSAUTH_OK, bosauth_status};

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => panic!("the version contains a NUL"),
    };

/// Returns the version of the loaded library, such as "0.1.0".
///
/// @return a static string
#[unsafe(no_mangle)]
pub extern "C" fn bosauth_version() -> *const c_char {
    VERSION.as_ptr()
}

/// Returns the ABI version of the loaded library, to be compared with BOSAUTH_ABI_VERSION.
///
/// @return the ABI version
#[unsafe(no_mangle)]
pub extern "C" fn bosauth_abi_version() -> u32 {
    BOSAUTH_ABI_VERSION
}

/// Returns the name of a status without its prefix, such as "TIMEOUT"; "OK" for BOSAUTH_OK.
///
/// @param status any number
/// @return a static string; "UNKNOWN" if this library does not define the status
#[unsafe(no_mangle)]
pub extern "C" fn bosauth_status_name(status: bosauth_status) -> *const c_char {
    if status == BOSAUTH_OK {
        return c"OK".as_ptr();
    }
    let known = Status::ALL.into_iter().find(|known| known.code() == status);
    known.map_or(c"UNKNOWN", Status::c_name).as_ptr()
}

/// Returns the name of an action without its prefix, such as "CHECK_NETWORK".
///
/// @param action any number
/// @return a static string; "UNKNOWN" if this library does not define the action
#[unsafe(no_mangle)]
pub extern "C" fn bosauth_action_name(action: i32) -> *const c_char {
    let known = Action::ALL.into_iter().find(|known| known.code() == action);
    known.map_or(c"UNKNOWN", Action::c_name).as_ptr()
}
