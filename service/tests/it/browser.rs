//! A page in a real browser cannot use the control endpoint.

use crate::support::api::{Api, account};
use crate::support::process::{Running, TempDir};
use crate::support::tools;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};

const PAGE: &str = include_str!("browser/page.html");
const METHODS: [&str; 7] = ["plain", "json", "blind", "alone", "beacon", "form", "other"];

/// Serves the page until the process exits.
fn serve_page(page: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n";
            let _ = stream.write_all(format!("{head}{page}").as_bytes());
        }
    });
    address
}

fn browser() -> Option<&'static str> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let is_installed = |name: &&str| std::env::split_paths(&paths).any(|p| p.join(name).is_file());
    let browser = names.into_iter().find(is_installed);
    if browser.is_none() {
        tools::skip("no chromium");
    }
    browser
}

#[test]
fn page_cannot_use_control() {
    let Some(browser) = browser() else { return };
    let directory = TempDir::new("browser");
    let running = Running::start(&["--control", "--log"]);
    let control = format!("http://{}/_local/control", running.address);
    let page = serve_page(PAGE.replace("CONTROL", &control));
    let profile = format!("--user-data-dir={}", directory.path("profile"));
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
        ])
        .args([
            "--disable-dev-shm-usage",
            "--virtual-time-budget=20000",
            "--dump-dom",
        ])
        .args([
            "--host-resolver-rules=MAP other.example 127.0.0.1",
            &profile,
        ])
        .arg(format!("http://localhost:{}/", page.port()))
        .stderr(Stdio::null())
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout);
    assert!(dom.contains("all: done"), "the page did not finish: {dom}");

    let api = Api::new(running.address, "users");
    for method in METHODS {
        let bound = api.bind(&format!("{method}@example.com"), "t");
        assert_eq!(bound.status, 400, "{method} created an account: {dom}");
    }
    api.control(&json!({"do": "create_account", "account": account("users", "a@example.com")}));
    let (_, errors) = running.stop();
    let lines = errors.lines().filter(|line| line.starts_with('{'));
    let lines = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
    let statuses: Vec<Value> = lines
        .filter(|line| line["path"] == "/_local/control")
        .map(|line| line["status"].clone())
        .collect();
    let rejected = statuses.iter().filter(|status| **status == 403).count();
    // The JSON request is blocked by its preflight.
    assert_eq!(rejected, METHODS.len() - 1, "{statuses:?}\n{dom}");
    println!(
        "{} methods tried, {rejected} rejected, 1 not sent",
        METHODS.len()
    );
}
