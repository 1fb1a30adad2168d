//! The configuration of a client.

use std::ffi::c_char;

use bosauth::{ClientBuilder, Error};

use crate::arguments::{self, Arguments, milliseconds};
use crate::ffi;
use crate::status::bosauth_status;
use crate::string;

/// The configuration of a client. A setter that fails returns its status; in addition, bosauth_client_new()
/// fails with the error of the first setter that failed.
pub struct bosauth_config(pub(crate) ClientBuilder);

/// Runs a setter.
///
/// # Safety
/// `config` is NULL or a live config that no other thread uses during the call.
unsafe fn set(
    config: *mut bosauth_config,
    setter: impl FnOnce(ClientBuilder, &mut Arguments) -> ClientBuilder,
) -> bosauth_status {
    // SAFETY: as promised by the caller.
    let config = unsafe { config.as_mut() };
    arguments::set(config.map(|config| &mut config.0), "config", setter)
}

/// Creates a configuration with the defaults: a timeout of 20 s for a call and 5 s to connect; the User-Agent
/// "bosauth"; response bodies of at most 1 MiB; the bundled certificate authorities.
///
/// @return the configuration, to be freed with bosauth_config_free()
#[unsafe(no_mangle)]
pub extern "C" fn bosauth_config_new() -> *mut bosauth_config {
    Box::into_raw(Box::new(bosauth_config(ClientBuilder::default())))
}

/// Frees a configuration. Clients created with it have their own copy.
///
/// @param config the configuration; may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_config_free(config: *mut bosauth_config) {
    // SAFETY: the header's conventions: NULL or a live config.
    unsafe { ffi::free(config) }
}

/// Sets the total timeout of a call. The server may delay a login by 15 s while it sends an alert mail: with a
/// shorter timeout, valid logins can time out.
///
/// @param config the configuration
/// @param ms the timeout in milliseconds; 1 to 86400000, default 20000
/// @return BOSAUTH_OK, NULL_ARGUMENT or INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_config_set_timeout_ms(
    config: *mut bosauth_config,
    ms: i64,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or a live config.
    unsafe { set(config, |config, _| config.timeout(milliseconds(ms))) }
}

/// Sets the timeout of name resolution, connection and TLS handshake together. The total timeout applies as
/// well.
///
/// @param config the configuration
/// @param ms the timeout in milliseconds; 1 to 86400000, default 5000
/// @return BOSAUTH_OK, NULL_ARGUMENT or INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_config_set_connect_timeout_ms(
    config: *mut bosauth_config,
    ms: i64,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or a live config.
    unsafe { set(config, |config, _| config.connect_timeout(milliseconds(ms))) }
}

/// Sets the User-Agent. Keep it stable: the server mails the user when it changes. The string is copied.
///
/// @param config the configuration
/// @param user_agent the User-Agent; 1 to 255 bytes of visible ASCII and spaces, without leading or trailing spaces;
///        default "bosauth"
/// @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_config_set_user_agent(
    config: *mut bosauth_config,
    user_agent: *const c_char,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or a live config, NULL or a string.
    unsafe {
        set(config, |config, arguments| {
            config.user_agent(&arguments.string(user_agent, "user_agent"))
        })
    }
}

/// Adds a header to every request. A name added twice is sent twice. Headers that the library sends itself or
/// that change the meaning of a request are rejected: Host, Content-Length, Content-Type, Transfer-Encoding,
/// Connection, Keep-Alive, TE, Trailer, Upgrade, Expect, Accept-Encoding, Proxy-*, Cookie. The strings are
/// copied.
///
/// @param config the configuration
/// @param name the header name (RFC 9110 section 5.6.2); 1 to 255 bytes
/// @param value the value; at most 8192 bytes, without CR, LF and other control characters
/// @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_config_add_header(
    config: *mut bosauth_config,
    name: *const c_char,
    value: *const c_char,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or a live config, NULL or strings.
    unsafe {
        set(config, |config, arguments| {
            let name = arguments.string(name, "name");
            let value = arguments.string(value, "value");
            config.header(&name, &value)
        })
    }
}

/// Sets the maximum size of a response body. A larger one is BOSAUTH_ERROR_RESPONSE_TOO_LARGE.
///
/// @param config the configuration
/// @param bytes the size in bytes; 1 to 4194304 (4 MiB), default 1048576
/// @return BOSAUTH_OK, NULL_ARGUMENT or INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_config_set_max_response_bytes(
    config: *mut bosauth_config,
    bytes: u64,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or a live config.
    unsafe { set(config, |config, _| config.max_response_bytes(bytes)) }
}

/// Trusts certificate authorities in addition to the bundled ones. The error for a certificate that cannot be
/// used contains its position. The string is copied.
///
/// @param config the configuration
/// @param pem the content of a PEM file (RFC 7468) with at least one certificate. Text around the blocks may be
///        in any encoding; blocks of other types are ignored.
/// @return BOSAUTH_OK, NULL_ARGUMENT or INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_config_add_roots_pem(
    config: *mut bosauth_config,
    pem: *const c_char,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or a live config, NULL or a string.
    unsafe {
        set(config, |config, arguments| {
            let pem = arguments.ok(string::copy_bytes(pem, "pem"));
            config.roots_pem(pem.as_deref().unwrap_or_default())
        })
    }
}

/// Keeps the session in a file, so that the account is still logged in after a restart. The first call that needs the
/// session reads the file: bosauth_client_session(), bosauth_auth_refresh(), bosauth_send() and
/// bosauth_client_sync_session(); bosauth_client_new() does not. Any number of clients, threads and processes may use
/// one file. It replaces a file or store that was set before. The string is copied. See docs/sessions.md.
///
/// The file is created with access for its owner only. Beside it are files with ".lock", ".tmp" and ".corrupt" appended
/// to its name; the lock file is never removed. A file that other users may access is not used: STORE.
///
/// A change of the session waits up to 2 s for a change by another process, also beyond the timeout of the call, and is
/// then STORE_UNAVAILABLE. It also waits for a change by another thread of this client.
///
/// @param config the configuration
/// @param path the path of the file, not empty; a relative one is made absolute at once. bosauth_client_new() returns
///        INVALID_ARGUMENT if its directory does not exist, or if it is something else than a regular file of the user
/// @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_config_set_session_file(
    config: *mut bosauth_config,
    path: *const c_char,
) -> bosauth_status {
    // SAFETY: the header's conventions: NULL or a live config, NULL or a string.
    ffi::status_only(|| unsafe {
        set_storage(config, &mut |config, arguments| {
            config.session_file(arguments.string(path, "path"))
        })
    })
}

/// Runs a setter of the file or store of the session, within an exported function.
///
/// # Safety
/// `config` is NULL or a live config that no other thread uses during the call.
pub(crate) unsafe fn set_storage(
    config: *mut bosauth_config,
    setter: &mut dyn FnMut(ClientBuilder, &mut Arguments) -> ClientBuilder,
) -> Result<(), Error> {
    // SAFETY: as promised by the caller.
    let config = unsafe { config.as_mut() }.map(|config| &mut config.0);
    // Keeps the previous store until the configuration is complete: its release function may use it.
    let _previous = config.as_deref().cloned();
    arguments::try_set(config, "config", setter)
}
