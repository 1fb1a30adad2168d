//! The program: command line, seeds, messages and log.

use crate::support::client::post;
use crate::support::process::{Running, TempDir, program, start_error, usage_error};
use crate::support::raw::{exchange, request};
use serde_json::{Value, json};
use std::io::BufRead;
use std::net::TcpListener;
use std::process::{Command, Stdio};

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
fn printed_demo_commands_work() {
    let mut running = Running::start(&["--demo"]);
    let mut statuses = Vec::new();
    while statuses.len() < 2 {
        let mut line = String::new();
        assert_ne!(running.output.read_line(&mut line).unwrap(), 0);
        let Some(command) = line.strip_prefix("curl -i http://") else {
            continue;
        };
        let (url, rest) = command.split_once(' ').unwrap();
        let target = url.strip_prefix(&running.address.to_string()).unwrap();
        let body = rest.split_once("-d '").unwrap().1.trim_end();
        let body = serde_json::from_str(body.strip_suffix('\'').unwrap()).unwrap();
        statuses.push(running.post(target, &body));
    }
    assert_eq!(statuses, [204, 200]);
    let (_, errors) = running.stop();
    assert!(errors.contains("kept in memory"), "{errors}");
}

#[test]
fn data_persists_and_a_seed_is_loaded_once() {
    let directory = TempDir::new("data");
    // Special characters in a URL.
    let data = directory.path("a b#c%41?.db");
    let first = directory.file("first.json", &seed("id-1", "a@example.com"));
    let running = Running::start(&["--data", &data, "--seed", &first]);
    assert!(std::path::Path::new(&data).exists());
    let bound = credentials("a@example.com", "secret 1", "canary-token-in-a-file");
    assert_eq!(running.post(BIND, &bound), 204);
    let (_, errors) = running.stop();
    assert!(!errors.contains("memory"), "{errors}");

    // A duplicate id rejects the whole seed.
    let second = json!({"accounts": [
        {"collection": "users", "id": "id-2", "email": "b@example.com", "password": "secret 1"},
        {"collection": "users", "id": "id-1", "email": "c@example.com", "password": "secret 1"}]});
    let second = directory.file("second.json", &second.to_string());
    let error = start_error(&["--data", &data, "--seed", &second]);
    let expected = "accounts[1]: the account id-1 already exists";
    assert!(error.contains(expected), "{error}");

    let running = Running::start(&["--data", &data]);
    assert_eq!(
        running.post(LOGIN, &json!({"token": "canary-token-in-a-file"})),
        200
    );
    let other = credentials("b@example.com", "secret 1", "t");
    assert_eq!(running.post(BIND, &other), 400);
    running.stop();

    // The files contain only the hash.
    for entry in std::fs::read_dir(&directory.0).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let canary = b"canary-token-in-a-file";
        assert!(!bytes.windows(canary.len()).any(|window| window == canary));
    }
}

#[test]
fn port_in_use_is_reported() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = start_error(&["--http", &address]);
    assert!(
        error.contains(&format!("cannot listen on {address}")),
        "{error}"
    );
}

