//! Bad arguments: what each gives, and that nothing is sent and the session stays.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use bosauth::{Action, CallOptions, Client, Config, Error, Status};
use bosbase_local::{DEMO_PASSWORD, DEMO_USER};

use crate::support::faulty_server::{Act, FaultyServer};
use crate::support::{library, responses, server, tools};

/// What is wrong, and how it is called in the header.
type Bad = (String, &'static str);

/// Texts that are bad for every sized argument: empty, too long by one byte, with a NUL.
fn bad_sizes(argument: &'static str, max: usize) -> Vec<Bad> {
    let two_bytes = "\u{e9}".repeat(max / 2 + 1);
    [String::new(), "x".repeat(max + 1), two_bytes, "a\0b".into()]
        .map(|text| (text, argument))
        .into()
}

fn bad_collections() -> Vec<Bad> {
    let texts = [
        ".", "..", "a/b", "/", "a\\b", "a?b", "a#b", "a%2Fb", "%", "a\r\nb", "a\tb", "a\u{7f}",
        "a\u{85}",
    ];
    let mut bad = bad_sizes("collection", 255);
    bad.extend(texts.map(|text| (text.to_owned(), "collection")));
    bad
}

/// The error's parts that bad input decides, and that nothing else is in it.
fn parts(error: &Error) -> (Status, &'static str, Action) {
    assert!(!error.outcome_unknown());
    assert_eq!(error.http_status(), None);
    let empty = [
        error.server_message(),
        error.data_json(),
        error.url(),
        error.mfa_id(),
    ];
    assert_eq!(empty, [""; 4]);
    assert_eq!(error.body(), b"");
    assert!(!error.message().is_empty());
    (error.status(), error.argument(), error.action())
}

fn assert_refused(result: Result<(), Error>, (text, argument): &Bad, action: Action) {
    let error = result.expect_err(text);
    assert_eq!(
        parts(&error),
        (Status::InvalidArgument, *argument, action),
        "{text:?}"
    );
}

#[test]
fn calls_reject_invalid_arguments_before_sending() {
    let server = FaultyServer::responding("HTTP/1.1 204 x\r\n\r\n");
    let client = server.client();
    client.save_session("saved", None).unwrap();
    for bad in bad_collections() {
        let collection = client.collection(&bad.0);
        let fix = Action::FixCall;
        assert_refused(collection.bind_token("a@b.c", "pw", "tok"), &bad, fix);
        assert_refused(collection.unbind_token("a@b.c", "pw", "tok"), &bad, fix);
        assert_refused(collection.auth_with_token("tok").map(drop), &bad, fix);
    }
    let users = client.collection("users");
    let ask = Action::AskCredentials;
    for bad in bad_sizes("email", 255) {
        assert_refused(users.bind_token(&bad.0, "pw", "tok"), &bad, ask);
        assert_refused(users.unbind_token(&bad.0, "pw", "tok"), &bad, ask);
    }
    for bad in bad_sizes("password", 255) {
        assert_refused(users.bind_token("a@b.c", &bad.0, "tok"), &bad, ask);
        assert_refused(users.unbind_token("a@b.c", &bad.0, "tok"), &bad, ask);
    }
    for bad in bad_sizes("token", 1024) {
        assert_refused(
            users.bind_token("a@b.c", "pw", &bad.0),
            &bad,
            Action::FixCall,
        );
        assert_refused(
            users.unbind_token("a@b.c", "pw", &bad.0),
            &bad,
            Action::FixCall,
        );
        assert_refused(
            users.auth_with_token(&bad.0).map(drop),
            &bad,
            Action::FixCall,
        );
    }
    assert_eq!(server.connections(), 0, "something was sent");
    assert_eq!(client.session().unwrap().token(), "saved");
}

#[test]
fn longest_strings_are_sent() {
    let server = FaultyServer::responding("HTTP/1.1 204 x\r\n\r\n");
    let client = server.client();
    let (long, longest) = ("x".repeat(255), "\u{e9}".repeat(512));
    let collection = client.collection(&long);
    collection.bind_token(&long, &long, &longest).unwrap();
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn first_invalid_argument_is_reported() {
    let client = Client::builder("http://127.0.0.1:9").build().unwrap();
    let named = |collection: &str, [email, password, token]: [&str; 3]| {
        let collection = client.collection(collection);
        let error = collection.bind_token(email, password, token).unwrap_err();
        error.argument()
    };
    assert_eq!(named("", ["", "", ""]), "collection");
    assert_eq!(named("users", ["", "", ""]), "email");
    assert_eq!(named("users", ["a", "", ""]), "password");
    assert_eq!(named("users", ["a", "b", ""]), "token");
}

#[test]
fn invalid_base_url_is_rejected() {
    let too_long = format!("http://localhost/{}", "x".repeat(2048));
    for url in [
        "",
        "localhost",
        "//localhost",
        "http:localhost",
        "ftp://localhost",
        "file:///etc",
        "http://",
        "http:///path",
        "http://user@localhost",
        "http://user:hush@localhost",
        "http://localhost?x",
        "http://localhost/#x",
        "http://localhost/a/../b",
        "http://localhost/%2e%2e/b",
        "http://localhost/a//b",
        "http://localhost/a%2fb",
        "http://localhost/a\\b",
        "http://localhost/\u{fc}",
        "http://l\u{f6}calhost",
        "http://local host",
        " http://localhost",
        "http://localhost\r\nX: y",
        "http://localhost\0",
        "http://localhost:",
        "http://localhost:0",
        "http://localhost:65536",
        "http://localhost:-1",
        "http://localhost:8o",
        "http://[::1",
        "http://[localhost]",
        "http://::1",
        too_long.as_str(),
    ] {
        let error = Client::new(url, &Config::new()).expect_err(url);
        let expected = (Status::InvalidArgument, "base_url", Action::FixCall);
        assert_eq!(parts(&error), expected, "{url:?}");
        assert!(!format!("{error} {error:?}").contains("hush"));
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
        let bad = (token.to_owned(), "token");
        assert_refused(client.save_session(token, None), &bad, Action::FixCall);
    }
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(512), "]".repeat(512));
    for record in [
        "",
        "[]",
        "null",
        "1",
        "{",
        "{}{}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1.}",
        &deep,
    ] {
        let bad = (record.to_owned(), "record_json");
        assert_refused(
            client.save_session("new", Some(record)),
            &bad,
            Action::FixCall,
        );
    }
    let session = client.session().unwrap();
    assert_eq!((session.token(), session.record_json()), ("saved", "{}"));
}

/// Header names that are refused, whatever their case.
const REFUSED_HEADERS: [&str; 19] = [
    "",
    "Host",
    "content-length",
    "CONTENT-TYPE",
    "Transfer-Encoding",
    "Connection",
    "Keep-Alive",
    "TE",
    "Trailer",
    "Upgrade",
    "Expect",
    "Accept-Encoding",
    "Proxy-Authorization",
    "proxy-x",
    "Cookie",
    "X Y",
    "X:",
    "X\r\nY",
    "\u{e9}",
];

const REFUSED_VALUES: [&str; 5] = ["a\r\nHost: b", "a\nb", "a\rb", "a\0b", "a\u{7f}b"];

#[test]
fn reserved_and_malformed_headers_are_rejected() {
    let fix = Action::FixCall;
    for name in REFUSED_HEADERS {
        let bad = (name.to_owned(), "name");
        assert_refused(Config::new().add_header(name, "x"), &bad, fix);
        assert_refused(CallOptions::new().add_header(name, "x"), &bad, fix);
    }
    for value in REFUSED_VALUES
        .map(str::to_owned)
        .into_iter()
        .chain(["x".repeat(8193)])
    {
        let bad = (value, "value");
        assert_refused(Config::new().add_header("X", &bad.0), &bad, fix);
        assert_refused(CallOptions::new().add_header("X", &bad.0), &bad, fix);
    }
}

#[test]
fn configuration_out_of_range_is_rejected() {
    let fix = Action::FixCall;
    for ms in [0, 86_400_001, u64::MAX] {
        let (timeout, bad) = (Duration::from_millis(ms), (ms.to_string(), "ms"));
        assert_refused(Config::new().set_timeout(timeout), &bad, fix);
        assert_refused(Config::new().set_connect_timeout(timeout), &bad, fix);
        assert_refused(CallOptions::new().set_timeout(timeout), &bad, fix);
    }
    for bytes in [0, (4 << 20) + 1, u64::MAX] {
        let bad = (bytes.to_string(), "bytes");
        assert_refused(Config::new().set_max_response_bytes(bytes), &bad, fix);
    }
    for text in ["", " x", "x ", "x\r\ny", "\u{e9}", &"x".repeat(256)] {
        let bad = (text.to_owned(), "text");
        assert_refused(Config::new().set_user_agent(text), &bad, fix);
    }
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for pem in ["", "no PEM", "-----BEGIN CERTIFICATE-----\n", broken] {
        let bad = (pem.to_owned(), "pem");
        assert_refused(Config::new().add_roots_pem(pem), &bad, fix);
    }
}

#[test]
fn options_out_of_range_are_rejected() {
    let fix = Action::FixCall;
    for bad in [
        bad_sizes("name", 255),
        vec![("token".into(), "name"), ("mfaId".into(), "name")],
    ]
    .concat()
    {
        assert_refused(CallOptions::new().add_query(&bad.0, "x"), &bad, fix);
    }
    for bad in [("a\0".to_owned(), "value"), ("x".repeat(8193), "value")] {
        assert_refused(CallOptions::new().add_query("x", &bad.0), &bad, fix);
    }
    for id in ["", "a b", "a/b", "a.b", "\u{e9}", &"x".repeat(256)] {
        let bad = (id.to_owned(), "mfa_id");
        assert_refused(CallOptions::new().set_mfa_id(id), &bad, fix);
    }
    let too_long = format!("{{\"x\":\"{}\"}}", "y".repeat(65536));
    let own = [
        "email",
        "PASSWORD",
        "Token",
        "to\u{212a}en",
        "pa\u{17f}sword",
        "identity",
        "IDENTITYFIELD",
        "otpid",
        "mfaID",
    ];
    let own = own.map(|name| format!("{{\"{name}\":1}}"));
    let malformed = [
        "",
        "[]",
        "null",
        "{",
        "{\"a\":1,\"a\":2}",
        "{} x",
        "{\"\\u0074oken\":1}",
    ];
    for object in malformed
        .map(str::to_owned)
        .into_iter()
        .chain(own)
        .chain([too_long])
    {
        let bad = (object, "object");
        assert_refused(CallOptions::new().set_body_json(&bad.0), &bad, fix);
    }
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
fn error_messages_suggest_the_fix() {
    let server = server::demo();
    let told = |url: &str, max: u64| {
        let client = Client::builder(url).max_response_bytes(max);
        let client = client.build().unwrap();
        let users = client.collection("users");
        let bound = users.bind_token(DEMO_USER, DEMO_PASSWORD, "token-1");
        bound
            .and_then(|()| users.auth_with_token("token-1").map(drop))
            .unwrap_err()
    };
    for (end, status, words) in [
        ("/api", Status::NotFound, "leave /api out"),
        ("/api/", Status::NotFound, "leave /api out"),
        (
            "/api/collections/users",
            Status::NotFound,
            "end it before /api",
        ),
    ] {
        let error = told(&format!("{}{end}", server.base_url()), 1 << 20);
        assert_eq!(error.status(), status, "{error}");
        assert!(error.message().contains(words), "{error}");
    }
    let error = told(&format!("{}/shop", server.base_url()), 1 << 20);
    assert!(!error.message().contains("leave"), "{error}");
    let error = told(server.base_url(), 10);
    assert_eq!(error.status(), Status::ResponseTooLarge, "{error}");
    assert!(error.message().contains("`fields`"), "{error}");
    // No label of a name is that long, so that no name server is asked.
    let host = format!("{}.example", "x".repeat(64));
    let error = told(&format!("http://{host}"), 1 << 20);
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
    assert_eq!(server.connections(), 0, "something was sent");
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
    assert_eq!(sent.len(), 3, "one bind, one unbind, one login: {sent:#?}");
}
