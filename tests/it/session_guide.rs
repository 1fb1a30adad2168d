//! The guide `docs/sessions.md`: its programs, its table of session files, and what it says about logouts.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use bosauth::{CallOptions, Client, Error, Status};
use bosbase_local::{DEMO_PASSWORD, DEMO_USER};
use serde_json::json;

use crate::guides::{copy_of, programs};
use crate::python;
use crate::support::{markdown, server, tools};

const PAGE: &str = "sessions.md";
const LOGGED_IN: &str = "logged in as user@example.com\n";
const STILL_LOGGED_IN: &str = "still logged in as user@example.com\n";

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// `PATH.corrupt`, or another file beside the session file.
fn beside(file: &Path, extension: &str) -> PathBuf {
    PathBuf::from(format!("{}.{extension}", file.display()))
}

fn set_mode(file: &Path, mode: u32) {
    fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
}

/// Holds the lock of a session file, as another process.
#[expect(clippy::incompatible_msrv, reason = "tests are built with Rust 1.95")]
fn hold_lock(file: &Path) -> File {
    let lock = File::create(beside(file, "lock")).unwrap();
    lock.lock().unwrap();
    lock
}

/// Runs a program of the page until it has a session, then with a damaged file and without a server.
fn check_restart(language: &str, program: &Command) {
    let server = server::with("my-own-token");
    let directory = tools::empty(&format!("session-guide/restart-{language}"));
    let (file, url) = (directory.join("session"), server.base_url().to_owned());
    let run = || copy_of(program).arg(&file).arg(&url).output().unwrap();
    let printed = |output: Output| {
        let errors = text(output.stderr);
        (text(output.stdout), errors)
    };
    let nothing = String::new();

    assert_eq!(printed(run()), (LOGGED_IN.into(), nothing.clone()));
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{language}: other users can read it");
    assert_eq!(printed(run()), (STILL_LOGGED_IN.into(), nothing.clone()));

    let saved = fs::read(&file).unwrap();
    for length in [0, 20, saved.len() / 2, saved.len() - 1] {
        let damaged = &saved[..length];
        fs::write(&file, damaged).unwrap();
        let (stdout, stderr) = printed(run());
        assert_eq!(stdout, LOGGED_IN, "{language}");
        for part in ["STORE_CORRUPT: ", "log in again", "session.corrupt"] {
            assert!(stderr.contains(part), "{language}: {part} in {stderr}");
        }
        assert_eq!(fs::read(beside(&file, "corrupt")).unwrap(), damaged);
    }

    set_mode(&file, 0o644);
    let output = run();
    assert!(!output.status.success(), "{language}");
    let (_, stderr) = printed(output);
    assert!(stderr.contains("STORE: ") && stderr.contains("chmod 600"));
    set_mode(&file, 0o600);

    let lock = hold_lock(&file);
    assert_eq!(printed(run()), (STILL_LOGGED_IN.into(), nothing.clone()));
    fs::remove_file(&file).unwrap();
    let (stdout, stderr) = printed(run());
    assert_eq!(stdout, LOGGED_IN, "{language}");
    let not_stored = "the session is not stored: STORE_UNAVAILABLE: session file";
    assert!(stderr.starts_with(not_stored), "{language}: {stderr}");
    drop(lock);
    assert_eq!(printed(run()), (LOGGED_IN.into(), nothing.clone()));

    drop(server);
    assert_eq!(printed(run()), (STILL_LOGGED_IN.into(), nothing));
    fs::write(&file, "").unwrap();
    assert!(!run().status.success(), "{language}: there is no session");
    assert_eq!(fs::read(&file).unwrap(), b"", "it is kept until a login");
}

#[test]
fn session_survives_a_restart() {
    for (language, program) in programs("stay_logged_in", "stay_logged_in") {
        check_restart(language, &program);
    }
}

/// Runs the programs at this position of the page, which must print the block of this position.
fn check_output(at: usize, name: &str) {
    let expected = markdown::programs(PAGE, "text").remove(at - 1);
    for (language, mut program) in programs(name, name) {
        let server = server::with("my-own-token");
        let printed = tools::run(program.arg(server.base_url()));
        assert_eq!(printed, expected, "{language}");
    }
}

#[test]
fn session_is_kept_in_a_store_of_the_app() {
    check_output(1, "session_store");
}

#[test]
fn listeners_receive_the_changes() {
    check_output(2, "session_listener");
}

/// The name of a status as in the table.
fn name(status: Result<(), Status>) -> String {
    status.map_or_else(|status| status.to_string(), |()| "OK".into())
}

