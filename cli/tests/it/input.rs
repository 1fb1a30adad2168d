//! Secrets from files, FIFOs, sockets and descriptors, and the signals that end a read.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

use bosauth_test_support::programs;
use bosbase_local::{DEMO_PASSWORD, DEMO_USER};
use serde_json::json;

use crate::support::{DEFAULT_SIGNALS, Fixture, NOTES, PROGRAM, Run, TOKEN, exit_code, wait_until};

const SIGHUP: u32 = 1;
const SIGINT: u32 = 2;
const SIGTERM: u32 = 15;

/// The arguments of a bind, to which the sources of the secrets are added.
const BIND: [&str; 3] = ["bind", "--email", DEMO_USER];

/// The signals of a set of `/proc/PID/status`, such as `SigCgt`.
fn signals(process: &Child, set: &str) -> Vec<u32> {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(set));
    let mask = u64::from_str_radix(line.unwrap().trim_start_matches(':').trim(), 16).unwrap();
    (1..64)
        .filter(|signal| mask & (1 << (signal - 1)) != 0)
        .collect()
}

/// Whether the program handles SIGTERM, and handles or ignores SIGHUP and SIGINT.
fn handles_signals(process: &Child) -> bool {
    let [caught, ignored] = ["SigCgt", "SigIgn"].map(|set| signals(process, set));
    let is_set = |signal| caught.contains(signal) || ignored.contains(signal);
    caught.contains(&SIGTERM) && [SIGHUP, SIGINT].iter().all(is_set)
}

fn send_signal(name: &str, process: &Child) {
    programs::run(Command::new("kill").args([name, &process.id().to_string()]));
}

