//! Passwords, tokens and JWTs: in no output, no error, no `Debug`, no log of the service, and not in the
//! process's memory once the client is freed; plain, in base64, percent-encoded and escaped for JSON.

use std::fmt::{Debug, Write};
use std::fs;
use std::path::PathBuf;
use std::process::Output;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use bosauth::{CallOptions, Client, Config, Error};
use serde_json::{Value, json};

use crate::support::faulty_server::{Act, FaultyServer, Request};
use crate::support::rng::Rng;
use crate::support::service::Service;
use crate::support::{library, tools};

/// The length of the words that a secret begins and ends with.
const WORD: usize = 24;

const EMAIL: &str = "canary@example.com";

/// What the drivers and the test must not let out.
struct Secrets {
    password: String,
    token: String,
    wrong: String,
    /// Goes into an Authorization header of the app's own.
    bearer: String,
}

impl Secrets {
    /// New ones, with characters that each form writes in its own way.
    fn new() -> Self {
        let mut rng = Rng::new();
        let mut make = |odd: &str| format!("{}{odd}{}", rng.word(WORD), rng.word(WORD));
        Secrets {
            password: make(r#"" \é%+/~"#),
            token: make(r#"/\"%é <&> "#),
            wrong: make("é \\\""),
            bearer: make("/+._~="),
        }
    }

    fn all(&self) -> [&str; 3] {
        [&self.password, &self.token, &self.wrong]
    }

    fn service(&self) -> Service {
        Service::start(&json!({"accounts": [{"collection": "users", "email": EMAIL,
            "password": self.password, "verified": true}]}))
    }

    /// The file that the C program reads: a line each, in hex, each byte XOR-ed.
    fn file(&self, name: &str) -> PathBuf {
        let line = |secret: &&str| {
            let hex = |text: String, byte: u8| text + &format!("{:02x}", byte ^ 0xa5);
            secret.bytes().fold(String::new(), hex) + "\n"
        };
        let text: String = self.all().iter().map(line).collect();
        let path = tools::temporary(name);
        fs::write(&path, text).unwrap();
        path
    }
}

// ---- forms ----

fn percent(text: &str) -> String {
    let encode = |mut out: String, byte: u8| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").unwrap();
        }
        out
    };
    text.bytes().fold(String::new(), encode)
}

/// The inside of a JSON string.
fn escaped(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap();
    quoted[1..quoted.len() - 1].to_owned()
}

/// The same in ASCII alone.
fn escaped_to_ascii(text: &str) -> String {
    escaped(text).replace('é', "\\u00e9")
}

/// Checks that no form of a secret is in `text`.
fn holds_none(text: &str, secrets: &[&str], whose: &str) {
    for secret in secrets {
        let forms = [
            (*secret).to_owned(),
            percent(secret),
            percent(secret).to_lowercase(),
            escaped(secret),
            escaped_to_ascii(secret),
            STANDARD_NO_PAD.encode(secret),
            URL_SAFE_NO_PAD.encode(secret),
            // Whatever is done to the odd characters between, once or twice, these stay.
            secret[..WORD].to_owned(),
            secret[secret.len() - WORD..].to_owned(),
        ];
        for form in forms {
            if let Some(at) = text.find(&form) {
                let before: Vec<char> = text[..at].chars().rev().take(400).collect();
                let before: String = before.into_iter().rev().collect();
                panic!("{form:?} is in {whose} after\n{before}");
            }
        }
    }
}

// ---- the server that echoes ----

/// Answers with what it got, in the way that the collection's name says, or not at all.
fn echo() -> FaultyServer {
    FaultyServer::start(|request| {
        let collection = request.target().split('/').nth(3).unwrap().to_owned();
        match collection.split_once('-') {
            Some((what, form)) => vec![Act::Send(response(what, &heard(request, form)))],
            None => vec![Act::Silence],
        }
    })
}

