//! A page in a real browser cannot use the control address, whatever it tries.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};
use support::api::{Api, account};
use support::program::{Folder, Running};
use support::tools;

const PAGE: &str = include_str!("browser/page.html");
const WAYS: [&str; 7] = ["plain", "json", "blind", "alone", "beacon", "form", "other"];

/// Serves the page to whoever asks. The thread ends with the tests.
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
    let is_there = |name: &&str| std::env::split_paths(&paths).any(|p| p.join(name).is_file());
    let found = names.into_iter().find(is_there);
    if found.is_none() {
        tools::skip("no chromium");
    }
    found
}

#[test]
fn a_page_cannot_use_the_control_address() {
    let Some(browser) = browser() else { return };
    let folder = Folder::new("browser");
    let running = Running::start(&["--control", "--log"]);
    let control = format!("http://{}/_local/control", running.address);
    let page = serve_page(PAGE.replace("CONTROL", &control));
    let profile = format!("--user-data-dir={}", folder.path("profile"));
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
    assert!(dom.contains("all: tried"), "the page was not run: {dom}");

    let api = Api::new(running.address, "users");
    for way in WAYS {
        let bound = api.bind(&format!("{way}@example.com"), "t");
        assert_eq!(bound.status, 400, "{way} made an account: {dom}");
    }
    api.control(&json!({"do": "create_account", "account": account("users", "a@example.com")}));
    let (_, errors) = running.end();
    let lines = errors.lines().filter(|line| line.starts_with('{'));
    let lines = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
    let to_control: Vec<Value> = lines
        .filter(|line| line["path"] == "/_local/control")
        .map(|line| line["status"].clone())
        .collect();
    let refused = to_control.iter().filter(|status| **status == 403).count();
    // The one in JSON asks first, and is not sent.
    assert_eq!(refused, WAYS.len() - 1, "{to_control:?}\n{dom}");
    println!("{} ways tried, {refused} refused, 1 never sent", WAYS.len());
}
