//! What the recorded scenarios do not show, over real sockets.
#![allow(clippy::unwrap_used)]

mod support;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bosbase_local::{Config, DEMO_PASSWORD, DEMO_SUPERUSER, DEMO_USER, Seed, Server};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::thread;
use support::{Answer, exchange, post, request};

fn server(seed: &Value) -> Server {
    Server::start(Config {
        seed: Some(Seed::Text(seed.to_string())),
        control: true,
        ..Config::default()
    })
    .unwrap()
}

fn demo() -> Server {
    Server::start(Config::demo()).unwrap()
}

fn route(collection: &str, call: &str) -> String {
    format!("/api/collections/{collection}/{call}")
}

fn credentials(email: &str, token: &str) -> Value {
    json!({"email": email, "password": DEMO_PASSWORD, "token": token})
}

fn bind(server: &Server, collection: &str, email: &str, token: &str) -> Answer {
    let target = route(collection, "bind-token");
    post(server.address(), &target, &credentials(email, token))
}

fn login(server: &Server, collection: &str, token: &str) -> Answer {
    let target = route(collection, "auth-with-token");
    post(server.address(), &target, &json!({"token": token}))
}

fn get(server: &Server, target: &str, headers: &[(&str, &str)]) -> Answer {
    exchange(server.address(), &request("GET", target, headers, b""))
}

fn account(collection: &str, id: &str, email: &str) -> Value {
    json!({"collection": collection, "id": id, "email": email, "password": DEMO_PASSWORD})
}

/// A login of the superuser of the demo.
fn superuser(server: &Server) -> String {
    assert_eq!(
        bind(server, "_superusers", DEMO_SUPERUSER, "root").status,
        204
    );
    let answer = login(server, "_superusers", "root");
    answer.json()["token"].as_str().unwrap().to_owned()
}

