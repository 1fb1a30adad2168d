//! Single fields of a JSON object, borrowed from it.

use crate::protocol::json::{self, Check, DEPTH_MAX, ESCAPE_MAX, JsonError};
use crate::protocol::values;
use crate::secret::{Secret, SecretBytes};

/// The deepest nesting of a body, so that each of its fields may be as deep as any value.
const LEVELS: usize = DEPTH_MAX + 1;

/// The field of one name.
#[derive(Clone, Copy, Default)]
pub(super) struct Field<'a> {
    value: Option<&'a str>,
    is_duplicate: bool,
}

impl<'a> Field<'a> {
    /// The value, if it occurs exactly once.
    pub fn only(self) -> Option<&'a str> {
        self.value.filter(|_| !self.is_duplicate)
    }

    /// The value, if it occurs; an error if it occurs more than once.
    pub fn unique(self) -> Result<Option<&'a str>, JsonError> {
        (!self.is_duplicate)
            .then_some(self.value)
            .ok_or(JsonError::Duplicate)
    }
}

/// Returns the fields of these names at the top level of the JSON object `object`.
pub(super) fn fields<'a, const N: usize>(
    object: &'a str,
    names: [&str; N],
    check: Check<'_>,
) -> Result<[Field<'a>; N], JsonError> {
    let mut found = [Field::default(); N];
    json::fields(object, LEVELS, check, |name, value| {
        if let Some(at) = names.iter().position(|wanted| name.is(wanted)) {
            found[at].is_duplicate |= found[at].value.replace(value).is_some();
        }
    })?;
    Ok(found)
}

/// Decodes a session token from its JSON string. It is copied once, into memory that is zeroized.
pub(super) fn token(value: &str) -> Option<Secret> {
    let inside = json::inside(value)?;
    if values::is_session_token(inside) {
        return Some(Secret::new(inside));
    }
    // It may have escapes.
    if inside.len() > values::SESSION_TOKEN_MAX * ESCAPE_MAX {
        return None;
    }
    // No escape is shorter than its decoded byte.
    let mut decoded = SecretBytes::with_capacity(inside.len());
    for code in json::code_points(inside) {
        decoded.push(&[u8::try_from(code).ok().filter(u8::is_ascii)?]);
    }
    let decoded = std::str::from_utf8(decoded.as_slice()).ok()?;
    values::is_session_token(decoded).then(|| Secret::new(decoded))
}
