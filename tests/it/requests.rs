//! The bytes of a request.

use bosauth::{CallOptions, Client};
use serde_json::{Value, json};

use crate::support::faulty_server::{FaultyServer, Request};
use crate::support::responses::NO_CONTENT;

/// The request of a bind with these arguments. The client holds a session, which must not be sent.
fn sent(prefix: &str, collection: &str, strings: [&str; 3], options: &CallOptions) -> Request {
    let server = FaultyServer::responding(NO_CONTENT);
    let client = Client::builder(&(server.url() + prefix)).build().unwrap();
    client.save_session("e30.e30.c2F2ZWQ", None).unwrap();
    let [email, password, token] = strings;
    let collection = client.collection(collection).with(options);
    collection.bind_token(email, password, token).unwrap();
    let mut request = server.request();
    let address = server.url().replace("http://", "");
    let string = String::from_utf8(request.bytes).unwrap();
    request.bytes = string.replace(&address, "host").into_bytes();
    request
}

const STRINGS: [&str; 3] = ["ann@example.com", "pass word", "tok"];

fn plain(collection: &str) -> Request {
    sent("", collection, STRINGS, &CallOptions::new())
}

#[test]
fn bind_request_bytes() {
    let request = plain("users");
    let body = r#"{"email":"ann@example.com","password":"pass word","token":"tok"}"#;
    let expected = format!(
        "POST /api/collections/users/bind-token HTTP/1.1\r\nHost: host\r\nContent-Length: {}\r\n\
         Content-Type: application/json\r\nUser-Agent: bosauth\r\n\r\n{body}",
        body.len()
    );
    assert_eq!(String::from_utf8(request.bytes.clone()).unwrap(), expected);
    assert!(request.single_read, "head and body are one write");
}

