//! Shutdown, rejected databases, and a full disk.

use crate::support::api::{A, Api, credentials, seed};
use crate::support::database::Database;
use crate::support::process::{Running, TempDir, start_error};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

/// Sends the head of a request, and waits until the server reads the body.
fn send_head(running: &Running, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(running.address).unwrap();
    let head = format!(
        "POST /api/collections/users/bind-token HTTP/1.1\r\nHost: localhost\r\n\
        Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

#[test]
fn calls_in_flight_complete() {
    let directory = TempDir::new("in flight");
    let data = directory.path("data.db");
    let seed = directory.file("seed.json", &seed());
    let mut running = Running::start(&["--data", &data, "--seed", &seed]);
    let body = credentials(A, "in-flight").to_string();
    let mut calls: Vec<TcpStream> = (0..8).map(|_| send_head(&running, &body)).collect();
    running.terminate();
    // Wait until it accepts no connections.
    while TcpStream::connect(running.address).is_ok() {}
    for call in &mut calls {
        call.write_all(body.as_bytes()).unwrap();
    }
    for mut call in calls {
        let mut response = String::new();
        call.read_to_string(&mut response).unwrap();
        assert!(response.starts_with("HTTP/1.1 204 "), "{response}");
    }
    assert!(running.child.wait().unwrap().success());
    let running = Running::start(&["--data", &data]);
    let api = Api::new(running.address, "users");
    assert_eq!(api.login_with_token("in-flight", "").status, 200);
    running.stop();
}

#[test]
fn file_is_used_by_one_process() {
    let directory = TempDir::new("locked");
    let data = directory.path("data.db");
    let seed = directory.file("seed.json", &seed());
    let running = Running::start(&["--data", &data, "--seed", &seed]);
    let message = start_error(&["--data", &data]);
    assert!(message.contains("in use by another process"), "{message}");
    let api = Api::new(running.address, "users");
    api.must_bind(A, "t");
    assert_eq!(api.login_with_token("t", "").status, 200);
    running.stop();
    Running::start(&["--data", &data]).stop();
}

/// Returns the files of a directory by name.
fn contents(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        (path.display().to_string(), std::fs::read(&path).unwrap())
    });
    let mut contents: Vec<_> = entries.collect();
    contents.sort();
    contents
}

/// Creates a database with some bindings, and closes it.
fn create_used(directory: &TempDir) -> String {
    let data = directory.path("data.db");
    let seed = directory.file("seed.json", &seed());
    let running = Running::start(&["--data", &data, "--seed", &seed]);
    let api = Api::new(running.address, "users");
    for number in 0..200 {
        api.must_bind(A, &format!("t{number}"));
    }
    running.stop();
    data
}

fn assert_rejected(directory: &TempDir, data: &str, reason: &str) {
    let before = contents(&directory.0);
    let message = start_error(&["--data", data]);
    assert!(message.contains(reason), "{message}");
    assert!(
        contents(&directory.0) == before,
        "{reason}: the files have changed"
    );
}

#[test]
fn damaged_files_are_rejected_unchanged() {
    let directory = TempDir::new("damaged");
    let data = directory.file("invalid.db", &"not a database\n".repeat(500));
    assert_rejected(&directory, &data, "not a database");

    let data = create_used(&directory);
    let mut bytes = std::fs::read(&data).unwrap();
    // Overwrite the second half of the pages.
    let half = bytes.len() / 2;
    bytes[half..].fill(0xa5);
    std::fs::write(&data, bytes).unwrap();
    assert_rejected(&directory, &data, "it is damaged: ");
}

#[test]
fn databases_of_other_programs_are_rejected() {
    const CREATE: [&str; 3] = [
        "CREATE TABLE shopping (item TEXT)",
        "CREATE TABLE users (id TEXT)",
        "INSERT INTO shopping VALUES ('milk')",
    ];
    let directory = TempDir::new("other-program");
    let path = directory.0.join("shop.db");
    let file = Database::File(path.clone());
    for journal in ["DELETE", "WAL"] {
        file.rows(&format!("PRAGMA journal_mode = {journal}"));
        if journal == "DELETE" {
            CREATE
                .iter()
                .for_each(|statement| drop(file.rows(statement)));
        }
        assert_rejected(
            &directory,
            path.to_str().unwrap(),
            "it has a table shopping",
        );
    }
    let Some(database) = Database::postgres() else {
        return;
    };
    CREATE
        .iter()
        .for_each(|statement| drop(database.rows(statement)));
    let message = start_error(&["--data", &database.argument()]);
    assert!(message.contains("it has a table shopping"), "{message}");
    assert_eq!(database.names("table", "%"), ["shopping", "users"]);
}

#[test]
fn database_of_a_newer_version_is_rejected() {
    for database in Database::each("newer") {
        database.server(None).stop();
        database.rows("UPDATE local_schema SET version = version + 1");
        let message = start_error(&["--data", &database.argument()]);
        assert!(message.contains("created by a newer version"), "{message}");
    }
}

#[test]
fn unreachable_database_is_reported_without_password() {
    let url = "postgres://user:canary@127.0.0.1:1/nothing?password=canary";
    let message = start_error(&["--data", url]);
    assert!(
        message.contains("postgres://127.0.0.1:1/nothing"),
        "{message}"
    );
    assert!(!message.contains("canary"), "{message}");
}

/// Starts the program with a limit on the size of files, which has the effect of a full disk.
fn with_file_size_limit(data: &str, seed: &str) -> Running {
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; ulimit -f 700; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_bosbase-local"))
        .args([
            "serve",
            "--http",
            "127.0.0.1:0",
            "--data",
            data,
            "--seed",
            seed,
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Running::spawn(command)
}

#[test]
fn full_disk_loses_no_data() {
    let directory = TempDir::new("full");
    let data = directory.path("data.db");
    let running = with_file_size_limit(&data, &directory.file("seed.json", &seed()));
    let api = Api::new(running.address, "users");
    let mut bound = Vec::new();
    let failed = loop {
        let token = format!("token {}", bound.len());
        let response = api.bind(A, &token);
        match response.status {
            204 => bound.push(token),
            _ => break response,
        }
        assert!(bound.len() < 100_000, "the disk never becomes full");
    };
    let envelope = r#"{"data":{},"message":"Failed to bind token.","status":500}"#;
    assert_eq!(failed.text(), format!("{envelope}\n"));
    let check_tokens = |api: Api| {
        for token in &bound {
            assert_eq!(api.login_with_token(token, "").status, 200, "{token}");
        }
        let lost = format!("token {}", bound.len());
        assert_eq!(api.login_with_token(&lost, "").status, 400);
    };
    check_tokens(api);
    let (_, errors) = running.stop();
    let line: Value = serde_json::from_str(errors.lines().last().unwrap()).unwrap();
    assert_eq!(line["status"], 500);
    assert!(line["cause"].is_string(), "{line}");

    let running = Running::start(&["--data", &data]);
    let api = Api::new(running.address, "users");
    check_tokens(api);
    api.must_bind(A, "once more");
    running.stop();
    println!("{} binds before the disk was full", bound.len());
}
