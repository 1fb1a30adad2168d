//! The fields of a scenario's line: separated by spaces, percent-encoded, `""` for an empty one.

/// A field as it stands in a line: visible ASCII as it is, but for `%`; everything else encoded.
pub fn encode(text: &[u8]) -> String {
    if text.is_empty() {
        return "\"\"".to_owned();
    }
    let mut encoded = String::with_capacity(text.len());
    for &byte in text {
        match byte {
            b'!'..=b'~' if byte != b'%' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// A line of these fields.
pub fn line(fields: &[&str]) -> String {
    let encoded: Vec<_> = fields
        .iter()
        .map(|field| encode(field.as_bytes()))
        .collect();
    encoded.join(" ")
}

/// The fields of a line, decoded.
pub fn split(line: &str) -> Vec<String> {
    line.split_ascii_whitespace().map(decode).collect()
}

/// What a field means.
pub fn decode(field: &str) -> String {
    if field == "\"\"" {
        return String::new();
    }
    let mut parts = field.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let digits = part.get(..2).expect("two digits after a percent sign");
        bytes.push(u8::from_str_radix(digits, 16).expect("hexadecimal digits"));
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).expect("a field is UTF-8")
}
