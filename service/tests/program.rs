//! The program itself, started as anybody would start it.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use std::io::BufRead;
use std::net::TcpListener;
use support::program::{Folder, Running, complaint, program};
use support::{exchange, post, request};

const BIND: &str = "/api/collections/users/bind-token";
const UNBIND: &str = "/api/collections/users/unbind-token";
const LOGIN: &str = "/api/collections/users/auth-with-token";

fn seed(id: &str, email: &str) -> String {
    json!({"accounts": [{"collection": "users", "id": id, "email": email, "password": "secret 1"}]})
        .to_string()
}

fn credentials(email: &str, password: &str, token: &str) -> Value {
    json!({"email": email, "password": password, "token": token})
}

#[test]
fn the_demo_does_what_it_says() {
    let mut running = Running::start(&["--demo"]);
    let mut tried = Vec::new();
    while tried.len() < 2 {
        let mut line = String::new();
        assert_ne!(running.output.read_line(&mut line).unwrap(), 0);
        let Some(command) = line.strip_prefix("curl -i http://") else {
            continue;
        };
        let (url, rest) = command.split_once(' ').unwrap();
        let target = url.strip_prefix(&running.address.to_string()).unwrap();
        let body = rest.split_once("-d '").unwrap().1.trim_end();
        let body = serde_json::from_str(body.strip_suffix('\'').unwrap()).unwrap();
        tried.push(running.post(target, &body));
    }
    assert_eq!(tried, [204, 200]);
    let (_, errors) = running.end();
    assert!(errors.contains("kept in memory"), "{errors}");
}

#[test]
fn data_outlive_the_program_and_a_seed_is_taken_once() {
    let folder = Folder::new("data");
    // A name that needs care when it becomes part of an address.
    let data = folder.path("a b#c%41?.db");
    let first = folder.file("first.json", &seed("id-1", "a@example.com"));
    let running = Running::start(&["--data", &data, "--seed", &first]);
    assert!(std::path::Path::new(&data).exists());
    let bound = credentials("a@example.com", "secret 1", "canary-token-in-a-file");
    assert_eq!(running.post(BIND, &bound), 204);
    let (_, errors) = running.end();
    assert!(!errors.contains("memory"), "{errors}");

    // An id that is there already spoils the whole seed, also what stands before it.
    let second = json!({"accounts": [
        {"collection": "users", "id": "id-2", "email": "b@example.com", "password": "secret 1"},
        {"collection": "users", "id": "id-1", "email": "c@example.com", "password": "secret 1"}]});
    let second = folder.file("second.json", &second.to_string());
    let complaint = complaint(&["--http", "127.0.0.1:0", "--data", &data, "--seed", &second]);
    let said = "accounts[1]: the account id-1 is there already";
    assert!(complaint.contains(said), "{complaint}");

    let running = Running::start(&["--data", &data]);
    assert_eq!(
        running.post(LOGIN, &json!({"token": "canary-token-in-a-file"})),
        200
    );
    let other = credentials("b@example.com", "secret 1", "t");
    assert_eq!(running.post(BIND, &other), 400);
    running.end();

    // What lies on the disk is a hash.
    for entry in std::fs::read_dir(&folder.0).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let canary = b"canary-token-in-a-file";
        assert!(!bytes.windows(canary.len()).any(|window| window == canary));
    }
}

#[test]
fn a_port_in_use_is_said_so() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let complaint = complaint(&["--http", &address]);
    assert!(
        complaint.contains(&format!("cannot listen on {address}")),
        "{complaint}"
    );
}

