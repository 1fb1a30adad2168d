//! Single fields of a JSON object, borrowed from it.

use std::mem;

use zeroize::Zeroizing;

use crate::protocol::json::{self, Check, DEPTH_MAX, ESCAPE_MAX, JsonError, Name};
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
    fn add(&mut self, value: &'a str) {
        self.is_duplicate |= self.value.replace(value).is_some();
    }

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
        if let Some(at) = names.iter().position(|expected| name.is(expected)) {
            found[at].add(value);
        }
    })?;
    Ok(found)
}

/// The fields of a login response.
#[derive(Default)]
pub(super) struct LoginFields<'a> {
    pub token: Field<'a>,
    pub record: Field<'a>,
    /// The names at the top level of the record.
    pub record_names: Vec<Name<'a>>,
    pub meta: Field<'a>,
}

/// Returns the fields of a login response, in one pass over it.
pub(super) fn login<'a>(object: &'a str, check: Check<'_>) -> Result<LoginFields<'a>, JsonError> {
    let mut found = LoginFields::default();
    json::nested_fields(object, LEVELS, check, |name, value, names| {
        if name.is("token") {
            found.token.add(value);
        } else if name.is("record") {
            found.record.add(value);
            found.record_names = mem::take(names);
        } else if name.is("meta") {
            found.meta.add(value);
        }
    })?;
    Ok(found)
}

/// Decodes an MFA or OTP id from its JSON string.
pub(super) fn id(value: &str) -> Option<Zeroizing<String>> {
    let id = Zeroizing::new(json::short_string(value, values::ID_MAX)?);
    values::is_id(&id).then_some(id)
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
