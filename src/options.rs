//! Per-call options.

use std::ffi::{c_char, c_void};

use bosauth::CallOptions;

use crate::arguments::{self, Arguments, milliseconds};
use crate::cancel::{CANCELS, bosauth_cancel};
use crate::ffi;
use crate::status::bosauth_status;

/// Per-call options. A setter that fails returns its status; in addition, a call with these options fails with
/// the error of the first setter that failed. An option that does not apply to a call is ignored.
pub struct bosauth_options(pub(crate) CallOptions);

/// Runs a setter.
///
/// # Safety
/// `options` is NULL or live options that no other thread uses during the call.
unsafe fn set(
    options: *mut bosauth_options,
    setter: impl FnOnce(CallOptions, &mut Arguments) -> CallOptions,
) -> bosauth_status {
    // SAFETY: as promised by the caller.
    let options = unsafe { options.as_mut() };
    arguments::set(options.map(|options| &mut options.0), "options", setter)
}

/// Creates options with the defaults.
///
/// @return the options, to be freed with bosauth_options_free()
#[unsafe(no_mangle)]
pub extern "C" fn bosauth_options_new() -> *mut bosauth_options {
    Box::into_raw(Box::new(bosauth_options(CallOptions::new())))
}

/// Frees options. Calls in progress have their own copy.
///
/// @param options the options; may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_options_free(options: *mut bosauth_options) {
    // SAFETY: the header's conventions: NULL or live options.
    unsafe { ffi::free(options) }
}

/// Sets the total timeout of the call, in place of the configured one.
///
/// @param options the options
/// @param ms the timeout in milliseconds; 1 to 86400000
/// @return BOSAUTH_OK, NULL_ARGUMENT or INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_options_set_timeout_ms(
    options: *mut bosauth_options,
    ms: i64,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or live options.
    unsafe { set(options, |options, _| options.timeout(milliseconds(ms))) }
}

/// Adds a query parameter such as expand or fields. The server logs request URLs: do not pass a secret.
/// The strings are copied.
///
/// @param options the options
/// @param name the name; 1 to 255 bytes, neither "token" nor "mfaId"
/// @param value the value; at most 8192 bytes
/// @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_options_add_query(
    options: *mut bosauth_options,
    name: *const c_char,
    value: *const c_char,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or live options, NULL or strings.
    unsafe {
        set(options, |options, arguments| {
            let name = arguments.string(name, "name");
            let value = arguments.string(value, "value");
            options.query(&name, &value)
        })
    }
}

/// Adds a header. It replaces the configured headers of the same name. A name added twice is sent twice. The
/// rejected names are those of bosauth_config_add_header(), except Content-Type: bosauth_send() sends it, and the
/// other calls return INVALID_ARGUMENT. The strings are copied.
///
/// @param options the options
/// @param name the header name (RFC 9110 section 5.6.2); 1 to 255 bytes
/// @param value the value; at most 8192 bytes, without CR, LF and other control characters
/// @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_options_add_header(
    options: *mut bosauth_options,
    name: *const c_char,
    value: *const c_char,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or live options, NULL or strings.
    unsafe {
        set(options, |options, arguments| {
            let name = arguments.string(name, "name");
            let value = arguments.string(value, "value");
            options.header(&name, &value)
        })
    }
}

/// Sets extra fields of the request body. The names of the call's own fields are rejected, in any case: email,
/// password, token, identity, identityField, otpId, mfaId. The string is copied.
///
/// @param options the options
/// @param object a JSON object without duplicate names at its top level; at most 65536 bytes
/// @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_options_set_body_json(
    options: *mut bosauth_options,
    object: *const c_char,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or live options, NULL or a string.
    unsafe {
        set(options, |options, arguments| {
            options.body_json(&arguments.string(object, "object"))
        })
    }
}

/// Sets whether the session of a login or refresh becomes the client's session.
///
/// @param options the options
/// @param on 0: the client's session does not change; any other value: it is replaced, the default
/// @return BOSAUTH_OK or NULL_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_options_set_keep_session(
    options: *mut bosauth_options,
    on: i32,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or live options.
    unsafe { set(options, |options, _| options.keep_session(on != 0)) }
}

/// Sets the id of the MFA login that the call completes, from bosauth_error_mfa_id(). It is sent in the query.
/// The string is copied.
///
/// @param options the options
/// @param mfa_id the id; 1 to 255 bytes of A-Z a-z 0-9 _ -
/// @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_options_set_mfa_id(
    options: *mut bosauth_options,
    mfa_id: *const c_char,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or live options, NULL or a string.
    unsafe {
        set(options, |options, arguments| {
            options.mfa_id(&arguments.string(mfa_id, "mfa_id"))
        })
    }
}

/// Sets the cancellation handle of the call. It may be freed afterwards: the options keep a reference.
///
/// @param options the options
/// @param cancel the handle, from bosauth_cancel_new()
/// @return BOSAUTH_OK, NULL_ARGUMENT or INVALID_HANDLE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_options_set_cancel(
    options: *mut bosauth_options,
    cancel: bosauth_cancel,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or live options.
    unsafe {
        set(options, |options, arguments| {
            match arguments.ok(CANCELS.get(cancel)) {
                Some(cancel) => options.cancel(&cancel),
                None => options,
            }
        })
    }
}

/// A wait hook; see bosauth_options_set_wait_hook().
///
/// @param user_data the pointer that was set with the hook; may be NULL
/// @return 0 to continue; any other value makes the call fail with CANCELLED
pub type bosauth_wait_fn = Option<unsafe extern "C-unwind" fn(user_data: *mut c_void) -> i32>;

/// Sets a function that is called while the call waits: when a signal interrupts a wait, and at least every
/// 200 ms. It is meant for programs that run signal handlers themselves, such as interpreters. It is called on
/// the thread of the call, with no lock of the library held, and may make other calls. Its run time counts
/// towards the deadline. It is not called again after it has returned a value other than 0. It must not throw:
/// an exception terminates the process.
///
/// @param options the options
/// @param hook the function; NULL for none, the default
/// @param user_data a pointer that is passed to the function and must stay valid during all calls with these
///        options; may be NULL
/// @return BOSAUTH_OK or NULL_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_options_set_wait_hook(
    options: *mut bosauth_options,
    hook: bosauth_wait_fn,
    user_data: *mut c_void,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or live options.
    unsafe {
        set(options, |options, _| match hook {
            Some(function) => {
                let hook = WaitHook {
                    function,
                    user_data,
                };
                options.wait_hook(move || hook.call())
            }
            None => options.no_wait_hook(),
        })
    }
}

/// The function and its argument.
struct WaitHook {
    function: unsafe extern "C-unwind" fn(*mut c_void) -> i32,
    user_data: *mut c_void,
}

// SAFETY: the pointer is only passed to the function, which runs on the threads on which the app makes calls. The
// app chooses these threads.
unsafe impl Send for WaitHook {}
// SAFETY: as above.
unsafe impl Sync for WaitHook {}

impl WaitHook {
    fn call(&self) -> bool {
        // SAFETY: the header's conventions: a function that accepts the pointer that was set with it.
        unsafe { (self.function)(self.user_data) != 0 }
    }
}
