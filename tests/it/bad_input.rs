//! Invalid arguments: the error of each. Nothing is sent and the session is unchanged.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use bosauth::{Action, CallOptions, Client, ClientBuilder, Error, Status};
use bosbase_local::{DEMO_PASSWORD, DEMO_USER};

use crate::support::faulty_server::{Act, FaultyServer};
use crate::support::{library, responses, server, tools};

/// Strings that are invalid for every sized argument: empty, too long by one byte, with a NUL.
fn bad_sizes(max: usize) -> Vec<String> {
    let two_bytes = "\u{e9}".repeat(max / 2 + 1);
    vec![String::new(), "x".repeat(max + 1), two_bytes, "a\0b".into()]
}

/// Status, argument and action of an error that has nothing of a server.
fn parts(error: &Error) -> (Status, &'static str, Action) {
    assert!(!error.outcome_unknown());
    assert_eq!(error.http_status(), None);
    let of_server = [error.server_message(), error.data_json(), error.url()];
    assert_eq!(of_server, [""; 3]);
    assert_eq!(error.mfa_id(), "");
    assert_eq!(error.body(), b"");
    assert!(!error.message().is_empty());
    (error.status(), error.argument(), error.action())
}

/// Checks that a value of an argument is rejected, with the action that the user must correct it, if it is theirs.
fn assert_rejected<T>(result: Result<T, Error>, value: &str, argument: &str) {
    let error = result.err().expect(value);
    let action = match argument {
        "email" | "identity" | "password" | "code" => Action::AskCredentials,
        _ => Action::FixCall,
    };
    let expected = (Status::InvalidArgument, argument, action);
    assert_eq!(parts(&error), expected, "{value:?}");
}

#[test]
fn calls_reject_invalid_arguments_before_sending() {
    let server = FaultyServer::responding(responses::NO_CONTENT);
    let client = server.client();
    client.save_session("saved", None).unwrap();
    let segments = [
        ".", "..", "a/b", "/", "a\\b", "a?b", "a#b", "a%2Fb", "%", "a\r\nb", "a\tb", "a\u{7f}",
        "a\u{85}",
    ];
    let segments = segments.map(str::to_owned);
    for bad in bad_sizes(255).into_iter().chain(segments) {
        let collection = client.collection(&bad);
        assert_rejected(
            collection.bind_token("a@b.c", "pw", "tok"),
            &bad,
            "collection",
        );
        assert_rejected(
            collection.unbind_token("a@b.c", "pw", "tok"),
            &bad,
            "collection",
        );
        assert_rejected(collection.auth_with_token("tok"), &bad, "collection");
        let result = collection.auth_with_password("a@b.c", "pw");
        assert_rejected(result, &bad, "collection");
        assert_rejected(collection.request_otp("a@b.c"), &bad, "collection");
        assert_rejected(collection.auth_with_otp("o-1", "1234"), &bad, "collection");
    }
    let users = client.collection("users");
    for bad in bad_sizes(255) {
        assert_rejected(users.bind_token(&bad, "pw", "tok"), &bad, "email");
        assert_rejected(users.unbind_token(&bad, "pw", "tok"), &bad, "email");
        assert_rejected(users.bind_token("a@b.c", &bad, "tok"), &bad, "password");
        assert_rejected(users.unbind_token("a@b.c", &bad, "tok"), &bad, "password");
        assert_rejected(users.auth_with_password(&bad, "pw"), &bad, "identity");
        assert_rejected(users.auth_with_password("a@b.c", &bad), &bad, "password");
        assert_rejected(users.request_otp(&bad), &bad, "email");
    }
    for bad in bad_sizes(71) {
        assert_rejected(users.auth_with_otp("o-1", &bad), &bad, "code");
    }
    let malformed = ["a b", "a/b", "a.b", "a\r\nb"].map(str::to_owned);
    for bad in bad_sizes(255).into_iter().chain(malformed) {
        assert_rejected(users.auth_with_otp(&bad, "1234"), &bad, "otp_id");
    }
    for bad in bad_sizes(1024) {
        assert_rejected(users.bind_token("a@b.c", "pw", &bad), &bad, "token");
        assert_rejected(users.unbind_token("a@b.c", "pw", &bad), &bad, "token");
        assert_rejected(users.auth_with_token(&bad), &bad, "token");
    }
    assert_eq!(server.connections(), 0, "a request was sent");
    assert_eq!(client.session().unwrap().unwrap().token(), "saved");
}

