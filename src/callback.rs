//! What a callback of the app owns: its pointer, and the function that releases it.

use std::ffi::c_void;

/// Releases the pointer of a callback; see "Callbacks" at the top of this header.
///
/// @param user_data the pointer that was set with the callback; may be NULL
pub type bosauth_release_fn = Option<unsafe extern "C-unwind" fn(user_data: *mut c_void)>;

/// The pointer of a callback. It is released when it is dropped.
pub(crate) struct UserData {
    pointer: *mut c_void,
    release: bosauth_release_fn,
}

// SAFETY: the pointer is only passed to the callback and the release function, which run on the threads on which the
// app makes calls. The app chooses these threads.
unsafe impl Send for UserData {}
// SAFETY: as above.
unsafe impl Sync for UserData {}

impl UserData {
    /// Owns the pointer from now on.
    pub fn new(pointer: *mut c_void, release: bosauth_release_fn) -> Self {
        UserData { pointer, release }
    }

    /// Returns the pointer.
    pub fn as_ptr(&self) -> *mut c_void {
        self.pointer
    }
}

impl Drop for UserData {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: the header's conventions: a function that accepts the pointer that was set with it.
            unsafe { release(self.pointer) };
        }
    }
}
