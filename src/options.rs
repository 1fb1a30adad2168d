//! How one call differs.

use std::ffi::{c_char, c_void};

use bosauth::{CallOptions, Error, input};

use crate::cancel::{CANCELS, bosauth_cancel};
use crate::entry;
use crate::status::bosauth_status;
use crate::sticky::{self, Sticky, milliseconds};
use crate::text::{checked, copied};

/// How one call differs from the configuration. A setter that fails answers at once and is remembered: a
/// call made with the options then fails with the full error of the first one, whatever is set later. An
/// option without meaning for a call is ignored.
pub struct bosauth_options(pub(crate) Sticky<CallOptions>);

/// Runs a setter.
///
/// # Safety
/// `options` is NULL or live options that no other thread uses during the call.
unsafe fn set(
    options: *mut bosauth_options,
    change: impl FnOnce(&mut CallOptions) -> Result<(), Error>,
) -> bosauth_status {
    // SAFETY: as promised by the caller.
    let options = unsafe { options.as_mut() };
    sticky::set(options.map(|options| &mut options.0), "options", change)
}

/// Makes options that change nothing.
///
/// @return an object to free with bosauth_options_free
#[unsafe(no_mangle)]
pub extern "C" fn bosauth_options_new() -> *mut bosauth_options {
    Box::into_raw(Box::new(bosauth_options(Sticky::default())))
}

/// Frees options. Calls under way have copied them.
///
/// @param options the options; may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_options_free(options: *mut bosauth_options) {
    // SAFETY: by the header's rules NULL or live options.
    unsafe { entry::free(options) }
}

/// Sets the deadline of the whole call, instead of the configuration's.
///
/// @param options the options
/// @param ms milliseconds, 1 to 86400000
/// @return BOSAUTH_OK, NULL_ARGUMENT or INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_options_set_timeout_ms(
    options: *mut bosauth_options,
    ms: i64,
) -> bosauth_status {
    // SAFETY: by the header's rules NULL or live options of this thread's.
    unsafe { set(options, |options| options.set_timeout(milliseconds(ms))) }
}

/// Adds a query parameter such as expand or fields. The server writes the address into its log: put no
/// secret here. The names token and mfaId are refused.
///
/// @param options the options
/// @param name 1 to 255 bytes
/// @param value up to 8192 bytes
/// @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_options_add_query(
    options: *mut bosauth_options,
    name: *const c_char,
    value: *const c_char,
) -> bosauth_status {
    // SAFETY: by the header's rules NULL or live options of this thread's, NULL or texts.
    unsafe {
        set(options, |options| {
            let name = checked(name, "name", |name| input::query(name, ""))?;
            options.add_query(&name, &copied(value, "value")?)
        })
    }
}

/// Adds a header. It replaces the configuration's of that name; the same name added twice here is sent
/// twice. Which names are allowed: see bosauth_config_add_header.
///
/// @param options the options
/// @param name a header name (RFC 9110 section 5.6.2), 1 to 255 bytes
/// @param value up to 8192 bytes without CR, LF and other control characters
/// @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_options_add_header(
    options: *mut bosauth_options,
    name: *const c_char,
    value: *const c_char,
) -> bosauth_status {
    // SAFETY: by the header's rules NULL or live options of this thread's, NULL or texts.
    unsafe {
        set(options, |options| {
            let name = checked(name, "name", |name| input::header(name, ""))?;
            options.add_header(&name, &copied(value, "value")?)
        })
    }
}

/// Sets extra members for the request's body. Names that would take the place of the call's own are
/// refused, in any case: email, password, token, identity, identityField, otpId, mfaId.
///
/// @param options the options
/// @param object a JSON object of up to 65536 bytes without duplicate names
/// @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_options_set_body_json(
    options: *mut bosauth_options,
    object: *const c_char,
) -> bosauth_status {
    // SAFETY: by the header's rules NULL or live options of this thread's, NULL or a text.
    unsafe {
        set(options, |options| {
            options.set_body_json(&copied(object, "object")?)
        })
    }
}

