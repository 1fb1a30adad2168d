//! Tests of `json.rs`, most of them against `serde_json` where both accept the same input.

#![allow(clippy::unwrap_used)]

use std::cell::Cell;

use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::*;

fn read(json: &str) -> Result<Vec<(String, &str)>, JsonError> {
    let mut list = Vec::new();
    fields(json, DEPTH_MAX, UNLIMITED, |name, value| {
        list.push((decode_lossy(name.inside), value));
    })?;
    Ok(list)
}

fn nested(depth: usize, open: &str, close: &str) -> String {
    let inside = depth - 1;
    format!("{{\"a\":{}0{}}}", open.repeat(inside), close.repeat(inside))
}

/// Pieces of the generated input: the whole grammar, and invalid variants.
const PIECES: [&str; 44] = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\"a\"",
    "\"a\":",
    "\"\\u0061\":",
    "1",
    "0",
    "-",
    "-0",
    "01",
    "1.5",
    "1.",
    ".5",
    "1e400",
    "1E+5",
    "1e",
    "1e-",
    "-1e-999",
    "true",
    "false",
    "null",
    "nul",
    "True",
    " ",
    "\n\t\r",
    "\u{a0}",
    "\"\\ud800\"",
    "\"\\ud83d\\ude00\"",
    "\"\\n\\/\"",
    "\"\\x\"",
    "\"\\u12\"",
    "\"\t\"",
    "\"\u{7f}é😀\"",
    "\"\"",
    "{}",
    "[]",
    "\u{feff}",
    "NaN",
    "'",
];

/// A generator that returns the same numbers in every run.
fn random(state: &mut u64, below: usize) -> usize {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize % below
}

#[test]
fn accepts_exactly_what_serde_json_skips() {
    let mut state = 1;
    let (mut good, mut bad) = (0, 0);
    for _ in 0..400_000 {
        let count = 1 + random(&mut state, 9);
        let inside: String = (0..count)
            .map(|_| PIECES[random(&mut state, PIECES.len())])
            .collect();
        for json in [
            format!("{{{inside}}}"),
            format!("{{\"k\":{inside}}}"),
            inside,
        ] {
            let expected = serde_json::from_str::<IgnoredAny>(&json).is_ok();
            let actual = read(&json);
            let is_object = json.trim_ascii_start().starts_with('{');
            match actual {
                Ok(_) => assert!(expected && is_object, "{json}"),
                Err(JsonError::NotAnObject) => assert!(expected && !is_object, "{json}"),
                Err(JsonError::NotJson) => assert!(!expected, "{json}"),
                Err(other) => panic!("{other:?}: {json}"),
            }
            if expected { good += 1 } else { bad += 1 }
        }
    }
    assert!(good > 10_000 && bad > 10_000, "{good} good, {bad} bad");
}

#[test]
fn returns_fields_as_serde_json_does() {
    let json = r#" { "a" : 1.50 , "b\n":[1, {"x":[]}] ,"":"\ud800", "a":{ } } "#;
    let actual = read(json).unwrap();
    let expected = [
        ("a", "1.50"),
        ("b\n", r#"[1, {"x":[]}]"#),
        ("", r#""\ud800""#),
        ("a", "{ }"),
    ];
    assert_eq!(actual.len(), expected.len());
    for ((name, value), (expected_name, expected_value)) in actual.iter().zip(expected) {
        assert_eq!((name.as_str(), *value), (expected_name, expected_value));
        let raw: &RawValue = serde_json::from_str(value).unwrap();
        assert_eq!(raw.get(), *value);
    }
}

#[test]
fn every_byte_ends_a_plain_run_at_every_position() {
    for length in 0..40 {
        let plain = vec![b'x'; length];
        assert_eq!(plain_length(&plain), length);
        for at in 0..length {
            for byte in 0..=255_u8 {
                let mut bytes = plain.clone();
                bytes[at] = byte;
                let ends = byte < 0x20 || byte == b'"' || byte == b'\\';
                assert_eq!(
                    plain_length(&bytes),
                    if ends { at } else { length },
                    "{byte} at {at}"
                );
            }
        }
    }
}

#[test]
fn nesting_is_limited_to_512_levels() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
        let most = if open.len() == 6 {
            DEPTH_MAX / 2
        } else {
            DEPTH_MAX
        };
        assert!(read(&nested(most, open, close)).is_ok());
        for depth in [DEPTH_MAX + 1, 100_000] {
            assert_eq!(read(&nested(depth, open, close)), Err(JsonError::TooDeep));
        }
    }
    assert_eq!(read(&"[".repeat(1_000_000)), Err(JsonError::TooDeep));
    assert!(read(&format!("{{\"a\":[{}0]}}", "[[]],{\"x\":[]},".repeat(5000))).is_ok());
}