#[test]
fn target_body_and_authorization_of_every_call() {
    const JWT: &str = "e30.e30.c2F2ZWQ";
    let server = FaultyServer::responding(NO_CONTENT);
    let client = server.client();
    let session = r#"{"id":"r1","collectionId":"c 1"}"#;
    client.save_session(JWT, Some(session)).unwrap();
    let users = client.collection("users");
    users.unbind_token("a@b.c", "pw", "tok").unwrap();
    users.auth_with_token("tok").unwrap_err();
    users.auth_with_password("a@b.c", "pw").unwrap_err();
    users.request_otp("a@b.c").unwrap_err();
    users.auth_with_otp("o-1", "1234").unwrap_err();
    client.auth_refresh(&CallOptions::new()).unwrap_err();
    let expected = [
        (
            "users/unbind-token",
            r#"{"email":"a@b.c","password":"pw","token":"tok"}"#,
        ),
        ("users/auth-with-token", r#"{"token":"tok"}"#),
        (
            "users/auth-with-password",
            r#"{"identity":"a@b.c","password":"pw"}"#,
        ),
        ("users/request-otp", r#"{"email":"a@b.c"}"#),
        (
            "users/auth-with-otp",
            r#"{"otpId":"o-1","password":"1234"}"#,
        ),
        ("c%201/auth-refresh", "{}"),
    ];
    for (request, (path, body)) in server.requests().iter().zip(expected) {
        assert_eq!(request.target(), format!("/api/collections/{path}"));
        assert_eq!(String::from_utf8_lossy(request.body()), body);
        let has_session = request
            .head()
            .contains(&format!("\r\nAuthorization: {JWT}\r\n"));
        assert_eq!(has_session, path.ends_with("/auth-refresh"), "{path}");
        assert!(request.head().starts_with("POST "), "{path}");
    }
    assert_eq!(server.requests().len(), expected.len());
}

#[test]
fn refresh_sends_the_authorization_header_of_the_app() {
    let server = FaultyServer::responding(NO_CONTENT);
    let client = server.client();
    let session = r#"{"collectionId":"users"}"#;
    client.save_session("saved", Some(session)).unwrap();
    let options = CallOptions::new()
        .header("authorization", "own")
        .query("expand", "team")
        .body_json(r#"{"device":"x"}"#);
    client.auth_refresh(&options).unwrap_err();
    let request = server.request();
    assert_eq!(
        request.target(),
        "/api/collections/users/auth-refresh?expand=team"
    );
    assert!(request.head().contains("\r\nauthorization: own\r\n"));
    assert!(!request.head().contains("saved"), "{}", request.head());
    assert_eq!(request.body(), br#"{"device":"x"}"#);
}

#[test]
fn collection_is_one_path_segment() {
    for (collection, segment) in [
        ("_superusers", "_superusers"),
        ("a b", "a%20b"),
        ("a+b&c=d;e:f@g", "a%2Bb%26c%3Dd%3Be%3Af%40g"),
        ("\u{fc}\u{1f600}", "%C3%BC%F0%9F%98%80"),
        ("...", "..."),
        ("~-.", "~-."),
        ("\"<>^`{|}", "%22%3C%3E%5E%60%7B%7C%7D"),
    ] {
        let target = format!("/api/collections/{segment}/bind-token");
        assert_eq!(plain(collection).target(), target);
    }
}

#[test]
fn base_url_path_is_a_prefix() {
    for (prefix, path) in [("/", ""), ("/pre/fix", "/pre/fix"), ("/a%20b/", "/a%20b")] {
        let request = sent(prefix, "users", STRINGS, &CallOptions::new());
        assert_eq!(
            request.target(),
            format!("{path}/api/collections/users/bind-token")
        );
    }
}

#[test]
fn strings_of_every_kind_are_escaped() {
    let all: String = (1..128_u8).map(char::from).collect();
    let hostile = [
        all.as_str(),
        "\"\\/\u{8}\u{c}\n\r\t",
        "\",\"token\":\"other",
        "\u{2028}\u{2029}\u{feff}\u{202e}",
        "\u{e9}\u{6f22}\u{1f600}",
        "</script>&'<!--",
        "%00%0a\\u0000",
    ];
    for string in hostile {
        let request = sent("", "users", [string; 3], &CallOptions::new());
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        assert_eq!(
            body,
            json!({"email": string, "password": string, "token": string})
        );
        let length = format!("\r\nContent-Length: {}\r\n", request.body().len());
        assert!(request.head().contains(&length), "{}", request.head());
    }
}

#[test]
fn options_are_sent() {
    let options = CallOptions::new()
        .query("fields", "*,record.id")
        .query("a&b", "c=d \u{fc}+")
        .query("a&b", "")
        .mfa_id("m-1_x")
        .header("X-Twice", "1")
        .header("X-Twice", "2")
        .header("Authorization", "Bearer own")
        .body_json(r#" { "x" : [1, "y"] } "#);
    let request = sent("", "users", STRINGS, &options);
    let query = "fields=%2A%2Crecord.id&a%26b=c%3Dd%20%C3%BC%2B&a%26b=&mfaId=m-1_x";
    assert_eq!(
        request.target(),
        format!("/api/collections/users/bind-token?{query}")
    );
    let fields =
        "User-Agent: bosauth\r\nX-Twice: 1\r\nX-Twice: 2\r\nAuthorization: Bearer own\r\n\r\n";
    assert!(request.head().ends_with(fields), "{}", request.head());
    let body = r#"{"x" : [1, "y"],"email":"ann@example.com","password":"pass word","token":"tok"}"#;
    assert_eq!(String::from_utf8_lossy(request.body()), body);
}

#[test]
fn call_headers_replace_configured_headers() {
    let server = FaultyServer::responding(NO_CONTENT);
    let client = Client::builder(&server.url())
        .header("X-App", "config 1")
        .header("x-app", "config 2")
        .header("X-Other", "config")
        .header("User-Agent", "mine/1")
        .build()
        .unwrap();
    let options = CallOptions::new().header("X-APP", "call");
    let fields = |options: &CallOptions| {
        let users = client.collection("users").with(options);
        users.bind_token("a@b.c", "pw", "tok").unwrap();
        let head = server.requests().last().unwrap().head().to_owned();
        head.split_once("application/json\r\n")
            .unwrap()
            .1
            .to_owned()
    };
    assert_eq!(
        fields(&CallOptions::new()),
        "X-App: config 1\r\nx-app: config 2\r\nX-Other: config\r\nUser-Agent: mine/1\r\n\r\n"
    );
    assert_eq!(
        fields(&options),
        "X-Other: config\r\nUser-Agent: mine/1\r\nX-APP: call\r\n\r\n"
    );
}

#[test]
fn requests_of_any_method() {
    let server = FaultyServer::responding(NO_CONTENT);
    let client = Client::builder(&(server.url() + "/pre"))
        .header("X-App", "1")
        .build()
        .unwrap();
    client.save_session("e30.e30.c2F2ZWQ", None).unwrap();
    let own = "User-Agent: bosauth\r\nAuthorization: e30.e30.c2F2ZWQ\r\nX-App: 1\r\n";
    let json = format!("Content-Type: application/json\r\n{own}");
    for (method, body, fields) in [
        ("GET", None, own.to_owned()),
        ("GET", Some(&b""[..]), own.to_owned()),
        ("HEAD", None, own.to_owned()),
        ("DELETE", None, own.to_owned()),
        (
            "DELETE",
            Some(b"{}"),
            format!("Content-Length: 2\r\n{json}"),
        ),
        ("POST", None, format!("Content-Length: 0\r\n{own}")),
        ("POST", Some(b"{}"), format!("Content-Length: 2\r\n{json}")),
        (
            "PATCH",
            Some(b"\0\xff"),
            format!("Content-Length: 2\r\n{json}"),
        ),
        ("X!", Some(b"x"), format!("Content-Length: 1\r\n{json}")),
    ] {
        let options = CallOptions::new().query("a b", "c&d").mfa_id("m-1");
        client.send(method, "/api/a%20b", body, &options).unwrap();
        let request = server.requests().pop().unwrap();
        let host = server.url().replace("http://", "");
        let head =
            format!("{method} /pre/api/a%20b?a%20b=c%26d HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n");
        assert_eq!(request.head(), head);
        assert_eq!(request.body(), body.unwrap_or_default());
        assert!(request.single_read, "head and body are one write");
    }
}

#[test]
fn authorization_of_the_app_replaces_the_session() {
    let server = FaultyServer::responding(NO_CONTENT);
    let authorization = |configured: Option<&str>, of_call: Option<&str>, session: bool| {
        let mut config = Client::builder(&server.url());
        let mut options = CallOptions::new();
        if let Some(value) = configured {
            config = config.header("authorization", value);
        }
        if let Some(value) = of_call {
            options = options.header("AUTHORIZATION", value);
        }
        let client = config.build().unwrap();
        if session {
            client.save_session("saved", None).unwrap();
        }
        client.send("GET", "/api/x", None, &options).unwrap();
        let head = server.requests().pop().unwrap().head().to_owned();
        let fields = head
            .split("\r\n")
            .filter_map(|field| field.split_once(": "));
        let fields = fields.filter(|(name, _)| name.eq_ignore_ascii_case("Authorization"));
        fields
            .map(|(_, value)| value.to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(authorization(None, None, false), [""; 0]);
    assert_eq!(authorization(None, None, true), ["saved"]);
    assert_eq!(authorization(Some("config"), None, true), ["config"]);
    assert_eq!(authorization(None, Some("call"), true), ["call"]);
    assert_eq!(authorization(Some("config"), Some("call"), true), ["call"]);
}
