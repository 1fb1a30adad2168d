//! The tables of `docs/fault-injection.md` match the server and the library, and its programs
//! work.

use crate::support::api::Api;
use crate::support::docs::block;
use crate::support::process::{Running, TempDir, without_proxy};
use crate::support::tools;
use bosauth::{CallOptions, Client, Error, Session, Status};
use bosbase_local::{Config, DEMO_PASSWORD, DEMO_USER, Server};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const PAGE: &str = include_str!("../../../docs/fault-injection.md");

/// Returns the cells of the table below a heading.
fn table(heading: &str) -> Vec<Vec<&'static str>> {
    let (_, section) = PAGE.split_once(&format!("\n## {heading}\n")).unwrap();
    let lines = section.lines().skip_while(|line| !line.starts_with('|'));
    let rows = lines.take_while(|line| line.starts_with('|')).skip(2);
    let cells = |row: &'static str| row.trim_matches('|').split('|').map(str::trim).collect();
    rows.map(cells).collect()
}

fn demo() -> Server {
    Server::start(Config::demo()).unwrap()
}

/// Executes a control command, which must succeed.
fn control(server: &Server, command: Value) -> Value {
    server.control(command).unwrap()
}

/// Returns the names of all faults, from the error for an unknown one.
fn fault_names(server: &Server) -> Vec<String> {
    let unknown = json!({"do": "add_fault", "fault": "", "when": "after"});
    let error = server.control(unknown).unwrap_err().to_string();
    let (_, names) = error.split_once("one of ").unwrap();
    let names = names
        .split(", ")
        .map(|name| name.trim_matches('`').to_owned());
    names.collect()
}

#[test]
fn page_lists_every_fault_with_its_parameter() {
    let server = demo();
    let rows = table("Faults");
    let names: Vec<_> = rows.iter().map(|row| row[0].trim_matches('`')).collect();
    assert_eq!(names, fault_names(&server));
    for row in &rows {
        let name = row[0].trim_matches('`');
        let when = if name == "new_server" {
            "before"
        } else {
            "after"
        };
        let add = |parameter: Option<(&str, i64)>| {
            let mut command = json!({"do": "add_fault", "fault": name, "when": when});
            if let Some((unit, number)) = parameter {
                command[unit] = number.into();
            }
            server.control(command)
        };
        control(&server, json!({"do": "clear_faults"}));
        add(None).unwrap();
        let listed = control(&server, json!({"do": "list_faults"}))["faults"][0].clone();
        let Some((unit, limits)) = row[2].split_once(", ") else {
            assert_eq!(row[2], "", "{name}");
            assert_eq!(listed.as_object().unwrap().len(), 4, "{listed}");
            continue;
        };
        let unit = unit.trim_matches('`');
        let parse = |number: &str| number.replace(',', "").parse::<i64>().unwrap();
        let (min, max) = limits.split_once(" to ").unwrap();
        let (min, max) = (parse(min), parse(max));
        assert!(add(Some((unit, min - 1))).is_err(), "{name}");
        assert!(add(Some((unit, max + 1))).is_err(), "{name}");
        add(Some((unit, min))).unwrap();
        add(Some((unit, max))).unwrap();
        match row[3] {
            "none" => assert!(listed.get(unit).is_none(), "{listed}"),
            default => assert_eq!(listed[unit], parse(default), "{name}"),
        }
    }
}

/// Formats a result as on the page.
fn cell(result: Result<(), Error>) -> String {
    let Err(error) = result else {
        return "`OK`".to_owned();
    };
    let status = error.http_status().map(|status| format!(" {status}"));
    let suffix = if error.outcome_unknown() { " ?" } else { "" };
    format!(
        "`{}`{} `{}`{suffix}",
        error.status(),
        status.unwrap_or_default(),
        error.action()
    )
}

fn bind(client: &Client) -> Result<(), Error> {
    let users = client.collection("users");
    users.bind_token(DEMO_USER, DEMO_PASSWORD, "my-own-token")
}

/// Enables one-time passwords for the demo user, and creates one with this code. Returns its id.
fn create_otp(server: &Server, code: &str) -> String {
    let enabled = json!({"otp": {"enabled": true}});
    let command = json!({"do": "update_collection", "collection": "users", "set": enabled});
    control(server, command);
    let account = json!({"collection": "users", "email": DEMO_USER});
    let command = json!({"do": "create_otp", "account": account, "password": code});
    let otp = control(server, command);
    otp["id"].as_str().unwrap().to_owned()
}

/// The calls whose success is a 200 with a result.
const RETURNING: [&str; 5] = ["token", "password", "OTP", "request OTP", "refresh"];

