//! C strings: copies of strings that are passed in, and NUL-terminated strings that are returned. Both may hold a
//! secret; [`crate::zeroizing_alloc`] zeroizes them when they are freed.

use std::ffi::{CStr, c_char};
use std::str;

use bosauth::{Error, ForkSafeMutex, Status, input};

use crate::ffi::{self, null_argument};
use crate::status::bosauth_status;

/// The empty string, returned for a missing value.
pub(crate) const EMPTY: *const c_char = c"".as_ptr();

/// The most bytes copied of a string that has a limit. More than the largest limit: a truncated
/// copy still exceeds it.
const COPY_MAX: usize = input::BODY_JSON_MAX + 4;

/// Copies a string that has a limit in core. A longer one is truncated to a length that still exceeds the limit.
///
/// The string is copied first and checked afterwards: a change by another thread in the meantime is either in the
/// copy, and checked, or not used.
///
/// # Safety
/// `string` is NULL or NUL-terminated.
pub(crate) unsafe fn copy(string: *const c_char, argument: &'static str) -> Result<String, Error> {
    // SAFETY: as promised by the caller.
    unsafe { copy_up_to(string, argument, COPY_MAX) }?.ok_or_else(|| null_argument(argument))
}

/// Copies a string of any length; `None` for NULL.
///
/// # Safety
/// As for [`copy`].
pub(crate) unsafe fn copy_whole(
    string: *const c_char,
    argument: &'static str,
) -> Result<Option<String>, Error> {
    // SAFETY: as promised by the caller.
    unsafe { copy_up_to(string, argument, usize::MAX) }
}

/// # Safety
/// As for [`copy`].
unsafe fn copy_up_to(
    string: *const c_char,
    argument: &'static str,
    max: usize,
) -> Result<Option<String>, Error> {
    // SAFETY: as promised by the caller.
    let Some((mut bytes, is_truncated)) = (unsafe { copy_bytes_up_to(string, max) }) else {
        return Ok(None);
    };
    match str::from_utf8(&bytes) {
        Ok(_) => {}
        // A truncated copy may end in the middle of a character.
        Err(error) if is_truncated && error.error_len().is_none() => {
            bytes.truncate(error.valid_up_to());
        }
        Err(_) => {
            let message = format!("{argument} must be UTF-8");
            return Err(Error::bad_argument(Status::InvalidUtf8, argument, message));
        }
    }
    // SAFETY: the bytes up to the new length were validated.
    let copy = unsafe { String::from_utf8_unchecked(bytes) };
    Ok(Some(copy))
}

/// Copies a string of any length and any encoding.
///
/// # Safety
/// As for [`copy`].
pub(crate) unsafe fn copy_bytes(
    string: *const c_char,
    argument: &'static str,
) -> Result<Vec<u8>, Error> {
    // SAFETY: as promised by the caller.
    let copy = unsafe { copy_bytes_up_to(string, usize::MAX) };
    copy.map(|(bytes, _)| bytes)
        .ok_or_else(|| null_argument(argument))
}

/// Copies the first `max` bytes of a string and returns whether there are more; `None` for NULL.
///
/// # Safety
/// As for [`copy`].
unsafe fn copy_bytes_up_to(string: *const c_char, max: usize) -> Option<(Vec<u8>, bool)> {
    if string.is_null() {
        return None;
    }
    // SAFETY: not NULL, and NUL-terminated as promised by the caller.
    let whole = unsafe { CStr::from_ptr(string) }.count_bytes();
    // SAFETY: so many bytes are readable, whatever they are by now.
    let bytes = unsafe { copy_range(string.cast(), whole.min(max)) };
    Some((bytes, whole > max))
}

/// Copies bytes that another thread may change meanwhile.
///
/// # Safety
/// `length` bytes at `bytes` are readable.
pub(crate) unsafe fn copy_range(bytes: *const u8, length: usize) -> Vec<u8> {
    let mut copy = Vec::<u8>::with_capacity(length);
    // SAFETY: as promised by the caller, and the copy has room for them.
    unsafe {
        copy.as_mut_ptr().copy_from_nonoverlapping(bytes, length);
        copy.set_len(length);
    }
    copy
}

