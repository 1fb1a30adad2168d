//! The program as a process, and temporary directories.

use super::client::post;
use serde_json::Value;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

pub fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bosbase-local"));
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Returns the error message for an invalid command line.
pub fn usage_error(arguments: &[&str]) -> String {
    let output = program(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// A running program. Killed on drop.
pub struct Running {
    pub child: Child,
    pub output: Box<dyn BufRead>,
    pub address: SocketAddr,
}

impl Running {
    pub fn start(arguments: &[&str]) -> Self {
        let all = [&["serve", "--http", "127.0.0.1:0"], arguments].concat();
        Self::spawn(program(&all))
    }

    /// Starts it with a command that executes it.
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut output = Box::new(BufReader::new(child.stdout.take().unwrap()));
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let url = line.trim_end().strip_prefix("http://").unwrap_or_else(|| {
            panic!("expected the base URL, not {line:?}");
        });
        let address = url.parse().unwrap();
        Self {
            child,
            output,
            address,
        }
    }

    pub fn post(&self, target: &str, body: &Value) -> u16 {
        post(self.address, target, body).status
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        let id = self.child.id().to_string();
        let killed = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(killed.success());
    }

    /// Stops it, and returns the rest of its standard output and its standard error.
    pub fn stop(mut self) -> (String, String) {
        self.terminate();
        // Both are read while it exits: a full pipe would keep it from doing so.
        let mut errors = self.child.stderr.take().unwrap();
        let errors = thread::spawn(move || io::read_to_string(&mut errors).unwrap());
        let output = io::read_to_string(&mut self.output).unwrap();
        assert!(self.child.wait().unwrap().success());
        (output, errors.join().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Disables the proxies of the environment.
pub fn without_proxy(command: &mut Command) -> &mut Command {
    command.env("no_proxy", "*").env("NO_PROXY", "*")
}

/// A temporary directory. Deleted on drop.
pub struct TempDir(pub PathBuf);

impl TempDir {
    pub fn new(name: &str) -> Self {
        let path = temp_path(&format!("bosbase {name}"));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    pub fn file(&self, name: &str, content: &str) -> String {
        std::fs::write(self.0.join(name), content).unwrap();
        self.path(name)
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Returns a unique path in the directory of temporary files.
pub fn temp_path(name: &str) -> PathBuf {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let time = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos();
    let name = format!("{name} {} {time} {number}", std::process::id());
    std::env::temp_dir().join(name)
}

/// Returns the error message, one line, of a program that fails to start. It listens on a free port
/// unless the arguments contain `--http`.
pub fn start_error(arguments: &[&str]) -> String {
    let port: &[&str] = match arguments.contains(&"--http") {
        true => &[],
        false => &["--http", "127.0.0.1:0"],
    };
    let mut child = program(&[&["serve"], port, arguments].concat())
        .spawn()
        .unwrap();
    let mut first_line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut first_line).unwrap();
    if !first_line.is_empty() {
        child.kill().unwrap();
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(first_line, "", "{arguments:?} should fail");
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.starts_with("bosbase-local: "), "{message}");
    message
}
