//! Strings in and out: copies of the caller's, and NUL-terminated, zeroized ones lent to the caller.

use std::ffi::{CStr, c_char};
use std::{mem, str};

use bosauth::{Error, Status, input};
use zeroize::{Zeroize, Zeroizing};

use crate::entry::null_argument;

/// The empty text, for what has no value.
pub(crate) const EMPTY: *const c_char = c"".as_ptr();

/// How much of a string is copied that has a limit: more than the largest limit, so that what is longer is still
/// seen to be too long, and no more, so that nobody's gigabyte is copied to be refused.
const COPY_MAX: usize = input::BODY_JSON_MAX + 4;

/// A copy of the caller's string, zeroized when dropped. It is copied first and checked afterwards, here and in
/// core: what another thread writes into the caller's memory meanwhile is either in the copy and checked, or not
/// used. For strings with a limit; of a longer one only so much is copied that it still is too long.
///
/// # Safety
/// `text` is NULL or NUL-terminated.
pub(crate) unsafe fn copied(
    text: *const c_char,
    argument: &'static str,
) -> Result<Zeroizing<String>, Error> {
    // SAFETY: as promised by the caller.
    unsafe { copy(text, argument, COPY_MAX) }?.ok_or_else(|| null_argument(argument))
}

/// The same, for a string that `check` finds good.
///
/// # Safety
/// As for [`copied`].
pub(crate) unsafe fn checked(
    text: *const c_char,
    argument: &'static str,
    check: impl FnOnce(&str) -> Result<(), Error>,
) -> Result<Zeroizing<String>, Error> {
    // SAFETY: as promised by the caller.
    let copy = unsafe { copied(text, argument) }?;
    check(&copy)?;
    Ok(copy)
}

/// The same, for a string of any length; `None` for NULL.
///
/// # Safety
/// As for [`copied`].
pub(crate) unsafe fn copied_whole(
    text: *const c_char,
    argument: &'static str,
) -> Result<Option<Zeroizing<String>>, Error> {
    // SAFETY: as promised by the caller.
    unsafe { copy(text, argument, usize::MAX) }
}

/// # Safety
/// As for [`copied`].
unsafe fn copy(
    text: *const c_char,
    argument: &'static str,
    max: usize,
) -> Result<Option<Zeroizing<String>>, Error> {
    // SAFETY: as promised by the caller.
    let Some((mut bytes, is_cut)) = (unsafe { copy_bytes(text, max) }) else {
        return Ok(None);
    };
    match str::from_utf8(&bytes) {
        Ok(_) => {}
        // A copy that was cut may end in the middle of a character.
        Err(error) if is_cut && error.error_len().is_none() => {
            bytes.truncate(error.valid_up_to());
        }
        Err(_) => {
            let message = format!("{argument} is not UTF-8");
            return Err(Error::bad_argument(Status::InvalidUtf8, argument, message));
        }
    }
    // SAFETY: what is left of the copy was found to be UTF-8.
    let copy = unsafe { String::from_utf8_unchecked(mem::take(&mut *bytes)) };
    Ok(Some(Zeroizing::new(copy)))
}

/// A copy of the caller's bytes, which need not be UTF-8, zeroized when dropped.
///
/// # Safety
/// As for [`copied`].
pub(crate) unsafe fn copied_bytes(
    text: *const c_char,
    argument: &'static str,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    // SAFETY: as promised by the caller.
    let copy = unsafe { copy_bytes(text, usize::MAX) };
    copy.map(|(bytes, _)| bytes)
        .ok_or_else(|| null_argument(argument))
}

/// The first `max` bytes of the caller's string, and whether there are more; `None` for NULL.
///
/// # Safety
/// As for [`copied`].
unsafe fn copy_bytes(text: *const c_char, max: usize) -> Option<(Zeroizing<Vec<u8>>, bool)> {
    if text.is_null() {
        return None;
    }
    // SAFETY: not NULL, and NUL-terminated as promised by the caller.
    let whole = unsafe { CStr::from_ptr(text) }.count_bytes();
    let length = whole.min(max);
    let mut bytes = Zeroizing::new(Vec::<u8>::with_capacity(length));
    // SAFETY: so many bytes can be read, whatever they are by now, and the copy has room for them.
    unsafe {
        bytes
            .as_mut_ptr()
            .copy_from_nonoverlapping(text.cast::<u8>(), length);
        bytes.set_len(length);
    }
    Some((bytes, whole > max))
}

/// A text lent to the caller: NUL-terminated, wiped when dropped.
pub(crate) struct CText(Box<[u8]>);

impl CText {
    /// `bytes` followed by a NUL.
    pub fn new(bytes: &[u8]) -> Self {
        let mut copy = Vec::with_capacity(bytes.len() + 1);
        copy.extend_from_slice(bytes);
        copy.push(0);
        CText(copy.into_boxed_slice())
    }

    /// Where it stands, for as long as this lives.
    pub fn as_ptr(&self) -> *const c_char {
        self.0.as_ptr().cast()
    }

    /// The number of bytes, without the NUL.
    pub fn len(&self) -> usize {
        self.0.len() - 1
    }
}

impl Drop for CText {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::ffi::CString;
    use std::ptr;

    use super::*;

    #[test]
    fn strings_are_copied_and_checked() {
        let status = |error: Error| (error.status(), error.argument());
        // SAFETY: NULL or literals.
        unsafe {
            let of = |text| copied(text, "email").map_err(status);
            assert_eq!(
                of(c"ann".as_ptr()).as_deref().map(String::as_str),
                Ok("ann")
            );
            assert_eq!(of(ptr::null()), Err((Status::NullArgument, "email")));
            for bad in [c"\xff", c"a\xc3", c"\xed\xa0\x80"] {
                assert_eq!(of(bad.as_ptr()), Err((Status::InvalidUtf8, "email")));
            }
            let refused = checked(c"".as_ptr(), "email", input::email).map_err(status);
            assert_eq!(refused, Err((Status::InvalidArgument, "email")));
            assert!(copied_whole(ptr::null(), "email").is_ok_and(|text| text.is_none()));
        }
    }

    #[test]
    fn of_a_string_without_end_no_more_is_copied_than_shows_that_it_is_too_long() {
        for (character, characters) in [("x", 70_000), ("\u{e9}", 35_000), ("\u{1f600}", 17_000)] {
            for offset in ["", "a", "ab", "abc"] {
                let long = CString::new(offset.to_owned() + &character.repeat(characters)).unwrap();
                // SAFETY: a string.
                let (cut, whole) = unsafe {
                    let cut = copied(long.as_ptr(), "object").unwrap();
                    (cut, copied_whole(long.as_ptr(), "object").unwrap().unwrap())
                };
                assert!(cut.len() > input::BODY_JSON_MAX && cut.len() <= COPY_MAX);
                assert!(long.to_bytes().starts_with(cut.as_bytes()));
                assert_eq!(whole.as_bytes(), long.to_bytes());
            }
        }
        let bad = CString::new(vec![0x80; 70_000]).unwrap();
        // SAFETY: a string.
        let refused = unsafe { copied(bad.as_ptr(), "object") };
        assert_eq!(refused.unwrap_err().status(), Status::InvalidUtf8);
    }

    #[test]
    fn lent_texts_end_with_nul() {
        let text = CText::new(b"a\0b");
        // SAFETY: `text` lives on and has four bytes.
        let bytes = unsafe { std::slice::from_raw_parts(text.as_ptr().cast::<u8>(), 4) };
        assert_eq!((bytes, text.len()), (b"a\0b\0".as_slice(), 3));
    }
}
