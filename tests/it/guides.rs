//! The guides `docs/mfa.md`, `docs/guest-accounts.md` and `docs/other-sdks.md`: their programs, and what they say.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use bosauth::{CallOptions, Client, Status};
use bosbase_local::{Config, DEMO_PASSWORD, DEMO_SUPERUSER, DEMO_USER, Seed, Server};
use serde_json::{Value, json};

use crate::support::{java, library, markdown, server, swift, tools};
use crate::{examples, install, python};

/// The programs of a guide, by language: the example in Rust, and those on its page. `name` starts with that of the
/// test.
pub fn programs(name: &str, example: &str) -> Vec<(&'static str, Command)> {
    let directory = tools::empty(&format!("guides/{name}"));
    let source = |language: &str, end: &str| {
        let source = directory.join(format!("{name}.{end}"));
        fs::write(&source, markdown::guide_program(example, language).unwrap()).unwrap();
        source
    };
    let mut programs: Vec<_> = [("c", "bindings/c"), ("cpp", "bindings/cpp")]
        .into_iter()
        .map(|(language, headers)| {
            let source = source(language, language);
            let include = format!("-I{}", tools::root().join(headers).display());
            // The functions of POSIX, which `-std=c11` hides.
            let program = library::compile(&source, &["-D_GNU_SOURCE", &include]);
            (language, Command::new(program))
        })
        .collect();
    if tools::has("python3") {
        let source = source("python", "py");
        let mut command = python::python("python3", &python::sources(name));
        command.arg(source);
        programs.push(("python", command));
    }
    if let Some(java) = java::built() {
        let program = markdown::guide_program(example, "java").unwrap();
        programs.push(("java", java.compiled(name, &program)));
        programs.extend(
            java.kotlin_guide(example)
                .map(|program| ("kotlin", program)),
        );
    }
    programs.extend(swift::guide(example).map(|program| ("swift", program)));
    let mut example = examples::example(example);
    example.arg("--");
    programs.push(("rust", example));
    programs
}

/// A command with the program, arguments, environment and directory of another one.
pub fn copy_of(program: &Command) -> Command {
    let mut command = Command::new(program.get_program());
    command.args(program.get_args());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    if let Some(directory) = program.get_current_dir() {
        command.current_dir(directory);
    }
    command
}

/// The server of `docs/mfa.md`, with its seed.
fn with_second_factors() -> Server {
    let seed = markdown::programs("mfa.md", "json").remove(0);
    Server::start(Config {
        seed: Some(Seed::Text(seed)),
        control: true,
        ..Config::default()
    })
    .unwrap()
}

/// Runs a program of `docs/mfa.md`, and types the code that the server has created.
fn log_in_with_two_factors(mut program: Command, server: &Server) -> String {
    let mut child = program
        .arg(server.base_url())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut printed = String::from("code: ");
    let mut prompt = vec![0; printed.len()];
    stdout.read_exact(&mut prompt).unwrap();
    assert_eq!(prompt, printed.as_bytes());
    let account = json!({"collection": "players", "email": "user@example.com"});
    let otp = server
        .control(json!({"do": "last_otp", "account": account}))
        .unwrap();
    let code = otp["code"].as_str().unwrap();
    // A terminal shows what is typed.
    printed += &format!("{code}\n");
    writeln!(stdin, "{code}").unwrap();
    stdout.read_to_string(&mut printed).unwrap();
    assert!(child.wait().unwrap().success(), "{printed}");
    printed.replace(code, "12345678")
}

#[test]
fn programs_log_in_with_two_factors() {
    let expected = markdown::programs("mfa.md", "text").remove(0);
    for (language, program) in programs("second_factor", "second_factor") {
        let server = with_second_factors();
        let printed = log_in_with_two_factors(program, &server);
        assert_eq!(printed, expected, "{language}");
    }
}

/// A program of `docs/guest-accounts.md` on a device, and its server.
struct Guest {
    language: &'static str,
    program: Command,
    file: PathBuf,
    server: Server,
}

