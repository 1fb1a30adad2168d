//! The program itself, started as anybody would start it.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use std::io::BufRead;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use support::program::{Folder, Running, complaint, program, refusal};
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
    let complaint = complaint(&["--data", &data, "--seed", &second]);
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
        (
            "{".to_owned(),
            "no JSON: EOF while parsing an object at line 1 column 1",
        ),
        (String::new(), "it is empty"),
        (" \n".to_owned(), "it is empty"),
        ("null".to_owned(), "should be an object"),
        ("{} {}".to_owned(), "trailing characters at line 1 column 4"),
        (
            "\u{feff}{}".to_owned(),
            "byte order mark at line 1 column 1: save it",
        ),
        (
            "{\"accounts\": [],\n\"accounts\": []}".to_owned(),
            "duplicate field `accounts` at line 2 column 10",
        ),
        (
            account(r#""email": "a@b.co", "password": "canary 1", "password": "canary 2""#),
            "duplicate field `password` at line 1",
        ),
        (r#"{"accounts": {}}"#.to_owned(), "should be a sequence"),
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
        let complaint = complaint(&["--seed", &file]);
        assert!(complaint.contains(said), "{complaint}");
        assert!(!complaint.contains("canary"), "{complaint}");
    }
    let utf_16 = |bytes: [u8; 2], text: &str| {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        bytes.into_iter().chain(units).collect::<Vec<u8>>()
    };
    for (bytes, said) in [
        (utf_16([0xff, 0xfe], "{}"), "UTF-16: save it as UTF-8"),
        (utf_16(*b"{\0", "}"), "UTF-16: save it as UTF-8"),
        (
            b"{\n\"canary\xff\": 1}".to_vec(),
            "not valid UTF-8 in line 2",
        ),
    ] {
        std::fs::write(folder.path("seed.json"), bytes).unwrap();
        let complaint = complaint(&["--seed", &folder.path("seed.json")]);
        assert!(complaint.contains("seed.json: it "), "{complaint}");
        assert!(complaint.contains(said), "{complaint}");
        assert!(!complaint.contains("canary"), "{complaint}");
    }
}

#[test]
fn what_cannot_be_used_is_answered_by_what_to_write() {
    let folder = Folder::new("unusable");
    let inside = folder.0.to_str().unwrap();
    for (arguments, said) in [
        (
            ["--seed", &folder.path("missing.json")],
            "missing.json: No such file",
        ),
        (["--seed", inside], "Is a directory"),
        (["--data", ""], "the name is empty: give the name of a file"),
        (
            ["--data", inside],
            "it is a folder: give the name of a file in it, like ",
        ),
        (["--data", inside], "/bosbase.db"),
        (["--data", &folder.path("no/x.db")], "/no: make it first"),
        (["--http", "nowhere"], "--http nowhere"),
        (["--http", "8090"], "it should be like 127.0.0.1:8090"),
        (
            ["--http", "http://127.0.0.1:8090"],
            "like 127.0.0.1:8090, and no URL",
        ),
    ] {
        let complaint = complaint(&arguments);
        assert!(complaint.contains(said), "{complaint}");
    }
    for (arguments, said) in [
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
        let refusal = refusal(arguments);
        assert!(refusal.contains(said), "{refusal}");
    }
}

#[test]
fn seeds_that_were_loaded_before_are_to_be_left_out() {
    let folder = Folder::new("twice");
    let (data, seeded) = (folder.path("demo.db"), folder.path("seeded.db"));
    let seed = folder.file("seed.json", &seed("id-1", "a@example.com"));
    Running::start(&["--data", &data, "--demo"]).end();
    let complaint_of_demo = complaint(&["--data", &data, "--demo"]);
    assert!(
        complaint_of_demo.contains("leave out --demo"),
        "{complaint_of_demo}"
    );
    Running::start(&["--data", &data]).end();
    Running::start(&["--data", &seeded, "--seed", &seed]).end();
    let complaint_of_seed = complaint(&["--data", &seeded, "--seed", &seed]);
    assert!(
        complaint_of_seed.contains("leave out --seed"),
        "{complaint_of_seed}"
    );
}

#[test]
fn the_closed_control_address_tells_how_it_is_opened() {
    let running = Running::start(&[]);
    let step = json!({"do": "list_faults"});
    let answer = post(running.address, "/_local/control", &step);
    assert_eq!(answer.status, 404);
    assert!(
        answer
            .message()
            .contains("start bosbase-local with --control")
    );
    running.end();
}

#[test]
fn no_output_holds_a_database_password() {
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
        let said = complaint(&["--http", port, "--data", data]);
        assert!(said.contains("cannot use the data"), "{said}");
        assert!(!said.contains("canary"), "{data}: {said}");
        for option in ["--seed", "--http"] {
            let said = complaint(&[option, data]);
            assert!(!said.contains("canary"), "{option} {data}: {said}");
        }
        let slips = [
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
        for slip in slips {
            let said = refusal(slip);
            assert!(!said.contains("canary"), "{slip:?}: {said}");
            assert!(
                said.contains("write bosbase-local serve"),
                "{slip:?}: {said}"
            );
        }
    }
    for (data, said) in [
        ("postgres://shop:a#b@127.0.0.1:1/x", "# is %23"),
        ("MYSQL://shop@h/x", "postgres://user:password@host/name"),
        ("postgres://127.0.0.1:1/x?schema=a", "unknown parameter"),
        (
            "Postgres://shop:a%23b@127.0.0.1:1/x",
            "postgres://127.0.0.1:1/x: ",
        ),
    ] {
        let complaint = complaint(&["--data", data]);
        assert!(complaint.contains(said), "{complaint}");
    }
}

#[test]
fn every_name_is_that_of_a_file() {
    let folder = Folder::new("names");
    let seed = folder.file("seed.json", &seed("id-1", "a@example.com"));
    let start = |name: &str, more: &[&str]| {
        let data = format!("--data={name}");
        let fixed = ["serve", "--http", "127.0.0.1:0", &data];
        let mut command = program(&[&fixed, more].concat());
        command.current_dir(&folder.0);
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
        assert!(folder.0.join(name).is_file(), "{name}");
        assert_eq!(running.post(BIND, &bound), 204, "{name}");
        running.end();
        let running = start(name, &[]);
        assert_eq!(running.post(LOGIN, &json!({"token": "t"})), 200, "{name}");
        running.end();
    }
}

#[test]
#[cfg(unix)]
fn a_name_that_is_not_utf_8_is_refused() {
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::new("bytes");
    let mut command = program(&["serve", "--http", "127.0.0.1:0", "--data"]);
    command.arg(std::ffi::OsStr::from_bytes(b"x\xff.db"));
    let output = command.current_dir(&folder.0).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("not valid UTF-8"), "{said}");
    assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 0);
}

/// The program, started by a shell that first does `prepare` to it.
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
fn readers_that_go_away_do_not_end_it() {
    // Also where the signal of a pipe without a reader has been ignored, or not.
    for signal in ["trap '' PIPE", "trap - PIPE"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = prepared(signal, &["--demo", "--log", "--control"]);
        command.stderr(writer);
        let mut running = Running::spawn(command);
        // The reader of the standard output goes away as soon as it has the URL.
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
fn without_a_reader_for_its_url_it_does_not_serve() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = program(&["serve", "--http", "127.0.0.1:0"]);
    let output = command.stdout(writer).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write the base URL"), "{said}");
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