/// A NUL-terminated string that is returned to the caller.
pub(crate) struct ReturnedString(Box<[u8]>);

impl ReturnedString {
    /// Copies `bytes` and appends a NUL.
    pub fn new(bytes: &[u8]) -> Self {
        let mut copy = Vec::with_capacity(bytes.len() + 1);
        copy.extend_from_slice(bytes);
        copy.push(0);
        ReturnedString(copy.into_boxed_slice())
    }

    /// Returns the string, which lives as long as `self`.
    pub fn as_ptr(&self) -> *const c_char {
        self.0.as_ptr().cast()
    }

    /// Returns the length in bytes, without the NUL.
    pub fn len(&self) -> usize {
        self.0.len() - 1
    }

    /// Returns the bytes, without the NUL.
    fn into_bytes(self) -> Vec<u8> {
        let mut bytes = self.0.into_vec();
        bytes.pop();
        bytes
    }
}

/// The strings of an object that were read by name: a returned string must stay at its address.
#[derive(Default)]
pub(crate) struct ReturnedStrings(ForkSafeMutex<Vec<(String, ReturnedString)>>);

impl ReturnedStrings {
    /// Returns the string of this name, or "" if there is none or if `name` is NULL or not UTF-8. Calls `read` for a
    /// name that was not read before.
    ///
    /// # Safety
    /// `name` is NULL or NUL-terminated.
    pub unsafe fn get(
        &self,
        name: *const c_char,
        read: impl FnOnce(&str) -> Option<String>,
    ) -> *const c_char {
        // SAFETY: as promised by the caller.
        let Ok(Some(name)) = (unsafe { copy_whole(name, "name") }) else {
            return EMPTY;
        };
        if let Some(value) = self.0.with(|strings| find(strings, &name)) {
            return value;
        }
        // Read without the lock, possibly by two threads at once: the first string added is used.
        let Some(value) = read(&name) else {
            return EMPTY;
        };
        let new = (name, ReturnedString::new(value.as_bytes()));
        self.0.with(|strings| {
            find(strings, &new.0).unwrap_or_else(|| {
                let returned = new.1.as_ptr();
                strings.push(new);
                returned
            })
        })
    }
}

fn find(strings: &[(String, ReturnedString)], name: &str) -> Option<*const c_char> {
    let (_, value) = strings.iter().find(|(other, _)| other == name)?;
    Some(value.as_ptr())
}

/// A string that a function returns, or that a bosauth_store_load_fn fills. It is zeroized when it is freed, with
/// bosauth_string_free().
pub struct bosauth_string(ReturnedString);

impl bosauth_string {
    /// An empty string.
    pub(crate) fn empty() -> Self {
        bosauth_string(ReturnedString::new(b""))
    }

    /// Returns the characters.
    pub(crate) fn into_string(self) -> String {
        let bytes = self.0.into_bytes();
        // SAFETY: `into_raw` copies a `str`, and `bosauth_string_set` validates the bytes.
        unsafe { String::from_utf8_unchecked(bytes) }
    }

    /// Creates the object, to be freed with `bosauth_string_free`.
    pub(crate) fn into_raw(string: &str) -> *mut Self {
        Box::into_raw(Box::new(bosauth_string(ReturnedString::new(
            string.as_bytes(),
        ))))
    }
}

/// Frees a string. It is zeroized.
///
/// @param string the string; may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_string_free(string: *mut bosauth_string) {
    // SAFETY: the header's conventions: NULL or a live string.
    unsafe { ffi::free(string) }
}

/// Returns the characters of a string.
///
/// @param string the string; may be NULL
/// @return the characters, valid until the string is freed or set; "" for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_string_data(string: *const bosauth_string) -> *const c_char {
    // SAFETY: the header's conventions: NULL or a live string.
    unsafe { ffi::read(string, EMPTY, |s| s.0.as_ptr()) }
}

