//! Tests of `record.rs`: each limit from both sides.

#![allow(clippy::unwrap_used)]

use super::*;

fn members(count: usize) -> String {
    let list: Vec<String> = (0..count).map(|n| format!("\"n{n}\":{n}")).collect();
    format!("{{{}}}", list.join(","))
}

#[test]
fn ordinary_records_pass() {
    for good in [
        "{}",
        " {\n} ",
        r#"{"a":null,"b":true,"c":-1,"d":1.5e3,"e":"\ud83d\ude00","f":[{},[]],"g":18446744073709551615}"#,
        r#"{"a":{"x":1,"x":2}}"#,
        r#"{"a":"\u0000"}"#,
    ] {
        assert_eq!(check(good), Ok(()), "{good}");
    }
}

#[test]
fn depth_ends_at_64() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let nested = |depth: usize| {
            let inside = depth - 1;
            format!("{{\"a\":{}0{}}}", open.repeat(inside), close.repeat(inside))
        };
        assert_eq!(check(&nested(64)), Ok(()));
        assert_eq!(check(&nested(65)), Err(TOO_DEEP));
        assert_eq!(check(&nested(5000)), Err(TOO_DEEP));
    }
    assert_eq!(
        check_value(&format!("{}{}", "[".repeat(64), "]".repeat(64))),
        Ok(())
    );
    assert_eq!(
        check_value(&format!("{}{}", "[".repeat(65), "]".repeat(65))),
        Err(TOO_DEEP)
    );
}

#[test]
fn depth_is_that_of_nesting_not_of_brackets() {
    assert_eq!(
        check(&format!(
            "{{\"a\":[{}{{}}]}}",
            "[[]],{\"x\":[]},".repeat(500)
        )),
        Ok(())
    );
}

#[test]
fn members_end_at_10000() {
    assert_eq!(check(&members(10_000)), Ok(()));
    assert_eq!(check(&members(10_001)), Err(TOO_MANY));
    assert_eq!(check(&format!("{{\"a\":{}}}", members(9_999))), Ok(()));
    assert_eq!(
        check(&format!("{{\"a\":{}}}", members(10_000))),
        Err(TOO_MANY)
    );
    assert_eq!(
        check(&format!("{{\"a\":[{}0]}}", "0,".repeat(20_000))),
        Ok(())
    );
}

#[test]
fn duplicate_names_at_the_top_are_refused() {
    assert_eq!(check(r#"{"a":1,"b":2,"a":3}"#), Err(DUPLICATE));
    assert_eq!(check(r#"{"a":1,"\u0061":3}"#), Err(DUPLICATE));
    assert_eq!(check(r#"{"":1,"":3}"#), Err(DUPLICATE));
    assert_eq!(check(r#"{"a":1,"A":3}"#), Ok(()));
    let many = members(9_999);
    assert_eq!(
        check(&format!("{},\"n5000\":0}}", &many[..many.len() - 1])),
        Err(DUPLICATE)
    );
}

#[test]
fn broken_texts_are_refused() {
    for bad in [
        "",
        "{",
        "{\"a\"}",
        "{\"a\":1,}",
        "{'a':1}",
        "{}x",
        "{}{}",
        "\u{feff}{}",
        "{\"a\":\"\t\"}",
        r#"{"a":"\ud800"}"#,
        r#"{"a":"\udc00"}"#,
        r#"{"a":"\ud800\ud800"}"#,
        r#"{"\ud800":1}"#,
        r#"{"a":{"\ud800":1}}"#,
        r#"{"a":1e999}"#,
        r#"{"a":-1e999}"#,
        r#"{"a":NaN}"#,
        r#"{"a":01}"#,
    ] {
        assert_eq!(check(bad), Err(NOT_JSON), "{bad}");
    }
    for other in ["[]", "null", "1", "\"x\"", "true", "[{}]"] {
        assert_eq!(check(other), Err(NOT_AN_OBJECT), "{other}");
    }
}

#[test]
fn any_value_is_checked_alike() {
    for good in ["1", "null", "\"x\"", "[{},1]", "{\"a\":1}", " [1] "] {
        assert_eq!(check_value(good), Ok(()), "{good}");
    }
    for bad in [
        "",
        "1e999",
        "\"\\ud800\"",
        "[1",
        "1 2",
        "{\"a\":1,\"a\":2}",
        " {\"a\":1,\"a\":2}",
    ] {
        assert!(check_value(bad).is_err(), "{bad}");
    }
}
