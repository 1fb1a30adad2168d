//! The text form of a session, from a file, a storage or another app.

use bosauth::fuzzing::read_session;
use serde_json::Value;

use super::json::{self, Fields};

/// The base URL of the client.
const URL: &str = "http://localhost";

/// Reads `data` as the text of a session. What is accepted is written and read again.
pub fn session_text(data: &[u8]) {
    // Longer inputs cover no further code.
    let Some(text) = std::str::from_utf8(data)
        .ok()
        .filter(|text| text.len() < 40_000)
    else {
        return;
    };
    let read = read_session(URL, text);
    assert_eq!(
        read.as_ref().ok().map(|(fields, _)| fields),
        expected(text).as_ref()
    );
    match read {
        Ok((fields, written)) => {
            let (again, written_again) = read_session(URL, &written).expect("its own text");
            assert_eq!((fields, written), (again, written_again));
        }
        Err(reason) => assert!(!reason.is_empty() && !reason.contains(['\n', '\0'])),
    }
}

/// Whether a base URL is another spelling of [`URL`].
fn is_same(url: &str) -> bool {
    let url = url.to_ascii_lowercase();
    let url = url.strip_suffix('/').unwrap_or(&url);
    let Some(port) = url.strip_prefix(URL) else {
        return false;
    };
    let digits = port.strip_prefix(':').unwrap_or("80");
    let is_number = digits.len() <= 5 && digits.bytes().all(|digit| digit.is_ascii_digit());
    (port.is_empty() || port.starts_with(':')) && is_number && digits.parse() == Ok(80)
}

/// Token, record and meta of a valid text.
fn expected(text: &str) -> Option<[String; 3]> {
    let fields = Fields::of(text.as_bytes()).filter(|_| json::is_object(text.as_bytes(), 513))?;
    if fields.has_duplicates() || fields.raw("bosauth") != Some("1") {
        return None;
    }
    match fields.value("baseUrl") {
        Some(Value::String(url)) if is_same(&url) => {}
        _ => return None,
    }
    let token = fields.raw("token")?.strip_prefix('"')?.strip_suffix('"')?;
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"._~+/=-".contains(&byte);
    if !(1..=8192).contains(&token.len()) || !token.bytes().all(is_token) {
        return None;
    }
    let record = fields.raw("record").unwrap_or_default();
    if !record.is_empty() && !json::is_record(record.as_bytes()) {
        return None;
    }
    let meta = fields.raw("meta").unwrap_or_default();
    Some([token, record, meta].map(str::to_owned))
}