/// Sets the characters of a string, which are copied. The previous characters are zeroized; on failure they remain.
///
/// @param string the string: that of a bosauth_store_load_fn, or one that a function has returned
/// @param data the characters, without a NUL; may be NULL if length is 0
/// @param length the number of bytes; at most 4259840 (4 MiB and 64 KiB)
/// @return BOSAUTH_OK, NULL_ARGUMENT, INVALID_UTF8, or INVALID_ARGUMENT for a NUL or too many bytes
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bosauth_string_set(
    string: *mut bosauth_string,
    data: *const c_char,
    length: usize,
) -> bosauth_status {
    ffi::status_only(|| {
        // SAFETY: the header's conventions: NULL or a live string that no other thread uses.
        let string = unsafe { string.as_mut() }.ok_or_else(|| null_argument("string"))?;
        // SAFETY: the header's conventions: NULL or `length` bytes.
        let bytes = unsafe { copy_characters(data, length) }?;
        string.0 = ReturnedString::new(&bytes);
        Ok(())
    })
}

/// Copies and validates the characters of [`bosauth_string_set`].
///
/// # Safety
/// `length` bytes at `data` are readable unless it is NULL.
unsafe fn copy_characters(data: *const c_char, length: usize) -> Result<Vec<u8>, Error> {
    if length == 0 {
        return Ok(Vec::new());
    }
    if data.is_null() {
        return Err(null_argument("data"));
    }
    let error = |status, reason| Error::bad_argument(status, "data", format!("data must {reason}"));
    if length > input::EXPORT_MAX {
        let reason = format!("have at most {} bytes", input::EXPORT_MAX);
        return Err(error(Status::InvalidArgument, reason));
    }
    // SAFETY: as promised by the caller.
    let bytes = unsafe { copy_range(data.cast(), length) };
    if str::from_utf8(&bytes).is_err() {
        return Err(error(Status::InvalidUtf8, "be UTF-8".into()));
    }
    if bytes.contains(&0) {
        return Err(error(Status::InvalidArgument, "not contain NUL".into()));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::ffi::CString;
    use std::ptr;

    use super::*;

    #[test]
    fn strings_are_copied_and_validated() {
        let of = |string| {
            // SAFETY: NULL or literals.
            let copy = unsafe { copy(string, "email") };
            copy.map_err(|error| (error.status(), error.argument()))
        };
        assert_eq!(of(c"ann".as_ptr()).as_deref(), Ok("ann"));
        assert_eq!(of(ptr::null()), Err((Status::NullArgument, "email")));
        for bad in [c"\xff", c"a\xc3", c"\xed\xa0\x80"] {
            assert_eq!(of(bad.as_ptr()), Err((Status::InvalidUtf8, "email")));
        }
        // SAFETY: NULL.
        let none = unsafe { copy_whole(ptr::null(), "email") };
        assert!(none.is_ok_and(|string| string.is_none()));
    }

    #[test]
    fn oversized_string_is_truncated_above_the_limit() {
        for (character, characters) in [("x", 70_000), ("\u{e9}", 35_000), ("\u{1f600}", 17_000)] {
            for offset in ["", "a", "ab", "abc"] {
                let long = CString::new(offset.to_owned() + &character.repeat(characters)).unwrap();
                // SAFETY: a string.
                let (part, whole) = unsafe {
                    let part = copy(long.as_ptr(), "object").unwrap();
                    (part, copy_whole(long.as_ptr(), "object").unwrap().unwrap())
                };
                assert!(part.len() > input::BODY_JSON_MAX && part.len() <= COPY_MAX);
                assert!(long.to_bytes().starts_with(part.as_bytes()));
                assert_eq!(whole.as_bytes(), long.to_bytes());
            }
        }
        let bad = CString::new(vec![0x80; 70_000]).unwrap();
        // SAFETY: a string.
        let result = unsafe { copy(bad.as_ptr(), "object") };
        assert_eq!(result.unwrap_err().status(), Status::InvalidUtf8);
    }

    #[test]
    fn returned_strings_end_with_nul() {
        let string = ReturnedString::new(b"a\0b");
        // SAFETY: `string` is alive and has four bytes.
        let bytes = unsafe { std::slice::from_raw_parts(string.as_ptr().cast::<u8>(), 4) };
        assert_eq!((bytes, string.len()), (b"a\0b\0".as_slice(), 3));
    }
}
