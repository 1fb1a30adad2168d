//! Tests of base URLs and request targets.

#![allow(clippy::unwrap_used)]

use super::*;

fn parse(base_url: &str) -> BaseUrl {
    BaseUrl::parse(base_url).unwrap()
}

#[test]
fn valid_base_urls() {
    for (base_url, https, host, port, authority, address) in [
        (
            "https://api.example.com",
            true,
            "api.example.com",
            443,
            "api.example.com",
            "https://api.example.com/x",
        ),
        (
            "HTTPS://API.Example.Com/",
            true,
            "api.example.com",
            443,
            "api.example.com",
            "https://api.example.com/x",
        ),
        (
            "http://localhost:8090",
            false,
            "localhost",
            8090,
            "localhost:8090",
            "http://localhost:8090/x",
        ),
        ("http://h:80", false, "h", 80, "h", "http://h/x"),
        ("https://h:80", true, "h", 80, "h:80", "https://h:80/x"),
        ("https://h:00443", true, "h", 443, "h", "https://h/x"),
        (
            "https://h:65535",
            true,
            "h",
            65535,
            "h:65535",
            "https://h:65535/x",
        ),
        (
            "http://[::1]:8090",
            false,
            "::1",
            8090,
            "[::1]:8090",
            "http://[::1]:8090/x",
        ),
        (
            "https://[2001:DB8:0::1]",
            true,
            "2001:db8::1",
            443,
            "[2001:db8::1]",
            "https://[2001:db8::1]/x",
        ),
        (
            "https://127.0.0.1/a/b",
            true,
            "127.0.0.1",
            443,
            "127.0.0.1",
            "https://127.0.0.1/a/b/x",
        ),
        (
            "https://my_host-1.x./a%20b/",
            true,
            "my_host-1.x.",
            443,
            "my_host-1.x.",
            "https://my_host-1.x./a%20b/x",
        ),
        ("https://h/@me", true, "h", 443, "h", "https://h/@me/x"),
    ] {
        let url = parse(base_url);
        assert_eq!(
            (url.is_https(), url.host(), url.port(), url.authority()),
            (https, host, port, authority),
            "{base_url}"
        );
        assert_eq!(
            url.address(&format!("{}/x?y=z", url.prefix)),
            address,
            "{base_url}"
        );
    }
}

#[test]
fn invalid_base_urls() {
    let long = format!("https://{}", "h".repeat(URL_MAX - 7));
    for base_url in [
        "",
        "api.example.com",
        "//h",
        "ftp://h",
        "https:/h",
        "https://",
        "https:///a",
        "https://:80",
        "https://user@h",
        "https://user:secret@h",
        "https://secret@",
        "https://h?secret",
        "https://h/?",
        "https://h#secret",
        "https://h/a?b",
        " https://h",
        "https://h ",
        "https://h\n",
        "https://h\0",
        "https://é.example",
        "https://h\\a",
        "https://h:",
        "https://h:0",
        "https://h:65536",
        "https://h:+80",
        "https://h:8 0",
        "https://h:80:80",
        "https://h:8o",
        "https://h:000080",
        "https://::1",
        "https://[::1",
        "https://[::1]x",
        "https://[::g]",
        "https://[]",
        "https://[127.0.0.1]",
        "https://[fe80::1%25eth0]",
        "https://h,x",
        "https://h%20",
        "https://a..b",
        "https://.h",
        "https://h//",
        "https://h/a//b",
        "https://h//a",
        "https://h/./a",
        "https://h/..",
        "https://h/a/..",
        "https://h/%2e",
        "https://h/a/%2E%2e/b",
        "https://h/.%2e",
        "https://h/a%2fb",
        "https://h/a%5cb",
        "https://h/a%00b",
        "https://h/a%",
        "https://h/a%2",
        "https://h/a%zz",
        "https://h/a\"b",
        "https://h/a<b",
        "https://h/{a}",
        &long,
    ] {
        let error = BaseUrl::parse(base_url)
            .err()
            .unwrap_or_else(|| panic!("{base_url:?} was accepted"));
        assert_eq!(
            (error.argument(), error.status()),
            ("base_url", crate::error::Status::InvalidArgument)
        );
        assert!(!error.message().contains("secret"), "{}", error.message());
    }
    assert!(BaseUrl::parse(&long[..URL_MAX]).is_ok());
}