impl Guest {
    /// A program of each language, before its first start.
    fn each(test: &str) -> impl Iterator<Item = Guest> {
        let programs = programs(&format!("guest-{test}"), "guest_account").into_iter();
        programs.map(move |(language, program)| Guest {
            language,
            program,
            file: tools::empty(&format!("guides/{test}-{language}-device")).join("guest"),
            server: server::demo(),
        })
    }

    /// Removes what the device keeps, and starts a new server.
    fn replace_server(&mut self) {
        let _ = fs::remove_file(&self.file);
        self.server = server::demo();
    }

    /// Runs the program and returns what it prints, or its error.
    fn run(&self, arguments: &[&str], input: &str) -> Result<String, String> {
        let mut command = copy_of(&self.program);
        command
            .arg(&self.file)
            .arg(self.server.base_url())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        match output.status.success() {
            true => Ok(text(output.stdout)),
            false => Err(text(output.stderr)),
        }
    }

    /// Starts the app, which must log in.
    fn log_in(&self) -> String {
        self.run(&[], "").unwrap()
    }

    fn control(&self, command: &Value) -> Value {
        self.server.control(command.clone()).unwrap()
    }

    fn client(&self) -> Client {
        Client::builder(self.server.base_url()).build().unwrap()
    }

    /// The records of the guests, read by a superuser.
    fn accounts(&self) -> Vec<Value> {
        let client = self.client();
        let superusers = client.collection("_superusers");
        superusers
            .auth_with_password(DEMO_SUPERUSER, DEMO_PASSWORD)
            .unwrap();
        let list = client.send("GET", RECORDS, None, &CallOptions::new());
        let list: Value = serde_json::from_slice(list.unwrap().body()).unwrap();
        let mut accounts = list["items"].as_array().unwrap().clone();
        accounts.retain(|account| account["email"] != DEMO_USER);
        accounts
    }
}

const RECORDS: &str = "/api/collections/users/records";
const GUEST: &str = "logged in as a guest\n";

/// The first start fails at each call, before or after the server has processed it.
#[test]
fn interrupted_guest_creates_one_account() {
    for mut guest in Guest::each("interrupted") {
        for call in ["auth-with-token", "bind-token", "records"] {
            for when in ["before", "after"] {
                let case = format!("{} {call} {when}", guest.language);
                guest.replace_server();
                // Once a byte of the response was received, the library does not retry the request.
                guest.control(&json!({"do": "add_fault", "fault": "reset", "bytes": 40, "when": when, "call": call}));
                let error = guest.run(&[], "").unwrap_err();
                assert!(error.contains("CONNECTION_LOST"), "{case}: {error}");
                assert_eq!(guest.log_in(), GUEST, "{case}");
                assert_eq!(guest.log_in(), GUEST, "{case}");
                assert_eq!(guest.accounts().len(), 1, "{case}");
            }
        }
    }
}

/// A server with the default rate limits of BosBase.
fn limited() -> Server {
    let limit = |label, requests, seconds| json!({"label": label, "maxRequests": requests, "duration": seconds});
    let rules = [limit("*:auth", 2, 3), limit("*:create", 20, 5)];
    let superuser =
        json!({"collection": "_superusers", "email": DEMO_SUPERUSER, "password": DEMO_PASSWORD});
    let seed = json!({"accounts": [superuser], "rateLimits": {"rules": rules}});
    Server::start(Config {
        seed: Some(Seed::Text(seed.to_string())),
        ..Config::default()
    })
    .unwrap()
}

#[test]
fn guest_logs_in_to_a_new_server_with_rate_limits() {
    for mut guest in Guest::each("new-server") {
        guest.server = limited();
        guest.control(&json!({"do": "add_fault", "fault": "new_server", "when": "before"}));
        assert_eq!(guest.log_in(), GUEST);
        let faults = guest.control(&json!({"do": "list_faults"}));
        assert_eq!(faults["faults"][0]["played"], 1, "{}", guest.language);
        assert_eq!(guest.accounts().len(), 1, "{}", guest.language);
    }
}

