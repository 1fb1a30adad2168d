//! The wrapper of every exported function: out parameters are cleared first, thread cancellation is disabled,
//! panics are caught and errors are mapped.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use bosauth::{Error, Status};

use crate::status::{BOSAUTH_OK, bosauth_status};

/// An out parameter, cleared before anything else happens.
pub(crate) struct Out<T>(*mut T);

impl<T> Out<T> {
    /// Writes `zero` to the out parameter unless it is NULL.
    ///
    /// # Safety
    /// `pointer` is NULL or valid for writes until the exported function returns.
    pub unsafe fn clear(pointer: *mut T, zero: T) -> Self {
        let out = Out(pointer);
        out.set(zero);
        out
    }

    /// Writes a result unless the out parameter is NULL.
    pub fn set(&self, value: T) {
        if !self.is_null() {
            // SAFETY: `clear` requires a pointer that is valid for writes.
            unsafe { self.0.write(value) };
        }
    }

    /// Returns whether the out parameter is NULL.
    pub fn is_null(&self) -> bool {
        self.0.is_null()
    }

    /// Returns an error if the out parameter is NULL.
    pub fn required(&self, argument: &'static str) -> Result<(), Error> {
        match self.is_null() {
            true => Err(null_argument(argument)),
            false => Ok(()),
        }
    }
}

/// Returns the error for an argument that must not be NULL.
pub(crate) fn null_argument(argument: &'static str) -> Error {
    let message = format!("{argument} must not be NULL");
    Error::bad_argument(Status::NullArgument, argument, message)
}

/// Runs a function that reports through an error object.
///
/// # Safety
/// `error` is NULL or valid for writes.
pub(crate) unsafe fn call<E: From<Error>>(
    error: *mut *mut E,
    body: impl FnOnce() -> Result<(), Error>,
) -> bosauth_status {
    // SAFETY: as promised by the caller.
    let error_out = unsafe { Out::clear(error, ptr::null_mut()) };
    let Err(error) = catch(body) else {
        return BOSAUTH_OK;
    };
    let status = error.status().code();
    if !error_out.is_null() {
        error_out.set(Box::into_raw(Box::new(E::from(error))));
    }
    status
}

/// Runs a function that reports by its status only.
pub(crate) fn status_only(body: impl FnOnce() -> Result<(), Error>) -> bosauth_status {
    catch(body).map_or_else(|error| error.status().code(), |()| BOSAUTH_OK)
}

/// Runs a constructor of a handle; returns 0 if it fails.
pub(crate) fn constructor(body: impl FnOnce() -> Result<u64, Error>) -> u64 {
    catch(body).unwrap_or(0)
}

fn catch<T>(body: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let _uncancelled = cancellation::disable();
    let bug = |_| {
        Err(Error::internal(
            "a bug in bosauth stopped the call: report it, with the steps that led to it",
        ))
    };
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(bug)
}

/// Reads a property of an object; returns `missing` if the object is NULL. `get` must not wait and must make no
/// system call: thread cancellation stays enabled, since only a cancellation point acts on it.
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

/// Like [`read`], for a `get` that may wait for a lock.
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

/// Frees an object; NULL is allowed.
///
/// # Safety
/// `object` is NULL or came from `Box::into_raw` and is freed once.
pub(crate) unsafe fn free<T>(object: *mut T) {
    if !object.is_null() {
        let _uncancelled = cancellation::disable();
        // SAFETY: as promised by the caller.
        let object = unsafe { Box::from_raw(object) };
        // There is no way to report a failed drop; what it did not free is leaked.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(object)));
    }
}

/// Thread cancellation (`pthread_cancel`): it unwinds a thread from a system call, which must not happen in the
/// middle of a call or across Rust frames. Android and Miri have none.
#[cfg(all(unix, not(any(target_os = "android", miri))))]
mod cancellation {
    use std::ffi::c_int;

    #[cfg(any(target_vendor = "apple", target_os = "hurd"))]
    const PTHREAD_CANCEL_DISABLE: c_int = 0;
    #[cfg(not(any(target_vendor = "apple", target_os = "hurd")))]
    const PTHREAD_CANCEL_DISABLE: c_int = 1;

    // The libc crate does not declare it for most systems.
    unsafe extern "C" {
        fn pthread_setcancelstate(state: c_int, old_state: *mut c_int) -> c_int;
    }

    /// The previous state, restored on drop.
    pub(super) struct Disabled(c_int);

    /// Disables cancellation of this thread. A request stays pending until the next cancellation point after the
    /// exported function has returned.
    pub(super) fn disable() -> Disabled {
        Disabled(set(PTHREAD_CANCEL_DISABLE))
    }

    fn set(state: c_int) -> c_int {
        let mut old_state = 0;
        // SAFETY: the state is defined by the system, and `old_state` is valid for writes.
        unsafe { pthread_setcancelstate(state, &mut old_state) };
        old_state
    }

    impl Drop for Disabled {
        fn drop(&mut self) {
            set(self.0);
        }
    }
}

#[cfg(not(all(unix, not(any(target_os = "android", miri)))))]
mod cancellation {
    /// This system has no thread cancellation.
    pub(super) struct Disabled;

    pub(super) fn disable() -> Disabled {
        Disabled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{
        bosauth_error, bosauth_error_action, bosauth_error_free, bosauth_error_status,
    };

    #[test]
    fn panic_is_an_internal_error() {
        let internal = Status::Internal.code();
        let mut error = ptr::dangling_mut::<bosauth_error>();
        // SAFETY: `error` is valid for writes.
        let status = unsafe { call(&mut error, || panic!("on purpose")) };
        assert_eq!(status, internal);
        // SAFETY: the call created the object; it is freed once.
        unsafe {
            assert_eq!(bosauth_error_status(error), internal);
            assert_eq!(
                bosauth_error_action(error),
                bosauth::Action::ReportBug.code()
            );
            bosauth_error_free(error);
        }
        assert_eq!(status_only(|| panic!("on purpose")), internal);
    }

    #[test]
    fn out_parameters_are_cleared_on_success() {
        let mut error = ptr::dangling_mut::<bosauth_error>();
        // SAFETY: `error` is valid for writes.
        assert_eq!(unsafe { call(&mut error, || Ok(())) }, BOSAUTH_OK);
        assert!(error.is_null());
        // SAFETY: NULL is allowed.
        let status = unsafe { call::<bosauth_error>(ptr::null_mut(), || Err(null_argument("x"))) };
        assert_eq!(status, Status::NullArgument.code());
    }
}
