//! How a client is set up.

use std::ffi::c_char;

use bosauth::{Config, Error, input};

use crate::entry;
use crate::status::bosauth_status;
use crate::sticky::{self, Sticky, milliseconds};
use crate::text::{checked, copied, copied_bytes};

/// How a client is set up. A setter that fails answers at once and is remembered: bosauth_client_new then
/// fails with the full error of the first one, whatever is set later.
pub struct bosauth_config(pub(crate) Sticky<Config>);

/// Runs a setter.
///
/// # Safety
/// `config` is NULL or a live config that no other thread uses during the call.
unsafe fn set(
    config: *mut bosauth_config,
    change: impl FnOnce(&mut Config) -> Result<(), Error>,
) -> bosauth_status {
    // SAFETY: as promised by the caller.
    let config = unsafe { config.as_mut() };
    sticky::set(config.map(|config| &mut config.0), "config", change)
}

/// Makes a configuration with the defaults: 20 s for a call, 5 s of it to connect, User-Agent "bosauth",
/// answers up to 1 MiB, the bundled certificate roots.
///
/// @return an object to free with bosauth_config_free
#[unsafe(no_mangle)]
pub extern "C" fn bosauth_config_new() -> *mut bosauth_config {
    Box::into_raw(Box::new(bosauth_config(Sticky::default())))
}

/// Frees a configuration. Clients made with it have copied it.
///
/// @param config the configuration; may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_config_free(config: *mut bosauth_config) {
    // SAFETY: by the header's rules NULL or a live config.
    unsafe { entry::free(config) }
}

/// Sets the deadline of a whole call. A login may wait 15 s for the server's alert mail, so a shorter one
/// than that can fail logins that were good.
///
/// @param config the configuration
/// @param ms milliseconds, 1 to 86400000; default 20000
/// @return BOSAUTH_OK, NULL_ARGUMENT or INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_config_set_timeout_ms(
    config: *mut bosauth_config,
    ms: i64,
) -> bosauth_status {
    // SAFETY: by the header's rules NULL or a live config of this thread's.
    unsafe { set(config, |config| config.set_timeout(milliseconds(ms))) }
}

/// Sets the deadline for name lookup, connection and TLS handshake together, within the call's own.
///
/// @param config the configuration
/// @param ms milliseconds, 1 to 86400000; default 5000
/// @return BOSAUTH_OK, NULL_ARGUMENT or INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_config_set_connect_timeout_ms(
    config: *mut bosauth_config,
    ms: i64,
) -> bosauth_status {
    // SAFETY: by the header's rules NULL or a live config of this thread's.
    unsafe {
        set(config, |config| {
            config.set_connect_timeout(milliseconds(ms))
        })
    }
}

/// Sets the User-Agent. Keep it stable: the server mails the user when it changes.
///
/// @param config the configuration
/// @param text 1 to 255 bytes of visible ASCII and spaces, no space at the ends; default "bosauth"
/// @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_config_set_user_agent(
    config: *mut bosauth_config,
    text: *const c_char,
) -> bosauth_status {
    // SAFETY: by the header's rules NULL or a live config of this thread's, NULL or a text.
    unsafe {
        set(config, |config| {
            config.set_user_agent(&copied(text, "text")?)
        })
    }
}

/// Adds a header to every request; the same name added twice is sent twice. Not allowed are the names that
/// the library writes itself or that change what a request means: Host, Content-Length, Content-Type,
/// Transfer-Encoding, Connection, Keep-Alive, TE, Trailer, Upgrade, Expect, Accept-Encoding, Proxy-*,
/// Cookie.
///
/// @param config the configuration
/// @param name a header name (RFC 9110 section 5.6.2), 1 to 255 bytes
/// @param value up to 8192 bytes without CR, LF and other control characters
/// @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8 or INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_config_add_header(
    config: *mut bosauth_config,
    name: *const c_char,
    value: *const c_char,
) -> bosauth_status {
    // SAFETY: by the header's rules NULL or a live config of this thread's, NULL or texts.
    unsafe {
        set(config, |config| {
            let name = checked(name, "name", |name| input::header(name, ""))?;
            config.add_header(&name, &copied(value, "value")?)
        })
    }
}

/// Sets the largest body of an answer that is read; a larger one is BOSAUTH_ERROR_RESPONSE_TOO_LARGE.
///
/// @param config the configuration
/// @param bytes 1 to 4194304 (4 MiB); default 1048576
/// @return BOSAUTH_OK, NULL_ARGUMENT or INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_config_set_max_response_bytes(
    config: *mut bosauth_config,
    bytes: u64,
) -> bosauth_status {
    // SAFETY: by the header's rules NULL or a live config of this thread's.
    unsafe { set(config, |config| config.set_max_response_bytes(bytes)) }
}

/// Trusts one or more certificate authorities besides the bundled ones. The error of a certificate that cannot be
/// used names its number.
///
/// @param config the configuration
/// @param pem the content of a PEM file (RFC 7468) with at least one certificate. Text around the blocks may be in
///   any encoding, UTF-8 or not, and blocks of other kinds are left out.
/// @return BOSAUTH_OK, NULL_ARGUMENT or INVALID_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_config_add_roots_pem(
    config: *mut bosauth_config,
    pem: *const c_char,
) -> bosauth_status {
    // SAFETY: by the header's rules NULL or a live config of this thread's, NULL or a text.
    unsafe {
        set(config, |config| {
            config.add_roots_pem(copied_bytes(pem, "pem")?.as_slice())
        })
    }
}
