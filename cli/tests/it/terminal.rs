//! The program at a terminal: questions, Ctrl-C, and the session of the page.

use std::fs;
use std::process::Command;
use std::time::Duration;

use bosauth_test_support::programs;
use bosbase_local::{DEMO_PASSWORD, DEMO_USER};
use rexpect::session::{PtySession, spawn_command};
use serde_json::json;

use crate::support::{self, Fixture, TOKEN};

const PROMPT: &str = "ready> ";

/// The longest wait for an output, in milliseconds.
const LIMIT: u64 = 60_000;

/// A shell at a terminal with echo, and all that it has shown.
struct Shell {
    session: PtySession,
    shown: String,
}

impl Shell {
    fn new(it: &Fixture) -> Self {
        let mut shell = Command::new("env");
        shell
            .args([support::DEFAULT_SIGNALS, "sh", "-i"])
            .current_dir(&it.directory)
            .envs(it.environment())
            .env("PATH", support::path())
            .env("PS1", PROMPT)
            .env("NO_COLOR", "1")
            .env_remove("ENV");
        let session = spawn_command(shell, Some(LIMIT)).unwrap();
        let mut shell = Shell {
            session,
            shown: String::new(),
        };
        shell.wait_for(PROMPT);
        shell.run("stty echo");
        shell
    }

    /// Waits for a text and returns what the terminal has shown before it.
    fn wait_for(&mut self, text: &str) -> String {
        let before = self.session.exp_string(text).unwrap();
        self.shown += &before;
        self.shown += text;
        before
    }

    fn type_line(&mut self, line: &str) {
        self.session.send_line(line).unwrap();
    }

    fn press_control(&mut self, key: char) {
        self.session.send_control(key).unwrap();
        self.session.flush().unwrap();
    }

    /// Runs a command without questions and returns its output.
    fn run(&mut self, command: &str) -> String {
        self.type_line(command);
        self.wait_for(PROMPT).replace('\r', "")
    }

    /// The exit code of the last command.
    fn exit_code(&mut self) -> String {
        let output = self.run("echo code=$?");
        output.split("code=").last().unwrap().trim().to_owned()
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // An interactive shell ignores the signal that ends the session.
        let _ = self.session.send_line("exit");
    }
}

/// The answer to a question.
fn answer(it: &Fixture, question: &str) -> String {
    match question {
        "email: " => DEMO_USER.to_owned(),
        "password: " => DEMO_PASSWORD.to_owned(),
        "token: " => TOKEN.to_owned(),
        "code: " => it.last_code(),
        _ => "otp".to_owned(),
    }
}

/// Each command of the page's terminal session, with its questions and its output.
#[test]
fn session_of_the_page_is_what_a_terminal_shows() {
    let it = Fixture::with_second_factors();
    it.bind();
    let page = fs::read_to_string("../docs/cli.md").unwrap();
    let page = page.replace("http://127.0.0.1:8090", it.server.base_url());
    let mut shell = Shell::new(&it);
    let mut commands = 0;
    for block in page.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for step in block.split("$ ").skip(1) {
            commands += 1;
            let (command, expected) = step.split_once('\n').unwrap();
            shell.type_line(command);
            let mut shown = shell.wait_for(&format!("{command}\r\n"));
            assert_eq!(shown, "");
            for line in expected.lines() {
                let question = line.find(": ").map(|at| &line[..at + 2]);
                if let Some(question @ ("email: " | "password: " | "token: " | "code: ")) = question
                {
                    shown += &shell.wait_for(question);
                    shown += question;
                    shell.type_line(&answer(&it, question));
                } else if let Some(question) = line.strip_suffix("otp") {
                    shown += &shell.wait_for(question);
                    shown += question;
                    shell.type_line("otp");
                }
            }
            shown += &shell.wait_for(PROMPT);
            assert_eq!(shown.replace('\r', ""), expected, "{command}");
        }
    }
    assert!(commands >= 6, "{commands}");
    for secret in [DEMO_PASSWORD, TOKEN] {
        assert!(!shell.shown.contains(secret), "{}", shell.shown);
    }
}

