//! Tests of `redact.rs`: a secret in every encoding.

#![allow(clippy::unwrap_used)]

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::*;

const SECRET: &str = "Pa ss+\"\\/<é😀\n&%41=x";

const ALL: usize = usize::MAX >> 1;

fn redacted(text: &str, secrets: &[&str]) -> String {
    let shown = Redactor::new(secrets).text(text.as_bytes(), ALL);
    String::from_utf8(shown).unwrap()
}

/// A JSON object as `data_json` and as `body` show it.
fn json(text: &str, secrets: &[&str]) -> String {
    let redactor = Redactor::new(secrets);
    let shown = redactor.json(text, 400, ALL);
    assert_eq!(redactor.json_body(text, 400, ALL), shown.as_bytes());
    shown
}

/// The inside of a JSON string as Go writes it by default, every character escaped if `all`.
fn json_escaped(text: &str, all: bool, upper: bool) -> String {
    let mut out = String::new();
    for unit in text.encode_utf16() {
        let c = char::from_u32(unit.into());
        match c.filter(|c| !all && c.is_ascii_graphic() && !"<>&\"\\".contains(*c)) {
            Some(plain) => out.push(plain),
            None if upper => out.push_str(&format!("\\u{unit:04X}")),
            None => out.push_str(&format!("\\u{unit:04x}")),
        }
    }
    out
}

fn encodings(secret: &str) -> Vec<String> {
    let minimal = serde_json::to_string(secret).unwrap();
    let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let bare_plus = percent.replace("%2B", "+");
    let twice = serde_json::to_string(&minimal[1..minimal.len() - 1]).unwrap();
    vec![
        secret.to_owned(),
        twice[1..twice.len() - 1].to_owned(),
        minimal[1..minimal.len() - 1].to_owned(),
        minimal[1..minimal.len() - 1].replace('/', "\\/"),
        json_escaped(secret, false, false),
        json_escaped(secret, false, true),
        json_escaped(secret, true, false),
        json_escaped(secret, true, true),
        percent.clone(),
        percent
            .to_lowercase()
            .replace("%50", "P")
            .replacen('p', "P", 1),
        percent.replace("%20", "+"),
        bare_plus,
        STANDARD_NO_PAD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
        utf8_percent_encode(&STANDARD_NO_PAD.encode(secret), NON_ALPHANUMERIC).to_string(),
    ]
}

#[test]
fn every_encoding_is_found() {
    for encoding in encodings(SECRET) {
        let shown = redacted(&format!("<p>é{encoding}é</p>"), &[SECRET]);
        assert_eq!(shown, "<p>é***é</p>", "{encoding}");
        assert_eq!(
            redacted(&encoding.repeat(2), &[SECRET]),
            "******",
            "{encoding}"
        );
    }
}

#[test]
fn other_text_is_kept() {
    for text in [
        "",
        "Pa ss",
        "%",
        "%4",
        "\\",
        "\\u",
        "\\u00",
        "\\ud83d",
        "\\ud83d\\u0041",
        "+",
        "%zz",
        "Pa ss+\"\\",
    ] {
        assert_eq!(redacted(text, &[SECRET, "\u{1f601}"]), text);
    }
    assert_eq!(redacted("anything", &[]), "anything");
    assert_eq!(redacted("anything", &[""]), "anything");
}

#[test]
fn invalid_utf8_is_searched() {
    let body = [b"\xff\xfe", SECRET.as_bytes(), b"\xff"].concat();
    assert_eq!(
        Redactor::new(&[SECRET]).text(&body, 1000),
        b"\xff\xfe***\xff"
    );
}

#[test]
fn overlapping_secrets_are_redacted() {
    assert_eq!(redacted("abcdefghijk", &["abcdefgh", "abcdefghij"]), "***k");
    assert_eq!(redacted("abcdefghijk", &["abcdefgh", "defghijk"]), "***");
    assert_eq!(redacted(&"a".repeat(20), &["aaaaaaaa"]), "***");
    assert_eq!(redacted("abababababababab", &["abababab"]), "***");
    assert_eq!(redacted("abcdefghabcdefgh", &["abcdefgh"]), "******");
    assert_eq!(
        redacted("xabcdefghijx", &["bcdefghi", "abcdefghij"]),
        "x***x"
    );
    assert_eq!(redacted("a********b", &["********"]), "a***b");
}

#[test]
fn encodings_may_be_mixed_within_a_secret() {
    let secret = "a b+c/d\"e";
    for text in [
        "a\\u0020b+c/d\"e",
        "a b\\u002bc\\/d\\\"e",
        "a\\\\u0020b+c/d\\\"e",
        "\\\\u0061\\u0020b+c/d\\\\\\\"e",
        "a%20b+c/d%22e",
        "%61 b%2Bc%2fd\"e",
        "a+b%2bc/d%22e",
    ] {
        assert_eq!(redacted(&format!("<{text}>"), &[secret]), "<***>", "{text}");
    }
}

