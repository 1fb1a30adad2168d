//! Tests of `redact.rs`: a canary in every spelling.

#![allow(clippy::unwrap_used)]

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::*;

const CANARY: &str = "Pa ss+\"\\/<é😀\n&%41=x";

fn redacted(text: &str, secrets: &[&str]) -> String {
    let bytes = Redactor::new(secrets).bytes(text.as_bytes(), usize::MAX >> 1);
    assert_eq!(
        String::from_utf8(bytes).unwrap(),
        Redactor::new(secrets).text(text)
    );
    Redactor::new(secrets).text(text)
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

fn spellings(secret: &str) -> Vec<String> {
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
fn every_spelling_is_found() {
    for spelling in spellings(CANARY) {
        let shown = redacted(&format!("<p>é{spelling}é</p>"), &[CANARY]);
        assert_eq!(shown, "<p>é***é</p>", "{spelling}");
        assert_eq!(
            redacted(&spelling.repeat(2), &[CANARY]),
            "******",
            "{spelling}"
        );
    }
}

#[test]
fn other_text_stays() {
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
        assert_eq!(redacted(text, &[CANARY, "\u{1f601}"]), text);
    }
    assert_eq!(redacted("anything", &[]), "anything");
    assert_eq!(redacted("anything", &[""]), "anything");
}

#[test]
fn bytes_that_are_no_text_are_searched_too() {
    let body = [b"\xff\xfe", CANARY.as_bytes(), b"\xff"].concat();
    assert_eq!(
        Redactor::new(&[CANARY]).bytes(&body, 1000),
        b"\xff\xfe***\xff"
    );
}

#[test]
fn longer_and_overlapping_secrets_are_covered() {
    assert_eq!(redacted("abcdef", &["abc", "abcde"]), "***f");
    assert_eq!(redacted("abcdef", &["abcd", "cdef"]), "***");
    assert_eq!(redacted("aaaaa", &["aa"]), "***");
    assert_eq!(redacted("abab", &["ab"]), "******");
    assert_eq!(redacted("xabcx", &["b", "abc"]), "x***x");
    assert_eq!(redacted("a*b", &["*"]), "a***b");
}

#[test]
fn a_cut_shows_no_part_of_a_secret() {
    let secret = "0123456789";
    let escaped = json_escaped(secret, true, false);
    for spelling in [secret, &escaped] {
        let body = format!("{}{spelling}{}", "x".repeat(50), "y".repeat(50));
        for limit in 0..body.len() + 5 {
            let shown =
                String::from_utf8(Redactor::new(&[secret]).bytes(body.as_bytes(), limit)).unwrap();
            assert!(shown.len() <= limit);
            assert!(shown.chars().all(|c| "xy*".contains(c)), "{limit}: {shown}");
        }
    }
}

#[test]
fn json_stays_json_and_in_order() {
    let json = |text: &str, secrets: &[&str]| Redactor::new(secrets).json(text);
    assert_eq!(
        json(r#"{ "z":1, "a":"hush" }"#, &["hush"]),
        r#"{ "z":1, "a":"***" }"#
    );
    assert_eq!(
        json(r#"{"hush":["x hush",{"b":"\"hush\""}]}"#, &["hush"]),
        r#"{"***":["x ***",{"b":"\"***\""}]}"#
    );
    assert_eq!(
        json(r#"{"a":12345,"b":true,"c":null,"d":-1.5e3}"#, &["234"]),
        r#"{"a":"***","b":true,"c":null,"d":-1.5e3}"#
    );
    assert_eq!(
        json(r#"{"a":true,"b":[true]}"#, &["true"]),
        r#"{"a":"***","b":["***"]}"#
    );
    assert_eq!(json(r#"{"a":"\u003c"}"#, &["\""]), r#"{"a":"\u003c"}"#);
    for spelling in spellings(CANARY) {
        // Once as the text of a string, once written into it.
        let inside = serde_json::to_string(&format!("x{spelling}x")).unwrap();
        assert_eq!(
            json(&format!(r#"{{"a":{inside}}}"#), &[CANARY]),
            r#"{"a":"x***x"}"#
        );
    }
    for all in [true, false] {
        let written = json_escaped(CANARY, all, all);
        assert_eq!(
            json(&format!(r#"{{"{written}":"{written}"}}"#), &[CANARY]),
            r#"{"***":"***"}"#
        );
    }
}

#[test]
fn any_secret_leaves_json_valid() {
    let text = r#"{"tok\u0065n":{"code":"a\\b\"c","n":[1,-2.5e+3,true,null,"","é😀\ud83d\ude00"]},"x":"{}[]:,"}"#;
    for secret in [
        "e", "\"", "\\", ":", ",", "{", "*", "1", "u", "n", "é", "😀", "true", "5e+3", "token",
        " ", "b\"c",
    ] {
        let shown = Redactor::new(&[secret]).json(text);
        let value: Result<Value, _> = serde_json::from_str(&shown);
        assert!(value.is_ok(), "{secret}: {shown}");
    }
}

#[test]
fn ids_lose_only_telling_secrets() {
    let id = "019b0c1e-aaaa-7000-8000-000000000000";
    assert_eq!(Redactor::for_ids(&["a", "0000", "tok"]).text(id), id);
    assert_eq!(
        Redactor::for_ids(&["019b0c1e"]).text(id),
        "***-aaaa-7000-8000-000000000000"
    );
}

#[test]
fn a_secret_that_looks_like_json_does_not_stand_across_several_texts() {
    let json = |secret| Redactor::new(&[secret]).json(r#"{"field":"pa","code":"ss"}"#);
    assert_eq!(json("pa\",\"code\":\"ss"), "{}");
    assert_eq!(json("\":\""), r#"{"field":"pa","code":"ss"}"#);
}
