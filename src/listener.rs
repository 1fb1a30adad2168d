//! Listeners for changes of a client's session.

use std::ffi::c_void;
use std::ptr;

use bosauth::{SessionChange, Subscription};

use crate::callback::{UserData, bosauth_release_fn};
use crate::client::{CLIENTS, bosauth_client};
use crate::error::bosauth_error;
use crate::ffi::{self, Out, null_argument};
use crate::handles::Table;
use crate::session::bosauth_session;
use crate::status::bosauth_status;

/// A listener for changes of a client's session: a handle that is validated on every use; 0 is never valid.
pub type bosauth_listener = u64;

/// The live listener handles.
static LISTENERS: Table<Subscription> = Table::new(3, "listener");

/// Receives a change of a client's session; see bosauth_client_add_listener().
///
/// @param user_data the pointer that was set with the function; may be NULL
/// @param client the handle with which the listener was added; it may have been freed
/// @param change what changed the session: one of BOSAUTH_CHANGE_*; ignore an unknown one
/// @param generation the number of changes up to this one; see bosauth_client_generation()
/// @param session the session from then on, valid until the function returns; may be NULL: there is none
pub type bosauth_change_fn = Option<
    unsafe extern "C-unwind" fn(
        user_data: *mut c_void,
        client: bosauth_client,
        change: i32,
        generation: u64,
        session: *const bosauth_session,
    ),
>;

/// Adds a listener for the changes of a client's session from now on. All listeners of a client receive every change in
/// order, one call at a time, usually on the thread that made it. A change that is made in a listener is reported after
/// it has returned. Once the client is freed, listeners are not called any more. See "Callbacks" at the top of this
/// header.
///
/// @param client the client
/// @param changed the function
/// @param user_data a pointer that is passed to the function; may be NULL
/// @param release releases user_data, when the listener or the client is freed and the last call of the listener has
///        ended, or at once if this function fails; may be NULL
/// @param listener receives the handle, before the first call of the function; to be freed with
///        bosauth_listener_free(); 0 on failure
/// @param error receives the error; may be NULL
/// @return BOSAUTH_OK, INVALID_HANDLE or NULL_ARGUMENT
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_client_add_listener(
    client: bosauth_client,
    changed: bosauth_change_fn,
    user_data: *mut c_void,
    release: bosauth_release_fn,
    listener: *mut bosauth_listener,
    error: *mut *mut bosauth_error,
) -> bosauth_status {
    let user_data = UserData::new(user_data, release);
    // SAFETY: the header's conventions: NULL or valid out parameters.
    unsafe {
        let out = Out::clear(listener, 0);
        ffi::call(error, move || {
            let core = CLIENTS.get(client)?;
            let changed = changed.ok_or_else(|| null_argument("changed"))?;
            out.required("listener")?;
            let listener = Listener {
                changed,
                user_data,
                client,
            };
            let call = move |change: &SessionChange| listener.call(change);
            core.add_registered_listener(call, |subscription| {
                out.set(LISTENERS.insert(subscription)?);
                Ok(())
            })
        })
    }
}

/// Frees a listener. No call of it starts any more; one that is in progress on another thread may continue. A listener
/// may free itself. The handle of a listener is also to be freed if its client has been freed.
///
/// @param listener the handle; 0 has no effect
/// @return BOSAUTH_OK or INVALID_HANDLE
#[unsafe(no_mangle)]
pub extern "C" fn bosauth_listener_free(listener: bosauth_listener) -> bosauth_status {
    ffi::status_only(|| {
        if listener != 0 {
            drop(LISTENERS.remove(listener)?);
        }
        Ok(())
    })
}

/// The function of a listener and its arguments.
struct Listener {
    changed:
        unsafe extern "C-unwind" fn(*mut c_void, bosauth_client, i32, u64, *const bosauth_session),
    user_data: UserData,
    client: bosauth_client,
}

impl Listener {
    fn call(&self, change: &SessionChange) {
        let session = change.session.clone().map(bosauth_session::new);
        let session = session.as_ref().map_or(ptr::null(), ptr::from_ref);
        // SAFETY: the header's conventions: a function that accepts the pointer that was set with it; NULL or a
        // session.
        unsafe {
            (self.changed)(
                self.user_data.as_ptr(),
                self.client,
                change.kind.code(),
                change.generation,
                session,
            );
        }
    }
}