#[test]
fn invalid_seed_is_reported_without_secrets() {
    let directory = TempDir::new("bad");
    let account = |fields| format!(r#"{{"accounts": [{{"collection": "users", {fields}}}]}}"#);
    let long = "canary".repeat(20);
    let long = format!(r#""email": "a@b.co", "password": "{long}""#);
    for (seed, expected) in [
        ("", "it is empty"),
        (" \n", "it is empty"),
        (
            "{",
            "invalid JSON: EOF while parsing an object at line 1 column 1",
        ),
        ("null", "must be an object"),
        ("[]", "must be an object"),
        ("{} {}", "trailing characters at line 1 column 4"),
        ("\u{feff}{}", "byte order mark at line 1 column 1: save it"),
        (
            "{\"accounts\": [],\n\"accounts\": []}",
            "duplicate field `accounts` at line 2 column 10",
        ),
        (r#"{"accounts": {}}"#, "must be a sequence"),
        (r#"{"acounts": []}"#, "unknown field `acounts`"),
        (
            r#"{"collections": [{"name": "a/b", "type": "auth"}]}"#,
            "collections[0]: the name",
        ),
        (
            r#"{"collections": [{"name": "USERS", "type": "auth"}]}"#,
            "already exists",
        ),
        (
            r#"{"collections": [{"name": "a", "type": "base",
                "fields": [{"name": "expand", "type": "text"}]}]}"#,
            "collections[0]: the field name expand is reserved",
        ),
        (
            r#"{"collections": [{"name": "a", "type": "base",
                "fields": [{"name": "email", "type": "text"}, {"name": "id", "type": "text"}]}]}"#,
            "collections[0]: the field name id is reserved",
        ),
        (
            r#"{"collections": [{"name": "a", "type": "auth",
                "fields": [{"name": "email", "type": "text"}]}]}"#,
            "collections[0]: the field name email is reserved",
        ),
        (
            &account(r#""email": "a@b.co", "password": "canary 1", "password": "canary 2""#),
            "duplicate field `password` at line 1",
        ),
        (
            &account(r#""email": "a@example.com""#),
            "accounts[0]: missing field `password`",
        ),
        (
            &account(r#""email": "canary", "password": "canary""#),
            "not an email address",
        ),
        (
            &account(r#""email": "a@example.com", "password": ["canary"]"#),
            "must be a string",
        ),
        (&account(&long), "too long"),
        (
            &account(r#""email": "a@b.co", "password": "canary", "fields": {"shoe": 1}"#),
            "no field shoe",
        ),
    ] {
        let file = directory.file("seed.json", seed);
        let error = start_error(&["--seed", &file]);
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("canary"), "{error}");
    }
    let utf_16 = |prefix: [u8; 2], json: &str| {
        let units = json.encode_utf16().flat_map(u16::to_le_bytes);
        prefix.into_iter().chain(units).collect::<Vec<u8>>()
    };
    for (bytes, expected) in [
        (utf_16([0xff, 0xfe], "{}"), "UTF-16: save it as UTF-8"),
        (utf_16(*b"{\0", "}"), "UTF-16: save it as UTF-8"),
        (
            b"{\n\"canary\xff\": 1}".to_vec(),
            "not valid UTF-8 in line 2",
        ),
    ] {
        std::fs::write(directory.path("seed.json"), bytes).unwrap();
        let error = start_error(&["--seed", &directory.path("seed.json")]);
        assert!(error.contains("seed.json: it "), "{error}");
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("canary"), "{error}");
    }
}

#[test]
fn invalid_arguments_are_reported_with_a_hint() {
    let directory = TempDir::new("unusable");
    let inside = directory.0.to_str().unwrap();
    for (arguments, expected) in [
        (
            ["--seed", &directory.path("missing.json")],
            "missing.json: No such file",
        ),
        (["--seed", inside], "Is a directory"),
        (["--data", ""], "the name is empty: give the name of a file"),
        (
            ["--data", inside],
            "it is a directory: give the name of a file in it, like ",
        ),
        (["--data", inside], "/bosbase.db"),
        (
            ["--data", &directory.path("no/x.db")],
            "/no does not exist: create it first",
        ),
        (["--http", "nowhere"], "--http nowhere"),
        (
            ["--http", "8090"],
            "expected an address like 127.0.0.1:8090",
        ),
        (
            ["--http", "http://127.0.0.1:8090"],
            "like 127.0.0.1:8090, not a URL",
        ),
    ] {
        let error = start_error(&arguments);
        assert!(error.contains(expected), "{error}");
    }
    for (arguments, expected) in [
        (
            &["--http", "127.0.0.1:0"][..],
            "write bosbase-local serve --http ...",
        ),
        (
            &["--control", "serve"],
            "write bosbase-local serve --control ...",
        ),
        (&["--seed=x"], "write bosbase-local serve --seed ..."),
        (&["serve", "--demo", "--seed", "x"], "cannot be used with"),
    ] {
        let error = usage_error(arguments);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn loaded_seed_must_be_omitted() {
    let directory = TempDir::new("twice");
    let (data, seeded) = (directory.path("demo.db"), directory.path("seeded.db"));
    let seed = directory.file("seed.json", &seed("id-1", "a@example.com"));
    Running::start(&["--data", &data, "--demo"]).stop();
    let demo_error = start_error(&["--data", &data, "--demo"]);
    assert!(demo_error.contains("omit --demo"), "{demo_error}");
    Running::start(&["--data", &data]).stop();
    Running::start(&["--data", &seeded, "--seed", &seed]).stop();
    let seed_error = start_error(&["--data", &seeded, "--seed", &seed]);
    assert!(seed_error.contains("omit --seed"), "{seed_error}");
}

#[test]
fn disabled_control_reports_how_to_enable_it() {
    let running = Running::start(&[]);
    let command = json!({"do": "list_faults"});
    let response = post(running.address, "/_local/control", &command);
    assert_eq!(response.status, 404);
    assert!(
        response
            .message()
            .contains("start bosbase-local with --control")
    );
    running.stop();
}

#[test]
fn database_passwords_are_not_printed() {
    let port = "127.0.0.1:0";
    for data in [
        "Postgres://shop:canary@127.0.0.1:1/x",
        "POSTGRESQL://shop:canary@127.0.0.1:1/x",
        "postgres://shop:canary#canary@127.0.0.1:1/x",
        "postgres://shop:1#canary@127.0.0.1:1/x",
        "postgres://shop:1/canary@127.0.0.1:1/x",
        "postgres://shop:1?canary@127.0.0.1:1/x",
        "postgres://shop:canary canary@127.0.0.1:1/x",
        "postgres://shop:canary",
        "postgres://127.0.0.1:1/x?password=canary",
        "postgres://127.0.0.1:1/x?pasword=canary",
        "postgres://127.0.0.1:1/x?sslmode=canary",
        "postgres://shop:%ffcanary@127.0.0.1:1/x",
        "postgres:shop:canary@127.0.0.1:1/x",
        "mysql://shop:canary@127.0.0.1:1/x",
        "sqlite://canary.db",
        "jdbc:postgresql://127.0.0.1:1/x?password=canary",
        "file:canary.db?mode=memory",
        "host=127.0.0.1 user=shop password=canary",
        "password = 'canary canary' host=127.0.0.1",
        "shop:canary@127.0.0.1/x",
    ] {
        let message = start_error(&["--http", port, "--data", data]);
        assert!(message.contains("cannot use the data"), "{message}");
        assert!(!message.contains("canary"), "{data}: {message}");
        for option in ["--seed", "--http"] {
            let message = start_error(&[option, data]);
            assert!(!message.contains("canary"), "{option} {data}: {message}");
        }
        let typos = [
            &["serve", "--dta", data][..],
            &["serve", data],
            &[data],
            &["--data", data],
            &["serve", "--seed-cost", data],
            &["serve", &format!("--dta={data}")],
            &["serve", &format!("--demo={data}")],
            &["serve", &format!("--{data}")],
            &["serve", "--data", data, "more"],
            &["serve", "--data", "postgres://shop:", "canary@127.0.0.1/x"],
        ];
        for typo in typos {
            let message = usage_error(typo);
            assert!(!message.contains("canary"), "{typo:?}: {message}");
            assert!(
                message.contains("write bosbase-local serve"),
                "{typo:?}: {message}"
            );
        }
    }
    for (data, expected) in [
        ("postgres://shop:a#b@127.0.0.1:1/x", "# is %23"),
        ("MYSQL://shop@h/x", "postgres://user:password@host/name"),
        ("postgres://127.0.0.1:1/x?schema=a", "unknown parameter"),
        (
            "Postgres://shop:a%23b@127.0.0.1:1/x",
            "postgres://127.0.0.1:1/x: ",
        ),
    ] {
        let error = start_error(&["--data", data]);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn file_names_are_used_literally() {
    let directory = TempDir::new("names");
    let seed = directory.file("seed.json", &seed("id-1", "a@example.com"));
    let start = |name: &str, more: &[&str]| {
        let data = format!("--data={name}");
        let fixed = ["serve", "--http", "127.0.0.1:0", &data];
        let mut command = program(&[&fixed, more].concat());
        command.current_dir(&directory.0);
        Running::spawn(command)
    };
    let bound = credentials("a@example.com", "secret 1", "t");
    for name in [
        ":memory:",
        "?mode=memory",
        "x.db?mode=memory&cache=shared",
        "a b#c%41.db",
        "%3Amemory%3A",
        "-x.db",
        "é\t\"'.db",
        "./file:x.db?mode=memory",
        "./sqlite::memory:",
        "./host=h password=x",
        "./postgres:x",
        "notes:1.db",
    ] {
        let running = start(name, &["--seed", &seed]);
        assert!(directory.0.join(name).is_file(), "{name}");
        assert_eq!(running.post(BIND, &bound), 204, "{name}");
        running.stop();
        let running = start(name, &[]);
        assert_eq!(running.post(LOGIN, &json!({"token": "t"})), 200, "{name}");
        running.stop();
    }
}

#[test]
#[cfg(unix)]
fn file_name_that_is_not_utf8_is_rejected() {
    use std::os::unix::ffi::OsStrExt;
    let directory = TempDir::new("bytes");
    let mut command = program(&["serve", "--http", "127.0.0.1:0", "--data"]);
    command.arg(std::ffi::OsStr::from_bytes(b"x\xff.db"));
    let output = command.current_dir(&directory.0).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("not valid UTF-8"), "{message}");
    assert_eq!(std::fs::read_dir(&directory.0).unwrap().count(), 0);
}

/// Returns a command for the program, executed by a shell after `prepare`.
fn prepared(prepare: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("{prepare}; exec \"$0\" \"$@\"")])
        .arg(env!("CARGO_BIN_EXE_bosbase-local"))
        .args(["serve", "--http", "127.0.0.1:0"])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
}

#[test]
fn closed_output_does_not_stop_the_server() {
    // With SIGPIPE ignored, and not.
    for signal in ["trap '' PIPE", "trap - PIPE"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = prepared(signal, &["--demo", "--log", "--control"]);
        command.stderr(writer);
        let mut running = Running::spawn(command);
        // Close standard output after reading the URL.
        let address = running.address;
        let output = std::mem::replace(&mut running.output, Box::new(std::io::empty()));
        drop(output);
        let demo = credentials("user@example.com", "correct horse 1", "t");
        for _ in 0..20 {
            assert_eq!(running.post(BIND, &demo), 204, "{signal}");
            assert_eq!(running.post(LOGIN, &json!({"token": "t"})), 200);
        }
        let fault = json!({"do": "add_fault", "fault": "echo", "when": "after"});
        assert_eq!(running.post("/_local/control", &fault), 204);
        assert_eq!(post(address, LOGIN, &json!({"token": "t"})).status, 500);
        running.terminate();
        assert!(running.child.wait().unwrap().success(), "{signal}");
    }
}

#[test]
fn closed_standard_output_at_startup_is_an_error() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = program(&["serve", "--http", "127.0.0.1:0"]);
    let output = command.stdout(writer).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("cannot write the base URL"), "{message}");
}

