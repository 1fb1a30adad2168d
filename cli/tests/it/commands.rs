//! Every command without a terminal: output, exit codes, files.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use bosauth_test_support::programs;
use bosbase_local::{DEMO_PASSWORD, DEMO_USER};
use serde_json::json;

use crate::support::{self, Fixture, Run, TOKEN};

#[test]
fn session_of_a_profile_from_login_to_logout() {
    let it = Fixture::new();
    let url = it.server.base_url();
    it.bind();
    let login = format!("logged in to {url} as {DEMO_USER}");
    assert_eq!(
        it.output(&["login", "--token-file", "token"]),
        format!("{login}\n")
    );
    let status = it.output(&["status"]);
    assert!(
        status.starts_with(&format!("{login}, for ")) && status.ends_with("days\n"),
        "{status}"
    );
    assert_eq!(it.output(&["refresh"]), format!("{login}\n"));
    let records = it.output(&[
        "send",
        "GET",
        "/api/collections/users/records",
        "--query",
        "fields=email",
    ]);
    assert!(records.contains(DEMO_USER), "{records}");
    assert_eq!(it.output(&["logout"]), "logged out\n");
    let status = it.run(&["status"]);
    assert_eq!(status.code, Some(12));
    assert_eq!(
        status.error,
        "error: nobody is logged in\nhint: run: bosauth login\n"
    );
    assert_eq!(it.run(&["refresh"]).code, Some(12));
    assert_eq!(it.output(&["logout"]), "logged out\n");
    it.output(&[
        "unbind",
        "--password-file",
        "password",
        "--token-file",
        "token",
    ]);
    assert_eq!(it.run(&["login", "--token-file", "token"]).code, Some(12));
}

#[test]
fn json_is_one_object_on_standard_output() {
    let it = Fixture::new();
    it.log_in();
    let status = it.run(&["status", "--json"]).json();
    assert_eq!(status["status"], "OK");
    assert_eq!(status["email"], DEMO_USER);
    assert_eq!(status["profile"], "default");
    assert_eq!(status["valid"], true);
    let sent = it.run(&["--json", "send", "GET", "/api/health"]).json();
    assert_eq!(sent["http_status"], 200);
    assert_eq!(sent["body"]["code"], 200);
    assert!(
        sent["headers"]["Content-Type"]
            .as_str()
            .unwrap()
            .contains("json")
    );
    assert!(it.run(&["health", "--json"]).json()["ms"].as_f64().unwrap() > 0.0);
    let profiles = it.run(&["profiles", "--json"]).json();
    assert_eq!(profiles["profiles"][0]["name"], "default");
    it.output(&["logout", "--json"]);

    let missing = it.run(&["status", "--json"]);
    assert_eq!(missing.json()["action"], "ASK_CREDENTIALS");
    let wrong = it.run(&[
        "login",
        "--json",
        "--with",
        "password",
        "--password-file",
        "token",
    ]);
    assert_eq!(wrong.code, Some(12));
    assert_eq!(wrong.json()["status"], "CREDENTIALS");
    assert_eq!(wrong.json()["http_status"], 400);
    assert_eq!(wrong.error, "");
}

#[test]
fn exit_code_is_the_action() {
    let it = Fixture::new();
    let code = |arguments: &[&str]| it.run(arguments).code.unwrap();
    assert_eq!(
        code(&["--collection", "missing", "login", "--token-file", "token"]),
        11
    );
    assert_eq!(code(&["login", "--token-file", "token"]), 12);
    assert_eq!(code(&["health", "http://127.0.0.1:1"]), 15);
    it.server
        .control(json!({"do": "add_fault", "fault": "rate_limited", "when": "before"}))
        .unwrap();
    let limited = it.run(&["login", "--token-file", "token"]);
    assert_eq!(limited.code, Some(14), "{}", limited.error);
    it.server.control(json!({"do": "clear_faults"})).unwrap();
    let forbidden =
        json!({"do": "update_collection", "collection": "users", "set": {"authRule": null}});
    it.bind();
    it.server.control(forbidden).unwrap();
    assert_eq!(code(&["login", "--token-file", "token"]), 16);

    let it = Fixture::with_second_factors();
    let login = [
        "--collection",
        "players",
        "login",
        "--email",
        DEMO_USER,
        "--with",
        "password",
    ];
    let login = [&login[..], &["--password-file", "password"]].concat();
    assert_eq!(it.run(&login).code, Some(13));
}

#[test]
fn second_factor_of_a_script() {
    let it = Fixture::with_second_factors();
    it.bind_in("players");
    let login = ["login", "--collection", "players", "--email", DEMO_USER];
    let files = ["--password-file", "password", "--token-file", "token"];
    let methods = ["--with", "token", "--second", "password"];
    let login = [&login[..], &files, &methods].concat();
    assert!(it.output(&login).contains(DEMO_USER));
    // The collection is that of the profile.
    assert_eq!(
        it.run(&["status", "--json"]).json()["collection"],
        "players"
    );
    assert!(it.output(&["refresh"]).contains(DEMO_USER));
}