fn status<T>(result: &Result<T, Error>) -> Result<(), Status> {
    result.as_ref().map(drop).map_err(Error::status)
}

/// A condition of the table, and how it is set up before a client is created, and after.
struct Condition {
    name: &'static str,
    before: fn(&Path) -> Option<File>,
    after: fn(&Path),
}

fn nothing(_file: &Path) {}

/// Replaces a part of the stored session.
fn replace(file: &Path, old: &str, new: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(old), "{text}");
    fs::write(file, text.replace(old, new)).unwrap();
}

const CONDITIONS: [Condition; 10] = [
    Condition {
        name: "there is no file",
        before: |file| {
            fs::remove_file(file).unwrap();
            None
        },
        after: nothing,
    },
    Condition {
        name: "the directory does not exist",
        before: |file| {
            fs::remove_dir_all(file.parent().unwrap()).unwrap();
            None
        },
        after: nothing,
    },
    Condition {
        name: "a symbolic link, directory, FIFO, socket, device, or file of another user",
        before: |file| {
            fs::rename(file, beside(file, "target")).unwrap();
            symlink(beside(file, "target"), file).unwrap();
            None
        },
        after: nothing,
    },
    Condition {
        name: "one of the two above, after the client was created",
        before: |_| None,
        after: |file| {
            fs::rename(file, beside(file, "target")).unwrap();
            symlink(beside(file, "target"), file).unwrap();
        },
    },
    Condition {
        name: "group or others may access the file",
        before: |file| {
            set_mode(file, 0o640);
            None
        },
        after: nothing,
    },
    Condition {
        name: "empty, truncated, or not a session",
        before: |file| {
            let length = fs::metadata(file).unwrap().len();
            let stored = File::options().write(true).open(file).unwrap();
            stored.set_len(length / 2).unwrap();
            None
        },
        after: nothing,
    },
    Condition {
        name: "a newer version of the format",
        before: |file| {
            replace(file, "{\"bosauth\":1,", "{\"bosauth\":2,");
            None
        },
        after: nothing,
    },
    Condition {
        name: "a session of another base URL",
        before: |file| {
            replace(file, "://127.0.0.1:", "://localhost:");
            None
        },
        after: nothing,
    },
    Condition {
        name: "larger than 4 MiB + 64 KiB",
        before: |file| {
            let stored = File::options().write(true).open(file).unwrap();
            stored.set_len((4 << 20) + (64 << 10) + 1).unwrap();
            None
        },
        after: nothing,
    },
    Condition {
        name: "another process holds the lock for 2 s",
        before: |file| Some(hold_lock(file)),
        after: nothing,
    },
];

/// The rows that `session::file::tests` of the crate checks: they need a disk of their own, or a process that is killed.
const OTHER_CONDITIONS: [&str; 3] = [
    "the disk is full, or the quota exceeded",
    "the file system or the directory is read-only",
    "a process was killed during a change",
];

/// A column of the table.
type Call = fn(&Client) -> Result<(), Status>;

/// Read, login and logout.
const CALLS: [Call; 3] = [
    |client| status(&client.session()),
    |client| {
        client.save_session("new.token", None).unwrap();
        let generation = client.generation();
        let session = client.session().unwrap().unwrap();
        assert_eq!(client.generation(), generation, "it was not loaded");
        assert_eq!(session.token(), "new.token");
        session.store_status().map_or(Ok(()), Err)
    },
    |client| {
        let cleared = status(&client.clear_session());
        assert!(client.session().unwrap().is_none());
        cleared
    },
];

/// The statuses of a condition: for a new client and each call. Checks what becomes of the file.
fn statuses(condition: &Condition) -> Vec<String> {
    let server = server::demo();
    let new_client = |file: &Path| {
        Client::builder(server.base_url())
            .session_file(file)
            .build()
    };
    let mut names = Vec::new();
    for (at, call) in CALLS.iter().enumerate() {
        let directory = tools::empty("session-guide/conditions").join(format!("{at}"));
        fs::create_dir(&directory).unwrap();
        let file = directory.join("session");
        new_client(&file)
            .unwrap()
            .save_session("old.token", None)
            .unwrap();
        let lock = (condition.before)(&file);
        let client = new_client(&file);
        if at == 0 {
            names.push(name(status(&client)));
        }
        let Ok(client) = client else {
            names.push("–".into());
            continue;
        };
        (condition.after)(&file);
        let stored = fs::read(&file).ok();
        let is_corrupt = new_client(&file)
            .is_ok_and(|client| status(&client.session()) == Err(Status::StoreCorrupt));
        let result = call(&client);
        drop(lock);
        let (is_change, now) = (at > 0, fs::read(&file).ok());
        if !is_change || result.is_err() {
            assert_eq!(now, stored, "{}: it is unchanged", condition.name);
        } else if is_corrupt {
            assert_eq!(
                fs::read(beside(&file, "corrupt")).ok(),
                stored,
                "{}",
                condition.name
            );
        }
        assert_eq!(beside(&file, "corrupt").exists(), is_change && is_corrupt);
        if is_change && result.is_ok() {
            assert_eq!(now.is_some(), at == 1, "{}", condition.name);
        }
        if at == 1 && result.is_ok() {
            let mode = fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", condition.name);
        }
        names.push(name(result));
    }
    names
}