#[test]
fn send_rejects_invalid_arguments_before_sending() {
    let server = FaultyServer::responding(responses::NO_CONTENT);
    let client = server.client();
    client.save_session("saved", None).unwrap();
    let none = CallOptions::new();
    let methods = [
        "get",
        "G T",
        "GET\r\nX: y",
        "G/",
        "\u{c9}",
        "CONNECT",
        "TRACE",
    ];
    for bad in bad_sizes(32).into_iter().chain(methods.map(str::to_owned)) {
        assert_rejected(client.send(&bad, "/a", None, &none), &bad, "method");
    }
    let url = server.url() + "/a";
    let paths = [
        "a",
        "//h",
        "/",
        "/a/",
        "/a//b",
        "/.",
        "/a/../b",
        "/%2e%2E/b",
        "/%252e./b",
        "/%%32%65./b",
        "/..;a/b",
        "/..%3fa",
        "/%20..%20/b",
        "/a%2fb",
        "/a%252Fb",
        "/a%5Cb",
        "/a\\b",
        "/a%00",
        "/a%250a",
        "/a\r\nX: y",
        "/a b",
        "/a\tb",
        "/a?b",
        "/a#b",
        "/a@b",
        "/a%",
        "/a%2",
        "/a%zz",
        "/a|b",
        "/a\"b",
        "/\u{e9}",
        "/%ff",
        "/%c0%ae%c0%ae/b",
        &url,
        "http://h/a",
    ];
    for bad in bad_sizes(2048).into_iter().chain(paths.map(str::to_owned)) {
        assert_rejected(client.send("GET", &bad, None, &none), &bad, "path");
    }
    for (method, length) in [("GET", 1), ("HEAD", 1), ("POST", (32 << 20) + 1)] {
        let body = vec![b'x'; length];
        let result = client.send(method, "/a", Some(&body), &none);
        assert_rejected(result, method, "body");
    }
    let options = CallOptions::new().header("Cookie", "a=b");
    assert_rejected(client.send("GET", "/a", None, &options), "Cookie", "name");
    let first = client.send("", "", Some(b"x"), &options);
    assert_rejected(first, "the first one", "method");
    assert_rejected(client.send("GET", "", Some(b"x"), &options), "", "path");
    assert_rejected(client.send("GET", "/a", Some(b"x"), &options), "", "body");
    assert_eq!(server.connections(), 0, "a request was sent");
    assert_eq!(client.session().unwrap().unwrap().token(), "saved");
}

#[test]
fn content_type_is_an_option_of_send_only() {
    let server = FaultyServer::responding(responses::NO_CONTENT);
    let client = server.client();
    let options = CallOptions::new().header("content-type", "text/plain");
    let users = client.collection("users").with(&options);
    for result in [
        users.bind_token("a@b.c", "pw", "tok"),
        users.unbind_token("a@b.c", "pw", "tok"),
        users.auth_with_token("tok").map(drop),
        users.auth_with_password("a@b.c", "pw").map(drop),
        users.request_otp("a@b.c").map(drop),
        users.auth_with_otp("o-1", "1234").map(drop),
        build(config().header("content-type", "text/plain")),
    ] {
        assert_rejected(result, "content-type", "name");
    }
    assert_eq!(server.connections(), 0, "a request was sent");
    client.send("POST", "/a", Some(b"x"), &options).unwrap();
    assert!(
        server
            .request()
            .head()
            .contains("\r\ncontent-type: text/plain\r\n")
    );
}