#[test]
fn failure_of_the_program_names_the_cause() {
    let it = Fixture::new();
    let error = |arguments: &[&str]| {
        let run = it.run(arguments);
        assert_eq!(run.code, Some(1), "{}", run.error);
        run.error
    };
    let login = |file: &str| error(&["login", "--token-file", file]);
    assert!(login("missing").contains("cannot read missing: "));
    assert!(login(".").contains("cannot read .: "));
    fs::write(it.directory.join("long"), "x".repeat(5000)).unwrap();
    assert!(login("long").contains("the first line has more than 4096 bytes"));
    fs::write(it.directory.join("binary"), b"\xff\n").unwrap();
    assert!(login("binary").contains("the first line is not UTF-8"));
    assert!(error(&["login"]).contains("there is no terminal to ask at"));
    assert!(
        error(&["login", "--password-file", "-", "--token-file", "-"]).contains("one secret only")
    );
    assert!(error(&["--profile", "../x", "status"]).contains("the name of a profile must be"));
    assert!(error(&["token", "--output", "token"]).contains("cannot create token: "));
    assert!(error(&["--ca-file", "missing", "health"]).contains("cannot read missing: "));
    assert!(error(&["send", "POST", "/", "--body", "missing"]).contains("cannot read missing: "));
    it.log_in();
    fs::write(it.directory.join("profiles/default/profile.json"), "{").unwrap();
    assert!(error(&["status"]).contains("profile.json is not a profile: "));

    let mut without_server = it.command(&["health"]);
    without_server
        .env_remove("BOSAUTH_URL")
        .args(["--profile", "new"]);
    let output = without_server.output().unwrap();
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("the server is not known: pass --url")
    );
}

#[test]
fn profiles_are_separate_and_private() {
    let it = Fixture::new();
    it.log_in();
    let login = [
        "--profile",
        "admin",
        "--collection",
        "_superusers",
        "login",
        "--with",
        "password",
    ];
    let login = [
        &login[..],
        &[
            "--email",
            bosbase_local::DEMO_SUPERUSER,
            "--password-file",
            "password",
        ],
    ]
    .concat();
    it.output(&login);
    assert!(it.output(&["status"]).contains(DEMO_USER));
    let admin = it.run(&["status", "--profile", "admin", "--json"]).json();
    assert_eq!(admin["superuser"], true);
    let profiles = it.output(&["profiles"]);
    let names: Vec<_> = profiles
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(names, ["admin", "default"]);
    it.output(&["logout", "--profile", "admin"]);
    assert_eq!(it.run(&["status", "--profile", "admin"]).code, Some(12));
    assert!(it.output(&["status"]).contains(DEMO_USER));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &str| {
            fs::metadata(it.directory.join(path))
                .unwrap()
                .permissions()
                .mode()
                & 0o777
        };
        assert_eq!(mode("profiles/default"), 0o700);
        assert_eq!(mode("profiles/default/session"), 0o600);
    }
    let profile = fs::read_to_string(it.directory.join("profiles/default/profile.json")).unwrap();
    for secret in [DEMO_PASSWORD, TOKEN] {
        assert!(!profile.contains(secret));
    }
}

#[test]
fn generated_tokens_differ_and_a_file_is_private() {
    let it = Fixture::new();
    let tokens = [it.output(&["token"]), it.output(&["token"])];
    assert!(
        tokens[0] != tokens[1] && tokens.iter().all(|token| token.len() == 44),
        "{tokens:?}"
    );
    assert_eq!(
        it.output(&["token", "--output", "new"]),
        "the token is in new\n"
    );
    assert_eq!(
        fs::read_to_string(it.directory.join("new")).unwrap().len(),
        44
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            fs::metadata(it.directory.join("new"))
                .unwrap()
                .permissions()
                .mode()
                & 0o777,
            0o600
        );
    }
}

#[test]
fn secrets_by_standard_input_and_descriptor() {
    let it = Fixture::new();
    let bind = [
        "bind",
        "--email",
        DEMO_USER,
        "--password-file",
        "-",
        "--token-file",
        "token",
    ];
    let mut child = it.command(&bind).stdin(Stdio::piped()).spawn().unwrap();
    // The pipe is not closed.
    let mut input = child.stdin.take().unwrap();
    writeln!(input, "{DEMO_PASSWORD}\r").unwrap();
    assert!(child.wait().unwrap().success());
    drop(input);
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "\"$0\" login --token-fd 3 3<token", support::PROGRAM])
        .current_dir(&it.directory)
        .envs(it.environment());
    assert!(programs::run(&mut shell).contains(DEMO_USER));
}