#[test]
fn check_runs_every_64_kib() {
    let size = 1 << 20;
    for filler in [
        "x",
        "\\u0041",
        "\",\"",
        "\":1,\"",
        "\":[1,2,{}],\"",
        "\",            \"",
    ] {
        let inside = filler.repeat(size / filler.len());
        for json in [
            format!("{{\"a\":[\"{inside}\"]}}"),
            format!("{{\"{inside}\":1}}"),
            format!("{{\"a\":{}}}", "1".repeat(size)),
            format!("{{\"a\":[{}]}}", "0,".repeat(size / 2)),
            " ".repeat(size),
        ] {
            let looks = Cell::new(0);
            let look = || {
                looks.set(looks.get() + 1);
                Ok(())
            };
            let _ = fields(&json, DEPTH_MAX, &look, |_, _| {});
            let is_read = read(&json).is_ok() || json.starts_with(' ');
            assert!(
                !is_read || looks.get() >= size / BLOCK - 1,
                "{filler}: {}",
                looks.get()
            );
            let stops = || Err(Stopped);
            if is_read {
                assert_eq!(
                    fields(&json, DEPTH_MAX, &stops, |_, _| {}),
                    Err(JsonError::Stopped)
                );
            }
        }
    }
}

#[test]
fn names_are_equal_if_their_decoded_strings_are() {
    let hash = |name: Name<'_>| {
        use std::hash::{BuildHasher, RandomState};
        thread_local!(static STATE: RandomState = RandomState::new());
        STATE.with(|state| state.hash_one(name))
    };
    let names = [
        "a",
        "\\u0061",
        "b",
        "é",
        "\\u00e9",
        "\\u00E9",
        "😀",
        "\\ud83d\\ude00",
        "\\ud83d",
        "\\ude00",
        "\\ud83d\\ud83d",
        "",
        "\\/",
        "/",
        "\\n",
        "\\u000a",
        "\\\\n",
    ];
    let name = |inside: &'static str| Name {
        inside,
        has_escape: inside.contains('\\'),
    };
    let codes = |name: &str| code_points(name).collect::<Vec<_>>();
    for a in names {
        for b in names {
            let is_same = codes(a) == codes(b);
            assert_eq!(name(a) == name(b), is_same, "{a} {b}");
            assert!(!is_same || hash(name(a)) == hash(name(b)), "{a} {b}");
        }
        let decoded: Option<String> = codes(a).into_iter().map(char::from_u32).collect();
        assert_eq!(string(&format!("\"{a}\"")), decoded, "{a}");
        assert!(decoded.is_none_or(|decoded| name(a).is(&decoded)), "{a}");
    }
    assert!(!name("\\ud800").is("\u{fffd}"));
    assert_eq!(decode_lossy("\\ud800x\\udc00"), "\u{fffd}x\u{fffd}");
}

#[test]
fn strings_are_found_at_any_depth() {
    let json = r#"{"a":"x","b":[{"c\"":"y\"\\"},"\ud83d\ude00" , {"d" : "z"}],"e":"","f":1}"#;
    let strings_in: Vec<String> = strings(json).map(|string| string.to_string()).collect();
    assert_eq!(strings_in, ["x", "y\"\\", "😀", "z", ""]);
    assert_eq!(strings("{}").count(), 0);
}

#[test]
fn objects_are_recognized_by_their_front() {
    for json in ["{", " \n{x", "\u{feff}{}"] {
        assert!(looks_like_object(json.as_bytes()), "{json}");
    }
    for json in ["", "<html>{", "[{}]", "null", "x{"] {
        assert!(!looks_like_object(json.as_bytes()), "{json}");
    }
}
