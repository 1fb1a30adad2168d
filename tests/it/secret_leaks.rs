//! Passwords, tokens and JWTs are in no output, error, `Debug` format or log of the service, and not in the
//! process's memory once the client is freed: neither raw nor in base64, percent-encoded or escaped for JSON.

use std::fmt::Debug;
use std::fs;
use std::path::PathBuf;
use std::process::Output;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bosauth::{CallOptions, Client};
use serde_json::{Value, json};

use crate::support::faulty_server::{Act, FaultyServer, Request};
use crate::support::responses::{self, JSON};
use crate::support::rng::Rng;
use crate::support::secrets::{self, json_ascii, percent, shown};
use crate::support::service::Service;
use crate::support::{library, tools};

/// The length of a secret's first and last word.
const WORD: usize = 24;

const EMAIL: &str = "secret-leaks@example.com";

/// The secrets of a test.
struct Secrets {
    password: String,
    token: String,
    wrong: String,
    /// For an Authorization header of the app.
    bearer: String,
}

impl Secrets {
    /// Random secrets with characters that each encoding changes.
    fn new() -> Self {
        let mut rng = Rng::new();
        let mut secret = |special: &str| format!("{}{special}{}", rng.word(WORD), rng.word(WORD));
        Secrets {
            password: secret(r#"" \é%+/~"#),
            token: secret(r#"/\"%é <&> "#),
            wrong: secret("é \\\""),
            bearer: secret("/+._~="),
        }
    }

    fn all(&self) -> [&str; 3] {
        [&self.password, &self.token, &self.wrong]
    }

    fn service(&self) -> Service {
        Service::start(&json!({
            "collections": [{"name": "coded", "type": "auth", "otp": {"enabled": true}}],
            "accounts": [{"collection": "users", "email": EMAIL, "password": self.password,
                "verified": true}]}))
    }

    /// The file that the C program reads: a line each, in hex, each byte XOR-ed.
    fn file(&self, name: &str) -> PathBuf {
        let line = |secret: &&str| {
            let hex = |string: String, byte: u8| string + &format!("{:02x}", byte ^ 0xa5);
            secret.bytes().fold(String::new(), hex) + "\n"
        };
        let content: String = self.all().iter().map(line).collect();
        let path = tools::temporary(name);
        fs::write(&path, content).unwrap();
        path
    }
}

/// Panics if the text has a secret. Its first and last word are searched for, too: no encoding changes them.
fn assert_hides(text: &str, secrets: &[&str]) {
    secrets::assert_hides(text, secrets, |secret| {
        vec![
            secret[..WORD].to_owned(),
            secret[secret.len() - WORD..].to_owned(),
        ]
    });
}

// ---- the echoing server ----

/// Echoes a request as the collection's name specifies, or does not respond.
fn echo() -> FaultyServer {
    FaultyServer::start(|request| {
        let collection = request.target().split('/').nth(3).unwrap().to_owned();
        match collection.split_once('-') {
            Some((kind, form)) => vec![Act::Send(response(kind, &received(request, form)))],
            None => vec![Act::Silence],
        }
    })
}

/// The secrets of a request in this encoding.
fn received(request: &Request, form: &str) -> String {
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    let fields = body.as_object().unwrap().values();
    let strings = fields.map(|value| value.as_str().unwrap().to_owned());
    let bearer = request.head().split("\r\n").find_map(|field| {
        let value = field.strip_prefix("Authorization: ")?;
        Some(value.trim_start_matches("Bearer ").to_owned())
    });
    let encode = |string: String| match form {
        "raw" => string,
        "JSON" => json_ascii(&string),
        "percent" => percent(&string),
        _ => STANDARD.encode(string),
    };
    let all: Vec<_> = strings.chain(bearer).map(encode).collect();
    all.join(" ")
}

fn response(kind: &str, received: &str) -> Vec<u8> {
    let api_error = |message: &str| {
        let data = json!({message: {"message": received}});
        json!({"status": 400, "message": message, "data": data}).to_string()
    };
    let (status, fields, body) = match kind {
        "envelope" => ("400 Bad Request", "", api_error(received)),
        "text" => (
            "500 Internal Server Error",
            "",
            format!("{received}\n{received}"),
        ),
        "head" => (
            &*format!("400 {}", percent(received)),
            &*format!("Retry-After: {received}\r\nX-Received: {received}\r\n"),
            api_error("x"),
        ),
        // A success requires a record.
        _ => ("200 OK", "", json!({"token": received}).to_string()),
    };
    responses::response(status, &format!("{JSON}{fields}"), &body)
}

// ---- from C ----

/// Runs the C program against a service and an echo. Returns the output of the program and of the service.
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
        // Lazy binding saves the registers on the stack, with the bytes that were copied last.
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
    let matches = printed.lines().filter(|line| line.starts_with("found"));
    assert_eq!(matches.collect::<Vec<_>>(), [""; 0], "in memory");
    assert!(printed.contains("for 50 forms: found 0"), "{printed}");
    assert_all_hidden(&secrets, &printed, &logged);
}

#[test]
fn c_output_shows_no_secret() {
    let secrets = Secrets::new();
    let (printed, logged) = run_c(&secrets, "print");
    assert_all_hidden(&secrets, &printed, &logged);
    assert_all_called(&printed, &logged);
}

fn assert_all_hidden(secrets: &Secrets, printed: &str, logged: &str) {
    assert_hides(printed, &secrets.all());
    assert_hides(logged, &secrets.all());
    let start_of_a_jwt = "eyJhbGciOi";
    assert!(!printed.contains(start_of_a_jwt) && !logged.contains(start_of_a_jwt));
}

/// Checks that every call had its result: otherwise no secret was echoed.
fn assert_all_called(printed: &str, logged: &str) {
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
        "password login: OK",
        "password login: CREDENTIALS",
        "password login: SERVER",
        "password login: TIMEOUT",
        "OTP login: METHOD_DISABLED",
        "OTP login: OTP_INVALID",
        "OTP login: SERVER",
        "OTP login: TIMEOUT",
        "request OTP: OK",
        "refresh: OK",
        "refresh: SERVER",
        "refresh: VALIDATION",
        "send: OK",
        "send: SERVER",
        "send: VALIDATION",
        "send: TIMEOUT",
        "200 application/json 1",
        "generate: OK",
        "change 3 1 1",
        "session: OK",
        "import: OK",
        "import garbage: INVALID_ARGUMENT",
        "sync: OK",
        "corrupt: STORE_CORRUPT",
        "clear: OK",
        "unbind: TIMEOUT",
        "\"email\":\"secret-leaks@example.com\"",
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
    for secret in ["password", "token", "other token", "generated token", "JWT"] {
        let expected = format!("found {secret} as raw, its bytes from 24 on");
        assert!(
            printed.contains(&expected),
            "{expected:?} is missing in\n{printed}"
        );
    }
}

// ---- from Rust ----

fn debugged(value: &dyn Debug) -> String {
    format!("{value:?} {value:#?}")
}

/// A client and options with a secret wherever one is allowed, and their `Debug` formats.
fn with_secrets(url: &str, secrets: &Secrets) -> (Client, CallOptions, String) {
    let bearer = format!("Bearer {}", secrets.bearer);
    let more = json!({"more": secrets.bearer}).to_string();
    let options = CallOptions::new()
        .header("Authorization", &bearer)
        .body_json(&more)
        .timeout(Duration::from_millis(100));
    let builder = Client::builder(url).header("X-Key", &percent(&secrets.token));
    let debug = debugged(&builder) + &debugged(&options);
    (builder.build().unwrap(), options, debug)
}

#[test]
fn rust_output_shows_no_secret() {
    let secrets = Secrets::new();
    let (service, echo) = (secrets.service(), echo());
    let (client, options, mut output) = with_secrets(service.url(), &secrets);
    let users = client.collection("users");
    users
        .bind_token(EMAIL, &secrets.password, &secrets.token)
        .unwrap();
    let session = users.auth_with_token(&secrets.token).unwrap();
    let jwt = session.token().to_owned();
    output += &(debugged(&client) + &debugged(&session) + &debugged(&users.with(&options)));
    output += &shown(&users.auth_with_token(&secrets.wrong).unwrap_err());
    output += &shown(&users.auth_with_password(EMAIL, &secrets.wrong).unwrap_err());
    output += &shown(&users.auth_with_otp("otp-1", &secrets.wrong).unwrap_err());
    let generated = bosauth::generate_token().unwrap();
    output += &debugged(&generated);
    output += &shown(&client.save_session(&secrets.password, None).unwrap_err());
    output += &shown(&client.save_session(&jwt, Some(&secrets.token)).unwrap_err());

    let (client, options, debug) = with_secrets(&echo.url(), &secrets);
    output += &debug;
    for what in ["envelope", "text", "head", "success"] {
        for form in ["raw", "JSON", "percent", "base64"] {
            let name = format!("{what}-{form}");
            let users = client.collection(&name).with(&options);
            let bound = users.bind_token(EMAIL, &secrets.password, &secrets.token);
            output += &shown(&bound.unwrap_err());
            output += &shown(&users.auth_with_token(&secrets.token).unwrap_err());
            let by_password = users.auth_with_password(EMAIL, &secrets.password);
            output += &shown(&by_password.unwrap_err());
            output += &shown(&users.auth_with_otp("otp-1", &secrets.wrong).unwrap_err());
            let record = json!({"collectionId": name}).to_string();
            client.save_session(&jwt, Some(&record)).unwrap();
            let options = CallOptions::new();
            output += &shown(&client.auth_refresh(&options).unwrap_err());
            let body = json!({"oldPassword": secrets.password, "x-token": secrets.token, "secret": secrets.wrong});
            let body = body.to_string();
            let path = format!("/api/collections/{name}/records");
            match client.send("POST", &path, Some(body.as_bytes()), &options) {
                Ok(response) => output += &debugged(&response),
                Err(error) => output += &shown(&error),
            }
        }
    }
    let silent = client.collection("silent").with(&options);
    output += &shown(&silent.auth_with_token(&secrets.token).unwrap_err());
    output += &service.stop();
    let [password, token, wrong] = secrets.all();
    let generated = generated.expose();
    let all = [password, token, wrong, &jwt, generated, &secrets.bearer];
    assert_hides(&output, &all);
    assert!(output.contains("***"), "nothing was echoed:\n{output}");
}

/// A crate that writes logs could log a secret in any program that enables them.
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