#[test]
fn requests_have_query_header_and_body() {
    let it = Fixture::new();
    it.log_in();
    let record = it.run(&["status", "--json"]).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/api/collections/users/records/{record}");
    fs::write(it.directory.join("body"), r#"{"name": "Ann"}"#).unwrap();
    let arguments = [
        "send",
        "PATCH",
        &path,
        "--body",
        "body",
        "--query",
        "fields=name",
    ];
    assert_eq!(it.output(&arguments).trim(), r#"{"name":"Ann"}"#);
    let included = it.output(&["send", "GET", &path, "--include", "--header", "X-Test: 1"]);
    assert!(
        included.starts_with("200\n") && included.contains("\n\n{"),
        "{included}"
    );
    let error = it.run(&["send", "GET", "/api/collections/missing/records", "--json"]);
    assert_eq!(error.code, Some(11));
    assert_eq!(error.json()["http_status"], 404);
    let run = it.run(&["send", "GET", "/x", "--query", "name"]);
    assert_eq!(run.code, Some(2));
}

#[test]
fn man_pages_and_completions_cover_every_command() {
    let it = Fixture::new();
    fs::create_dir(it.directory.join("man")).unwrap();
    it.output(&["man", "man"]);
    let help = it.output(&["--help"]);
    let commands = help
        .split("Commands:\n")
        .nth(1)
        .unwrap()
        .split("\n\n")
        .next()
        .unwrap();
    let names: Vec<_> = commands
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(names.len(), 12);
    let bash = it.output(&["completions", "bash"]);
    for name in names {
        assert!(
            it.directory.join(format!("man/bosauth-{name}.1")).is_file(),
            "{name}"
        );
        assert!(bash.contains(&format!("bosauth,{name})")), "{name}");
    }
    fs::write(it.directory.join("completion"), bash).unwrap();
    programs::run(
        Command::new("bash")
            .arg("-n")
            .arg(it.directory.join("completion")),
    );
    for shell in ["zsh", "fish", "powershell", "elvish"] {
        assert!(it.output(&["completions", shell]).contains("password-file"));
    }
}

/// The shell scripts of the page that run the program.
fn scripts_of_the_page() -> Vec<String> {
    let page = fs::read_to_string("../docs/cli.md").unwrap();
    let blocks = page.split("```sh\n").skip(1);
    let blocks = blocks.filter_map(|block| block.split("```").next());
    let scripts = blocks.filter(|block| block.starts_with("bosauth "));
    scripts.map(str::to_owned).collect()
}

/// A script without a terminal, with the program on its search path.
fn without_terminal(it: &Fixture, script: &str) -> Run {
    let mut shell = Command::new("setsid");
    shell
        .args(["--wait", "sh", "-c", script])
        .current_dir(&it.directory)
        .envs(it.environment())
        .env("PATH", support::path())
        .env("HOME", &it.directory);
    Run::new(shell.output().unwrap())
}

#[test]
fn completions_and_man_pages_of_the_page_are_installed() {
    let it = Fixture::new();
    let directories = [
        ".local/share/bash-completion/completions",
        ".local/share/man/man1",
    ];
    for directory in directories {
        fs::create_dir_all(it.directory.join(directory)).unwrap();
    }
    let scripts = scripts_of_the_page();
    assert_eq!(scripts.len(), 2);
    let run = without_terminal(&it, &format!("set -e\n{}", scripts[1]));
    assert_eq!(run.code, Some(0), "{}", run.error);
    let page = ".local/share/man/man1/bosauth-bind.1";
    assert!(it.directory.join(page).is_file());
}

/// The script of the page binds the token if that is necessary. It is logged in, or fails.
#[test]
fn script_of_the_page_logs_in_or_fails() {
    let it = Fixture::new();
    for (from, to) in [("token", "my-token"), ("password", "my-password")] {
        fs::rename(it.directory.join(from), it.directory.join(to)).unwrap();
    }
    let script = &scripts_of_the_page()[0];
    for logins in ["bound by the script", "bound before"] {
        let run = without_terminal(&it, script);
        assert_eq!(run.code, Some(0), "{logins}: {}", run.error);
        assert!(it.output(&["status"]).contains(DEMO_USER));
        it.output(&["logout"]);
    }
    let limited = json!({"do": "add_fault", "fault": "rate_limited", "when": "before"});
    it.server.control(limited).unwrap();
    let run = without_terminal(&it, script);
    assert_eq!((run.code, &*run.out), (Some(1), "try again later\n"));
    let elsewhere = format!("export BOSAUTH_COLLECTION=missing\n{script}");
    assert_eq!(without_terminal(&it, &elsewhere).code, Some(1));
    let token = TOKEN.to_owned() + "2";
    fs::write(it.directory.join("my-token"), token).unwrap();
    fs::write(it.directory.join("my-password"), "wrong password").unwrap();
    assert_eq!(without_terminal(&it, script).code, Some(1));
}
