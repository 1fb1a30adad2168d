//! Buffers for passwords, tokens and JWTs: wiped when dropped, never printed, never reallocated
//! without wiping what they leave behind.

use std::fmt;

use zeroize::optimization_barrier;

/// Overwrites with zeros, also if nobody reads them: faster than a byte at a time, as `zeroize` would.
fn wipe(bytes: &mut [u8]) {
    bytes.fill(0);
    optimization_barrier(bytes);
}

/// A text that is wiped when dropped and whose `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(Box<str>);

impl Secret {
    /// A wiped-when-dropped copy of `text`.
    pub fn new(text: &str) -> Self {
        Secret(text.into())
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        wipe(&mut std::mem::take(&mut self.0).into_boxed_bytes());
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// A growing byte buffer that is wiped when dropped and when it moves to a larger place.
#[derive(Default)]
pub(crate) struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// An empty buffer that takes `capacity` bytes before it has to move.
    pub fn with_capacity(capacity: usize) -> Self {
        SecretBytes(Vec::with_capacity(capacity))
    }

    /// Appends `bytes`.
    pub fn push(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    /// Makes room for `more` bytes; the old place is wiped if the buffer has to move.
    pub fn reserve(&mut self, more: usize) {
        if self.0.capacity() - self.0.len() >= more {
            return;
        }
        let wanted = (self.0.len() + more).max(self.0.capacity() * 2);
        let mut larger = Vec::with_capacity(wanted);
        larger.extend_from_slice(&self.0);
        let mut old = std::mem::replace(&mut self.0, larger);
        wipe(&mut old);
    }

    /// Sets the length; bytes gained are zero, bytes lost are wiped.
    pub fn resize(&mut self, length: usize) {
        if length > self.0.len() {
            self.reserve(length - self.0.len());
            self.0.resize(length, 0);
        } else {
            wipe(&mut self.0[length..]);
            self.0.truncate(length);
        }
    }

    /// Drops the first `count` bytes; their old place is wiped.
    pub fn consume(&mut self, count: usize) {
        let left = self.0.len() - count;
        self.0.copy_within(count.., 0);
        self.resize(left);
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, to be written in place.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// The number of bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl Drop for SecretBytes {
    fn drop(&mut self) {
        wipe(&mut self.0);
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
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::new("hush")), "Secret(***)");
        let mut bytes = SecretBytes::with_capacity(4);
        bytes.push(b"hush");
        assert_eq!(format!("{bytes:?}"), "SecretBytes(4 bytes)");
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