/// Runs a call with a fault, over a new connection.
fn run(server: &Server, call: &str, fault: &Value, timeout: Duration) -> String {
    let new_client = || {
        let builder = Client::builder(server.base_url()).timeout(timeout);
        builder.build().unwrap()
    };
    bind(&new_client()).unwrap();
    let session = log_in(&new_client()).unwrap();
    let otp_id = create_otp(server, "12345678");
    let client = new_client();
    let record = Some(session.record_json());
    client.save_session(session.token(), record).unwrap();
    control(server, fault.clone());
    let users = client.collection("users");
    cell(match call {
        "bind" => bind(&client),
        "unbind" => users.unbind_token(DEMO_USER, DEMO_PASSWORD, "my-own-token"),
        "token" => users.auth_with_token("my-own-token").map(drop),
        "password" => log_in(&client).map(drop),
        "OTP" => users.auth_with_otp(&otp_id, "12345678").map(drop),
        "request OTP" => users.request_otp(DEMO_USER).map(drop),
        "send" => {
            let options = CallOptions::new();
            client.send("GET", "/api/health", None, &options).map(drop)
        }
        _ => client.auth_refresh(&CallOptions::new()).map(drop),
    })
}

fn log_in(client: &Client) -> Result<Session, Error> {
    let users = client.collection("users");
    users.auth_with_password(DEMO_USER, DEMO_PASSWORD)
}

/// Returns the results of calls with a fault: of any call but `send` before it is executed, of bind and unbind, of the
/// others, and of `send` after they are executed.
fn cells(fields: &str) -> Vec<String> {
    let server = demo();
    let is_slow = fields.contains("delay") || fields.contains("drip");
    let timeout = Duration::from_secs(if is_slow { 2 } else { 60 });
    let results = |when: &str, calls: &[&str]| {
        let mut fault: Value = serde_json::from_str(&format!("{{{fields}}}")).unwrap();
        fault["do"] = "add_fault".into();
        fault["when"] = when.into();
        let results = calls.iter().map(|call| run(&server, call, &fault, timeout));
        let results: Vec<String> = results.collect();
        let same = results.iter().all(|result| *result == results[0]);
        assert!(same, "{fields} {when}: {calls:?} {results:?}");
        results[0].clone()
    };
    let all = [&["bind", "unbind"][..], &RETURNING].concat();
    let cells = vec![
        results("before", &all),
        results("after", &["bind", "unbind"]),
        results("after", &RETURNING),
        results("after", &["send"]),
    ];
    let is_page = fields == "\"fault\": \"html\"";
    let of_send = if is_page { "`OK`" } else { &cells[0] };
    assert_eq!(results("before", &["send"]), of_send, "{fields}");
    let all = control(&server, json!({"do": "list_faults"}));
    for fault in all["faults"].as_array().unwrap() {
        assert_eq!(fault["played"], 1, "{fault}");
    }
    cells
}

#[test]
fn page_lists_the_result_of_every_fault() {
    let rows = table("Results by call");
    // `new_server` has a separate table.
    let names = fault_names(&demo());
    for name in names.iter().filter(|name| *name != "new_server") {
        let field = format!("\"fault\": \"{name}\"");
        assert!(rows.iter().any(|row| row[0].contains(&field)), "{name}");
    }
    let actual: Vec<_> = std::thread::scope(|scope| {
        let each = rows.iter().map(|row| {
            let fields = row[0].trim_matches('`');
            scope.spawn(move || [vec![row[0].to_owned()], cells(fields)].concat())
        });
        let running: Vec<_> = each.collect();
        running.into_iter().map(|row| row.join().unwrap()).collect()
    });
    let lines: Vec<_> = actual
        .iter()
        .map(|row| format!("| {} |", row.join(" | ")))
        .collect();
    assert!(actual == rows, "the actual table is\n{}", lines.join("\n"));
}

#[test]
fn page_lists_the_results_of_new_server() {
    let server = demo();
    // Ended by `clear_faults`, not by time.
    let fault =
        json!({"do": "add_fault", "fault": "new_server", "when": "before", "seconds": 86_400});
    control(&server, fault);
    let end = || control(&server, json!({"do": "clear_faults"}));
    let client = Client::builder(server.base_url()).build().unwrap();
    let users = client.collection("users");
    let login = || cell(users.auth_with_token("my-own-token").map(drop));
    let unbind = || cell(users.unbind_token(DEMO_USER, DEMO_PASSWORD, "my-own-token"));
    let bound = cell(bind(&client));
    let (during, unbound) = (login(), unbind());
    end();
    let after = login();
    let actual = [
        ["`bind_token`".to_owned(), bound, cell(bind(&client))],
        ["`auth_with_token`".to_owned(), during, after.clone()],
        [
            "`unbind_token`, then `auth_with_token` after the fault".to_owned(),
            unbound,
            login(),
        ],
    ];
    assert_eq!(table("A new server"), actual);
    // Without the fault, unbind takes effect.
    assert_eq!(unbind(), "`OK`");
    assert!(login().starts_with("`UNKNOWN_TOKEN`"));
}

#[test]
fn rust_example_equals_its_test() {
    let (_, test) = include_str!("examples/lost_response.rs")
        .split_once("\n\n")
        .unwrap();
    assert_eq!(test, block(PAGE, "tests/lost_response.rs"));
}

