//! The calls to the server.

use std::ffi::c_char;
use std::ptr;

use bosauth::{CallOptions, Client, Collection, Error, input};
use zeroize::Zeroizing;

use crate::client::{CLIENTS, bosauth_client};
use crate::entry::{self, Out};
use crate::error::bosauth_error;
use crate::options::bosauth_options;
use crate::session::bosauth_session;
use crate::status::bosauth_status;
use crate::text::checked;

/// Binds a token to an account, so that it logs the account in by itself. A token bound to another account
/// of the collection moves to this one, without a word. The token is itself a password from then on: make
/// it of at least 128 random bits. The client's session is not touched. See docs/protocol.md, "Binding".
///
/// @param client the handle
/// @param collection the auth collection's name or id, 1 to 255 bytes: "users", "_superusers" or any other
/// @param email the account's email, 1 to 255 bytes; upper and lower case differ
/// @param password the account's password, 1 to 255 bytes
/// @param token the token, 1 to 1024 bytes; never trimmed
/// @param options how this call differs; may be NULL
/// @param error gets the error; may be NULL
/// @return BOSAUTH_OK: the token is bound. CREDENTIALS, VALIDATION, METHOD_DISABLED, NOT_FOUND, and what any
///         call may meet. With bosauth_error_outcome_unknown the token may be bound; binding again is safe.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_bind_token(
    client: bosauth_client,
    collection: *const c_char,
    email: *const c_char,
    password: *const c_char,
    token: *const c_char,
    options: *const bosauth_options,
    error: *mut *mut bosauth_error,
) -> bosauth_status {
    // SAFETY: by the header's rules NULL or texts, live options and a place for a result.
    unsafe {
        entry::call(error, || {
            let binding = Binding::copy(client, collection, email, password, token, options)?;
            binding.target.collection().bind_token(
                &binding.email,
                &binding.password,
                &binding.token,
            )
        })
    }
}

/// Ends the binding of a token to an account. BOSAUTH_OK does not prove that it was bound: the server
/// answers the same for a token that never was, or is another account's (docs/protocol.md, "Binding"). In
/// the first two seconds of a new server it removes nothing (docs/protocol.md, "A new server").
///
/// @param client the handle
/// @param collection the auth collection's name or id, 1 to 255 bytes
/// @param email the account's email, 1 to 255 bytes; upper and lower case differ
/// @param password the account's password, 1 to 255 bytes
/// @param token the token, 1 to 1024 bytes; never trimmed
/// @param options how this call differs; may be NULL
/// @param error gets the error; may be NULL
/// @return BOSAUTH_OK: the token is not bound to this account any more. Errors as of bosauth_bind_token.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_unbind_token(
    client: bosauth_client,
    collection: *const c_char,
    email: *const c_char,
    password: *const c_char,
    token: *const c_char,
    options: *const bosauth_options,
    error: *mut *mut bosauth_error,
) -> bosauth_status {
    // SAFETY: by the header's rules NULL or texts, live options and a place for a result.
    unsafe {
        entry::call(error, || {
            let binding = Binding::copy(client, collection, email, password, token, options)?;
            binding.target.collection().unbind_token(
                &binding.email,
                &binding.password,
                &binding.token,
            )
        })
    }
}

/// Logs in with a bound token. The session becomes the client's, unless the options say otherwise or a
/// login, save or clear begun later has won (bosauth_session_was_kept). An error leaves the client's session
/// as it was.
///
/// @param client the handle
/// @param collection the auth collection's name or id, 1 to 255 bytes
/// @param token the token, 1 to 1024 bytes; never trimmed
/// @param options how this call differs; may be NULL
/// @param session gets a snapshot to free with bosauth_session_free; may be NULL
/// @param error gets the error; may be NULL
/// @return BOSAUTH_OK: somebody is logged in. UNKNOWN_TOKEN (never delete the token because of one, see
///         BOSAUTH_ERROR_UNKNOWN_TOKEN), MFA_REQUIRED (go on with bosauth_error_mfa_id), FORBIDDEN,
///         NOT_FOUND, and what any call may meet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_auth_with_token(
    client: bosauth_client,
    collection: *const c_char,
    token: *const c_char,
    options: *const bosauth_options,
    session: *mut *mut bosauth_session,
    error: *mut *mut bosauth_error,
) -> bosauth_status {
    // SAFETY: by the header's rules NULL or texts, live options and places for results.
    unsafe {
        let out = Out::clear(session, ptr::null_mut());
        entry::call(error, || {
            let mut target = Target::copy(client, collection)?;
            let token = checked(token, "token", input::token)?;
            target.options = copy_options(options)?;
            let session = target.collection().auth_with_token(&token)?;
            if out.is_wanted() {
                out.set(bosauth_session::into_raw(session));
            }
            Ok(())
        })
    }
}

/// Where a call goes, in copies of the call's own.
struct Target {
    client: Client,
    collection: Zeroizing<String>,
    options: CallOptions,
}

impl Target {
    /// # Safety
    /// `collection` is NULL or a text.
    unsafe fn copy(client: bosauth_client, collection: *const c_char) -> Result<Self, Error> {
        let client = CLIENTS.get(client)?;
        // SAFETY: as promised by the caller.
        let collection = unsafe { checked(collection, "collection", input::collection) }?;
        Ok(Target {
            client,
            collection,
            options: CallOptions::new(),
        })
    }

    fn collection(&self) -> Collection<'_> {
        self.client.collection(&self.collection).with(&self.options)
    }
}

/// What bind and unbind are given, in copies of the call's own.
struct Binding {
    target: Target,
    email: Zeroizing<String>,
    password: Zeroizing<String>,
    token: Zeroizing<String>,
}

impl Binding {
    /// Copies the arguments, in the order of the header, so that the first bad one is named.
    ///
    /// # Safety
    /// The pointers are NULL or texts and live options.
    unsafe fn copy(
        client: bosauth_client,
        collection: *const c_char,
        email: *const c_char,
        password: *const c_char,
        token: *const c_char,
        options: *const bosauth_options,
    ) -> Result<Self, Error> {
        // SAFETY: as promised by the caller.
        unsafe {
            let mut target = Target::copy(client, collection)?;
            let email = checked(email, "email", input::email)?;
            let password = checked(password, "password", input::password)?;
            let token = checked(token, "token", input::token)?;
            target.options = copy_options(options)?;
            Ok(Binding {
                target,
                email,
                password,
                token,
            })
        }
    }
}

/// A copy of the options, or the first failure of setting them.
///
/// # Safety
/// `options` is NULL or live.
unsafe fn copy_options(options: *const bosauth_options) -> Result<CallOptions, Error> {
    // SAFETY: as promised by the caller.
    unsafe { options.as_ref() }
        .map_or_else(|| Ok(CallOptions::new()), |options| options.0.checked())
}
