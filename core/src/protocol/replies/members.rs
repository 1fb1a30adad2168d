//! Single members of a JSON object, borrowed from its text.

use crate::input;
use crate::protocol::json::{self, Check, DEPTH_MAX, ESCAPE_MAX, Fault};
use crate::secret::{Secret, SecretBytes};

/// How deep a body may be nested, so that each of its members may be as deep as any value.
const LEVELS: usize = DEPTH_MAX + 1;

/// What an object has of one name.
#[derive(Clone, Copy, Default)]
pub(super) struct Member<'a> {
    value: Option<&'a str>,
    is_twice: bool,
}

impl<'a> Member<'a> {
    /// The value, if there is just one.
    pub fn only(self) -> Option<&'a str> {
        self.value.filter(|_| !self.is_twice)
    }

    /// The value, if there is one; two are a fault.
    pub fn unique(self) -> Result<Option<&'a str>, Fault> {
        if self.is_twice {
            Err(Fault::Duplicate)
        } else {
            Ok(self.value)
        }
    }
}

/// The members of these names at the top level of the one JSON object that `text` is.
pub(super) fn members<'a, const N: usize>(
    text: &'a str,
    names: [&str; N],
    check: Check<'_>,
) -> Result<[Member<'a>; N], Fault> {
    let mut found = [Member::default(); N];
    json::members(text, LEVELS, check, |name, value| {
        if let Some(at) = names.iter().position(|wanted| name.is(wanted)) {
            found[at].is_twice |= found[at].value.replace(value).is_some();
        }
    })?;
    Ok(found)
}

/// A session token from its JSON string. It is copied once, straight to where it is wiped.
pub(super) fn token(value: &str) -> Option<Secret> {
    let inside = json::inside(value)?;
    if input::is_session_token(inside) {
        return Some(Secret::new(inside));
    }
    // It may hold escapes.
    if inside.len() > input::SESSION_TOKEN_MAX * ESCAPE_MAX {
        return None;
    }
    // No escape is shorter than what it stands for.
    let mut plain = SecretBytes::with_capacity(inside.len());
    for code in json::code_points(inside) {
        plain.push(&[u8::try_from(code).ok().filter(u8::is_ascii)?]);
    }
    let text = std::str::from_utf8(plain.as_slice()).ok()?;
    input::is_session_token(text).then(|| Secret::new(text))
}
