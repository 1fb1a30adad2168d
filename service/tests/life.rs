//! How the program ends, what it refuses to begin with, and what it does on a full disk.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use support::api::{Api, PASSWORD, account};
use support::database::Database;
use support::program::{Folder, Running, complaint};

const A: &str = "a@example.com";

fn seed() -> String {
    json!({"accounts": [account("users", A)]}).to_string()
}

/// A request that says how it begins and then waits; the server is reading its body.
fn half_sent(running: &Running, body: &str) -> TcpStream {
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
fn calls_in_flight_are_finished() {
    let folder = Folder::new("in flight");
    let data = folder.path("data.db");
    let seed = folder.file("seed.json", &seed());
    let mut running = Running::start(&["--data", &data, "--seed", &seed]);
    let body = json!({"email": A, "password": PASSWORD, "token": "in-flight"}).to_string();
    let mut calls: Vec<TcpStream> = (0..8).map(|_| half_sent(&running, &body)).collect();
    running.terminate();
    // It takes no new ones as soon as it has heard.
    while TcpStream::connect(running.address).is_ok() {}
    for call in &mut calls {
        call.write_all(body.as_bytes()).unwrap();
    }
    for mut call in calls {
        let mut answer = String::new();
        call.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    }
    assert!(running.child.wait().unwrap().success());
    let running = Running::start(&["--data", &data]);
    let api = Api::new(running.address, "users");
    assert_eq!(api.by_token("in-flight", "").status, 200);
    running.end();
}

#[test]
fn a_file_has_one_program() {
    let folder = Folder::new("locked");
    let data = folder.path("data.db");
    let seed = folder.file("seed.json", &seed());
    let running = Running::start(&["--data", &data, "--seed", &seed]);
    let said = complaint(&["--http", "127.0.0.1:0", "--data", &data]);
    assert!(said.contains("in use by another process"), "{said}");
    let api = Api::new(running.address, "users");
    assert_eq!(api.bind(A, "t").status, 204);
    assert_eq!(api.by_token("t", "").status, 200);
    running.end();
    Running::start(&["--data", &data]).end();
}

/// What is in a folder, by name.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        (path.display().to_string(), std::fs::read(&path).unwrap())
    });
    let mut contents: Vec<_> = entries.collect();
    contents.sort();
    contents
}

/// A file of ours in which some tables were used, closed properly.
fn used(folder: &Folder) -> String {
    let data = folder.path("data.db");
    let seed = folder.file("seed.json", &seed());
    let running = Running::start(&["--data", &data, "--seed", &seed]);
    let api = Api::new(running.address, "users");
    for number in 0..200 {
        assert_eq!(api.bind(A, &format!("t{number}")).status, 204);
    }
    running.end();
    data
}

fn is_left_alone(folder: &Folder, data: &str, reason: &str) {
    let before = contents(&folder.0);
    let said = complaint(&["--http", "127.0.0.1:0", "--data", data]);
    assert!(said.contains(reason), "{said}");
    assert!(
        contents(&folder.0) == before,
        "{reason}: the folder has changed"
    );
}

#[test]
fn damaged_files_are_refused_and_left_alone() {
    let folder = Folder::new("damaged");
    let data = folder.file("text.db", &"no database at all\n".repeat(500));
    is_left_alone(&folder, &data, "not a database");

    let data = used(&folder);
    let mut bytes = std::fs::read(&data).unwrap();
    // The second half of the file, page after page.
    let half = bytes.len() / 2;
    bytes[half..].fill(0xa5);
    std::fs::write(&data, bytes).unwrap();
    is_left_alone(&folder, &data, "it is damaged: ");
}

#[test]
fn foreign_databases_are_refused_and_left_alone() {
    const MAKE: [&str; 3] = [
        "CREATE TABLE shopping (item TEXT)",
        "CREATE TABLE users (id TEXT)",
        "INSERT INTO shopping VALUES ('milk')",
    ];
    let folder = Folder::new("foreign");
    let path = folder.0.join("shop.db");
    let file = Database::File(path.clone());
    for journal in ["DELETE", "WAL"] {
        file.rows(&format!("PRAGMA journal_mode = {journal}"));
        if journal == "DELETE" {
            MAKE.iter().for_each(|statement| drop(file.rows(statement)));
        }
        is_left_alone(&folder, path.to_str().unwrap(), "there is a table shopping");
    }
    let Some(database) = Database::postgres() else {
        return;
    };
    MAKE.iter()
        .for_each(|statement| drop(database.rows(statement)));
    let said = complaint(&["--http", "127.0.0.1:0", "--data", &database.argument()]);
    assert!(said.contains("there is a table shopping"), "{said}");
    assert_eq!(database.names("table", "%"), ["shopping", "users"]);
}

#[test]
fn what_a_newer_program_made_is_refused() {
    for database in Database::each("newer") {
        database.server(None).stop();
        database.rows("UPDATE local_schema SET version = version + 1");
        let said = complaint(&["--http", "127.0.0.1:0", "--data", &database.argument()]);
        assert!(said.contains("made by a newer version"), "{said}");
    }
}

#[test]
fn a_database_that_is_not_there_is_said_so_without_its_password() {
    let url = "postgres://somebody:canary@127.0.0.1:1/nothing?password=canary";
    let said = complaint(&["--http", "127.0.0.1:0", "--data", url]);
    assert!(said.contains("postgres://127.0.0.1:1/nothing"), "{said}");
    assert!(!said.contains("canary"), "{said}");
}

/// The program with files that cannot grow beyond a few hundred kilobytes. That is a full disk
/// as far as a program can tell.
fn cramped(data: &str, seed: &str) -> Running {
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
fn a_full_disk_loses_nothing() {
    let folder = Folder::new("full");
    let data = folder.path("data.db");
    let running = cramped(&data, &folder.file("seed.json", &seed()));
    let api = Api::new(running.address, "users");
    let mut kept = Vec::new();
    let refused = loop {
        let token = format!("token {}", kept.len());
        let answer = api.bind(A, &token);
        match answer.status {
            204 => kept.push(token),
            _ => break answer,
        }
        assert!(kept.len() < 100_000, "the disk never becomes full");
    };
    let envelope = r#"{"data":{},"message":"Failed to bind token.","status":500}"#;
    assert_eq!(refused.text(), format!("{envelope}\n"));
    let all_are_there = |api: Api| {
        for token in &kept {
            assert_eq!(api.by_token(token, "").status, 200, "{token}");
        }
        let lost = format!("token {}", kept.len());
        assert_eq!(api.by_token(&lost, "").status, 400);
    };
    all_are_there(api);
    let (_, errors) = running.end();
    let line: Value = serde_json::from_str(errors.lines().last().unwrap()).unwrap();
    assert_eq!(line["status"], 500);
    assert!(line["cause"].is_string(), "{line}");

    let running = Running::start(&["--data", &data]);
    let api = Api::new(running.address, "users");
    all_are_there(api);
    assert_eq!(api.bind(A, "once more").status, 204);
    running.end();
    println!("{} binds before the disk was full", kept.len());
}