#[test]
fn a_superuser_passes_a_rule_that_locks() {
    let server = demo();
    let token = superuser(&server);
    assert_eq!(bind(&server, "users", DEMO_USER, "mine").status, 204);
    let user = login(&server, "users", "mine").json()["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let lock = json!({"do": "update_collection", "collection": "users", "set": {"authRule": null}});
    server.control(lock).unwrap();

    let target = route("users", "auth-with-token");
    let attempt = |query: &str, authorization: Option<String>| {
        let mut headers = vec![("Content-Type", "application/json")];
        if let Some(value) = &authorization {
            headers.push(("Authorization", value));
        }
        let target = format!("{target}{query}");
        let sent = request("POST", &target, &headers, br#"{"token":"mine"}"#);
        exchange(server.address(), &sent).status
    };
    assert_eq!(attempt("", None), 403);
    assert_eq!(attempt("", Some(token.clone())), 200);
    assert_eq!(attempt("", Some(format!("Bearer {token}"))), 200);
    assert_eq!(attempt(&format!("?token={token}"), None), 200);
    assert_eq!(attempt("", Some(format!("bearer {token}"))), 403);
    assert_eq!(attempt("", Some(user)), 403);
    assert_eq!(attempt("", Some("not.a.jwt".to_owned())), 403);
    // A header that is no token is not made good by the query.
    assert_eq!(
        attempt(&format!("?token={token}"), Some("x".to_owned())),
        403
    );
    let forged = token.rsplit_once('.').unwrap().0.to_owned() + "." + &URL_SAFE_NO_PAD.encode("x");
    assert_eq!(attempt("", Some(forged)), 403);

    // A new password ends the login, unlike the binding.
    let step = json!({"do": "update_account", "set": {"password": "another horse 2"},
        "account": {"collection": "_superusers", "email": DEMO_SUPERUSER}});
    server.control(step).unwrap();
    assert_eq!(attempt("", Some(token)), 403);
    assert_eq!(login(&server, "_superusers", "root").status, 200);
}

#[test]
fn health_tells_a_superuser_more() {
    let server = demo();
    let token = superuser(&server);
    let answer = get(&server, "/api/health", &[("Authorization", &token)]);
    let expected = r#"{"message":"API is healthy.","code":200,"data":{"canBackup":true,"possibleProxyHeader":"","realIP":"127.0.0.1","requireS3":false}}"#;
    assert_eq!(answer.text(), format!("{expected}\n"));
    assert_eq!(
        get(&server, "/api/health?fields=code", &[]).text(),
        "{\"code\":200}\n"
    );
}

#[test]
fn a_rule_that_is_not_understood_lets_nobody_in() {
    let server = server(&json!({
        "collections": [
            {"name": "odd", "type": "auth", "authRule": "@request.auth.id != '' || verified = true"},
            {"name": "sound", "type": "auth", "authRule": "verified = true && score > 1",
                "fields": [{"name": "score", "type": "number"}]}],
        "accounts": [
            {"collection": "odd", "email": DEMO_USER, "password": DEMO_PASSWORD, "verified": true},
            {"collection": "sound", "email": DEMO_USER, "password": DEMO_PASSWORD,
                "verified": true, "fields": {"score": 1.5}}]}));
    for (collection, status) in [("odd", 403), ("sound", 200)] {
        assert_eq!(bind(&server, collection, DEMO_USER, "t").status, 204);
        assert_eq!(login(&server, collection, "t").status, status);
    }
}

#[test]
fn paths_that_lead_nowhere() {
    let server = demo();
    for (method, target) in [
        ("GET", "/"),
        ("POST", "/api/collections/users/auth-with-oauth2"),
        ("POST", "/api/collections/users/bind-token/x"),
        ("POST", "/api/health"),
        ("PATCH", "/api/collections/users/bind-token"),
    ] {
        let answer = exchange(server.address(), &request(method, target, &[], b""));
        assert_eq!(answer.status, 404, "{method} {target}");
        assert_eq!(answer.header("Allow"), None, "{method} {target}");
        let expected =
            r#"{"data":{},"message":"The requested resource wasn't found.","status":404}"#;
        assert_eq!(answer.text(), format!("{expected}\n"));
    }
    let missing = route("%ff", "bind-token");
    let answer = post(server.address(), &missing, &json!({}));
    assert_eq!(answer.message(), "Missing or invalid collection context.");
    let answer = post(
        server.address(),
        "/api/collections//bind-token?a=b",
        &json!({}),
    );
    assert_eq!((answer.status, answer.text()), (301, ""));
    assert_eq!(
        answer.header("location"),
        Some("/api/collections/bind-token?a=b")
    );
}

#[test]
fn browsers_may_use_the_api() {
    let server = demo();
    let asked = [
        ("Origin", "https://app.example"),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type,x-other"),
    ];
    let target = route("users", "bind-token");
    let answer = exchange(server.address(), &request("OPTIONS", &target, &asked, b""));
    assert_eq!((answer.status, answer.text()), (204, ""));
    for (name, value) in [
        ("Access-Control-Allow-Origin", Some("*")),
        ("Access-Control-Allow-Headers", Some("content-type,x-other")),
        ("Access-Control-Allow-Credentials", None),
        ("X-Content-Type-Options", None),
        ("Vary", Some("Origin")),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    let answer = get(&server, "/api/nothing", &asked);
    assert_eq!(answer.header("Access-Control-Allow-Origin"), Some("*"));
}

#[test]
fn a_body_that_is_too_large_is_refused() {
    let server = demo();
    let target = route("users", "auth-with-token");
    let json = ("Content-Type", "application/json");
    let body = |size: usize| format!("{{\"token\":\"{}\"}}", "t".repeat(size - 12)).into_bytes();
    let largest = 32 * 1024 * 1024;
    let sent = request("POST", &target, &[json], &body(largest));
    assert_eq!(exchange(server.address(), &sent).status, 400);
    let sent = request("POST", &target, &[json], &body(largest + 1));
    let answer = exchange(server.address(), &sent);
    assert_eq!(
        (answer.status, answer.message().as_str()),
        (413, "Request entity too large.")
    );
}

#[test]
fn a_path_that_leads_nowhere_expands_nothing() {
    let relation =
        |name: &str, to: &str| json!({"name": name, "type": "relation", "collection": to});
    let seed = json!({
        "collections": [
            {"name": "towns", "type": "base"},
            {"name": "teams", "type": "base", "viewRule": "", "fields": [relation("town", "towns"), relation("rival", "teams")]},
            {"name": "players", "type": "auth", "fields": [relation("team", "teams")]},
        ],
        "records": [
            {"id": "town", "collection": "towns"},
            {"id": "team", "collection": "teams", "fields": {"town": "town"}},
        ],
        "accounts": [{"collection": "players", "email": DEMO_USER, "password": DEMO_PASSWORD,
            "fields": {"team": "team"}}],
    });
    let server = server(&seed);
    assert_eq!(bind(&server, "players", DEMO_USER, "t").status, 204);
    for (expand, is_there) in [
        ("team", true),
        ("nothing,team", true),
        ("team.nothing", false),
        ("team.town", false),
        ("team.rival", true),
        ("team.town,team", true),
    ] {
        let target = format!("{}?expand={expand}", route("players", "auth-with-token"));
        let record =
            post(server.address(), &target, &json!({"token": "t"})).json()["record"].clone();
        assert_eq!(record["expand"]["team"].is_object(), is_there, "{expand}");
        assert_eq!(record.get("expand").is_some(), is_there, "{expand}");
    }
}

#[test]
fn system_collections_have_no_accounts() {
    let server = demo();
    let body = credentials(DEMO_USER, "t");
    for collection in ["_otps", "_MFAS", "_authOrigins", "_externalAuths"] {
        for call in [
            "bind-token",
            "unbind-token",
            "auth-with-token",
            "auth-with-password",
        ] {
            let answer = post(server.address(), &route(collection, call), &body);
            let said = (answer.status, answer.message());
            let expected = "Missing or invalid auth collection context.".to_owned();
            assert_eq!(said, (404, expected), "{collection} {call}");
        }
        let answer = post(server.address(), &route(collection, "auth-refresh"), &body);
        assert_eq!(answer.status, 401, "{collection}");
    }
}

#[test]
fn a_request_has_exactly_one_host() {
    let server = server(&json!({}));
    let target = route("users", "auth-with-token");
    let send = |version: &str, hosts: &[&str], target: &str| {
        let mut sent = format!("POST {target} {version}\r\nConnection: close\r\n");
        hosts
            .iter()
            .for_each(|host| sent += &format!("Host: {host}\r\n"));
        sent += "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
        exchange(server.address(), sent.as_bytes())
    };
    for target in [
        &target[..],
        "/api/health",
        "/nowhere",
        "//",
        "/_local/control",
    ] {
        for (hosts, said) in [
            (&[][..], "400 Bad Request: missing required Host header"),
            (&["a", "a"], "400 Bad Request: too many Host headers"),
            (&["a", "b"], "400 Bad Request: too many Host headers"),
            (&["a/b"], "400 Bad Request: malformed Host header"),
        ] {
            let answer = send("HTTP/1.1", hosts, target);
            assert_eq!((answer.status, answer.text()), (400, said), "{target}");
            let kind = answer.header("Content-Type");
            assert_eq!(kind, Some("text/plain; charset=utf-8"));
            assert_eq!(answer.header("Connection"), Some("close"));
        }
    }
    for (version, hosts) in [("HTTP/1.1", &[""][..]), ("HTTP/1.1", &["example.com:1"])] {
        let answer = send(version, hosts, &target);
        assert_eq!(
            answer.json()["data"]["token"]["code"],
            "validation_required"
        );
    }
    // HTTP/1.0 needs none; its status line is that of the request.
    let old = format!(
        "POST {target} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}"
    );
    let mut stream = std::net::TcpStream::connect(server.address()).unwrap();
    stream.write_all(old.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("validation_required"), "{answer}");
}

#[test]
fn control_is_for_programs_on_this_machine() {
    let server = server(&json!({}));
    let step = json!({"do": "create_account", "account": account("users", "1", DEMO_USER)});
    let send = |method: &str, headers: &[(&str, &str)]| {
        let body = step.to_string();
        let sent = request(method, "/_local/control", headers, body.as_bytes());
        exchange(server.address(), &sent)
    };
    for headers in [
        &[("Origin", "https://evil.example")][..],
        &[("Origin", "null")],
        &[("Origin", server.base_url())],
        &[("Host", "evil.example")],
        &[("Host", "evil.example:80")],
        &[("Sec-Fetch-Site", "cross-site")],
    ] {
        let answer = send("POST", headers);
        assert_eq!(answer.status, 403, "{headers:?}");
        assert_eq!(answer.header("Access-Control-Allow-Origin"), None);
    }
    let answer = send("OPTIONS", &[("Origin", "https://evil.example")]);
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("Access-Control-Allow-Origin"), None);
    assert_eq!(send("GET", &[]).status, 404);
    let doubled = br#"{"do": "list_faults", "do": "clear_faults"}"#;
    let answer = exchange(
        server.address(),
        &request("POST", "/_local/control", &[], doubled),
    );
    assert_eq!(
        (answer.status, answer.message().as_str()),
        (400, "no JSON: duplicate field `do` at line 1 column 26")
    );
    // Nothing of all that has made the account.
    assert_eq!(bind(&server, "users", DEMO_USER, "t").status, 400);
    assert_eq!(send("POST", &[]).status, 204);
    assert_eq!(bind(&server, "users", DEMO_USER, "t").status, 204);
}

#[test]
fn steps_of_control_change_all_or_nothing() {
    let server = server(&json!({"accounts": [account("users", "1", DEMO_USER)]}));
    let named = json!({"collection": "users", "id": "1", "email": "whatever@example.com"});
    for (step, said) in [
        (
            json!({"do": "create_nothing", "account": named}),
            "unknown variant",
        ),
        (json!({}), "missing field `do`"),
        (json!([]), "should be"),
        (
            json!({"do": "delete_account", "account": {"collection": "users"}}),
            "no such account",
        ),
        (
            json!({"do": "update_account", "account": named, "set": {"shoe": 1}}),
            "no field shoe",
        ),
        (
            json!({"do": "create_account", "account": account("users", "1", "b@example.com")}),
            "there already",
        ),
        (
            json!({"do": "create_account", "account": account("users", "2", DEMO_USER)}),
            "there already",
        ),
        (
            json!({"do": "update_collection", "collection": "users", "set": {"id": "x"}}),
            "cannot be changed",
        ),
        (
            json!({"do": "delete_collection", "collection": "nothing"}),
            "no collection nothing",
        ),
    ] {
        let answer = post(server.address(), "/_local/control", &step);
        assert_eq!(answer.status, 400, "{step}");
        assert!(
            answer.message().contains(said),
            "{step}: {}",
            answer.message()
        );
    }
    let step = json!({"do": "update_account", "account": named,
        "set": {"name": "Nm", "fields": {"avatar": "a.png"}, "emailVisibility": true}});
    server.control(step).unwrap();
    assert_eq!(bind(&server, "users", DEMO_USER, "t").status, 204);
    let record = login(&server, "users", "t").json()["record"].clone();
    assert_eq!(
        (&record["name"], &record["avatar"]),
        (&json!("Nm"), &json!("a.png"))
    );
    assert_eq!(record["emailVisibility"], true);
}

#[test]
fn nothing_is_inherited_from_what_was_deleted() {
    let players = json!({"name": "players", "id": "c1", "type": "auth"});
    let server = server(&json!({"collections": [players],
        "accounts": [account("players", "1", DEMO_USER)]}));
    let control = |step: Value| server.control(step).unwrap();
    assert_eq!(bind(&server, "players", DEMO_USER, "t").status, 204);
    control(json!({"do": "delete_account", "account": {"collection": "players", "id": "1"}}));
    control(json!({"do": "create_account", "account": account("players", "1", DEMO_USER)}));
    assert_eq!(login(&server, "players", "t").status, 400);

    assert_eq!(bind(&server, "players", DEMO_USER, "t").status, 204);
    control(json!({"do": "delete_collection", "collection": "players"}));
    assert_eq!(login(&server, "players", "t").status, 404);
    control(json!({"do": "create_collection", "collection": players}));
    control(json!({"do": "create_account", "account": account("players", "1", DEMO_USER)}));
    assert_eq!(login(&server, "players", "t").status, 400);
}

#[test]
fn many_may_bind_at_once() {
    const THREADS: usize = 32;
    let emails = ["a@example.com", "b@example.com"];
    let server = server(&json!({"accounts": [
        account("users", "a", emails[0]), account("users", "b", emails[1])]}));
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (server, email) = (&server, emails[number % 2]);
            scope.spawn(move || {
                let own = format!("own-{number}");
                assert_eq!(bind(server, "users", email, &own).status, 204);
                assert_eq!(bind(server, "users", email, "shared").status, 204);
                let record = login(server, "users", &own).json()["record"].clone();
                assert_eq!(record["email"], email);
                let target = route("users", "unbind-token");
                let unbound = post(server.address(), &target, &credentials(email, &own));
                assert_eq!(unbound.status, 204);
                assert_eq!(login(server, "users", &own).status, 400);
            });
        }
    });
    // The token that all of them took has one owner, who alone can let go of it.
    let owner = login(&server, "users", "shared").json()["record"]["email"].clone();
    let other = emails.into_iter().find(|email| owner != *email).unwrap();
    let target = route("users", "unbind-token");
    for (email, status) in [(other, 200), (owner.as_str().unwrap(), 400)] {
        post(server.address(), &target, &credentials(email, "shared"));
        assert_eq!(login(&server, "users", "shared").status, status);
    }
}

#[test]
fn a_server_can_be_used_anywhere_and_ends_when_dropped() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let address = runtime.block_on(async {
        let server = demo();
        let step = json!({"do": "delete_account",
            "account": {"collection": "users", "email": DEMO_USER}});
        server.control(step).unwrap();
        assert_eq!(get(&server, "/api/health", &[]).status, 200);
        server.address()
    });
    assert!(std::net::TcpStream::connect(address).is_err());
    let shown = format!("{:?}", Config::demo());
    assert!(!shown.contains(DEMO_PASSWORD), "{shown}");
}
