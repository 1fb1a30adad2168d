//! Text in and out: borrowed UTF-8 from the caller, NUL-terminated and wiped text to the caller.

use std::ffi::{CStr, c_char};

use bosauth::{Error, Status};
use zeroize::{Zeroize, Zeroizing};

use crate::entry::null_argument;

/// The empty text, for what has no value.
pub(crate) const EMPTY: *const c_char = c"".as_ptr();

/// The caller's text, which `check` has found good.
///
/// # Safety
/// `text` is NULL or NUL-terminated and stays as it is for `'a`.
pub(crate) unsafe fn required<'a>(
    text: *const c_char,
    argument: &'static str,
) -> Result<&'a str, Error> {
    // SAFETY: as promised by the caller.
    unsafe { optional(text, argument) }?.ok_or_else(|| null_argument(argument))
}

/// The caller's text, or `None` for NULL.
///
/// # Safety
/// As for [`required`].
pub(crate) unsafe fn optional<'a>(
    text: *const c_char,
    argument: &'static str,
) -> Result<Option<&'a str>, Error> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL, and NUL-terminated as promised by the caller.
    let bytes = unsafe { CStr::from_ptr(text) };
    let not_utf8 = |_| {
        Error::bad_argument(
            Status::InvalidUtf8,
            argument,
            format!("{argument} is not UTF-8"),
        )
    };
    bytes.to_str().map(Some).map_err(not_utf8)
}

/// A checked copy of the caller's text, wiped when dropped: a call that waits must not look at the
/// caller's memory any more.
///
/// # Safety
/// As for [`required`].
pub(crate) unsafe fn copied(
    text: *const c_char,
    argument: &'static str,
    check: impl FnOnce(&str) -> Result<(), Error>,
) -> Result<Zeroizing<String>, Error> {
    // SAFETY: as promised by the caller.
    let text = unsafe { required(text, argument) }?;
    check(text)?;
    Ok(Zeroizing::new(text.to_owned()))
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
    use super::*;

    #[test]
    fn texts_are_checked() {
        // SAFETY: NULL or literals.
        unsafe {
            let status = |text: *const c_char| {
                required(text, "email").map_err(|e| (e.status(), e.argument()))
            };
            assert_eq!(status(c"ann".as_ptr()), Ok("ann"));
            assert_eq!(
                status(std::ptr::null()),
                Err((Status::NullArgument, "email"))
            );
            assert_eq!(
                status(c"\xff".as_ptr()),
                Err((Status::InvalidUtf8, "email"))
            );
            assert!(optional(std::ptr::null(), "email").is_ok_and(|text| text.is_none()));
        }
    }

    #[test]
    fn lent_texts_end_with_nul() {
        let text = CText::new(b"a\0b");
        // SAFETY: `text` lives on and has four bytes.
        let bytes = unsafe { std::slice::from_raw_parts(text.as_ptr().cast::<u8>(), 4) };
        assert_eq!((bytes, text.len()), (b"a\0b\0".as_slice(), 3));
    }
}