#[test]
fn errors_suggest_a_correction() {
    for (base_url, words) in [
        ("localhost:8090", "does not start with http:// or https://"),
        ("localhost", "does not start with http:// or https://"),
        (
            "api.example.com/x",
            "does not start with http:// or https://",
        ),
        ("127.0.0.1:8090", "does not start with http:// or https://"),
        ("[::1]:8090", "does not start with http:// or https://"),
        ("//localhost", "does not start with http:// or https://"),
        (
            "httpd.example.com",
            "does not start with http:// or https://",
        ),
        ("http//localhost", "must have ://"),
        ("https:/localhost", "must have ://"),
        ("HTTPS:localhost", "must have ://"),
        ("http;//localhost", "must have ://"),
        ("http://https://localhost", "twice"),
        ("ws://localhost", "http://, not ws://"),
        ("WSS://localhost", "https://, not wss://"),
        ("ftp://localhost", "must start with"),
        ("http://", "has no host"),
        ("http://:8090", "has no host"),
        (" http://localhost", "at its start or end"),
        ("http://localhost\n", "at its start or end"),
        ("http://local host", "has a space"),
        ("http://::1", "in brackets"),
        ("http://2001:db8::1:8090", "in brackets"),
        ("http://localhost:8090:8090", "one port"),
        ("http://localhost:99999", "from 1 to 65535"),
        ("http://localhost:", "from 1 to 65535"),
        ("http://localhost:8090/_/#/login", "end it before /_/"),
        ("http://localhost:8090/?a", "before the ?"),
    ] {
        let message = BaseUrl::parse(base_url)
            .err()
            .map(|error| error.message().to_owned());
        assert!(
            message.as_ref().is_some_and(|m| m.contains(words)),
            "{base_url}: {message:?}"
        );
    }
}

#[test]
fn probable_mistakes_in_prefixes_have_advice() {
    for (base_url, words) in [
        ("http://h/api", "leave /api out"),
        ("http://h/a/api/", "leave /api out"),
        ("http://h/api/collections/users", "end it before /api"),
        ("http://h/_/", "leave /_/ out"),
    ] {
        let advice = parse(base_url).advice();
        assert!(
            advice.is_some_and(|advice| advice.contains(words)),
            "{base_url}: {advice:?}"
        );
    }
    for base_url in [
        "http://h",
        "http://api/",
        "http://h/apis",
        "http://h/apis/x",
        "http://h/a_",
    ] {
        assert_eq!(parse(base_url).advice(), None, "{base_url}");
    }
}

#[test]
fn targets_of_calls() {
    let target =
        |url: &str, collection: &str, endpoint| parse(url).target(collection, endpoint, &[], None);
    assert_eq!(
        target("https://h", "users", Endpoint::BIND_TOKEN),
        "/api/collections/users/bind-token"
    );
    assert_eq!(
        target("https://h/a/", "_su", Endpoint::UNBIND_TOKEN),
        "/a/api/collections/_su/unbind-token"
    );
    assert_eq!(
        target("https://h", "ü a+;'~", Endpoint::AUTH_WITH_TOKEN),
        "/api/collections/%C3%BC%20a%2B%3B%27~/auth-with-token"
    );
}

#[test]
fn mfa_id_is_last() {
    let url = parse("https://h");
    let query = [
        ("expand".to_owned(), "a,b.c".to_owned()),
        ("fields".to_owned(), "*".to_owned()),
    ];
    let target = url.target("users", Endpoint::AUTH_WITH_TOKEN, &query, Some("id_1-2"));
    assert_eq!(
        target,
        "/api/collections/users/auth-with-token?expand=a%2Cb.c&fields=%2A&mfaId=id_1-2"
    );
    assert_eq!(
        url.address(&target),
        "https://h/api/collections/users/auth-with-token"
    );
    let target = url.target("users", Endpoint::AUTH_WITH_TOKEN, &[], Some("x"));
    assert!(target.ends_with("/auth-with-token?mfaId=x"));
}

/// Reads a query as Go's url.ParseQuery does: split at `&` and the first `=`, `+` is a space, a `;` or a
/// bad escape drops the pair.
fn go_parse_query(query: &str) -> Vec<(String, String)> {
    let unescape = |part: &str| {
        let spaced = part.replace('+', " ");
        percent_decode_str(&spaced)
            .decode_utf8()
            .unwrap()
            .into_owned()
    };
    let pairs = query
        .split('&')
        .filter(|pair| !pair.contains(';') && !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(n, v)| (unescape(n), unescape(v)))
        .collect()
}

#[test]
fn queries_are_encoded_reversibly() {
    let hostile = [
        "a",
        "",
        "a b",
        "a+b",
        "a&b=c",
        "a;b",
        "%41",
        "%",
        "a#b?c/d",
        "é漢😀",
        "\r\n",
        "=",
        "\u{7f}\u{1}",
    ];
    let query: Vec<(String, String)> = hostile
        .iter()
        .flat_map(|name| hostile.map(|value| (format!("n{name}"), value.to_owned())))
        .collect();
    let target = parse("https://h").target("users", Endpoint::AUTH_WITH_TOKEN, &query, None);
    assert!(target.bytes().all(|b| b.is_ascii_graphic() && b != b'#'));
    assert_eq!(go_parse_query(target.split_once('?').unwrap().1), query);
}