#[test]
fn interrupted_question_restores_the_terminal() {
    let it = Fixture::with_second_factors();
    it.bind_in("players");
    let mut shell = Shell::new(&it);
    shell.run("export BOSAUTH_COLLECTION=players");
    let before = shell.run("stty -g");
    for (command, questions) in [
        ("bosauth bind", &["email: ", "password: ", "token: "][..]),
        ("bosauth unbind", &["email: ", "password: ", "token: "]),
        (
            "bosauth login",
            &[
                "token: ",
                "second factor (password or otp): ",
                "email: ",
                "code: ",
            ],
        ),
        ("bosauth login --with password", &["email: ", "password: "]),
    ] {
        for interrupted in 0..questions.len() {
            for key in ['c', 'd'] {
                shell.type_line(command);
                for question in &questions[..interrupted] {
                    shell.wait_for(question);
                    shell.type_line(&answer(&it, question));
                }
                shell.wait_for(questions[interrupted]);
                shell.press_control(key);
                assert!(shell.wait_for(PROMPT).contains("error: interrupted"));
                assert_eq!(
                    shell.exit_code(),
                    "130",
                    "{command}: {}",
                    questions[interrupted]
                );
                assert_eq!(shell.run("stty -g"), before);
            }
        }
    }
}

#[test]
fn signal_during_a_question_restores_the_terminal() {
    let it = Fixture::new();
    let mut shell = Shell::new(&it);
    let before = shell.run("stty -g");
    let shown = shell.run("echo pid=$$");
    let parent = shown.split("pid=").last().unwrap().trim().to_owned();
    for signal in ["-TERM", "-INT", "-HUP"] {
        shell.type_line("bosauth bind");
        shell.wait_for("email: ");
        programs::run(Command::new("pkill").args([signal, "-P", &parent]));
        assert!(shell.wait_for(PROMPT).contains("error: interrupted"));
        assert_eq!(shell.exit_code(), "130", "{signal}");
        assert_eq!(shell.run("stty -g"), before);
    }
}

#[test]
fn answers_can_be_edited() {
    let it = Fixture::new();
    let mut shell = Shell::new(&it);
    shell.type_line("bosauth bind");
    shell.wait_for("email: ");
    let wrong = "wrong";
    shell.session.send(wrong).unwrap();
    shell.press_control('u');
    shell.session.send(&format!("{DEMO_USER}x\u{7f}")).unwrap();
    shell.type_line("");
    shell.wait_for("password: ");
    shell.session.send("wrong").unwrap();
    shell.press_control('u');
    shell.type_line(DEMO_PASSWORD);
    shell.wait_for("token: ");
    shell.type_line(TOKEN);
    assert!(
        shell
            .wait_for(PROMPT)
            .contains(&format!("the token is bound to {DEMO_USER}"))
    );
}

/// A bind whose response does not arrive: the arguments of no process contain the secrets, and Ctrl-C ends it.
#[test]
fn secrets_are_in_no_command_line_and_a_call_can_be_interrupted() {
    let it = Fixture::new();
    let fault = json!({"do": "add_fault", "fault": "delay", "milliseconds": 3_600_000, "when": "after", "call": "bind-token"});
    it.server.control(fault).unwrap();
    let mut shell = Shell::new(&it);
    shell.type_line("bosauth bind");
    for question in ["email: ", "password: ", "token: "] {
        shell.wait_for(question);
        shell.type_line(&answer(&it, question));
    }
    let is_played =
        || it.server.control(json!({"do": "list_faults"})).unwrap()["faults"][0]["played"] == 1;
    while !is_played() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let listing = programs::run(Command::new("ps").args(["axeww", "-o", "args"]));
    assert!(listing.contains("bosauth bind"), "{listing}");
    for secret in [DEMO_PASSWORD, TOKEN] {
        assert!(!listing.contains(secret));
    }
    shell.press_control('c');
    let shown = shell.wait_for(PROMPT);
    assert!(
        shown.contains("error: CANCELLED") && shown.contains("may have processed"),
        "{shown}"
    );
    assert_eq!(shell.exit_code(), "130");
}

/// A wrong code is asked for again.
#[test]
fn wrong_code_is_asked_for_again() {
    let it = Fixture::with_second_factors();
    let mut shell = Shell::new(&it);
    shell.type_line("bosauth --collection players login --with password --second otp");
    for answer in [DEMO_USER, DEMO_PASSWORD] {
        shell.wait_for(": ");
        shell.type_line(answer);
    }
    shell.wait_for("code: ");
    shell.type_line("wrong");
    assert!(
        shell
            .wait_for("code: ")
            .contains("the code is wrong or has expired")
    );
    shell.type_line(&it.last_code());
    assert!(shell.wait_for(PROMPT).contains(&format!("as {DEMO_USER}")));
}
