//! Secrets and their encodings, to search outputs for.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use bosauth::Error;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The characters that RFC 3986 has encoded.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

pub fn percent(string: &str) -> String {
    utf8_percent_encode(string, RESERVED).to_string()
}

/// Escapes a string for JSON in ASCII.
pub fn json_ascii(string: &str) -> String {
    let escape = |c: char| match c {
        ' '..='~' => c.to_string(),
        _ => unicode_escape(c.encode_utf16(&mut [0; 2])),
    };
    json(string).chars().map(escape).collect()
}

/// The contents of a JSON string.
fn json(string: &str) -> String {
    let quoted = serde_json::to_string(string).unwrap();
    quoted[1..quoted.len() - 1].to_owned()
}

fn unicode_escape(units: &[u16]) -> String {
    units.iter().map(|unit| format!("\\u{unit:04x}")).collect()
}

/// The encodings of a secret in JSON, URLs and base64.
pub fn encodings(secret: &str) -> Vec<String> {
    let every = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    vec![
        json(secret),
        json_ascii(secret),
        unicode_escape(&secret.encode_utf16().collect::<Vec<_>>()),
        percent(secret),
        percent(secret).to_lowercase(),
        every.replace("%20", "+"),
        every,
        STANDARD_NO_PAD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
    ]
}

/// Panics if the text has a secret in any encoding, or a part of it.
pub fn assert_hides(text: &str, secrets: &[&str], parts: impl Fn(&str) -> Vec<String>) {
    for secret in secrets {
        let forms = [encodings(secret), vec![(*secret).to_owned()], parts(secret)].concat();
        for form in forms {
            if let Some(at) = text.find(&form) {
                let before: Vec<char> = text[..at].chars().rev().take(400).collect();
                let before: String = before.into_iter().rev().collect();
                panic!("{form:?} is shown after\n{before}");
            }
        }
    }
}

/// All that an app may print of an error.
pub fn shown(error: &Error) -> String {
    format!(
        "{error} {error:?} {error:#?} {} {} {} {} {} {} {}",
        error.message(),
        error.argument(),
        error.server_message(),
        error.data_json(),
        String::from_utf8_lossy(error.body()),
        error.url(),
        error.mfa_id(),
    )
}
