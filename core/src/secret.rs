//! Buffers for passwords, tokens and JWTs: zeroized when dropped and when reallocated, and never printed.

use std::ffi::c_char;
use std::fmt;

use zeroize::optimization_barrier;

/// Zeroizes `bytes`. Faster than the crate `zeroize`, which writes one byte at a time.
fn zeroize(bytes: &mut [u8]) {
    bytes.fill(0);
    optimization_barrier(bytes);
}

/// A string that is zeroized when dropped. Its `Debug` does not show it. It ends with NUL, so that C can read it
/// without another copy.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<str>);

impl Secret {
    /// Copies `secret`.
    pub(crate) fn new(secret: &str) -> Self {
        // Of the exact size: a reallocation would leave a copy in memory.
        let mut copy = String::with_capacity(secret.len() + 1);
        copy.push_str(secret);
        copy.push('\0');
        Secret(copy.into_boxed_str())
    }

    /// Returns the string.
    pub fn expose(&self) -> &str {
        &self.0[..self.0.len() - 1]
    }

    /// Returns a pointer to the string and the NUL after it. Nothing is read, so that no copy is left on the stack.
    #[doc(hidden)] // for the C ABI
    pub fn as_ptr(&self) -> *const c_char {
        self.0.as_ptr().cast()
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        zeroize(&mut std::mem::take(&mut self.0).into_boxed_bytes());
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// A growing byte buffer that is zeroized when dropped and when reallocated.
#[derive(Default)]
pub(crate) struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// Creates an empty buffer for `capacity` bytes without reallocation.
    pub fn with_capacity(capacity: usize) -> Self {
        SecretBytes(Vec::with_capacity(capacity))
    }

    /// Appends `bytes`.
    pub fn push(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    /// Reserves capacity for `more` bytes. A reallocation zeroizes the old memory.
    pub fn reserve(&mut self, more: usize) {
        if self.0.capacity() - self.0.len() >= more {
            return;
        }
        let capacity = (self.0.len() + more).max(self.0.capacity() * 2);
        let mut larger = Vec::with_capacity(capacity);
        larger.extend_from_slice(&self.0);
        let mut old = std::mem::replace(&mut self.0, larger);
        zeroize(&mut old);
    }

    /// Sets the length. New bytes are zero, removed bytes are zeroized.
    pub fn resize(&mut self, length: usize) {
        if length > self.0.len() {
            self.reserve(length - self.0.len());
            self.0.resize(length, 0);
        } else {
            zeroize(&mut self.0[length..]);
            self.0.truncate(length);
        }
    }

    /// Removes the first `count` bytes. The freed end is zeroized.
    pub fn consume(&mut self, count: usize) {
        let remaining = self.0.len() - count;
        self.0.copy_within(count.., 0);
        self.resize(remaining);
    }

    /// Returns the bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// Returns the bytes for writing.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// Returns the number of bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl Drop for SecretBytes {
    fn drop(&mut self) {
        zeroize(&mut self.0);
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretBytes({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(format!("{:?}", Secret::new("secret")), "Secret(***)");
        let mut bytes = SecretBytes::with_capacity(4);
        bytes.push(b"secret");
        assert_eq!(format!("{bytes:?}"), "SecretBytes(6 bytes)");
    }

    #[test]
    fn bytes_grow_shrink_and_consume() {
        let mut bytes = SecretBytes::with_capacity(2);
        bytes.push(b"abc");
        bytes.push(b"defgh");
        bytes.consume(2);
        assert_eq!(bytes.as_slice(), b"cdefgh");
        bytes.resize(3);
        assert_eq!(bytes.as_slice(), b"cde");
        bytes.resize(5);
        assert_eq!(bytes.as_slice(), b"cde\0\0");
        assert_eq!(bytes.len(), 5);
    }
}