#[test]
fn what_cannot_be_used_is_said_in_one_line_without_secrets() {
    let folder = Folder::new("bad");
    let account =
        |members: &str| format!(r#"{{"accounts": [{{"collection": "users", {members}}}]}}"#);
    for (seed, said) in [
        ("{".to_owned(), "no JSON"),
        ("[]".to_owned(), "should be"),
        (r#"{"acounts": []}"#.to_owned(), "unknown field `acounts`"),
        (
            account(r#""email": "a@example.com""#),
            "accounts[0]: missing field `password`",
        ),
        (
            account(r#""email": "canary", "password": "canary""#),
            "no email address",
        ),
        (
            account(r#""email": "a@example.com", "password": ["canary"]"#),
            "should be a string",
        ),
        (
            account(&format!(
                r#""email": "a@b.co", "password": "{}""#,
                "canary".repeat(20)
            )),
            "too long",
        ),
        (
            account(r#""email": "a@b.co", "password": "canary", "fields": {"shoe": 1}"#),
            "no field shoe",
        ),
        (
            r#"{"collections": [{"name": "a/b", "type": "auth"}]}"#.to_owned(),
            "collections[0]: the name",
        ),
        (
            r#"{"collections": [{"name": "USERS", "type": "auth"}]}"#.to_owned(),
            "there already",
        ),
    ] {
        let file = folder.file("seed.json", &seed);
        let complaint = complaint(&["--http", "127.0.0.1:0", "--seed", &file]);
        assert!(complaint.contains(said), "{complaint}");
        assert!(!complaint.contains("canary"), "{complaint}");
    }
    for (arguments, said) in [
        (
            ["--seed", &folder.path("missing.json")],
            "cannot read the seed",
        ),
        (
            ["--data", folder.0.to_str().unwrap()],
            "cannot use the data",
        ),
        (["--http", "nowhere"], "--http nowhere"),
    ] {
        let complaint = complaint(&arguments);
        assert!(complaint.contains(said), "{complaint}");
    }
}

#[test]
fn neither_log_nor_output_holds_a_secret() {
    let folder = Folder::new("log");
    let seed = json!({"accounts": [{"collection": "users", "email": "a@example.com",
        "password": "canary-password"}]});
    let seed = folder.file("seed.json", &seed.to_string());
    let running = Running::start(&["--seed", &seed, "--log", "--control"]);
    let right = credentials("a@example.com", "canary-password", "canary-token");
    assert_eq!(running.post(BIND, &right), 204);
    let login = post(running.address, LOGIN, &json!({"token": "canary-token"}));
    let jwt = login.json()["token"].as_str().unwrap().to_owned();
    let wrong = credentials("a@example.com", "canary-other", "canary-token");
    assert_eq!(running.post(BIND, &wrong), 400);
    let authorization = [
        ("Authorization", jwt.as_str()),
        ("Content-Type", "application/json"),
    ];
    let target = format!("{LOGIN}?token=canary-query&mfaId=canary");
    let broken = request("POST", &target, &authorization, b"{\"token\":\"canary");
    assert_eq!(exchange(running.address, &broken).status, 400);
    let step = json!({"do": "update_account", "account": {"collection": "users",
        "email": "a@example.com"}, "set": {"password": "canary-new"}});
    assert_eq!(running.post("/_local/control", &step), 204);
    let step = json!({"do": "create_account", "account": {"password": "canary-new"}});
    assert_eq!(running.post("/_local/control", &step), 400);
    assert_eq!(running.post(UNBIND, &right), 400);

    let (output, errors) = running.end();
    let lines: Vec<Value> = errors
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 7, "{errors}");
    let first = &lines[0];
    assert_eq!(
        (&first["method"], &first["path"]),
        (&json!("POST"), &json!(BIND))
    );
    assert_eq!(
        (&first["status"], &first["client"]),
        (&json!(204), &json!("127.0.0.1"))
    );
    assert!(first["time"].is_string() && first["ms"].is_u64(), "{first}");
    for text in [&output, &errors] {
        assert!(!text.contains("canary"), "{text}");
        assert!(!text.contains(&jwt), "{text}");
    }
}

#[test]
fn help_teaches() {
    for arguments in [&["--help"][..], &["serve", "--help"]] {
        let output = program(arguments).output().unwrap();
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            text.contains("bosbase-local serve --data bosbase.db"),
            "{text}"
        );
    }
    let output = program(&["serve", "--seed-cost", "3"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}
