//! Session stores of the app.

use std::ffi::{c_char, c_void};

use bosauth::{ClientBuilder, SessionStorage, Status, StorageError};

use crate::arguments::Arguments;
use crate::callback::{UserData, bosauth_release_fn};
use crate::config::{bosauth_config, set_storage};
use crate::ffi::{self, null_argument};
use crate::status::{BOSAUTH_OK, bosauth_status};
use crate::string::{ReturnedString, bosauth_string};

/// Reads the stored session; see bosauth_config_set_session_store().
///
/// @param user_data the pointer that was set with the function; may be NULL
/// @param session receives the session with bosauth_string_set(); left empty, there is none. It is valid until the
///        function returns, and must not be freed
/// @return BOSAUTH_OK; BOSAUTH_ERROR_STORE_UNAVAILABLE if the store cannot be read at the moment;
///         BOSAUTH_ERROR_STORE if it failed, which any other value means as well
pub type bosauth_store_load_fn = Option<
    unsafe extern "C-unwind" fn(
        user_data: *mut c_void,
        session: *mut bosauth_string,
    ) -> bosauth_status,
>;

/// Stores a session in place of the stored one; see bosauth_config_set_session_store().
///
/// @param user_data the pointer that was set with the function; may be NULL
/// @param session the session, valid until the function returns; may be NULL: the stored session is to be removed
/// @return as for bosauth_store_load_fn; after an error, the previous session should still be stored
pub type bosauth_store_save_fn = Option<
    unsafe extern "C-unwind" fn(user_data: *mut c_void, session: *const c_char) -> bosauth_status,
>;

/// Keeps the session in a store of the app, such as a keychain. The store has one string of at most 4259840 bytes
/// (4 MiB and 64 KiB), which contains the session token: treat it like a password. The first call that needs the
/// session reads it, as for bosauth_config_set_session_file(). It replaces a file or store that was set before. See
/// "Callbacks" at the top of this header.
///
/// The functions of one client are called one at a time, those of several clients with this configuration also at the
/// same time. In them, calls of the client use the session in memory, and a change of it is stored after they have
/// returned. Their run time does not count towards the timeout of a call.
///
/// @param config the configuration
/// @param load the function that reads the stored session
/// @param save the function that stores a session or removes it
/// @param user_data a pointer that is passed to the functions; may be NULL
/// @param release releases user_data, when the configuration and all its clients are freed and their calls have ended,
///        or at once if this function fails; may be NULL
/// @return BOSAUTH_OK or NULL_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_config_set_session_store(
    config: *mut bosauth_config,
    load: bosauth_store_load_fn,
    save: bosauth_store_save_fn,
    user_data: *mut c_void,
    release: bosauth_release_fn,
) -> bosauth_status {
    ffi::status_only(|| {
        let mut user_data = Some(UserData::new(user_data, release));
        let mut setter = |config: ClientBuilder, arguments: &mut Arguments| {
            let load = arguments.ok(load.ok_or_else(|| null_argument("load")));
            let save = arguments.ok(save.ok_or_else(|| null_argument("save")));
            let (Some(load), Some(save)) = (load, save) else {
                return config;
            };
            match user_data.take() {
                Some(user_data) => config.session_storage(Store {
                    load,
                    save,
                    user_data,
                }),
                None => config,
            }
        };
        // SAFETY: the header's conventions: NULL or a live config.
        unsafe { set_storage(config, &mut setter) }
    })
}

/// The functions of a store and their argument.
struct Store {
    load: unsafe extern "C-unwind" fn(*mut c_void, *mut bosauth_string) -> bosauth_status,
    save: unsafe extern "C-unwind" fn(*mut c_void, *const c_char) -> bosauth_status,
    user_data: UserData,
}

impl SessionStorage for Store {
    fn load(&self) -> Result<Option<String>, StorageError> {
        let mut session = bosauth_string::empty();
        // SAFETY: the header's conventions: a function that accepts the pointer that was set with it, and a string.
        let status = unsafe { (self.load)(self.user_data.as_ptr(), &mut session) };
        result(status)?;
        Ok(Some(session.into_string()))
    }

    fn save(&self, session: Option<&str>) -> Result<(), StorageError> {
        let session = session.map(|session| ReturnedString::new(session.as_bytes()));
        let session = session
            .as_ref()
            .map_or(std::ptr::null(), ReturnedString::as_ptr);
        // SAFETY: the header's conventions: a function that accepts the pointer that was set with it; NULL or a string.
        result(unsafe { (self.save)(self.user_data.as_ptr(), session) })
    }
}

/// The result of a function that has returned `status`.
fn result(status: bosauth_status) -> Result<(), StorageError> {
    const UNAVAILABLE: bosauth_status = Status::StoreUnavailable.code();
    match status {
        BOSAUTH_OK => Ok(()),
        UNAVAILABLE => Err(StorageError::Unavailable),
        _ => Err(StorageError::Failed),
    }
}
