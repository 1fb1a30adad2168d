//! The program as a process, and a folder for its files.

use super::post;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

pub fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bosbase-local"));
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// What a command line that is not understood is told; nothing is served.
pub fn refusal(arguments: &[&str]) -> String {
    let output = program(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// A running program that is killed when a test fails.
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

    /// Starts it by a command that ends up being it.
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut output = Box::new(BufReader::new(child.stdout.take().unwrap()));
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let url = line.trim_end().strip_prefix("http://").unwrap_or_else(|| {
            panic!("the first line is the base URL, and not {line:?}");
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

    /// Asks it to end, as a service manager would.
    pub fn terminate(&self) {
        let id = self.child.id().to_string();
        let killed = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(killed.success());
    }

    /// Ends it; gives back all that it wrote after the first line.
    pub fn end(mut self) -> (String, String) {
        self.terminate();
        assert!(self.child.wait().unwrap().success());
        let (mut out, mut err) = (String::new(), String::new());
        self.output.read_to_string(&mut out).unwrap();
        let mut errors = self.child.stderr.take().unwrap();
        errors.read_to_string(&mut err).unwrap();
        (out, err)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lets a client reach this machine directly, whatever proxy the environment names.
pub fn directly(command: &mut Command) -> &mut Command {
    command.env("no_proxy", "*").env("NO_PROXY", "*")
}

/// A folder that is gone after the test.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = unique(&format!("bosbase {name}"));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    pub fn file(&self, name: &str, text: &str) -> String {
        std::fs::write(self.0.join(name), text).unwrap();
        self.path(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A path for temporary files that nothing else has, nor had.
pub fn unique(name: &str) -> PathBuf {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let time = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos();
    let name = format!("{name} {} {time} {number}", std::process::id());
    std::env::temp_dir().join(name)
}

/// The one line that the program says when it gives up instead of serving. It listens on a free port
/// unless the arguments say where.
pub fn complaint(arguments: &[&str]) -> String {
    let free: &[&str] = match arguments.contains(&"--http") {
        true => &[],
        false => &["--http", "127.0.0.1:0"],
    };
    let mut child = program(&[&["serve"], free, arguments].concat())
        .spawn()
        .unwrap();
    let mut first_line = String::new();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    output.read_line(&mut first_line).unwrap();
    if !first_line.is_empty() {
        child.kill().unwrap();
    }
    let ended = child.wait_with_output().unwrap();
    assert_eq!(first_line, "", "{arguments:?} should not be served");
    assert_eq!(ended.status.code(), Some(1));
    let text = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.starts_with("bosbase-local: "), "{text}");
    text
}
