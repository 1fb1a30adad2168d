//! Validates the record of an account.

use std::collections::HashSet;

use super::json::{self, Check, DEPTH_MAX, JsonError, Name, Stopped};

/// Up to so many names are compared pairwise, which is fastest for few.
const COMPARED_MAX: usize = 32;

/// How many names are processed between two checks.
const CHUNK: usize = 1024;

/// Checks that `json` is one JSON object, nested up to 512 levels deep, without duplicate names at its top level.
pub(crate) fn check(json: &str, check: Check<'_>) -> Result<(), JsonError> {
    names(json, check).map(drop)
}

/// Returns the names at the top level of an object that [`check`] accepts.
pub(crate) fn names<'a>(json: &'a str, check: Check<'_>) -> Result<Vec<Name<'a>>, JsonError> {
    let mut names = Vec::with_capacity(16);
    json::fields(json, DEPTH_MAX, check, |name, _| names.push(name))?;
    if has_duplicates(&names, check)? {
        return Err(JsonError::Duplicate);
    }
    Ok(names)
}

/// Returns whether two of the names are equal.
pub(crate) fn has_duplicates(names: &[Name<'_>], check: Check<'_>) -> Result<bool, Stopped> {
    if names.len() <= COMPARED_MAX {
        let is_duplicate = |(at, name)| names[..at].contains(name);
        return Ok(names.iter().enumerate().any(is_duplicate));
    }
    // Allocated at once: growing takes as long as all insertions.
    let mut seen = HashSet::with_capacity(names.len());
    for some in names.chunks(CHUNK) {
        check()?;
        if !some.iter().all(|name| seen.insert(name)) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests;
