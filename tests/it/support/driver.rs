//! The languages that scenarios are run in: each takes a line and answers what came of it.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use super::fields;
use super::holdings::Holdings;
use super::peer::WATCHDOG;
use super::{library, rust, tools};

/// One language.
pub trait Driver {
    /// How scenarios call it.
    fn language(&self) -> &'static str;

    /// Does what a line says.
    fn answer(&mut self, line: &str) -> String;

    /// What its process holds, if that is a process of its own.
    fn holdings(&self) -> Option<Holdings> {
        None
    }

    /// Ends it: everything is freed, and nothing complained.
    fn end(self: Box<Self>);
}

/// Rust, in this process.
#[derive(Default)]
pub struct RustDriver(rust::Rust);

impl Driver for RustDriver {
    fn language(&self) -> &'static str {
        "rust"
    }

    fn answer(&mut self, line: &str) -> String {
        let fields = fields::split(line);
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        self.0.answer(&fields)
    }

    fn end(self: Box<Self>) {}
}

/// A program that reads lines and writes answers.
pub struct Program {
    language: &'static str,
    child: Child,
    input: Option<ChildStdin>,
    output: Receiver<String>,
}

impl Program {
    /// Starts a driver.
    pub fn start(language: &'static str, command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let (tell, output) = channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = tell.send(line);
            }
        });
        Program {
            language,
            input: child.stdin.take(),
            child,
            output,
        }
    }
}

impl Driver for Program {
    fn language(&self) -> &'static str {
        self.language
    }

    fn answer(&mut self, line: &str) -> String {
        let input = self.input.as_mut().expect("a pipe until the end");
        // If it has ended already, its silence tells.
        let _ = writeln!(input, "{line}");
        let _ = input.flush();
        self.output
            .recv_timeout(WATCHDOG)
            .unwrap_or_else(|_| panic!("the {} driver does not answer {line:?}", self.language))
    }

    fn holdings(&self) -> Option<Holdings> {
        Holdings::of(self.child.id())
    }

    fn end(mut self: Box<Self>) {
        drop(self.input.take());
        let mut complaints = String::new();
        let mut stderr = self.child.stderr.take().expect("a pipe");
        let _ = stderr.read_to_string(&mut complaints);
        let status = self.child.wait().expect("the driver ends");
        assert!(
            status.success() && complaints.is_empty(),
            "the {} driver ended with {status}\n{complaints}",
            self.language
        );
    }
}

/// The C driver, compiled with these flags besides those of every C program here.
pub fn compile_c(name: &str, flags: &[&str]) -> Command {
    let strict = [
        "-std=c11",
        // A form that valgrind can read, whichever compiler wrote it.
        "-gdwarf-4",
        "-Wall",
        "-Wextra",
        "-Wpedantic",
        "-Werror",
    ];
    let flags = [&strict, flags].concat();
    let source = tools::root().join("tests/drivers/c.c");
    Command::new(library::compile(&source, name, &flags))
}