/// A name and a password with the characters that JSON escapes.
#[test]
fn guest_chooses_a_name_and_a_password() {
    const PASSWORD: &str = "new \"horse\" \\ \u{e9}\t1";
    let name = "Ann \"\\\u{1}\" \u{1f600}";
    // The page shows only the login in Kotlin.
    for guest in Guest::each("named").filter(|guest| guest.language != "kotlin") {
        let case = guest.language;
        assert_eq!(guest.log_in(), GUEST, "{case}");
        let mode = fs::metadata(&guest.file).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{case}: other users can read the file");
        let error = guest.run(&[name], "short\n").unwrap_err();
        assert!(error.contains("VALIDATION"), "{case}: {error}");
        // The server changes the password, but its response is lost.
        guest.control(&json!({"do": "add_fault", "fault": "reset", "bytes": 40, "when": "after", "call": "records"}));
        let printed = guest.run(&[name], &format!("{PASSWORD}\n"));
        assert_eq!(printed, Ok(format!("logged in as {name}\n")), "{case}");
        assert_eq!(guest.log_in(), format!("logged in as {name}\n"), "{case}");
        check_other_device(&guest, PASSWORD);
        // The token is not bound any more, and the password is not stored.
        let error = guest.run(&[], "").unwrap_err();
        let expected = "INVALID_ARGUMENT: password must";
        assert!(error.contains(expected), "{case}: {error}");
        assert_eq!(guest.accounts().len(), 1, "{case}");
    }
}

/// Logs in on another device with the password, binds a token there, and unbinds that of the first device.
fn check_other_device(guest: &Guest, password: &str) {
    let client = guest.client();
    let users = client.collection("users");
    let email = guest.accounts()[0]["email"].as_str().unwrap().to_owned();
    let session = users.auth_with_password(&email, password).unwrap();
    assert_eq!(session.field("email").as_deref(), Some(&*email));
    let token = bosauth::generate_token().unwrap();
    users.bind_token(&email, password, token.expose()).unwrap();
    users.auth_with_token(token.expose()).unwrap();

    let stored = fs::read_to_string(&guest.file).unwrap();
    let words = stored.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-');
    let mut lost = words.filter(|word| word.len() == 43);
    let (lost, other) = (lost.next().unwrap(), lost.next());
    assert_eq!(other, None, "the password is still stored");
    users.auth_with_token(lost).unwrap();
    users.unbind_token(&email, password, lost).unwrap();
    let error = users.auth_with_token(lost).unwrap_err();
    assert_eq!(error.status(), Status::UnknownToken);
    users.auth_with_token(token.expose()).unwrap();
}

/// What the page says about emails.
#[test]
fn email_of_a_guest_cannot_be_changed_without_a_mail() {
    let server = server::demo();
    let client = Client::builder(server.base_url()).build().unwrap();
    let session = client
        .collection("users")
        .auth_with_password(DEMO_USER, DEMO_PASSWORD)
        .unwrap();
    let record = format!("{RECORDS}/{}", session.field("id").unwrap());
    let send = |method: &str, path: &str, body: &Value| {
        let body = body.to_string();
        client
            .send(method, path, Some(body.as_bytes()), &CallOptions::new())
            .unwrap_err()
    };
    let email = "ann@example.com";
    let error = send("PATCH", &record, &json!({"email": email}));
    assert_eq!(error.status(), Status::Validation);
    let path = "/api/collections/users/request-email-change";
    let error = send("POST", path, &json!({"newEmail": email}));
    assert_eq!(error.status(), Status::Refused);
    assert_eq!(error.server_message(), "Failed to request email change.");
    client.clear_session().unwrap();
    let error = send("PATCH", &record, &json!({"name": "Ann"}));
    assert_eq!(error.status(), Status::NotFound);
}