#[test]
fn log_and_output_contain_no_secret() {
    let directory = TempDir::new("log");
    let seed = json!({"accounts": [{"collection": "users", "email": "a@example.com",
        "password": "canary-password"}]});
    let seed = directory.file("seed.json", &seed.to_string());
    let running = Running::start(&["--seed", &seed, "--log", "--control"]);
    let valid = credentials("a@example.com", "canary-password", "canary-token");
    assert_eq!(running.post(BIND, &valid), 204);
    let login = post(running.address, LOGIN, &json!({"token": "canary-token"}));
    let jwt = login.json()["token"].as_str().unwrap().to_owned();
    let invalid = credentials("a@example.com", "canary-other", "canary-token");
    assert_eq!(running.post(BIND, &invalid), 400);
    let authorization = [
        ("Authorization", jwt.as_str()),
        ("Content-Type", "application/json"),
    ];
    let target = format!("{LOGIN}?token=canary-query&mfaId=canary");
    let bytes = request("POST", &target, &authorization, b"{\"token\":\"canary");
    assert_eq!(exchange(running.address, &bytes).status, 400);
    let command = json!({"do": "update_account", "account": {"collection": "users",
        "email": "a@example.com"}, "set": {"password": "canary-new"}});
    assert_eq!(running.post("/_local/control", &command), 204);
    let command = json!({"do": "create_account", "account": {"password": "canary-new"}});
    assert_eq!(running.post("/_local/control", &command), 400);
    assert_eq!(running.post(UNBIND, &valid), 400);

    let (output, errors) = running.stop();
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
    for output in [&output, &errors] {
        assert!(!output.contains("canary"), "{output}");
        assert!(!output.contains(&jwt), "{output}");
    }
}

#[test]
fn help_contains_examples() {
    for arguments in [&["--help"][..], &["serve", "--help"]] {
        let output = program(arguments).output().unwrap();
        assert!(output.status.success());
        let output = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.contains("bosbase-local serve --data bosbase.db"),
            "{output}"
        );
    }
    let output = program(&["serve", "--seed-cost", "3"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}