#[test]
fn longest_strings_are_sent() {
    let server = FaultyServer::responding(responses::NO_CONTENT);
    let client = server.client();
    let (long, longest) = ("x".repeat(255), "\u{e9}".repeat(512));
    let collection = client.collection(&long);
    collection.bind_token(&long, &long, &longest).unwrap();
    let (method, path) = ("X".repeat(32), format!("/{}", "x".repeat(2047)));
    client
        .send(&method, &path, None, &CallOptions::new())
        .unwrap();
    collection.auth_with_password(&long, &long).unwrap_err();
    collection.request_otp(&long).unwrap_err();
    collection.auth_with_otp(&long, &long[..71]).unwrap_err();
    assert_eq!(server.requests().len(), 5);
}

#[test]
fn refresh_requires_a_session_with_a_usable_collection() {
    let server = FaultyServer::responding(responses::NO_CONTENT);
    let client = server.client();
    let refresh = || client.auth_refresh(&CallOptions::new());
    let expected = (Status::NoSession, "", Action::AskCredentials);
    assert_eq!(parts(&refresh().unwrap_err()), expected);
    for record in [
        "{}",
        r#"{"collectionName":"users"}"#,
        r#"{"collectionId":5}"#,
        r#"{"collectionId":""}"#,
        r#"{"collectionId":".."}"#,
        r#"{"collectionId":"a/b"}"#,
        r#"{"collectionId":"a%2fb"}"#,
        r#"{"collectionId":"a\u0000b"}"#,
        r#"{"collectionId":"\ud800"}"#,
    ] {
        client.save_session("saved", Some(record)).unwrap();
        assert_eq!(parts(&refresh().unwrap_err()), expected, "{record}");
    }
    assert_eq!(server.connections(), 0, "a request was sent");
    assert_eq!(client.session().unwrap().unwrap().token(), "saved");
    client.clear_session().unwrap();
    for name in ["Cookie", "Content-Type"] {
        let invalid = CallOptions::new().header(name, "a=b");
        let error = client.auth_refresh(&invalid).unwrap_err();
        assert_eq!(error.argument(), "name", "the options precede the session");
    }
}

#[test]
fn first_invalid_argument_is_reported() {
    let client = Client::builder("http://127.0.0.1:9").build().unwrap();
    for (collection, [email, password, token], argument) in [
        ("", ["", "", ""], "collection"),
        ("users", ["", "", ""], "email"),
        ("users", ["a", "", ""], "password"),
        ("users", ["a", "b", ""], "token"),
    ] {
        let collection = client.collection(collection);
        let error = collection.bind_token(email, password, token).unwrap_err();
        assert_eq!(error.argument(), argument);
    }
}

#[test]
fn invalid_base_url_is_rejected() {
    const WITHOUT_SPACES: &str = "
        localhost //localhost http:localhost ftp://localhost file:///etc http:// http:///path
        http://user@localhost http://user:hush@localhost http://localhost?x http://localhost/#x
        http://localhost/a/../b http://localhost/%2e%2e/b http://localhost/a//b http://localhost/a%2fb
        http://localhost/a\\b http://localhost/\u{fc} http://l\u{f6}calhost http://localhost\0
        http://localhost: http://localhost:0 http://localhost:65536 http://localhost:-1
        http://localhost:8o http://[::1 http://[localhost] http://::1";
    let too_long = format!("http://localhost/{}", "x".repeat(2048));
    let others = [
        "",
        "http://local host",
        " http://localhost",
        "http://localhost\r\nX: y",
        &too_long,
    ];
    for url in WITHOUT_SPACES.split_whitespace().chain(others) {
        let error = Client::builder(url).build().expect_err(url);
        assert!(!format!("{error} {error:?}").contains("hush"));
        assert_rejected::<()>(Err(error), url, "base_url");
    }
}

#[test]
fn invalid_session_is_not_saved() {
    let client = Client::builder("http://127.0.0.1:9").build().unwrap();
    client.save_session("saved", Some("{}")).unwrap();
    let too_long = "x".repeat(8193);
    for token in [
        "", &too_long, "a b", "a\r\nb", "a\0", "\u{e9}", "a,b", "a\"b",
    ] {
        assert_rejected(client.save_session(token, None), token, "token");
    }
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(512), "]".repeat(512));
    let duplicate = "{\"a\":1,\"a\":2}";
    let number = "{\"a\":1.}";
    for record in ["", "[]", "null", "1", "{", "{}{}", duplicate, number, &deep] {
        let result = client.save_session("new", Some(record));
        assert_rejected(result, record, "record_json");
    }
    let session = client.session().unwrap().unwrap();
    assert_eq!((session.token(), session.record_json()), ("saved", "{}"));
}