#[test]
fn guest_page_commands_work() {
    let Some(prefix) = install::installed() else {
        return;
    };
    if !tools::has("pkg-config") || !tools::has("python3") {
        return;
    }
    let (directory, venv) = (
        tools::empty("guides/guest-page"),
        tools::empty("guides/guest-page-venv"),
    );
    let mut create = Command::new("python3");
    tools::run(create.args(["-m", "venv", "--without-pip"]).arg(&venv));
    let sources = python::sources("guest-page");
    let compared = markdown::follow(
        "guest-accounts.md",
        &directory,
        |block| {
            let other = ["rust", "java", "kotlin", "swift"];
            other.contains(&&*block.language) || block.text.starts_with("cargo ")
        },
        |commands| {
            let mut shell = install::strict_shell(commands, &directory, prefix);
            shell
                .env("VENV", &venv)
                .env("PYTHONPATH", &sources)
                .env("BOSAUTH_LIBRARY", library::shared());
            shell
        },
    );
    assert_eq!(compared, 3);
}

/// The JavaScript SDK in a directory with the page's program; `None` without npm or its registry.
fn javascript_sdk() -> Option<PathBuf> {
    let directory = tools::temporary("guides/javascript");
    if !tools::npm_install(&directory, &format!("bosbase@{JAVASCRIPT_SDK}")) {
        return None;
    }
    let program = markdown::programs("other-sdks.md", "js").remove(0);
    fs::write(directory.join("handover.mjs"), program).unwrap();
    Some(directory)
}

const JAVASCRIPT_SDK: &str = "0.26.3";
const PYTHON_SDK: &str = "0.1.5";

/// The session that a program of `docs/sessions.md` has written, changed by the SDK, and used by that program again.
#[test]
fn session_is_handed_over_to_the_javascript_sdk() {
    let Some(directory) = javascript_sdk() else {
        return;
    };
    let server = server::with("my-own-token");
    let session = directory.join("session");
    let _ = fs::remove_file(&session);
    let log_in = || {
        let mut program = examples::example("stay_logged_in");
        tools::run(program.arg("--").arg(&session).arg(server.base_url()))
    };
    assert_eq!(log_in(), "logged in as user@example.com\n");
    let command = markdown::programs("other-sdks.md", "sh").remove(0);
    let command = command.replace("http://127.0.0.1:8090", server.base_url());
    let mut shell = Command::new("sh");
    shell.args(["-e", "-c", &command]).current_dir(&directory);
    assert_eq!(tools::run(&mut shell), expected_of_sdks()[0]);
    assert_eq!(log_in(), "still logged in as user@example.com\n");
    let session = fs::read_to_string(&session).unwrap();
    assert!(
        session.contains(r#""name":"Ann""#),
        "the record is an old one"
    );
}

#[test]
fn session_is_handed_over_to_the_python_sdk() {
    let sdk = format!("bosbase=={PYTHON_SDK}");
    let Some(environment) = python::environment_with("handover", &[&sdk]) else {
        return;
    };
    let server = server::with("my-own-token");
    let program = markdown::programs("other-sdks.md", "python").remove(0);
    let sources = python::sources("handover-sources");
    let run = |program: &str| {
        let mut python = python::python(environment.join("bin/python"), &sources);
        tools::run(python.args(["-c", program, server.base_url()]))
    };
    assert_eq!(run(&program), expected_of_sdks()[1]);
    // Its store has the changed record only if the collection is addressed by its id.
    assert_eq!(run(PYTHON_UPDATES), "Ann\nCy\n");
}

const PYTHON_UPDATES: &str = r#"
import sys
import bosbase
client = bosbase.BosBase(sys.argv[1])
record = client.collection("users").auth_with_token("my-own-token")["record"]
for collection, name in (("users", "Bob"), (record["collectionId"], "Cy")):
    client.collection(collection).update(record["id"], body={"name": name})
    print(client.auth_store.record["name"])
"#;

/// What the programs of the page print.
fn expected_of_sdks() -> Vec<String> {
    let page = tools::read("docs/other-sdks.md");
    for version in [JAVASCRIPT_SDK, PYTHON_SDK] {
        assert!(page.contains(&format!("SDK {version} ")), "{version}");
    }
    markdown::programs("other-sdks.md", "text")
}
