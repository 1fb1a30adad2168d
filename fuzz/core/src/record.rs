//! JSON from a server, a store or an app: records, and extra fields of a request body.

use bosauth::CallOptions;
use bosauth::fuzzing::{is_record, session};
use serde_json::Value;

use super::json::{self, Fields};

/// The fields that the calls set themselves.
const OWN_NAMES: &str = "email password token identity identityField otpId mfaId";

/// Parses `data` as a record and as extra fields.
pub fn record(data: &[u8]) {
    // Longer inputs cover no further code.
    let Some(json) = std::str::from_utf8(data)
        .ok()
        .filter(|json| json.len() < 40_000)
    else {
        return;
    };
    let is_valid = json::is_record(data);
    assert_eq!(is_record(json), is_valid);

    let fields = Fields::of(data).filter(|_| is_valid);
    let is_extra = fields.as_ref().is_some_and(|fields| {
        let mut names = fields.names();
        names.all(|name| !is_own(name)) && !json.contains('\0') && !has_lone_surrogate(json)
    });
    assert_eq!(CallOptions::new().body_json(json).check().is_ok(), is_extra);
    fields.iter().for_each(|fields| check_fields(json, fields));
}

/// Whether Go matches a name to one of the calls' fields: ASCII letters in either case, the long s and the Kelvin
/// sign.
fn is_own(name: &str) -> bool {
    let name = name.replace('\u{17f}', "s").replace('\u{212a}', "K");
    OWN_NAMES
        .split(' ')
        .any(|own| own.eq_ignore_ascii_case(&name))
}

/// Whether an escape in a JSON text is an unpaired surrogate.
fn has_lone_surrogate(json: &str) -> bool {
    let mut units = Vec::new();
    let mut rest = json;
    while let Some(first) = rest.chars().next() {
        let (unit, length) = match (first, rest.as_bytes().get(1)) {
            ('\\', Some(b'u')) => (u16::from_str_radix(&rest[2..6], 16).unwrap_or_default(), 6),
            ('\\', _) => (0, 2),
            _ => (0, first.len_utf8()),
        };
        units.push(unit);
        rest = &rest[length..];
    }
    char::decode_utf16(units).any(|unit| unit.is_err())
}

fn check_fields(json: &str, fields: &Fields) {
    let session = session("t", json);
    // A name that is not valid Unicode cannot be an argument.
    for name in fields.names().filter(|name| !name.contains('\u{10ffff}')) {
        let expected = match fields.value(name) {
            Some(Value::String(string)) if !string.contains('\0') => string,
            _ => fields.raw(name).unwrap_or_default().to_owned(),
        };
        assert_eq!(session.field(name), Some(expected));
    }
}
