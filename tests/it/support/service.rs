//! `bosbase-local` in a separate process.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread::{self, JoinHandle};

use super::tools;

/// A server that runs until it is stopped or dropped.
pub struct Service {
    process: Child,
    url: String,
    output: Vec<JoinHandle<String>>,
}

impl Service {
    /// Starts a server with this seed data that logs each request.
    pub fn start(seed: &serde_json::Value) -> Self {
        let thread = format!("{:?}", thread::current().id());
        let file = tools::temporary(&format!("seed-{}-{thread}.json", std::process::id()));
        fs::write(&file, seed.to_string()).expect("a writable directory");
        let mut process = Command::new(program())
            .args(["serve", "--http", "127.0.0.1:0", "--log", "--seed"])
            .arg(&file)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let log = collect(process.stderr.take().expect("a pipe"), String::new());
        let mut stdout = BufReader::new(process.stdout.take().expect("a pipe"));
        let mut url = String::new();
        stdout.read_line(&mut url).expect("the base URL");
        let rest = collect(stdout, url.clone());
        let _ = fs::remove_file(&file);
        Service {
            process,
            url: url.trim_end().to_owned(),
            output: vec![log, rest],
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops it and returns all its output.
    pub fn stop(mut self) -> String {
        self.kill();
        let outputs = self.output.drain(..).map(|thread| thread.join());
        outputs.map(|output| output.expect("its output")).collect()
    }

    fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
    }
}

fn collect(mut from: impl Read + Send + 'static, mut output: String) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        output.push_str(&String::from_utf8_lossy(&bytes));
        output
    })
}

/// The program, compiled.
fn program() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let mut cargo = tools::cargo();
        cargo
            .args(["build", "--quiet", "--package", "bosbase-local"])
            .args(["--bin", "bosbase-local", "--target-dir"])
            .arg(tools::target())
            .current_dir(tools::root());
        tools::run(&mut cargo);
        tools::target().join("debug/bosbase-local")
    })
}
