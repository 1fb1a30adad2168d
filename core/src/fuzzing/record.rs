//! JSON from a server, a store or an app: records, and members that an app adds to a request.

use serde_json::Value;

use super::plain::{Members, is_record};
use crate::protocol::json::UNLIMITED;
use crate::protocol::{bodies, record as checked};
use crate::secret::Secret;
use crate::session::Session;

/// The names that a request has of its own.
const OWN_NAMES: &str = "email password token identity identityField otpId mfaId";

/// Reads `data` as a record, and as extra members of a body.
pub fn record(data: &[u8]) {
    // Longer texts bring nothing new.
    let Some(text) = std::str::from_utf8(data)
        .ok()
        .filter(|text| text.len() < 40_000)
    else {
        return;
    };
    let is_record = is_record(data);
    assert_eq!(checked::check(text, UNLIMITED).is_ok(), is_record);

    let members = Members::of(data).filter(|_| is_record);
    let is_extra = members.as_ref().is_some_and(|members| {
        let mut names = members.names();
        names.all(|name| !is_own(name)) && !text.contains('\0') && !has_lone_surrogate(text)
    });
    assert_eq!(bodies::check_extra_fields(text).is_ok(), is_extra);
    members
        .iter()
        .for_each(|members| check_fields(text, members));
}

/// Whether Go takes a name for one of ours: letters of ASCII in either case, the long s and the Kelvin sign.
fn is_own(name: &str) -> bool {
    let name = name.replace('\u{17f}', "s").replace('\u{212a}', "K");
    OWN_NAMES
        .split(' ')
        .any(|own| own.eq_ignore_ascii_case(&name))
}

/// Whether an escape in a JSON text is half of a surrogate pair.
fn has_lone_surrogate(text: &str) -> bool {
    let mut units = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (unit, length) = match (first, rest.as_bytes().get(1)) {
            ('\\', Some(b'u')) => (u16::from_str_radix(&rest[2..6], 16).unwrap_or_default(), 6),
            ('\\', _) => (0, 2),
            _ => (0, first.len_utf8()),
        };
        units.push(unit);
        rest = &rest[length..];
    }
    char::decode_utf16(units).any(|read| read.is_err())
}

fn check_fields(text: &str, members: &Members) {
    let session = Session::new(Secret::new("t"), text, "");
    // A name that is not valid Unicode cannot be asked for.
    for name in members.names().filter(|name| !name.contains('\u{10ffff}')) {
        let expected = match members.value(name) {
            Some(Value::String(text)) if !text.contains('\0') => text,
            _ => members.raw(name).unwrap_or_default().to_owned(),
        };
        assert_eq!(session.field(name), Some(expected));
    }
}
