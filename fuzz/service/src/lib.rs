//! The checks of the fuzzers in `fuzz_targets`: properties that hold for every input.
//!
//! The unit tests of the service compile this file as a module (`service/src/corpus_tests.rs`).

use bosbase_local::fuzzing::{form_field, normalize, object, satisfies, select};
use serde_json::{Value, json};

/// Parses a body of the content type in the first line, as a form and as an object.
pub fn body(data: &[u8]) {
    let (content_type, body) = split(data);
    let unknown = form_field(content_type, body, "unknown");
    assert!(unknown.is_none_or(|value| value.is_empty()));
    let token = form_field(content_type, body, "token");
    let object = object(content_type, body).unwrap_or_default();
    // A form has names in any case, and an object the last of several values even if it is null.
    let count = object.keys().filter(|name| name.to_lowercase() == "token");
    let is_json = content_type.starts_with(b"application/json");
    if let (true, 1, Some(Value::String(value))) = (is_json, count.count(), object.get("token")) {
        assert!(token.is_none_or(|token| token == *value));
    }
}

/// Evaluates a rule, alone and in brackets.
pub fn rule(data: &[u8]) {
    let Ok(rule) = std::str::from_utf8(data) else {
        return;
    };
    let record = json!({"nick": "Vip", "score": 2, "verified": true, "empty": null, "ratio": 0.5});
    let record = record.as_object().expect("an object");
    if let (false, Some(result)) = (rule.is_empty(), satisfies(record, rule)) {
        let repeated = satisfies(record, &format!("({rule}) && ({rule})"));
        // Brackets may be nested too deep, but never change the result.
        assert!(repeated == Some(result) || rule.matches('(').count() >= 63);
    }
}

/// Reduces the JSON in the second line to the fields in the first.
pub fn fields(data: &[u8]) {
    let (fields, json) = split(data);
    let Ok(fields) = std::str::from_utf8(fields) else {
        return;
    };
    let record = json!({"token": "t", "record": {"id": "i", "name": "<b>Nimble</b> f\u{fc}x"}});
    let mut value: Value = serde_json::from_slice(json).unwrap_or(record);
    let length = value.to_string().len();
    // Only an excerpt may add characters: its ellipsis, and `<` for an entity.
    if select(&mut value, fields) && !fields.contains(':') {
        assert!(value.to_string().len() <= length);
    }
}

/// Normalizes a path. Its result is normalized.
pub fn path(data: &[u8]) {
    if let Some(normalized) = normalize(data) {
        assert!(
            normalized.starts_with('/') && !normalized.starts_with("//"),
            "{normalized}"
        );
        assert_eq!(normalize(normalized.as_bytes()), None, "{normalized}");
    }
}

/// Splits `data` into its first line and the rest.
fn split(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, &[]),
    }
}