#[test]
fn reserved_and_malformed_headers_are_rejected() {
    const RESERVED: &str = "Host content-length Transfer-Encoding Connection Keep-Alive \
        TE Trailer Upgrade Expect Accept-Encoding Proxy-Authorization proxy-x Cookie";
    let malformed = ["", "X Y", "X:", "X\r\nY", "\u{e9}"];
    for name in RESERVED.split_whitespace().chain(malformed) {
        assert_rejected(build(config().header(name, "x")), name, "name");
        assert_rejected(CallOptions::new().header(name, "x").check(), name, "name");
    }
    let too_long = "x".repeat(8193);
    for value in [
        "a\r\nHost: b",
        "a\nb",
        "a\rb",
        "a\0b",
        "a\u{7f}b",
        &too_long,
    ] {
        assert_rejected(build(config().header("X", value)), value, "value");
        assert_rejected(
            CallOptions::new().header("X", value).check(),
            value,
            "value",
        );
    }
}

#[test]
fn configuration_out_of_range_is_rejected() {
    for ms in [0, 86_400_001, u64::MAX] {
        let (timeout, value) = (Duration::from_millis(ms), &ms.to_string());
        assert_rejected(build(config().timeout(timeout)), value, "ms");
        assert_rejected(build(config().connect_timeout(timeout)), value, "ms");
        assert_rejected(CallOptions::new().timeout(timeout).check(), value, "ms");
    }
    for bytes in [0, (4 << 20) + 1, u64::MAX] {
        let result = build(config().max_response_bytes(bytes));
        assert_rejected(result, &bytes.to_string(), "bytes");
    }
    for agent in ["", " x", "x ", "x\r\ny", "\u{e9}", &"x".repeat(256)] {
        assert_rejected(build(config().user_agent(agent)), agent, "user_agent");
    }
    let invalid = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for pem in ["", "no PEM", "-----BEGIN CERTIFICATE-----\n", invalid] {
        assert_rejected(build(config().roots_pem(pem)), pem, "pem");
    }
}

#[test]
fn options_out_of_range_are_rejected() {
    let reserved = ["token", "mfaId"].map(str::to_owned);
    for name in bad_sizes(255).into_iter().chain(reserved) {
        assert_rejected(CallOptions::new().query(&name, "x").check(), &name, "name");
    }
    for value in ["a\0", &"x".repeat(8193)] {
        assert_rejected(CallOptions::new().query("x", value).check(), value, "value");
    }
    for id in ["", "a b", "a/b", "a.b", "\u{e9}", &"x".repeat(256)] {
        assert_rejected(CallOptions::new().mfa_id(id).check(), id, "mfa_id");
    }
    const RESERVED: &str = "email PASSWORD Token to\u{212a}en pa\u{17f}sword identity IDENTITYFIELD \
        otpid mfaID \\u0074oken";
    let reserved = RESERVED.split_whitespace();
    let reserved = reserved.map(|name| format!("{{\"{name}\":1}}"));
    let malformed = ["", "[]", "null", "{", "{\"a\":1,\"a\":2}", "{} x"].map(str::to_owned);
    let too_long = format!("{{\"x\":\"{}\"}}", "y".repeat(65536));
    for object in reserved.chain(malformed).chain([too_long]) {
        let result = CallOptions::new().body_json(&object).check();
        assert_rejected(result, &object, "object");
    }
}

fn config() -> ClientBuilder {
    Client::builder("http://127.0.0.1:9")
}

fn build(config: ClientBuilder) -> Result<(), Error> {
    config.build().map(drop)
}