/// All that a request told, in this form.
fn heard(request: &Request, form: &str) -> String {
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    let members = body.as_object().unwrap().values();
    let texts = members.map(|value| value.as_str().unwrap().to_owned());
    let bearer = request.head().split("\r\n").find_map(|field| {
        let value = field.strip_prefix("Authorization: Bearer ")?;
        Some(value.to_owned())
    });
    let change = |text: String| match form {
        "raw" => text,
        "JSON" => escaped_to_ascii(&text),
        "percent" => percent(&text),
        _ => STANDARD.encode(text),
    };
    texts
        .chain(bearer)
        .map(change)
        .collect::<Vec<_>>()
        .join(" ")
}

fn response(what: &str, heard: &str) -> Vec<u8> {
    let api_error = |status: u16, message: &str| json!({"status": status, "message": message, "data": {message: {"message": heard}}});
    let (status, fields, body) = match what {
        "envelope" => (
            "400 Bad Request",
            String::new(),
            api_error(400, heard).to_string(),
        ),
        "text" => ("500 Oh no", String::new(), format!("{heard}\n{heard}")),
        "head" => (
            &*format!("400 {}", percent(heard)),
            format!("Retry-After: {heard}\r\nX-Heard: {heard}\r\n"),
            api_error(400, "x").to_string(),
        ),
        // A success without a record is none.
        _ => ("200 OK", String::new(), json!({"token": heard}).to_string()),
    };
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{fields}Content-Length: {length}\r\n\r\n{body}"
    );
    text.into_bytes()
}

// ---- from C ----

/// Runs the C program against a service and an echo, and gives all that was written: by it, by the service.
fn run_c(secrets: &Secrets, what: &str) -> (String, String) {
    let (service, echo) = (secrets.service(), echo());
    let file = secrets.file(&format!("secrets-{what}"));
    let Output {
        status,
        stdout,
        stderr,
    } = library::program("secret_leaks.c", &["-O1"])
        .args([service.url(), &echo.url(), EMAIL])
        .arg(&file)
        .arg(what)
        // Binding a function at its first call saves the registers, and what was last copied, on the stack.
        .env("LD_BIND_NOW", "1")
        .output()
        .unwrap();
    fs::remove_file(&file).unwrap();
    let printed = [stdout, stderr].concat();
    let printed = String::from_utf8_lossy(&printed).into_owned();
    assert!(status.success(), "{status}\n{printed}");
    (printed, service.stop())
}

#[test]
fn c_process_memory_holds_no_secret() {
    let secrets = Secrets::new();
    let (printed, logged) = run_c(&secrets, "search");
    let remains: Vec<_> = printed
        .lines()
        .filter(|line| line.starts_with("found"))
        .collect();
    assert_eq!(remains, Vec::<&str>::new(), "left in memory");
    assert!(printed.contains("for 40 forms: found 0"), "{printed}");
    shows_none(&secrets, &printed, &logged);
}

#[test]
fn c_output_shows_no_secret() {
    let secrets = Secrets::new();
    let (printed, logged) = run_c(&secrets, "print");
    shows_none(&secrets, &printed, &logged);
    has_done_it_all(&printed, &logged);
}

fn shows_none(secrets: &Secrets, printed: &str, logged: &str) {
    holds_none(printed, &secrets.all(), "what the program wrote");
    holds_none(logged, &secrets.all(), "the service's log");
    let begins_a_jwt = "eyJhbGciOi";
    assert!(!printed.contains(begins_a_jwt) && !logged.contains(begins_a_jwt));
}

