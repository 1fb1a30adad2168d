//! Questions at a terminal that belongs to the test, which can close it.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};

use bosbase_local::{DEMO_PASSWORD, DEMO_USER};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::json;

use crate::support::{DEFAULT_SIGNALS, Fixture, NOTES, PROGRAM, TOKEN, exit_code};

/// The program at a terminal, and all that it has shown.
struct Pty {
    terminal: File,
    child: Child,
    shown: String,
}

impl Pty {
    /// Runs a shell command, which has the program as `$0`, with an option of `env` for its signals.
    fn new(it: &Fixture, signals: &str, script: &str) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let terminal = openpt(flags).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new())
            .unwrap()
            .into_string()
            .unwrap();
        let device = OpenOptions::new()
            .read(true)
            .write(true)
            .open(name)
            .unwrap();
        let stream = || Stdio::from(device.as_fd().try_clone_to_owned().unwrap());
        let child = Command::new("env")
            .args([signals, "setsid", "--ctty", "sh", "-c", script, PROGRAM])
            .current_dir(&it.directory)
            .envs(it.environment())
            .env("NO_COLOR", "1")
            .stdin(stream())
            .stdout(stream())
            .stderr(stream())
            .spawn()
            .unwrap();
        Pty {
            terminal: terminal.into(),
            child,
            shown: String::new(),
        }
    }

    /// Reads what is shown. Returns false at the end: the read of a terminal without programs fails.
    fn read(&mut self) -> bool {
        let limit = Timespec {
            tv_sec: 60,
            tv_nsec: 0,
        };
        let mut ready = [PollFd::new(&self.terminal, PollFlags::IN)];
        let count = poll(&mut ready, Some(&limit)).unwrap();
        assert_eq!(count, 1, "nothing is shown after {:?}", self.shown);
        let mut bytes = [0; 4096];
        let count = self.terminal.read(&mut bytes).unwrap_or(0);
        self.shown += &String::from_utf8_lossy(&bytes[..count]);
        count > 0
    }

    fn wait_for(&mut self, text: &str) {
        while !self.shown.contains(text) {
            assert!(self.read(), "{text:?} is not shown: {:?}", self.shown);
        }
    }

    fn send(&mut self, bytes: &[u8]) {
        self.terminal.write_all(bytes).unwrap();
    }

    /// Reads to the end of the output. Returns the exit code, and all that was shown.
    fn end(mut self) -> (Option<i32>, String) {
        while self.read() {}
        (exit_code(&mut self.child), self.shown)
    }
}

#[test]
fn closed_terminal_ends_a_question() {
    let it = Fixture::new();
    for signals in [DEFAULT_SIGNALS, "--ignore-signal=INT,HUP"] {
        for (arguments, question) in [
            ("bind", "email: "),
            ("login", "token: "),
            ("login --with password --email a", "password: "),
        ] {
            let mut pty = Pty::new(&it, signals, &format!("exec \"$0\" {arguments}"));
            pty.wait_for(question);
            let Pty {
                terminal,
                mut child,
                ..
            } = pty;
            drop(terminal);
            assert_eq!(exit_code(&mut child), Some(130), "{arguments} {signals}");
        }
    }
}

/// The questions are at the terminal even if standard error is a file, and what is typed arrives unchanged.
#[test]
fn answers_with_tabs_and_spaces() {
    let it = Fixture::new();
    let account =
        json!({"collection": "users", "email": "tab@example.com", "password": "tab\t and é"});
    it.server
        .control(json!({"do": "create_account", "account": account}))
        .unwrap();
    let mut pty = Pty::new(
        &it,
        DEFAULT_SIGNALS,
        "exec \"$0\" login --with password 2>errors",
    );
    pty.wait_for("email: ");
    pty.send(b" tab@example.com \n");
    pty.wait_for("password: ");
    pty.send("tab\t and é\n".as_bytes());
    let (code, shown) = pty.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("as tab@example.com"), "{shown}");
    assert_eq!(fs::read(it.directory.join("errors")).unwrap(), b"");
}

#[test]
fn answer_that_is_not_utf8_is_reported() {
    let it = Fixture::new();
    let mut pty = Pty::new(&it, DEFAULT_SIGNALS, "exec \"$0\" login");
    pty.wait_for("token: ");
    pty.send(b"caf\xe9\n");
    let (code, shown) = pty.end();
    assert_eq!(code, Some(1), "{shown}");
    assert!(shown.contains("not UTF-8"), "{shown}");
}

/// A secret that is read from the terminal by an option for scripts is not shown, either.
#[test]
fn terminal_as_a_source_is_asked() {
    let it = Fixture::new();
    it.bind();
    for source in [
        "--token-file -",
        "--token-fd 0",
        "--token-file /dev/tty",
        "--token-fd 3 3</dev/tty",
    ] {
        let mut pty = Pty::new(&it, DEFAULT_SIGNALS, &format!("exec \"$0\" login {source}"));
        pty.wait_for("token: ");
        pty.send(format!("{TOKEN}\n").as_bytes());
        let (code, shown) = pty.end();
        assert_eq!(code, Some(0), "{source}: {shown}");
        assert!(!shown.contains(TOKEN), "{source}: {shown}");
    }
}

/// Ctrl-Z and Ctrl-\ would leave a terminal that shows nothing, and a core dump with the secret.
#[test]
fn hidden_question_is_not_stopped() {
    let it = Fixture::new();
    let mut pty = Pty::new(
        &it,
        DEFAULT_SIGNALS,
        "exec \"$0\" login --with password --email user@example.com",
    );
    pty.wait_for("password: ");
    pty.send(b"\x1a\x1c\x15");
    pty.send(format!("{DEMO_PASSWORD}\n").as_bytes());
    let (code, shown) = pty.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains(&format!("as {DEMO_USER}")), "{shown}");
}

/// The body of a response is not shown as the terminal would interpret it.
#[test]
fn body_has_no_control_characters_at_a_terminal() {
    let it = Fixture::with_notes();
    it.create_note("1@example.com", "\u{9b}31m red");
    let sent = it.output(&["send", "GET", NOTES]);
    assert!(
        sent.contains("\u{9b}31m red"),
        "it is unchanged without a terminal: {sent}"
    );
    let json = it.output(&["--json", "send", "GET", NOTES]);
    assert!(
        json.contains("\\u009b31m red") && !json.contains('\u{9b}'),
        "{json}"
    );
    let pty = Pty::new(
        &it,
        DEFAULT_SIGNALS,
        &format!("exec \"$0\" send GET {NOTES}"),
    );
    let (code, shown) = pty.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(
        shown.contains("\u{fffd}31m red") && !shown.contains('\u{9b}'),
        "{shown}"
    );
}
