//! `docs/fault-injection.md` says what is so: its tables are compared with the service and with
//! the library, and its programs are run.
#![allow(clippy::unwrap_used)]

#[path = "../../tests/it/support/library.rs"]
#[allow(dead_code)]
mod library;
mod support;

use bosauth::{Client, Error, Status};
use bosbase_local::{Config, DEMO_PASSWORD, DEMO_USER, Server};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use support::page::block;
use support::program::{Folder, Running, directly};
use support::{api::Api, tools};

const PAGE: &str = include_str!("../../docs/fault-injection.md");

/// The rows of the table under a heading, each as its cells.
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

/// Takes a step that has to be taken.
fn step(server: &Server, step: Value) -> Value {
    server.control(step).unwrap()
}

/// The faults that there are, by what is said to one that is not.
fn known_faults(server: &Server) -> Vec<String> {
    let unknown = json!({"do": "add_fault", "fault": "", "when": "after"});
    let said = server.control(unknown).unwrap_err().to_string();
    let (_, known) = said.split_once("one of ").unwrap();
    let names = known
        .split(", ")
        .map(|name| name.trim_matches('`').to_owned());
    names.collect()
}

#[test]
fn every_fault_is_described_with_its_number() {
    let server = demo();
    let rows = table("Faults");
    let names: Vec<_> = rows.iter().map(|row| row[0].trim_matches('`')).collect();
    assert_eq!(names, known_faults(&server));
    for row in &rows {
        let name = row[0].trim_matches('`');
        // Of this fault there is no other.
        let when = match name {
            "new_server" => "before",
            _ => "after",
        };
        let ordered = |number: Option<(&str, i64)>| {
            let mut order = json!({"do": "add_fault", "fault": name, "when": when});
            if let Some((unit, number)) = number {
                order[unit] = number.into();
            }
            server.control(order)
        };
        step(&server, json!({"do": "clear_faults"}));
        ordered(None).unwrap();
        let listed = step(&server, json!({"do": "list_faults"}))["faults"][0].clone();
        let Some((unit, limits)) = row[2].split_once(", ") else {
            assert_eq!(row[2], "", "{name}");
            assert_eq!(listed.as_object().unwrap().len(), 4, "{listed}");
            continue;
        };
        let unit = unit.trim_matches('`');
        let whole = |text: &str| text.replace(',', "").parse::<i64>().unwrap();
        let (least, most) = limits.split_once(" to ").unwrap();
        let (least, most) = (whole(least), whole(most));
        assert!(ordered(Some((unit, least - 1))).is_err(), "{name}");
        assert!(ordered(Some((unit, most + 1))).is_err(), "{name}");
        ordered(Some((unit, least))).unwrap();
        ordered(Some((unit, most))).unwrap();
        match row[3] {
            "none" => assert!(listed.get(unit).is_none(), "{listed}"),
            usual => assert_eq!(listed[unit], whole(usual), "{name}"),
        }
    }
}

/// What a call gave, as the page writes it.
fn told(given: Result<(), Error>) -> String {
    let Err(error) = given else {
        return "`OK`".to_owned();
    };
    let status = error.http_status().map(|status| format!(" {status}"));
    let doubt = if error.outcome_unknown() { " ?" } else { "" };
    format!(
        "`{}`{} `{}`{doubt}",
        error.status(),
        status.unwrap_or_default(),
        error.action()
    )
}

fn bind(client: &Client) -> Result<(), Error> {
    let users = client.collection("users");
    users.bind_token(DEMO_USER, DEMO_PASSWORD, "my-own-token")
}

/// What the library says of a fault: whatever the call when it is not carried out, then bind and
/// login when they are.
fn cells(members: &str) -> Vec<String> {
    let server = demo();
    let is_slow = members.contains("delay") || members.contains("drip");
    let patience = if is_slow { 2 } else { 60 };
    let new_client = || {
        let builder = Client::builder(server.base_url());
        builder
            .timeout(Duration::from_secs(patience))
            .build()
            .unwrap()
    };
    let unbind = |client: &Client| {
        let users = client.collection("users");
        users.unbind_token(DEMO_USER, DEMO_PASSWORD, "my-own-token")
    };
    let login = |client: &Client| {
        let users = client.collection("users");
        users.auth_with_token("my-own-token").map(drop)
    };
    let order = |when: &str| {
        let mut order: Value = serde_json::from_str(&format!("{{{members}}}")).unwrap();
        order["do"] = "add_fault".into();
        order["when"] = when.into();
        step(&server, order);
    };
    bind(&new_client()).unwrap();
    order("before");
    let bind_before = told(bind(&new_client()));
    order("before");
    let login_before = told(login(&new_client()));
    assert_eq!(bind_before, login_before, "{members}");
    order("after");
    let bind_after = told(bind(&new_client()));
    order("after");
    let unbind_after = told(unbind(&new_client()));
    assert_eq!(bind_after, unbind_after, "{members}");
    bind(&new_client()).unwrap();
    order("after");
    let login_after = told(login(&new_client()));
    let all = step(&server, json!({"do": "list_faults"}));
    for fault in all["faults"].as_array().unwrap() {
        assert_eq!(fault["played"], 1, "{fault}");
    }
    vec![bind_before, bind_after, login_after]
}

