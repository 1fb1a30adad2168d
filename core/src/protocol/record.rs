//! Whether a JSON object may be kept as an account's record.

use std::collections::HashSet;

use super::json::{self, Check, DEPTH_MAX, Fault, Name, Stopped};

/// How many names are compared with each other, which is the cheapest way for few.
const COMPARED_MAX: usize = 32;

/// How many names are looked at between two looks at the call.
const CHUNK: usize = 1024;

/// Accepts one JSON object, nested up to 512 levels deep, without duplicate names at its top level.
pub(crate) fn check(text: &str, check: Check<'_>) -> Result<(), Fault> {
    names(text, check).map(drop)
}

/// The names at the top level of an object that [`check`] accepts.
pub(crate) fn names<'a>(text: &'a str, check: Check<'_>) -> Result<Vec<Name<'a>>, Fault> {
    let mut names = Vec::with_capacity(16);
    json::members(text, DEPTH_MAX, check, |name, _| names.push(name))?;
    if has_duplicates(&names, check)? {
        return Err(Fault::Duplicate);
    }
    Ok(names)
}

fn has_duplicates(names: &[Name<'_>], check: Check<'_>) -> Result<bool, Stopped> {
    if names.len() <= COMPARED_MAX {
        let is_twice = |(at, name)| names[..at].contains(name);
        return Ok(names.iter().enumerate().any(is_twice));
    }
    // It never grows, which would take as long as all insertions.
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
#[path = "record_tests.rs"]
mod tests;
