//! Conversion of C arguments, whose contents core validates, and the setters of objects.

use std::ffi::{c_char, c_void};
use std::mem;
use std::time::Duration;

use bosauth::{DeferredError, Error};

use crate::ffi::{self, null_argument};
use crate::status::bosauth_status;
use crate::string;

/// The arguments of one function that exist in C only as pointers and handles.
///
/// In place of an argument that core cannot receive, such as NULL, a string is passed that core rejects. So the error
/// names the first invalid argument of the signature, whatever the reason.
#[derive(Default)]
pub(crate) struct Arguments {
    error: Option<Error>,
}

impl Arguments {
    /// Runs a function of core. Its error is replaced by that of the same argument here, if there is one.
    pub fn pass<T>(body: impl FnOnce(&mut Arguments) -> Result<T, Error>) -> Result<T, Error> {
        let mut arguments = Arguments::default();
        let result = body(&mut arguments);
        match (arguments.error, result) {
            // Core has rejected an earlier argument.
            (Some(own), Err(error)) if error.argument() != own.argument() => Err(error),
            (Some(own), _) => Err(own),
            (None, result) => result,
        }
    }

    /// Copies a string.
    ///
    /// # Safety
    /// `string` is NULL or NUL-terminated.
    pub unsafe fn string(&mut self, string: *const c_char, argument: &'static str) -> String {
        // SAFETY: as promised by the caller.
        let copy = unsafe { string::copy(string, argument) };
        self.ok(copy).unwrap_or_else(invalid)
    }

    /// Copies a string of any length.
    ///
    /// # Safety
    /// As for [`Arguments::string`].
    pub unsafe fn long_string(&mut self, string: *const c_char, argument: &'static str) -> String {
        // SAFETY: as promised by the caller.
        let copy = unsafe { string::copy_whole(string, argument) };
        let copy = copy.and_then(|copy| copy.ok_or_else(|| null_argument(argument)));
        self.ok(copy).unwrap_or_else(invalid)
    }

    /// Copies a string of any length that may be NULL.
    ///
    /// # Safety
    /// As for [`Arguments::string`].
    pub unsafe fn optional_string(
        &mut self,
        string: *const c_char,
        argument: &'static str,
    ) -> Option<String> {
        // SAFETY: as promised by the caller.
        let copy = unsafe { string::copy_whole(string, argument) };
        self.ok(copy).unwrap_or_else(|| Some(invalid()))
    }

    /// Copies bytes; `None` for none. Core rejects more than `max`: these are not read.
    ///
    /// # Safety
    /// `length` bytes at `bytes` are readable unless it is NULL.
    pub unsafe fn bytes(
        &mut self,
        bytes: *const c_void,
        length: usize,
        argument: &'static str,
        max: usize,
    ) -> Option<Vec<u8>> {
        if length == 0 {
            return None;
        }
        if bytes.is_null() {
            self.ok(Err::<(), _>(null_argument(argument)));
        }
        if bytes.is_null() || length > max {
            return Some(vec![0; max + 1]);
        }
        // SAFETY: as promised by the caller.
        Some(unsafe { string::copy_range(bytes.cast(), length) })
    }

    /// Returns the value, or `None` for an error, which is kept if it is the first one.
    pub fn ok<T>(&mut self, result: Result<T, Error>) -> Option<T> {
        result.map_err(|error| self.error.get_or_insert(error)).ok()
    }
}

/// Returns a string that core rejects for every argument.
fn invalid() -> String {
    "\0".into()
}

/// Runs a setter of `object`, which is called `argument` in the header. Returns the setter's own status; the object
/// keeps the first error.
pub(crate) fn set<T: DeferredError + Default>(
    object: Option<&mut T>,
    argument: &'static str,
    setter: impl FnOnce(T, &mut Arguments) -> T,
) -> bosauth_status {
    let mut setter = Some(setter);
    // The rest is compiled once for each type of object, not for each setter.
    set_with(
        object,
        argument,
        &mut |object, arguments| match setter.take() {
            Some(setter) => setter(object, arguments),
            None => object,
        },
    )
}

fn set_with<T: DeferredError + Default>(
    object: Option<&mut T>,
    argument: &'static str,
    setter: &mut dyn FnMut(T, &mut Arguments) -> T,
) -> bosauth_status {
    ffi::status_only(|| try_set(object, argument, setter))
}

/// Like [`set`], within an exported function.
pub(crate) fn try_set<T: DeferredError + Default>(
    object: Option<&mut T>,
    argument: &'static str,
    setter: &mut dyn FnMut(T, &mut Arguments) -> T,
) -> Result<(), Error> {
    let object = object.ok_or_else(|| null_argument(argument))?;
    let mut current = mem::take(object);
    let first = current.deferred_error().take();
    // Remains if the setter panics.
    *object.deferred_error() = Some(Error::internal("a bug in bosauth stopped a setter"));
    let own = Arguments::pass(|arguments| {
        *object = setter(current, arguments);
        object.deferred_error().take().map_or(Ok(()), Err)
    });
    *object.deferred_error() = first.or_else(|| own.clone().err());
    own
}

/// Converts milliseconds; negative ones become a duration that core rejects.
pub(crate) fn milliseconds(ms: i64) -> Duration {
    u64::try_from(ms).map_or(Duration::ZERO, Duration::from_millis)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::ptr;

    use bosauth::{CallOptions, Status};

    use super::*;

    fn query(options: &mut CallOptions, name: *const c_char, value: *const c_char) -> i32 {
        set(Some(options), "options", |options, arguments| {
            // SAFETY: NULL or literals.
            let (name, value) = unsafe {
                (
                    arguments.string(name, "name"),
                    arguments.string(value, "value"),
                )
            };
            options.query(&name, &value)
        })
    }

    #[test]
    fn first_invalid_argument_is_reported() {
        let (good, bad) = (c"x".as_ptr(), c"token".as_ptr());
        let (null, latin1) = (ptr::null(), c"\xff".as_ptr());
        for (name, value, argument, status) in [
            (bad, null, "name", Status::InvalidArgument),
            (bad, latin1, "name", Status::InvalidArgument),
            (null, latin1, "name", Status::NullArgument),
            (latin1, null, "name", Status::InvalidUtf8),
            (good, null, "value", Status::NullArgument),
            (good, latin1, "value", Status::InvalidUtf8),
        ] {
            let mut options = CallOptions::new();
            assert_eq!(query(&mut options, name, value), status.code());
            let error = options.check().unwrap_err();
            assert_eq!((error.argument(), error.status()), (argument, status));
        }
    }

    #[test]
    fn setter_returns_its_status_and_the_first_error_is_kept() {
        let mut options = CallOptions::new();
        let (good, null) = (c"x".as_ptr(), ptr::null());
        assert_eq!(query(&mut options, good, null), 1);
        assert_eq!(query(&mut options, good, c"\xff".as_ptr()), 2);
        assert_eq!(query(&mut options, good, good), 0);
        let error = options.check().unwrap_err();
        assert_eq!(error.status(), Status::NullArgument);
        assert_eq!(set(None::<&mut CallOptions>, "options", |o, _| o), 1);
    }

    #[test]
    fn panic_in_a_setter_makes_the_call_fail() {
        let mut options = CallOptions::new();
        let status = set(Some(&mut options), "options", |_, _| panic!("on purpose"));
        assert_eq!(status, Status::Internal.code());
        assert_eq!(options.check().unwrap_err().status(), Status::Internal);
    }
}
