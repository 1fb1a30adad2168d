//! Behavior that the recorded scenarios do not cover.

use crate::support::api::{self, Api, credentials, path, string};
use crate::support::client::{Response, get, post};
use crate::support::raw::{exchange, request};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bosbase_local::{Config, DEMO_PASSWORD, DEMO_SUPERUSER, DEMO_USER, Server};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;

fn demo() -> Server {
    Server::start(Config::demo()).unwrap()
}

fn collection<'a>(server: &Server, name: &'a str) -> Api<'a> {
    Api::new(server.address(), name)
}

fn login(server: &Server, name: &str, token: &str) -> Response {
    collection(server, name).login_with_token(token, "")
}

fn account(collection: &str, id: &str, email: &str) -> Value {
    json!({"collection": collection, "id": id, "email": email, "password": DEMO_PASSWORD})
}

/// Returns the login token of the demo superuser.
fn superuser(server: &Server) -> String {
    collection(server, "_superusers").must_bind(DEMO_SUPERUSER, "root");
    string(&login(server, "_superusers", "root").json(), "token")
}

#[test]
fn superuser_bypasses_the_auth_rule() {
    let server = demo();
    let token = superuser(&server);
    collection(&server, "users").must_bind(DEMO_USER, "mine");
    let user = string(&login(&server, "users", "mine").json(), "token");
    let command =
        json!({"do": "update_collection", "collection": "users", "set": {"authRule": null}});
    server.control(command).unwrap();

    let target = path("users", "auth-with-token");
    let attempt = |query: &str, authorization: Option<String>| {
        let mut headers = vec![("Content-Type", "application/json")];
        if let Some(value) = &authorization {
            headers.push(("Authorization", value));
        }
        let target = format!("{target}{query}");
        let bytes = request("POST", &target, &headers, br#"{"token":"mine"}"#);
        exchange(server.address(), &bytes).status
    };
    assert_eq!(attempt("", None), 403);
    assert_eq!(attempt("", Some(token.clone())), 200);
    assert_eq!(attempt("", Some(format!("Bearer {token}"))), 200);
    assert_eq!(attempt(&format!("?token={token}"), None), 200);
    assert_eq!(attempt("", Some(format!("bearer {token}"))), 403);
    assert_eq!(attempt("", Some(user)), 403);
    assert_eq!(attempt("", Some("not.a.jwt".to_owned())), 403);
    // With an invalid header the query is ignored.
    assert_eq!(
        attempt(&format!("?token={token}"), Some("x".to_owned())),
        403
    );
    let forged = token.rsplit_once('.').unwrap().0.to_owned() + "." + &URL_SAFE_NO_PAD.encode("x");
    assert_eq!(attempt("", Some(forged)), 403);

    // A new password invalidates the login token, but not the binding.
    let command = json!({"do": "update_account", "set": {"password": "another horse 2"},
        "account": {"collection": "_superusers", "email": DEMO_SUPERUSER}});
    server.control(command).unwrap();
    assert_eq!(attempt("", Some(token)), 403);
    assert_eq!(login(&server, "_superusers", "root").status, 200);
}

#[test]
fn health_reports_settings_to_superusers() {
    let server = demo();
    let token = superuser(&server);
    let headers = [("Authorization", token.as_str())];
    let response = get(server.address(), "/api/health", &headers);
    let expected = r#"{"message":"API is healthy.","code":200,"data":{"canBackup":true,"possibleProxyHeader":"","realIP":"127.0.0.1","requireS3":false}}"#;
    assert_eq!(response.text(), format!("{expected}\n"));
    let response = get(server.address(), "/api/health?fields=code", &[]);
    assert_eq!(response.text(), "{\"code\":200}\n");
}

#[test]
fn invalid_rule_rejects_logins() {
    let server = api::server(&json!({
        "collections": [
            {"name": "unsupported", "type": "auth", "authRule": "@request.auth.id != '' || verified = true"},
            {"name": "supported", "type": "auth", "authRule": "verified = true && score > 1",
                "fields": [{"name": "score", "type": "number"}]}],
        "accounts": [
            {"collection": "unsupported", "email": DEMO_USER, "password": DEMO_PASSWORD, "verified": true},
            {"collection": "supported", "email": DEMO_USER, "password": DEMO_PASSWORD,
                "verified": true, "fields": {"score": 1.5}}]}));
    for (name, status) in [("unsupported", 403), ("supported", 200)] {
        collection(&server, name).must_bind(DEMO_USER, "t");
        assert_eq!(login(&server, name, "t").status, status);
    }
}

#[test]
fn unknown_routes_return_404() {
    let server = demo();
    for (method, target) in [
        ("GET", "/"),
        ("POST", "/api/collections/users/auth-with-oauth2"),
        ("POST", "/api/collections/users/bind-token/x"),
        ("POST", "/api/health"),
        ("PATCH", "/api/collections/users/bind-token"),
    ] {
        let response = exchange(server.address(), &request(method, target, &[], b""));
        assert_eq!(response.status, 404, "{method} {target}");
        assert_eq!(response.header("Allow"), None, "{method} {target}");
        let expected =
            r#"{"data":{},"message":"The requested resource wasn't found.","status":404}"#;
        assert_eq!(response.text(), format!("{expected}\n"));
    }
    let target = path("%ff", "bind-token");
    let response = post(server.address(), &target, &json!({}));
    assert_eq!(response.message(), "Missing or invalid collection context.");
    let target = "/api/collections//bind-token?a=b";
    let response = post(server.address(), target, &json!({}));
    assert_eq!((response.status, response.text()), (301, ""));
    let location = Some("/api/collections/bind-token?a=b");
    assert_eq!(response.header("location"), location);
}

#[test]
fn cors_allows_browsers() {
    let server = demo();
    let headers = [
        ("Origin", "https://app.example"),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type,x-other"),
    ];
    let target = path("users", "bind-token");
    let bytes = request("OPTIONS", &target, &headers, b"");
    let response = exchange(server.address(), &bytes);
    assert_eq!((response.status, response.text()), (204, ""));
    for (name, value) in [
        ("Access-Control-Allow-Origin", Some("*")),
        ("Access-Control-Allow-Headers", Some("content-type,x-other")),
        ("Access-Control-Allow-Credentials", None),
        ("X-Content-Type-Options", None),
        ("Vary", Some("Origin")),
    ] {
        assert_eq!(response.header(name), value, "{name}");
    }
    let response = get(server.address(), "/api/nothing", &headers);
    assert_eq!(response.header("Access-Control-Allow-Origin"), Some("*"));
}

#[test]
fn too_large_body_is_rejected() {
    let server = demo();
    let target = path("users", "auth-with-token");
    let json = ("Content-Type", "application/json");
    let body = |size: usize| format!("{{\"token\":\"{}\"}}", "t".repeat(size - 12)).into_bytes();
    let largest = 32 * 1024 * 1024;
    let bytes = request("POST", &target, &[json], &body(largest));
    assert_eq!(exchange(server.address(), &bytes).status, 400);
    let bytes = request("POST", &target, &[json], &body(largest + 1));
    let response = exchange(server.address(), &bytes);
    response.assert_error(413, "Request entity too large.");
}

#[test]
fn invalid_path_expands_nothing() {
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
    let server = api::server(&seed);
    collection(&server, "players").must_bind(DEMO_USER, "t");
    for (expand, is_expanded) in [
        ("team", true),
        ("nothing,team", true),
        ("team.nothing", false),
        ("team.town", false),
        ("team.rival", true),
        ("team.town,team", true),
    ] {
        let call = format!("auth-with-token?expand={expand}");
        let response = collection(&server, "players").post(&call, &json!({"token": "t"}));
        let record = &response.json()["record"];
        let has_team = record["expand"]["team"].is_object();
        assert_eq!(has_team, is_expanded, "{expand}");
        assert_eq!(record.get("expand").is_some(), is_expanded, "{expand}");
    }
}

#[test]
fn system_collections_have_no_accounts() {
    let server = demo();
    let body = credentials(DEMO_USER, "t");
    for name in ["_otps", "_MFAS", "_authOrigins", "_externalAuths"] {
        for call in [
            "bind-token",
            "unbind-token",
            "auth-with-token",
            "auth-with-password",
        ] {
            let response = post(server.address(), &path(name, call), &body);
            response.assert_error(404, "Missing or invalid auth collection context.");
        }
        let response = post(server.address(), &path(name, "auth-refresh"), &body);
        assert_eq!(response.status, 401, "{name}");
    }
}

#[test]
fn exactly_one_host_is_required() {
    let server = api::server(&json!({}));
    let target = path("users", "auth-with-token");
    let send = |version: &str, hosts: &[&str], target: &str| {
        let mut bytes = format!("POST {target} {version}\r\nConnection: close\r\n");
        hosts
            .iter()
            .for_each(|host| bytes += &format!("Host: {host}\r\n"));
        bytes += "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
        exchange(server.address(), bytes.as_bytes())
    };
    for target in [
        &target[..],
        "/api/health",
        "/nowhere",
        "//",
        "/_local/control",
    ] {
        for (hosts, message) in [
            (&[][..], "400 Bad Request: missing required Host header"),
            (&["a", "a"], "400 Bad Request: too many Host headers"),
            (&["a", "b"], "400 Bad Request: too many Host headers"),
            (&["a/b"], "400 Bad Request: malformed Host header"),
        ] {
            let response = send("HTTP/1.1", hosts, target);
            let actual = (response.status, response.text());
            assert_eq!(actual, (400, message), "{target}");
            let content_type = response.header("Content-Type");
            assert_eq!(content_type, Some("text/plain; charset=utf-8"));
            assert_eq!(response.header("Connection"), Some("close"));
        }
    }
    for (version, hosts) in [("HTTP/1.1", &[""][..]), ("HTTP/1.1", &["example.com:1"])] {
        let errors = &send(version, hosts, &target).json()["data"];
        assert_eq!(errors["token"]["code"], "validation_required");
    }
    // HTTP/1.0 does not require it. The response has the version of the request.
    let bytes = format!(
        "POST {target} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}"
    );
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(bytes.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    assert!(response.contains("validation_required"), "{response}");
}

#[test]
fn control_rejects_browsers() {
    let server = api::server(&json!({}));
    let command = json!({"do": "create_account", "account": account("users", "1", DEMO_USER)});
    let send = |method: &str, headers: &[(&str, &str)]| {
        let body = command.to_string();
        let bytes = request(method, "/_local/control", headers, body.as_bytes());
        exchange(server.address(), &bytes)
    };
    for headers in [
        &[("Origin", "https://evil.example")][..],
        &[("Origin", "null")],
        &[("Origin", server.base_url())],
        &[("Host", "evil.example")],
        &[("Host", "evil.example:80")],
        &[("Sec-Fetch-Site", "cross-site")],
    ] {
        let response = send("POST", headers);
        assert_eq!(response.status, 403, "{headers:?}");
        assert_eq!(response.header("Access-Control-Allow-Origin"), None);
    }
    let response = send("OPTIONS", &[("Origin", "https://evil.example")]);
    assert_eq!(response.status, 404);
    assert_eq!(response.header("Access-Control-Allow-Origin"), None);
    assert_eq!(send("GET", &[]).status, 404);
    let duplicate = br#"{"do": "list_faults", "do": "clear_faults"}"#;
    let bytes = request("POST", "/_local/control", &[], duplicate);
    let response = exchange(server.address(), &bytes);
    let message = "invalid JSON: duplicate field `do` at line 1 column 26";
    response.assert_error(400, message);
    // None of these requests has created the account.
    let users = collection(&server, "users");
    assert_eq!(users.bind(DEMO_USER, "t").status, 400);
    assert_eq!(send("POST", &[]).status, 204);
    users.must_bind(DEMO_USER, "t");
}

#[test]
fn control_commands_are_atomic() {
    let server = api::server(&json!({"accounts": [account("users", "1", DEMO_USER)]}));
    let reference = json!({"collection": "users", "id": "1", "email": "other@example.com"});
    for (command, message) in [
        (
            json!({"do": "create_nothing", "account": reference}),
            "unknown variant",
        ),
        (json!({}), "missing field `do`"),
        (json!([]), "must be an object"),
        (
            json!({"do": "delete_account", "account": {"collection": "users"}}),
            "no such account",
        ),
        (
            json!({"do": "update_account", "account": reference, "set": {"shoe": 1}}),
            "no field shoe",
        ),
        (
            json!({"do": "create_account", "account": account("users", "1", "b@example.com")}),
            "already exists",
        ),
        (
            json!({"do": "create_account", "account": account("users", "2", DEMO_USER)}),
            "already exists",
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
        let response = post(server.address(), "/_local/control", &command);
        assert_eq!(response.status, 400, "{command}");
        assert!(
            response.message().contains(message),
            "{command}: {}",
            response.message()
        );
    }
    let command = json!({"do": "update_account", "account": reference,
        "set": {"name": "Nm", "fields": {"avatar": "a.png"}, "emailVisibility": true}});
    server.control(command).unwrap();
    collection(&server, "users").must_bind(DEMO_USER, "t");
    let record = login(&server, "users", "t").json()["record"].clone();
    assert_eq!(
        (&record["name"], &record["avatar"]),
        (&json!("Nm"), &json!("a.png"))
    );
    assert_eq!(record["emailVisibility"], true);
}

#[test]
fn new_accounts_inherit_no_deleted_data() {
    let players = json!({"name": "players", "id": "c1", "type": "auth", "otp": {"enabled": true}});
    let server = api::server(&json!({"collections": [players],
        "accounts": [account("players", "1", DEMO_USER)]}));
    let api = collection(&server, "players");
    let create_account = json!({"do": "create_account",
        "account": account("players", "1", DEMO_USER)});
    api.must_bind(DEMO_USER, "t");
    let reference = json!({"collection": "players", "id": "1"});
    api.control(&json!({"do": "delete_account", "account": reference}));
    api.control(&create_account);
    assert_eq!(api.login_with_token("t", "").status, 400);

    api.must_bind(DEMO_USER, "t");
    let attempt = || {
        let id = api.request_otp(DEMO_USER);
        api.login_with_otp(&id, "0", "").status
    };
    assert_eq!([(); 6].map(|()| attempt()), [400, 400, 400, 400, 400, 429]);
    api.control(&json!({"do": "delete_collection", "collection": "players"}));
    assert_eq!(api.login_with_token("t", "").status, 404);
    api.control(&json!({"do": "create_collection", "collection": players}));
    api.control(&create_account);
    assert_eq!(api.login_with_token("t", "").status, 400);
    assert_eq!(attempt(), 400);
}

#[test]
fn concurrent_binds() {
    const THREADS: usize = 32;
    let emails = ["a@example.com", "b@example.com"];
    let server = api::server(&json!({"accounts": [
        account("users", "a", emails[0]), account("users", "b", emails[1])]}));
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (server, email) = (&server, emails[number % 2]);
            scope.spawn(move || {
                let token = format!("own-{number}");
                assert_eq!(collection(server, "users").bind(email, &token).status, 204);
                collection(server, "users").must_bind(email, "shared");
                let record = login(server, "users", &token).json()["record"].clone();
                assert_eq!(record["email"], email);
                let unbound = collection(server, "users").unbind(email, &token);
                assert_eq!(unbound.status, 204);
                assert_eq!(login(server, "users", &token).status, 400);
            });
        }
    });
    // The shared token is bound to one account, and only that one can unbind it.
    let owner = login(&server, "users", "shared").json()["record"]["email"].clone();
    let other = emails.into_iter().find(|email| owner != *email).unwrap();
    for (email, status) in [(other, 200), (owner.as_str().unwrap(), 400)] {
        collection(&server, "users").unbind(email, "shared");
        assert_eq!(login(&server, "users", "shared").status, status);
    }
}

#[test]
fn server_runs_in_async_code_and_stops_on_drop() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let address = runtime.block_on(async {
        let server = demo();
        let command = json!({"do": "delete_account",
            "account": {"collection": "users", "email": DEMO_USER}});
        server.control(command).unwrap();
        assert_eq!(get(server.address(), "/api/health", &[]).status, 200);
        server.address()
    });
    assert!(TcpStream::connect(address).is_err());
    let debug = format!("{:?}", Config::demo());
    assert!(!debug.contains(DEMO_PASSWORD), "{debug}");
}