/// Says whether a login's session becomes the client's.
///
/// @param options the options
/// @param on 0: log in without keeping the session; anything else: keep it, the default
/// @return BOSAUTH_OK or NULL_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_options_set_keep_session(
    options: *mut bosauth_options,
    on: i32,
) -> bosauth_status {
    let keep = |options: &mut CallOptions| {
        options.set_keep_session(on != 0);
        Ok(())
    };
    // SAFETY: by the header's rules NULL or live options of this thread's.
    unsafe { set(options, keep) }
}

/// Sets the id of a started MFA login, from bosauth_error_mfa_id, to finish it by another method. It is
/// sent in the query.
///
/// @param options the options
/// @param mfa_id 1 to 255 bytes of A-Z a-z 0-9 _ -
/// @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_options_set_mfa_id(
    options: *mut bosauth_options,
    mfa_id: *const c_char,
) -> bosauth_status {
    // SAFETY: by the header's rules NULL or live options of this thread's, NULL or a text.
    unsafe {
        set(options, |options| {
            options.set_mfa_id(&copied(mfa_id, "mfa_id")?)
        })
    }
}

/// Sets what can stop the call.
///
/// @param options the options; they hold what the handle stands for, so that it may be freed
/// @param cancel the handle, from bosauth_cancel_new
/// @return BOSAUTH_OK, NULL_ARGUMENT or INVALID_HANDLE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_options_set_cancel(
    options: *mut bosauth_options,
    cancel: bosauth_cancel,
) -> bosauth_status {
    let hold = |options: &mut CallOptions| {
        options.set_cancel(&CANCELS.get(cancel)?);
        Ok(())
    };
    // SAFETY: by the header's rules NULL or live options of this thread's.
    unsafe { set(options, hold) }
}

/// A wait hook, see bosauth_options_set_wait_hook.
///
/// @param user_data what was set with the hook
/// @return 0 to go on; anything else ends the call with CANCELLED
pub type bosauth_wait_fn = Option<unsafe extern "C-unwind" fn(user_data: *mut c_void) -> i32>;

/// Sets a function that is called while the call waits: when a signal interrupts a wait, and at least every
/// 200 ms. For hosts that run signal handlers themselves, as interpreters do. It is called on the thread of the
/// call, holds no lock of the library, and may make other calls; the call's deadline includes the time it takes.
/// It is not called again after it ended the call. It must not throw: an exception ends the process.
///
/// @param options the options
/// @param hook the function; NULL for none, the default
/// @param user_data passed to the function; may be NULL. It must live as long as any call that has the options
/// @return BOSAUTH_OK or NULL_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_options_set_wait_hook(
    options: *mut bosauth_options,
    hook: bosauth_wait_fn,
    user_data: *mut c_void,
) -> bosauth_status {
    let set_hook = |options: &mut CallOptions| {
        match hook {
            Some(function) => {
                let hook = WaitHook {
                    function,
                    user_data,
                };
                options.set_wait_hook(move || hook.call());
            }
            None => options.clear_wait_hook(),
        }
        Ok(())
    };
    // SAFETY: by the header's rules NULL or live options of this thread's.
    unsafe { set(options, set_hook) }
}

/// The app's function and what it is passed.
struct WaitHook {
    function: unsafe extern "C-unwind" fn(*mut c_void) -> i32,
    user_data: *mut c_void,
}

// SAFETY: the pointer is only passed on. Which threads may use what it points to is the app's to know: the function
// is called on the threads on which the app makes calls.
unsafe impl Send for WaitHook {}
// SAFETY: as above.
unsafe impl Sync for WaitHook {}

impl WaitHook {
    fn call(&self) -> bool {
        // SAFETY: by the header's rules a function that may be called with what was set beside it.
        unsafe { (self.function)(self.user_data) != 0 }
    }
}
