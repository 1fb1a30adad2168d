//! Tests of `record.rs`.

#![allow(clippy::unwrap_used)]

use std::cell::Cell;

use super::super::json::UNLIMITED;
use super::*;

fn read(json: &str) -> Result<(), JsonError> {
    check(json, UNLIMITED)
}

fn fields(count: usize) -> String {
    let list: Vec<String> = (0..count).map(|n| format!("\"n{n}\":{n}")).collect();
    list.join(",")
}

#[test]
fn every_object_of_rfc_8259_is_accepted() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(511), "]".repeat(511));
    let many = format!("{{{}}}", fields(20_001));
    for good in [
        "{}",
        " {\n} ",
        r#"{"a":null,"b":true,"c":-1,"d":1.5e3,"e":"\ud83d\ude00","f":[{},[]],"g":18446744073709551616}"#,
        r#"{"a":{"x":1,"x":2}}"#,
        r#"{"a":"\u0000"}"#,
        r#"{"a":1e400,"b":-1E+999,"c":0.00000000000000000000000000000000001}"#,
        r#"{"a":"\ud800","b":"\udc00\ud800","\ud800":1,"\udc00":2,"c":{"\ud800":1}}"#,
        r#"{"a":1,"A":3}"#,
        &deep,
        &many,
    ] {
        assert_eq!(read(good), Ok(()), "{good:.60}");
    }
}

#[test]
fn errors_have_a_reason() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(512), "]".repeat(512));
    for (bad, error) in [
        ("", JsonError::NotJson),
        ("{", JsonError::NotJson),
        ("{\"a\":1,}", JsonError::NotJson),
        ("{}{}", JsonError::NotJson),
        ("\u{feff}{}", JsonError::NotJson),
        ("[]", JsonError::NotAnObject),
        ("null", JsonError::NotAnObject),
        (&deep, JsonError::TooDeep),
    ] {
        assert_eq!(read(bad), Err(error), "{bad:.60}");
    }
}

#[test]
fn duplicate_names_at_the_top_level_are_rejected() {
    for bad in [
        r#"{"a":1,"b":2,"a":3}"#,
        r#"{"a":1,"\u0061":3}"#,
        r#"{"":1,"":3}"#,
        r#"{"\ud800":1,"x":0,"\uD800":3}"#,
    ] {
        assert_eq!(read(bad), Err(JsonError::Duplicate), "{bad}");
    }
    for count in [30, 31, 32, 33, 1024, 5000] {
        let list = fields(count);
        assert_eq!(read(&format!("{{{list}}}")), Ok(()), "{count}");
        let duplicate = format!("{{{list},\"n\\u0035\":0}}");
        assert_eq!(read(&duplicate), Err(JsonError::Duplicate), "{count}");
    }
}

#[test]
fn check_runs_while_names_are_compared() {
    let json = format!("{{{}}}", fields(100_000));
    let looks = Cell::new(0);
    let scanned = json.len() / (64 * 1024) + 1;
    let look = || {
        looks.set(looks.get() + 1);
        if looks.get() > scanned + 10 {
            Err(Stopped)
        } else {
            Ok(())
        }
    };
    assert_eq!(check(&json, &look), Err(JsonError::Stopped));
}