#[test]
fn the_library_says_of_every_fault_what_the_page_says() {
    let rows = table("Results by call");
    // What a new server does is no matter of its responses, and has a table of its own.
    let known = known_faults(&demo());
    for name in known.iter().filter(|name| *name != "new_server") {
        let member = format!("\"fault\": \"{name}\"");
        assert!(rows.iter().any(|row| row[0].contains(&member)), "{name}");
    }
    let real: Vec<_> = std::thread::scope(|scope| {
        let each = rows.iter().map(|row| {
            let members = row[0].trim_matches('`');
            scope.spawn(move || [vec![row[0].to_owned()], cells(members)].concat())
        });
        let running: Vec<_> = each.collect();
        running.into_iter().map(|row| row.join().unwrap()).collect()
    });
    let lines: Vec<_> = real
        .iter()
        .map(|row| format!("| {} |", row.join(" | ")))
        .collect();
    assert!(real == rows, "the page should say\n{}", lines.join("\n"));
}

#[test]
fn the_library_says_of_a_new_server_what_the_page_says() {
    let server = demo();
    // A time that ends when the test says so, on a machine of any speed.
    let order =
        json!({"do": "add_fault", "fault": "new_server", "when": "before", "seconds": 86_400});
    step(&server, order);
    let end = || step(&server, json!({"do": "clear_faults"}));
    let client = Client::builder(server.base_url()).build().unwrap();
    let users = client.collection("users");
    let login = || told(users.auth_with_token("my-own-token").map(drop));
    let unbind = || told(users.unbind_token(DEMO_USER, DEMO_PASSWORD, "my-own-token"));
    let bound = told(bind(&client));
    let (during, unbound) = (login(), unbind());
    end();
    let after = login();
    let real = [
        ["`bind_token`".to_owned(), bound, told(bind(&client))],
        ["`auth_with_token`".to_owned(), during, after.clone()],
        [
            "`unbind_token`, then `auth_with_token` after the fault".to_owned(),
            unbound,
            login(),
        ],
    ];
    assert_eq!(table("A new server"), real);
    // Without the fault an unbind is one.
    assert_eq!(unbind(), "`OK`");
    assert!(login().starts_with("`UNKNOWN_TOKEN`"));
}

#[test]
fn the_rust_example_is_the_test_that_is_run() {
    let (_, test) = include_str!("lost_response.rs").split_once("\n\n").unwrap();
    assert_eq!(test, block(PAGE, "tests/lost_response.rs"));
}

#[test]
fn the_command_orders_a_fault() {
    if !tools::has("curl") {
        return;
    }
    let running = Running::start(&["--demo", "--control"]);
    for name in ["fault.sh", "new-server.sh"] {
        let command = block(PAGE, name).replace("127.0.0.1:8090", &running.address.to_string());
        tools::run(directly(Command::new("sh").args(["-ec", &command])));
    }
    let listed = Api::new(running.address, "users").control(&json!({"do": "list_faults"}));
    let ordered = json!({"fault": "reset", "when": "after", "call": "bind-token", "times": 1,
        "played": 0, "bytes": 0});
    let new_server = json!({"fault": "new_server", "when": "before", "times": 1_000_000,
        "played": 0, "seconds": 2});
    assert_eq!(listed["faults"], json!([ordered, new_server]));
    running.end();
}

#[test]
fn the_program_in_python() {
    if !tools::has("python3") {
        return;
    }
    let folder = Folder::new("rehearsal");
    let program = folder.file("faults.py", &block(PAGE, "faults.py"));
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
        .env(
            "BOSAUTH_LIBRARY",
            library::directory().join("libbosauth.so"),
        );
    assert_eq!(tools::run(directly(&mut python)), block(PAGE, "output"));
    running.end();
}

#[test]
fn a_used_connection_hides_one_lost_answer_but_not_two() {
    for fault in ["reset", "close"] {
        for when in ["before", "after"] {
            let server = demo();
            let order = json!({"do": "add_fault", "fault": fault, "when": when});
            let client = Client::builder(server.base_url()).build().unwrap();
            bind(&client).unwrap();
            step(&server, order.clone());
            bind(&client).unwrap();
            let mut twice = order;
            twice["times"] = 2.into();
            step(&server, twice);
            let error = bind(&client).unwrap_err();
            assert!(error.outcome_unknown(), "{fault} {when}: {error}");
        }
    }
}

#[test]
fn outcome_is_unknown_after_a_5xx_that_came_after_the_work() {
    let server = demo();
    let new_client = || Client::builder(server.base_url()).build().unwrap();
    let fail_after = || {
        let order = json!({"do": "add_fault", "fault": "server_error", "when": "after"});
        step(&server, order);
    };
    let check = |given: Result<(), Error>| {
        let error = given.unwrap_err();
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
    assert!(client.session().is_none());

    fail_after();
    let users = client.collection("users");
    check(users.unbind_token(DEMO_USER, DEMO_PASSWORD, "my-own-token"));
    let error = login(&new_client()).unwrap_err();
    assert_eq!(error.status(), Status::UnknownToken);
    assert!(!error.outcome_unknown());
}

#[test]
fn an_echo_of_secrets_is_not_shown() {
    let server = demo();
    step(
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
fn a_client_that_follows_a_redirect_comes_back_to_the_call() {
    if !tools::has("curl") {
        return;
    }
    let server = demo();
    step(
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
    assert_eq!(tools::run(directly(&mut curl)), "204 1");
}
