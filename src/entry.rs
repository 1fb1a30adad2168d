//! What every entry of the ABI goes through: outputs cleared first, thread cancellation disabled, panics caught,
//! failures mapped.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use bosauth::{Error, Status};

use crate::error::bosauth_error;
use crate::status::{BOSAUTH_OK, bosauth_status};

/// A place of the caller's for a result, zeroed before anything else happens.
pub(crate) struct Out<T>(*mut T);

impl<T> Out<T> {
    /// The place, set to `zero` unless it is NULL.
    ///
    /// # Safety
    /// `place` is NULL or may be written until this call of the ABI returns.
    pub unsafe fn clear(place: *mut T, zero: T) -> Self {
        let out = Out(place);
        out.set(zero);
        out
    }

    /// Writes a result, if the caller wants it.
    pub fn set(&self, value: T) {
        if !self.0.is_null() {
            // SAFETY: `clear` was promised a place that may be written.
            unsafe { self.0.write(value) };
        }
    }

    /// Whether the caller gave a place.
    pub fn is_wanted(&self) -> bool {
        !self.0.is_null()
    }

    /// The failure of a call whose result must have a place.
    pub fn required(&self, argument: &'static str) -> Result<(), Error> {
        if self.is_wanted() {
            Ok(())
        } else {
            Err(null_argument(argument))
        }
    }
}

/// The failure for a NULL where none is allowed.
pub(crate) fn null_argument(argument: &'static str) -> Error {
    Error::bad_argument(
        Status::NullArgument,
        argument,
        format!("{argument} is NULL"),
    )
}

/// Runs a call that reports through an error object.
///
/// # Safety
/// `error` is NULL or may be written.
pub(crate) unsafe fn call(
    error: *mut *mut bosauth_error,
    body: impl FnOnce() -> Result<(), Error>,
) -> bosauth_status {
    // SAFETY: as promised by the caller.
    let error = unsafe { Out::clear(error, ptr::null_mut()) };
    let Err(failure) = caught(body) else {
        return BOSAUTH_OK;
    };
    let status = failure.status().code();
    if error.is_wanted() {
        error.set(Box::into_raw(Box::new(bosauth_error::new(failure))));
    }
    status
}

/// Runs a call that reports by its status alone.
pub(crate) fn plain(body: impl FnOnce() -> Result<(), Error>) -> bosauth_status {
    caught(body).map_or_else(|failure| failure.status().code(), |()| BOSAUTH_OK)
}

/// Runs a constructor of a handle; 0 if it fails.
pub(crate) fn made(body: impl FnOnce() -> Result<u64, Error>) -> u64 {
    caught(body).unwrap_or(0)
}

fn caught<T>(body: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let _uncancelled = cancellation::disable();
    let bug = |_| {
        Err(Error::internal(
            "a bug in bosauth stopped the call; please report it with what led to it",
        ))
    };
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(bug)
}

/// Reads something of an object; `missing` if the object is NULL. `get` must not wait and must make no system
/// call: thread cancellation stays enabled, since only a cancellation point acts on it.
///
/// # Safety
/// `object` is NULL or came from this library and is not freed during the call.
pub(crate) unsafe fn read<T, R: Copy>(
    object: *const T,
    missing: R,
    get: impl FnOnce(&T) -> R,
) -> R {
    // SAFETY: as promised by the caller.
    let Some(object) = (unsafe { object.as_ref() }) else {
        return missing;
    };
    catch_unwind(AssertUnwindSafe(|| get(object))).unwrap_or(missing)
}

/// The same for what uses a guarded value and may have to wait for it.
///
/// # Safety
/// As for [`read`].
pub(crate) unsafe fn read_locked<T, R: Copy>(
    object: *const T,
    missing: R,
    get: impl FnOnce(&T) -> R,
) -> R {
    let _uncancelled = cancellation::disable();
    // SAFETY: as promised by the caller.
    unsafe { read(object, missing, get) }
}

/// Frees an object; NULL is nothing to free.
///
/// # Safety
/// `object` is NULL or came from `Box::into_raw` and is freed once.
pub(crate) unsafe fn free<T>(object: *mut T) {
    if !object.is_null() {
        let _uncancelled = cancellation::disable();
        // SAFETY: as promised by the caller.
        let object = unsafe { Box::from_raw(object) };
        // Nothing to tell the caller: what is left of a drop that failed is leaked.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(object)));
    }
}

/// Thread cancellation (`pthread_cancel`): it ends a thread by unwinding it from a system call, which would leave
/// a call half done and may not pass Rust code. Android has none.
#[cfg(all(unix, not(target_os = "android")))]
mod cancellation {
    use std::ffi::c_int;

    #[cfg(any(target_vendor = "apple", target_os = "hurd"))]
    const PTHREAD_CANCEL_DISABLE: c_int = 0;
    #[cfg(not(any(target_vendor = "apple", target_os = "hurd")))]
    const PTHREAD_CANCEL_DISABLE: c_int = 1;

    // The libc crate lacks it for most systems.
    unsafe extern "C" {
        fn pthread_setcancelstate(state: c_int, old_state: *mut c_int) -> c_int;
    }

    /// The state before, restored when this is dropped.
    pub(super) struct Disabled(c_int);

    /// Disables cancellation of this thread. A request stays pending and is acted upon at the next cancellation
    /// point after the entry has returned.
    pub(super) fn disable() -> Disabled {
        Disabled(set(PTHREAD_CANCEL_DISABLE))
    }

    fn set(state: c_int) -> c_int {
        let mut old_state = 0;
        // SAFETY: the state is one that the system gave or defines, and the old one may be written.
        unsafe { pthread_setcancelstate(state, &mut old_state) };
        old_state
    }

    impl Drop for Disabled {
        fn drop(&mut self) {
            set(self.0);
        }
    }
}

#[cfg(not(all(unix, not(target_os = "android"))))]
mod cancellation {
    /// There is none here.
    pub(super) struct Disabled;

    pub(super) fn disable() -> Disabled {
        Disabled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::BOSAUTH_ERROR_INTERNAL;

    #[test]
    fn a_panic_is_an_internal_error() {
        let mut error = ptr::dangling_mut::<bosauth_error>();
        // SAFETY: `error` may be written.
        let status = unsafe { call(&mut error, || panic!("on purpose")) };
        assert_eq!(status, BOSAUTH_ERROR_INTERNAL);
        // SAFETY: the call made the object; it is freed once.
        unsafe {
            assert_eq!(
                crate::error::bosauth_error_status(error),
                BOSAUTH_ERROR_INTERNAL
            );
            assert_eq!(
                crate::error::bosauth_error_action(error),
                crate::status::BOSAUTH_ACTION_REPORT_BUG
            );
            crate::error::bosauth_error_free(error);
        }
        assert_eq!(plain(|| panic!("on purpose")), BOSAUTH_ERROR_INTERNAL);
    }

    #[test]
    fn outputs_are_cleared_on_success() {
        let mut error = ptr::dangling_mut::<bosauth_error>();
        // SAFETY: `error` may be written.
        assert_eq!(unsafe { call(&mut error, || Ok(())) }, BOSAUTH_OK);
        assert!(error.is_null());
        // SAFETY: NULL is allowed.
        let status = unsafe { call(ptr::null_mut(), || Err(null_argument("x"))) };
        assert_eq!(status, Status::NullArgument.code());
    }
}