#[test]
fn text_with_a_short_secret_is_not_shown() {
    assert_eq!(redacted("wrong password", &["word"]), "***");
    assert_eq!(redacted("wr\\u006fng", &["o"]), "***");
    assert_eq!(redacted("wrong", &["wrongs"]), "wrong");
    // The short secret occurs within the long one.
    assert_eq!(redacted("a tok-pw-123!", &["pw", "tok-pw-123"]), "a ***!");
    assert_eq!(redacted("a pw tok-pw-123!", &["pw", "tok-pw-123"]), "***");
}

#[test]
fn truncation_shows_no_part_of_a_secret() {
    let secret = "0123456789";
    let escaped = json_escaped(secret, true, false);
    let twice = escaped.replace("\\u", "\\u005cu");
    let percent: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    for encoding in [secret, &escaped, &twice, &percent] {
        let body = format!("{}{encoding}{}", "x".repeat(50), "y".repeat(50));
        let is_safe = |c: char| "xy*{}[]\":,v".contains(c);
        for limit in 0..body.len() + 25 {
            let shown = Redactor::new(&[secret]).text(body.as_bytes(), limit);
            let shown = String::from_utf8(shown).unwrap();
            assert!(shown.len() <= limit);
            assert!(shown.chars().all(is_safe), "{limit}: {shown}");
            let object = format!(r#"{{"v":["{body}"]}}"#);
            let shown = Redactor::new(&[secret]).json_body(&object, 400, limit);
            let shown = String::from_utf8(shown).unwrap();
            assert!(shown.len() <= limit);
            assert!(shown.chars().all(is_safe), "{limit}: {shown}");
            let shown = Redactor::new(&[secret]).string(&body, limit);
            assert!(shown.chars().all(is_safe), "{limit}: {shown}");
        }
        let numbers = Redactor::new(&[secret]).json_body("[1,0123456789]", 400, 8);
        assert_eq!(numbers, b"[1,\"***\"");
    }
}

#[test]
fn json_stays_valid_and_in_order() {
    assert_eq!(
        json(r#"{ "z":1, "a":"secret-secret" }"#, &["secret-secret"]),
        r#"{ "z":1, "a":"***" }"#
    );
    assert_eq!(
        json(
            r#"{"secret-secret":["x secret-secret",{"b":"\"secret-secret\""}]}"#,
            &["secret-secret"]
        ),
        r#"{"***":["x ***",{"b":"\"***\""}]}"#
    );
    assert_eq!(
        json(
            r#"{"a":1234567890,"b":true,"c":null,"d":-1.5e3}"#,
            &["23456789"]
        ),
        r#"{"a":"***","b":true,"c":null,"d":-1.5e3}"#
    );
    for encoding in encodings(SECRET) {
        // Once as the value of a string, once as its JSON.
        let inside = serde_json::to_string(&format!("x{encoding}x")).unwrap();
        assert_eq!(
            json(&format!(r#"{{"a":{inside}}}"#), &[SECRET]),
            r#"{"a":"x***x"}"#
        );
    }
    for all in [true, false] {
        let written = json_escaped(SECRET, all, all);
        assert_eq!(
            json(&format!(r#"{{"{written}":"{written}"}}"#), &[SECRET]),
            r#"{"***":"***"}"#
        );
    }
}

#[test]
fn fixed_strings_are_kept_whatever_the_secret() {
    let body = concat!(
        r#"{"data":{"email":{"code":"validation_is_email","message":"Must be a valid email address."},"#,
        r#""token":{"code":"validation_length_out_of_range","message":"The length must be between 1 and 1024.","#,
        r#""params":{"max":1024,"min":1}}},"#,
        r#""message":"An error occurred while validating the submitted data.","status":400}"#
    );
    for secret in [
        "a",
        "1",
        "4",
        "400",
        "1024",
        "email",
        "message",
        "max",
        "validation",
        "validation_is_email",
        "Must be a valid email address.",
        "An error occurred",
        "params",
        "true",
    ] {
        assert_eq!(json(body, &[secret]), body, "{secret}");
    }
    let message = "An error occurred while validating the submitted data.";
    assert_eq!(Redactor::new(&["e"]).string(message, 512), message);
}

#[test]
fn fixed_strings_do_not_reveal_a_short_secret() {
    assert_eq!(
        json(
            r#"{"email":"email","nickname":{"code":"a code","message":"Cannot be blank.","n":41,"m":55}}"#,
            &["d", "4", "email"]
        ),
        r#"{"email":"***","nickname":{"code":"***","message":"Cannot be blank.","n":"***","m":55}}"#
    );
    assert_eq!(json(r#"{"nickname":1}"#, &["nick"]), r#"{"***":1}"#);
    assert_eq!(Redactor::new(&["a"]).string("A page.", 512), "***");
}

#[test]
fn any_secret_leaves_json_valid() {
    let text = r#"{"tok\u0065n":{"code":"a\\b\"c","n":[1,-2.5e+3,true,null,"","é😀\ud83d\ude00"]},"x":"{}[]:,"}"#;
    for secret in [
        "e",
        "\"",
        "\\",
        ":",
        ",",
        "{",
        "*",
        "1",
        "u",
        "n",
        "é",
        "😀",
        "true",
        "5e+3",
        "token",
        " ",
        "b\"c",
        "a\\b\"c",
        "é😀😀",
        "é😀\\ud83d",
    ] {
        let shown = Redactor::new(&[secret]).json(text, 400, ALL);
        let value: Result<Value, _> = serde_json::from_str(&shown);
        assert!(value.is_ok(), "{secret}: {shown}");
    }
}

#[test]
fn only_long_secrets_are_redacted_in_ids() {
    let id = "019b0c1e-aaaa-7000-8000-000000000000";
    assert_eq!(Redactor::new(&["a", "0000", "tok"]).id(id), id);
    assert_eq!(
        Redactor::new(&["019b0c1e"]).id(id),
        "***-aaaa-7000-8000-000000000000"
    );
}

#[test]
fn secret_that_looks_like_json_is_redacted() {
    let text = r#"{"field":"pa","code":"ss"}"#;
    let secret = "pa\",\"code\":\"ss";
    assert_eq!(Redactor::new(&[secret]).json(text, 400, ALL), "{}");
    let body = Redactor::new(&[secret]).json_body(text, 400, ALL);
    assert_eq!(body, br#"{"field":"***"}"#);
    assert_eq!(json(text, &["\":\""]), text);
}

#[test]
fn data_that_is_too_long_is_omitted() {
    let object = format!(r#"{{"a":"{}"}}"#, "x".repeat(92));
    assert_eq!(Redactor::new(&[]).json(&object, 400, 100), object);
    assert_eq!(Redactor::new(&[]).json(&object, 400, 99), "{}");
    let longer = format!("[{}0]", "2,".repeat(40));
    assert_eq!(Redactor::new(&["2"]).json(&longer, 400, 100), "{}");
}

#[test]
fn nothing_is_shown_with_too_many_secrets() {
    let long = "0123456789abcdef".repeat(16 * 1024);
    let redactor = Redactor::new(&[&long, "x"]);
    assert_eq!(redactor.text(b"page", ALL), b"");
    assert_eq!(redactor.json_body(r#"{"a":"b"}"#, 400, ALL), b"");
    assert_eq!(redactor.json(r#"{"a":"b"}"#, 400, ALL), "{}");
    assert_eq!(redactor.string("A text.", ALL), "");
    assert_eq!(redactor.string("Cannot be blank.", ALL), "Cannot be blank.");
    assert_eq!(redactor.id("019b0c1e"), "***");
}

/// Returns the number of state transitions for the secrets and the text.
fn steps(text: &str, secrets: &[&str]) -> usize {
    automaton::STEPS.set(0);
    let redactor = Redactor::new(secrets);
    let before = automaton::STEPS.get();
    let needles: usize = secrets.iter().map(|secret| 4 * secret.len() + 8).sum();
    assert!(before <= 2 * needles, "{before} steps to prepare");
    redactor.text(text.as_bytes(), ALL);
    redactor.json_body(text, 400, ALL);
    automaton::STEPS.get() - before
}

#[test]
fn redaction_takes_linear_time() {
    let repeated: Vec<String> = (0..2600)
        .map(|at| format!("{}{at:05}", "a".repeat(19)))
        .collect();
    let repeated: Vec<&str> = repeated.iter().map(String::as_str).collect();
    let tail = format!("{}b", "a".repeat(1023));
    let turns: Vec<String> = (8..200).map(|length| "ab".repeat(length)).collect();
    let turns: Vec<&str> = turns.iter().map(String::as_str).collect();
    for secrets in [
        &[tail.as_str()][..],
        &["a"],
        &["%"],
        &["\\"],
        &turns,
        &repeated,
    ] {
        for text in [
            "a",
            "ab",
            "\\",
            "\\u0061",
            "\\\\u0061",
            "%61",
            "%",
            "+",
            "a%61\\u0061+",
            "aaab",
            "\",\"",
        ] {
            let text = text.repeat((64 << 10) / text.len());
            // A text and its tokens are read in up to five encodings each, and the shown tokens once more.
            let most = 2 * 3 * 5 * 3 * text.len();
            let steps = steps(&text, secrets);
            assert!(
                steps <= most,
                "{steps}, not {most}: {} in {}",
                secrets[0],
                &text[..12]
            );
        }
    }
}
