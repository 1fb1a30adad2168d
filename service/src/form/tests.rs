//! Tests of parsing bodies.
#![allow(clippy::unwrap_used)]

use super::*;

const NAMES: &[&str] = &["email", "password", "token"];

fn headers(kind: &str) -> HeaderMap {
    HeaderMap::from_iter([(header::CONTENT_TYPE, kind.parse().unwrap())])
}

fn read(kind: &str, query: &str, body: &[u8]) -> ApiResult<Form> {
    let body = Bytes::copy_from_slice(body);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(Form::read(&headers(kind), query, &body, NAMES))
}

/// Returns the token in a JSON body, or `None` if the body is rejected.
fn json_token(body: impl AsRef<[u8]>) -> Option<String> {
    let form = read("application/json", "", body.as_ref()).ok()?;
    Some(form.get("token").to_owned())
}

#[test]
fn json_is_parsed_as_in_go() {
    for (body, token) in [
        (r#"{"token":"a"}"#, "a"),
        (r#"{"TOKEN":"a"}"#, "a"),
        ("{\"to\u{212a}en\":\"a\"}", "a"),
        (r#"{"token":"a","Token":"b"}"#, "b"),
        (r#"{"Token":"a","token":"b"}"#, "b"),
        (r#"{"token":"a","token":null}"#, "a"),
        (r#"{"token":null}"#, ""),
        (r#"{"token":"a"} trailing"#, "a"),
        (r#"{"token":"a"}{"token":"b"}"#, "a"),
        ("null", ""),
        (" {} ", ""),
        (r#"{"other":{"token":"x"},"n":1e999,"token":"a"}"#, "a"),
        (r#"{"token":"\u00e9\ud83d\ude00"}"#, "é😀"),
        (
            r#"{"token":"\ud800\ud83d\ude00\udc00x"}"#,
            "\u{fffd}😀\u{fffd}x",
        ),
        (r#"{"token":"\\ud800"}"#, "\\ud800"),
        (r#"{"token":"\u0000"}"#, "\0"),
    ] {
        assert_eq!(json_token(body).as_deref(), Some(token), "{body}");
    }
}

#[test]
fn deeply_nested_unknown_fields_are_skipped() {
    let deep = format!("{}{}", "[".repeat(9000), "]".repeat(9000));
    let body = format!(r#"{{"x":{deep},"token":"a"}}"#);
    assert_eq!(json_token(body).as_deref(), Some("a"));
}

#[test]
fn each_invalid_byte_is_replaced() {
    let token = json_token(b"{\"token\":\"\xff\xe2\x82x\"}");
    assert_eq!(token.as_deref(), Some("\u{fffd}\u{fffd}\u{fffd}x"));
}

#[test]
fn other_json_is_rejected() {
    for body in [
        "",
        " ",
        "{\"token\":",
        "[]",
        "\"x\"",
        "5",
        "true",
        "{\"token\":123}",
        "{\"token\":[\"x\"]}",
        "{\"token\":{}}",
        "{\"token\":true}",
        "\u{feff}{}",
        "{'token':1}",
        "{\"token\":\"\n\"}",
        "{\"token\":\"\\ud8\"}",
        "{\"token\":\"a\",}",
    ] {
        let read = json_token(body);
        // An empty body that is not chunked is an empty form.
        let expected = if body.is_empty() {
            Some(String::new())
        } else {
            None
        };
        assert_eq!(read, expected, "{body:?}");
    }
}

#[test]
fn empty_chunked_body_is_rejected() {
    let mut headers = headers("application/json");
    headers.insert(header::TRANSFER_ENCODING, "chunked".parse().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let read = runtime.block_on(Form::read(&headers, "", &Bytes::new(), NAMES));
    assert!(read.is_err());
}

#[test]
fn first_form_value_wins_and_the_query_is_last() {
    let kind = "application/x-www-form-urlencoded; charset=utf-8";
    let token = |query, body: &str| {
        read(kind, query, body.as_bytes())
            .unwrap()
            .get("token")
            .to_owned()
    };
    assert_eq!(token("", "token=a+b%21&token=c"), "a b!");
    assert_eq!(token("token=q", "email=e"), "q");
    assert_eq!(token("token=q", "token=b"), "b");
    assert_eq!(token("", "Token=b"), "");
    assert_eq!(token("", "@jsonPayload=%7B%22token%22:%22j%22%7D"), "j");
}

#[test]
fn multipart_bodies_are_parsed() {
    let part = |name: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let kind = "multipart/form-data; boundary=b";
    let token = |body: String| {
        Some(
            read(kind, "", body.as_bytes())
                .ok()?
                .get("token")
                .to_owned(),
        )
    };
    assert_eq!(token(part("token", "a b") + "--b--\r\n").unwrap(), "a b");
    assert_eq!(
        token(part("@jsonPayload", r#"{"token":"j"}"#) + "--b--\r\n").unwrap(),
        "j"
    );
    assert_eq!(token(part("@jsonPayload", "{") + "--b--\r\n"), None);
    assert_eq!(token(part("token", "a")), None);
    assert_eq!(
        token(part("token\"; filename=\"f", "a") + "--b--\r\n").unwrap(),
        ""
    );
    assert!(read("multipart/form-data", "", b"--b--\r\n").is_err());
}

#[test]
fn content_types_are_case_sensitive() {
    for kind in [
        "text/plain",
        "Application/JSON",
        "application/jso",
        "APPLICATION/JSON",
    ] {
        assert!(read(kind, "", b"{}").is_err(), "{kind}");
    }
    assert!(read("application/json;x", "", b"{}").is_ok());
    assert!(read("text/xml", "", b"<a/>").is_err());
    assert!(read("text/plain", "", b"").is_ok());
}

#[test]
fn forms_that_go_rejects_are_rejected() {
    const FORM: &str = "application/x-www-form-urlencoded";
    for (query, body) in [
        ("", "token=%zz"),
        ("", "token=a&x=%"),
        ("", "token=a&x=%4"),
        ("", "token=a;x=1"),
        ("x=%zz", "token=a"),
        ("x;y", "token=a"),
    ] {
        let form = read(FORM, query, body.as_bytes());
        assert!(form.is_err(), "{query} {body}");
    }
    let form = read(FORM, "x=%3b", b"token=%41+%3B%25").unwrap();
    assert_eq!(form.get("token"), "A ;%");
}

#[test]
fn body_that_is_not_xml_is_not_loaded() {
    for (body, message) in [
        ("{}", "loading the submitted data"),
        ("<a/>", "Something went wrong"),
    ] {
        let error = read("application/xml", "", body.as_bytes()).err().unwrap();
        assert!(format!("{error:?}").contains(message), "{body}");
    }
}