/// The first five cells of each row of the table.
fn table() -> Vec<Vec<String>> {
    let page = tools::read("docs/sessions.md");
    let (_, table) = page.split_once("| condition | new client |").unwrap();
    let rows = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let cells = |row: &str| {
        let cells = row.split('|').skip(1).take(5);
        cells.map(|cell| cell.trim().replace('`', "")).collect()
    };
    rows.map(cells).collect()
}

#[test]
fn files_that_cannot_be_used_have_the_statuses_of_the_table() {
    let mut expected: Vec<_> = CONDITIONS
        .iter()
        .map(|condition| {
            let mut row = vec![condition.name.to_owned()];
            row.extend(statuses(condition));
            row
        })
        .collect();
    let mut rows = table();
    rows.retain(|row| !OTHER_CONDITIONS.contains(&&*row[0]));
    rows.sort();
    expected.sort();
    assert_eq!(rows, expected);
    assert_eq!(table().len(), CONDITIONS.len() + OTHER_CONDITIONS.len());
}

/// A new client of a session file, as after a restart.
fn restart(url: &str, file: &Path) -> Client {
    Client::builder(url).session_file(file).build().unwrap()
}

#[test]
fn logout_does_not_revoke_the_token_but_a_new_password_does() {
    const PASSWORD: &str = "another horse 2";
    let server = server::with("my-own-token");
    let url = server.base_url();
    let directory = tools::empty("session-guide/logout");
    let (file, other_file) = (directory.join("session"), directory.join("other"));
    let log_in = |file: &Path| {
        let client = restart(url, file);
        let users = client.collection("users");
        users.auth_with_password(DEMO_USER, DEMO_PASSWORD).unwrap();
        client
    };
    let refresh = |client: &Client| client.auth_refresh(&CallOptions::new());

    let client = log_in(&file);
    let session = client.session().unwrap().unwrap();
    client.clear_session().unwrap();
    assert!(!file.exists());
    assert!(restart(url, &file).session().unwrap().is_none());
    client
        .save_session(session.token(), Some(session.record_json()))
        .unwrap();
    refresh(&client).unwrap();

    let other = log_in(&other_file);
    let path = format!(
        "/api/collections/users/records/{}",
        session.field("id").unwrap()
    );
    let body =
        json!({"oldPassword": DEMO_PASSWORD, "password": PASSWORD, "passwordConfirm": PASSWORD});
    let body = body.to_string();
    client
        .send("PATCH", &path, Some(body.as_bytes()), &CallOptions::new())
        .unwrap();
    for client in [&client, &other] {
        let error = refresh(client).unwrap_err();
        assert_eq!(error.status(), Status::Unauthorized);
        // An error does not log the user out.
        assert!(client.session().unwrap().unwrap().is_valid());
    }
    let users = client.collection("users");
    users.auth_with_token("my-own-token").unwrap();
    refresh(&client).unwrap();
}

const FORK: &str = r#"
import os
import sys
from bosauth import BosBase

client = BosBase(sys.argv[2], session_file=sys.argv[1])
store = client.auth_store
store.save("of.parent")
child = os.fork()
if child == 0:
    assert store.token == "of.parent"
    store.save("of.child")
    assert store.store_status == 0
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
print(store.token)
store.sync()
print(store.token)
"#;

#[test]
fn parent_and_child_are_two_processes_with_one_file() {
    if !tools::has("python3") {
        return;
    }
    let directory = tools::empty("session-guide/fork");
    let mut program = python::python("python3", &python::sources("session-guide-fork"));
    program.args(["-c", FORK]).arg(directory.join("session"));
    let printed = tools::run(program.arg("http://localhost"));
    assert_eq!(printed, "of.parent\nof.child\n");
}