/// Starts the program, whose standard input is a pipe, and waits until it handles signals.
fn started(it: &Fixture, options: &[&str], arguments: &[&str]) -> Child {
    let mut command = it.command_with(options, arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    assert!(wait_until(|| handles_signals(&child)));
    child
}

fn fifo(it: &Fixture, name: &str) {
    programs::run(Command::new("mkfifo").arg(it.directory.join(name)));
}

/// A shell script in the directory of the test, with the program as `$0`.
fn script(it: &Fixture, script: &str) -> Command {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", script, PROGRAM])
        .current_dir(&it.directory)
        .envs(it.environment());
    shell
}

#[test]
fn signal_ends_a_read_that_blocks() {
    let it = Fixture::new();
    fifo(&it, "fifo");
    let mut signals = ["-INT", "-TERM", "-HUP"].into_iter().cycle();
    for arguments in [
        &["login", "--token-file", "fifo"][..],
        &["login", "--token-file", "-"],
        &["login", "--token-fd", "0"],
        &[
            "login",
            "--with",
            "password",
            "--email",
            "a",
            "--password-file",
            "fifo",
        ],
        &["bind", "--email", "a", "--password-file", "fifo"],
        &["unbind", "--email", "a", "--password-fd", "0"],
        &["send", "POST", "/x", "--body", "fifo"],
        &["send", "POST", "/x", "--body", "-"],
        &["--ca-file", "fifo", "health"],
    ] {
        let signal = signals.next().unwrap();
        let mut child = started(&it, &[DEFAULT_SIGNALS], arguments);
        send_signal(signal, &child);
        assert_eq!(exit_code(&mut child), Some(130), "{arguments:?} {signal}");
        let mut error = String::new();
        child.stderr.unwrap().read_to_string(&mut error).unwrap();
        assert_eq!(error, "error: interrupted\n", "{arguments:?} {signal}");
    }
}

#[test]
fn signal_ends_the_read_of_an_opened_fifo() {
    let it = Fixture::new();
    fifo(&it, "fifo");
    let mut child = started(&it, &[DEFAULT_SIGNALS], &["login", "--token-file", "fifo"]);
    // Opening it ends when the program has opened it, too.
    let mut writer = OpenOptions::new()
        .write(true)
        .open(it.directory.join("fifo"))
        .unwrap();
    writer.write_all(b"half a li").unwrap();
    send_signal("-TERM", &child);
    assert_eq!(exit_code(&mut child), Some(130));
}

/// As with nohup, and in a script with `trap '' INT`.
#[test]
fn ignored_signals_remain_ignored() {
    let it = Fixture::new();
    it.bind();
    fifo(&it, "fifo");
    let options = ["--default-signal=TERM", "--ignore-signal=INT,HUP"];
    let mut child = started(&it, &options, &["login", "--token-file", "fifo"]);
    send_signal("-HUP", &child);
    send_signal("-INT", &child);
    fs::write(it.directory.join("fifo"), format!("{TOKEN}\n")).unwrap();
    assert_eq!(exit_code(&mut child), Some(0));
}

/// What a signal cannot cancel ends a few seconds later.
#[test]
fn signal_ends_a_write_that_blocks() {
    let it = Fixture::with_notes();
    it.create_note("1@example.com", &"x".repeat(1_000_000));
    let mut command = it.command(&["send", "GET", NOTES]);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    // The rest of the response is larger than a pipe.
    let mut output = child.stdout.take().unwrap();
    output.read_exact(&mut [0; 1000]).unwrap();
    send_signal("-TERM", &child);
    assert_eq!(exit_code(&mut child), Some(130));
}

#[test]
fn one_source_is_not_the_password_and_the_token() {
    let it = Fixture::new();
    fs::write(
        it.directory.join("both"),
        format!("{DEMO_PASSWORD}\n{TOKEN}\n"),
    )
    .unwrap();
    symlink("both", it.directory.join("link")).unwrap();
    for sources in [
        "--password-fd 3 --token-fd 3 3<both",
        "--password-file - --token-fd 0 <both",
        "--password-fd 0 --token-file - <both",
        "--password-file - --token-file - <both",
        "--password-file - --token-file /dev/stdin <both",
        "--password-file /dev/fd/3 --token-fd 3 3<both",
        "--password-file both --token-file both",
        "--password-file ./both --token-file link",
    ] {
        for command in ["bind", "unbind", "login"] {
            let call = format!("\"$0\" {command} --email {DEMO_USER} {sources}");
            let Run { code, error, .. } = Run::new(script(&it, &call).output().unwrap());
            assert_eq!(code, Some(1), "{sources}: {error}");
            assert!(error.contains("has one secret only"), "{sources}: {error}");
        }
    }
    let separately =
        format!("\"$0\" bind --email {DEMO_USER} --password-fd 3 --token-file both 3<both");
    let Run { error, .. } = Run::new(script(&it, &separately).output().unwrap());
    assert!(error.contains("token is the password"), "{error}");
    let login = it.run(&["login", "--token-file", "both"]);
    assert_eq!(login.code, Some(12), "nothing is bound");
}

/// Two descriptors of one open file have one offset, and what follows the line is left to the next program.
#[test]
fn a_descriptor_is_read_to_the_end_of_the_line() {
    let it = Fixture::new();
    fs::write(
        it.directory.join("both"),
        format!("{DEMO_PASSWORD}\r\n{TOKEN}\nrest\n"),
    )
    .unwrap();
    let bind = format!("\"$0\" bind --email {DEMO_USER} --password-fd 3 --token-fd 4 3<both 4<&3");
    programs::run(&mut script(&it, &bind));
    it.output(&["login", "--token-file", "token"]);
    let lines = "{ \"$0\" unbind --password-file - --token-file token && cat; } <both";
    let output = programs::run(&mut script(&it, lines));
    assert!(output.ends_with(&format!("{TOKEN}\nrest\n")), "{output}");
}

#[test]
fn sockets_and_devices_of_descriptors_are_read() {
    let it = Fixture::new();
    for source in [
        ["--password-file", "-"],
        ["--password-fd", "0"],
        ["--password-file", "/dev/stdin"],
    ] {
        let (mut own, other) = UnixStream::pair().unwrap();
        own.write_all(format!("{DEMO_PASSWORD}\n").as_bytes())
            .unwrap();
        let mut bind = it.command(&[&BIND[..], &source, &["--token-file", "token"]].concat());
        let output = bind.stdin(OwnedFd::from(other)).output().unwrap();
        assert!(
            output.status.success(),
            "{source:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let closed = it.run(&["login", "--token-fd", "77"]);
    assert_eq!(closed.code, Some(1));
    assert!(
        closed.error.contains("cannot read file descriptor 77: "),
        "{}",
        closed.error
    );
}

#[test]
fn byte_order_mark_is_no_part_of_a_secret() {
    let it = Fixture::new();
    it.bind();
    fs::write(it.directory.join("marked"), format!("\u{feff}{TOKEN}\r\n")).unwrap();
    it.output(&["login", "--token-file", "marked"]);
}

#[test]
fn code_is_not_requested_without_a_terminal() {
    let it = Fixture::with_second_factors();
    it.bind_in("players");
    let players = ["--collection", "players", "login", "--email", DEMO_USER];
    for methods in [
        &["--with", "otp"][..],
        &["--token-file", "token", "--second", "otp"],
    ] {
        let run = it.run(&[&players[..], methods].concat());
        assert_eq!(run.code, Some(1));
        assert!(
            run.error.contains("there is no terminal to ask at"),
            "{}",
            run.error
        );
    }
    let account = json!({"collection": "players", "email": DEMO_USER});
    assert!(
        it.server
            .control(json!({"do": "last_otp", "account": account}))
            .is_err()
    );
}
