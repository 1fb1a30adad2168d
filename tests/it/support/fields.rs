//! The fields of a scenario's line: separated by spaces, percent-encoded, `""` for an empty one.

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// Joins fields into a line.
pub fn line(fields: &[&str]) -> String {
    const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'%');
    let encode = |field: &&str| match *field {
        "" => "\"\"".to_owned(),
        field => utf8_percent_encode(field, ENCODED).to_string(),
    };
    fields.iter().map(encode).collect::<Vec<_>>().join(" ")
}

/// Decodes a field.
pub fn decode(field: &str) -> String {
    if field == "\"\"" {
        return String::new();
    }
    let decoded = percent_decode_str(field).decode_utf8();
    decoded.expect("a field is UTF-8").into_owned()
}
