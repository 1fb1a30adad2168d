//! The scenario drivers: programs that run a line in one language and print its result.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use super::WATCHDOG;
use super::resources::Resources;
use super::{library, tools};

/// A driver that runs.
pub struct Driver {
    /// The language's name in scenarios.
    pub language: &'static str,
    child: Child,
    input: Option<ChildStdin>,
    output: Receiver<String>,
}

impl Driver {
    pub fn start(language: &'static str, command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let (sender, output) = channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Driver {
            language,
            input: child.stdin.take(),
            child,
            output,
        }
    }

    /// Runs a line and returns its result.
    pub fn run(&mut self, line: &str) -> String {
        let input = self.input.as_mut().expect("a pipe");
        // An error means that the driver has exited; then there is no result either.
        let _ = writeln!(input, "{line}");
        let _ = input.flush();
        self.output
            .recv_timeout(WATCHDOG)
            .unwrap_or_else(|_| panic!("the {} driver has no result of {line:?}", self.language))
    }

    /// The resources of its process.
    pub fn resources(&self) -> Option<Resources> {
        Resources::of(self.child.id())
    }

    /// Stops it; panics if it reports an error.
    pub fn stop(mut self) {
        drop(self.input.take());
        let mut errors = String::new();
        let mut stderr = self.child.stderr.take().expect("a pipe");
        let _ = stderr.read_to_string(&mut errors);
        let status = self.child.wait().expect("the driver exits");
        assert!(
            status.success() && errors.is_empty(),
            "the {} driver exited with {status}\n{errors}",
            self.language
        );
    }
}

/// The Rust driver, compiled.
pub fn rust() -> Command {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let mut cargo = tools::cargo();
        cargo
            .args(["build", "--quiet", "--package", "bosauth-capi"])
            .args(["--example", "scenario_driver", "--target-dir"])
            .arg(tools::target())
            .current_dir(tools::root());
        tools::run(&mut cargo);
    });
    Command::new(tools::target().join("debug/examples/scenario_driver"))
}

/// The C driver, compiled with further flags.
pub fn c(flags: &[&str]) -> Command {
    let source = tools::root().join("tests/drivers/c.c");
    Command::new(library::compile(&source, flags))
}
