//! Settings whose first refusal stays, so that a program may check in one place: the call that uses them.

use std::time::Duration;

use bosauth::Error;

use crate::entry;
use crate::status::bosauth_status;

/// A value and the first failure of setting something in it.
#[derive(Default)]
pub(crate) struct Sticky<T> {
    value: T,
    failure: Option<Error>,
}

impl<T: Clone> Sticky<T> {
    /// A copy of the value, or the first failure.
    pub fn checked(&self) -> Result<T, Error> {
        self.failure
            .clone()
            .map_or_else(|| Ok(self.value.clone()), Err)
    }
}

/// Runs a setter of `object`, which is called `argument` in the header and `None` where that was NULL.
pub(crate) fn set<T>(
    object: Option<&mut Sticky<T>>,
    argument: &'static str,
    change: impl FnOnce(&mut T) -> Result<(), Error>,
) -> bosauth_status {
    entry::plain(|| {
        let object = object.ok_or_else(|| entry::null_argument(argument))?;
        let result = change(&mut object.value);
        if let Err(failure) = &result {
            object.failure.get_or_insert_with(|| failure.clone());
        }
        result
    })
}

/// Milliseconds from C; what is no duration becomes one that every check refuses.
pub(crate) fn milliseconds(ms: i64) -> Duration {
    u64::try_from(ms).map_or(Duration::ZERO, Duration::from_millis)
}
