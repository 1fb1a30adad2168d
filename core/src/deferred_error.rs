//! Builders whose setters cannot fail: the first error is kept until the built value is used.

use crate::error::Error;

/// A builder that keeps the first error of its setters. Public for the C ABI, whose setters report their own.
pub trait DeferredError: Sized {
    /// The first error of a setter.
    fn deferred_error(&mut self) -> &mut Option<Error>;

    /// Runs a setter and keeps its error unless an earlier setter failed.
    fn set(mut self, setter: impl FnOnce(&mut Self) -> Result<(), Error>) -> Self {
        if let Err(error) = setter(&mut self) {
            self.deferred_error().get_or_insert(error);
        }
        self
    }
}