#[test]
fn shell_examples_add_faults() {
    if !tools::has("curl") {
        return;
    }
    let running = Running::start(&["--demo", "--control"]);
    for name in ["fault.sh", "new-server.sh"] {
        let command = block(PAGE, name).replace("127.0.0.1:8090", &running.address.to_string());
        tools::run(without_proxy(Command::new("sh").args(["-ec", &command])));
    }
    let listed = Api::new(running.address, "users").control(&json!({"do": "list_faults"}));
    let reset = json!({"fault": "reset", "when": "after", "call": "bind-token", "times": 1,
        "played": 0, "bytes": 0});
    let new_server = json!({"fault": "new_server", "when": "before", "times": 1_000_000,
        "played": 0, "seconds": 2});
    assert_eq!(listed["faults"], json!([reset, new_server]));
    running.stop();
}

#[test]
fn python_example() {
    if !tools::has("python3") {
        return;
    }
    let directory = TempDir::new("fault-injection");
    let program = directory.file("faults.py", &block(PAGE, "faults.py"));
    let serve = block(PAGE, "serve.sh");
    let serve = serve
        .trim_end()
        .strip_prefix("cargo run -p bosbase-local -- serve ");
    let running = Running::start(&serve.unwrap().split(' ').collect::<Vec<_>>());
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../bindings/python/src");
    let mut python = Command::new("python3");
    python
        .args([&program, &format!("http://{}", running.address)])
        .env("PYTHONPATH", package)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("BOSAUTH_LIBRARY", tools::c_library());
    assert_eq!(
        tools::run(without_proxy(&mut python)),
        block(PAGE, "output")
    );
    running.stop();
}

#[test]
fn pooled_connection_hides_one_lost_response() {
    for fault in ["reset", "close"] {
        for when in ["before", "after"] {
            let server = demo();
            let command = json!({"do": "add_fault", "fault": fault, "when": when});
            let client = Client::builder(server.base_url()).build().unwrap();
            bind(&client).unwrap();
            control(&server, command.clone());
            bind(&client).unwrap();
            let mut twice = command;
            twice["times"] = 2.into();
            control(&server, twice);
            let error = bind(&client).unwrap_err();
            assert!(error.outcome_unknown(), "{fault} {when}: {error}");
        }
    }
}

#[test]
fn outcome_of_5xx_is_unknown() {
    let server = demo();
    let new_client = || Client::builder(server.base_url()).build().unwrap();
    let fail_after = || {
        let command = json!({"do": "add_fault", "fault": "server_error", "when": "after"});
        control(&server, command);
    };
    let check = |result: Result<(), Error>| {
        let error = result.unwrap_err();
        assert_eq!(error.status(), Status::Server);
        assert!(error.outcome_unknown(), "{error:?}");
    };
    let login = |client: &Client| {
        let users = client.collection("users");
        users.auth_with_token("my-own-token").map(drop)
    };

    fail_after();
    check(bind(&new_client()));
    login(&new_client()).unwrap();

    fail_after();
    let client = new_client();
    check(login(&client));
    assert!(client.session().unwrap().is_none());

    fail_after();
    let users = client.collection("users");
    check(users.unbind_token(DEMO_USER, DEMO_PASSWORD, "my-own-token"));
    let error = login(&new_client()).unwrap_err();
    assert_eq!(error.status(), Status::UnknownToken);
    assert!(!error.outcome_unknown());
}

#[test]
fn echoed_secrets_are_redacted() {
    let server = demo();
    control(
        &server,
        json!({"do": "add_fault", "fault": "echo", "when": "before"}),
    );
    let client = Client::builder(server.base_url()).build().unwrap();
    let error = bind(&client).unwrap_err();
    let body = String::from_utf8(error.body().to_vec()).unwrap();
    assert!(body.starts_with("POST /api/collections/users/bind-token HTTP/1.1\r\n"));
    assert!(body.contains("***"), "{body}");
    assert!(!body.contains(DEMO_PASSWORD) && !body.contains("my-own-token"));
}

#[test]
fn redirect_leads_back_to_the_call() {
    if !tools::has("curl") {
        return;
    }
    let server = demo();
    control(
        &server,
        json!({"do": "add_fault", "fault": "redirect", "when": "before"}),
    );
    let call = format!("{}/api/collections/users/bind-token", server.base_url());
    let body = json!({"email": DEMO_USER, "password": DEMO_PASSWORD, "token": "my-own-token"});
    let mut curl = Command::new("curl");
    curl.args([
        "-fsSL",
        "--max-redirs",
        "1",
        "-H",
        "Content-Type: application/json",
    ])
    .args([
        "-w",
        "%{http_code} %{num_redirects}",
        "-d",
        &body.to_string(),
        &call,
    ]);
    assert_eq!(tools::run(without_proxy(&mut curl)), "204 1");
}