/// The calls went where they were meant to: otherwise there was nothing to hide.
fn has_done_it_all(printed: &str, logged: &str) {
    for status in [
        "bind: OK",
        "login: OK",
        "save: OK",
        "unbind: OK",
        "bind wrong: CREDENTIALS",
        "login: UNKNOWN_TOKEN",
        "login: INVALID_ARGUMENT",
        "login: NOT_FOUND",
        "login: SERVER",
        "login: UNEXPECTED_RESPONSE",
        "login: TIMEOUT",
        "unbind: TIMEOUT",
        "\"email\":\"canary@example.com\"",
        "***",
    ] {
        assert!(
            printed.contains(status),
            "{status:?} is missing in\n{printed}"
        );
    }
    assert!(
        logged.contains(r#""path":"/api/collections/users/bind-token","status":204"#),
        "{logged}"
    );
}

#[test]
fn memory_search_finds_planted_secrets() {
    let (printed, _) = run_c(&Secrets::new(), "leak");
    for secret in ["password", "token", "other token", "JWT"] {
        let found = format!("found {secret} as raw, its bytes from 24 on");
        assert!(
            printed.contains(&found),
            "{found:?} is missing in\n{printed}"
        );
    }
}

// ---- from Rust ----

/// What an app may print of an error.
fn shown(error: &Error) -> String {
    format!(
        "{error} {error:?} {error:#?} {} {} {} {} {} {} {}",
        error.message(),
        error.argument(),
        error.server_message(),
        error.data_json(),
        String::from_utf8_lossy(error.body()),
        error.url(),
        error.mfa_id(),
    )
}

fn debugged(value: &dyn Debug) -> String {
    format!("{value:?} {value:#?}")
}

/// A client and options that carry secrets in every place that is meant for one.
fn laden(url: &str, secrets: &Secrets) -> (Client, CallOptions, String) {
    let mut config = Config::new();
    config
        .add_header("X-Key", &percent(&secrets.token))
        .unwrap();
    let mut options = CallOptions::new();
    let bearer = format!("Bearer {}", secrets.bearer);
    options.add_header("Authorization", &bearer).unwrap();
    let more = json!({"more": secrets.bearer}).to_string();
    options.set_body_json(&more).unwrap();
    options.set_timeout(Duration::from_millis(100)).unwrap();
    let builder = Client::builder(url).header("X-Key", &percent(&secrets.token));
    let debug = debugged(&config) + &debugged(&builder) + &debugged(&options);
    (Client::new(url, &config).unwrap(), options, debug)
}

#[test]
fn rust_output_shows_no_secret() {
    let secrets = Secrets::new();
    let (service, echo) = (secrets.service(), echo());
    let (client, options, mut text) = laden(service.url(), &secrets);
    let users = client.collection("users");
    users
        .bind_token(EMAIL, &secrets.password, &secrets.token)
        .unwrap();
    let session = users.auth_with_token(&secrets.token).unwrap();
    let jwt = session.token().to_owned();
    text += &(debugged(&client) + &debugged(&session) + &debugged(&users.with(&options)));
    text += &shown(&users.auth_with_token(&secrets.wrong).unwrap_err());
    text += &shown(&client.save_session(&secrets.password, None).unwrap_err());
    text += &shown(&client.save_session(&jwt, Some(&secrets.token)).unwrap_err());

    let (client, options, debug) = laden(&echo.url(), &secrets);
    text += &debug;
    for what in ["envelope", "text", "head", "success"] {
        for form in ["raw", "JSON", "percent", "base64"] {
            let name = format!("{what}-{form}");
            // A header of an answer is a line, and some forms do not fit into one.
            let users = client.collection(&name).with(&options);
            let bound = users.bind_token(EMAIL, &secrets.password, &secrets.token);
            text += &shown(&bound.unwrap_err());
            text += &shown(&users.auth_with_token(&secrets.token).unwrap_err());
        }
    }
    let silent = client.collection("silent").with(&options);
    text += &shown(&silent.auth_with_token(&secrets.token).unwrap_err());
    text += &service.stop();
    let [password, token, wrong] = secrets.all();
    holds_none(
        &text,
        &[password, token, wrong, &jwt, &secrets.bearer],
        "what Rust shows",
    );
    assert!(text.contains("***"), "nothing was echoed:\n{text}");
}

/// A crate that writes a log gets what it is given into any program that turns its log on.
#[test]
fn no_dependency_writes_logs() {
    for package in ["bosauth", "bosauth-capi"] {
        let mut cargo = tools::cargo();
        cargo
            .args(["tree", "--package", package, "--edges", "normal"])
            .args(["--prefix", "none", "--target", "all"])
            .current_dir(tools::root());
        let tree = tools::run(&mut cargo);
        assert!(tree.contains("rustls v"), "{tree}");
        for line in tree.lines() {
            let name = line.split(' ').next().unwrap();
            assert!(
                name != "log" && !name.starts_with("tracing"),
                "{package} depends on {name}:\n{tree}"
            );
        }
    }
}