#[test]
fn builder_returns_the_first_error() {
    let built = |url: &str| {
        Client::builder(url)
            .header("Cookie", "a=b")
            .timeout(Duration::ZERO)
            .header("X", "y")
            .build()
            .map(drop)
    };
    let error = built("http://127.0.0.1:9").unwrap_err();
    assert_eq!(error.argument(), "name");
    assert_eq!(built("nowhere").unwrap_err().argument(), "base_url");
}

#[test]
fn options_keep_their_first_error() {
    let options = CallOptions::new()
        .header("Cookie", "a=b")
        .timeout(Duration::ZERO)
        .query("expand", "team");
    let client = config().build().unwrap();
    let users = client.collection("users").with(&options);
    for result in [
        options.check(),
        users.auth_with_token("tok").map(drop),
        users.bind_token("a", "b", "tok"),
    ] {
        assert_eq!(result.unwrap_err().argument(), "name");
    }
    let error = users.auth_with_token("").unwrap_err();
    assert_eq!(error.argument(), "token", "the token precedes the options");
}

#[test]
fn error_messages_suggest_the_fix() {
    let server = server::demo();
    let error_of = |url: &str, max: u64| {
        let client = Client::builder(url).max_response_bytes(max);
        let client = client.build().unwrap();
        let users = client.collection("users");
        let bound = users.bind_token(DEMO_USER, DEMO_PASSWORD, "token-1");
        let result = bound.and_then(|()| users.auth_with_token("token-1"));
        result.unwrap_err()
    };
    for (end, words) in [
        ("/api", "leave /api out"),
        ("/api/", "leave /api out"),
        ("/api/collections/users", "end it before /api"),
    ] {
        let error = error_of(&format!("{}{end}", server.base_url()), 1 << 20);
        assert_eq!(error.status(), Status::NotFound, "{error}");
        assert!(error.message().contains(words), "{error}");
    }
    let error = error_of(&format!("{}/shop", server.base_url()), 1 << 20);
    assert!(!error.message().contains("leave"), "{error}");
    let error = error_of(server.base_url(), 10);
    assert_eq!(error.status(), Status::ResponseTooLarge, "{error}");
    assert!(error.message().contains("`fields`"), "{error}");
    // No DNS query is sent: the label is too long.
    let host = format!("{}.example", "x".repeat(64));
    let error = error_of(&format!("http://{host}"), 1 << 20);
    assert_eq!(error.status(), Status::NameLookup, "{error}");
    assert!(error.message().contains(&format!("\"{host}\"")), "{error}");
}

#[test]
fn bad_input_from_c() {
    run_c(Some);
}

#[test]
fn bad_input_from_c_under_valgrind() {
    run_c(|program| tools::valgrind(&program));
}

/// Runs the C program by `command`: every argument must be rejected and nothing sent.
fn run_c(command: impl FnOnce(Command) -> Option<Command>) {
    let server = FaultyServer::responding(responses::NO_CONTENT);
    // It passes NULL where the header forbids it.
    let program = library::program("bad_input.c", &["-Wno-nonnull"]);
    let Some(mut program) = command(program) else {
        return;
    };
    let printed = tools::run(program.arg(server.url()));
    assert!(printed.ends_with(" checks, 0 failed\n"), "{printed}");
    assert_eq!(server.connections(), 0, "a request was sent");
}

#[test]
fn strings_modified_during_a_call_are_sent_as_validated() {
    let login = responses::response("200 OK", responses::JSON, responses::LOGIN);
    let server = FaultyServer::start(move |request| {
        let is_login = request.target().contains("auth-with-token");
        let bound = responses::NO_CONTENT.into();
        vec![Act::Send(if is_login { login.clone() } else { bound })]
    });
    let mut program = library::program("changing_strings.c", &[]);
    let printed = tools::run(program.args([&server.url(), "150"]));
    assert!(printed.ends_with(" wrong 0\n"), "{printed}");
    let sent: BTreeSet<Vec<u8>> = server.requests().into_iter().map(|r| r.bytes).collect();
    let sent: Vec<_> = sent.iter().map(|r| String::from_utf8_lossy(r)).collect();
    assert_eq!(
        sent.len(),
        4,
        "one bind, unbind, login and other request: {sent:#?}"
    );
}
