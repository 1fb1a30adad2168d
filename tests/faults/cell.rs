//! One cell of the tables: an answer, a call, and what the call must make of it.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::thread;

use super::driver::{Driver, Program, RustDriver, compile_c};
use super::fields::line;
use super::peer::{Act, Peer};

/// A session that was there before, in JWT form.
pub const SAVED: &str = "e30.e30.c2F2ZWQ";

/// The calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Bind,
    Unbind,
    Login,
}

/// All of them.
pub const CALLS: [Call; 3] = [Call::Bind, Call::Unbind, Call::Login];

impl Call {
    /// The driver's line for it.
    pub fn line(self) -> String {
        match self {
            Call::Bind => line(&["bind", "users", "ann@example.com", "password-1", "token-1"]),
            Call::Unbind => line(&[
                "unbind",
                "users",
                "ann@example.com",
                "password-1",
                "token-1",
            ]),
            Call::Login => line(&["login", "users", "token-1"]),
        }
    }

    /// The status that means success.
    pub fn good_status(self) -> &'static str {
        if self == Call::Login { "200" } else { "204" }
    }
}

/// What a peer does with a call, and what the three calls must make of it.
pub struct Row {
    pub name: String,
    /// Lines for the driver before the client is made, and before the call.
    settings: Vec<String>,
    options: Vec<String>,
    acts: Box<dyn Fn(Call) -> Vec<Act> + Sync>,
    expected: [String; 3],
}

impl Row {
    /// A row that does the same to each call and expects the same of each. `{s}` in `expected` is the
    /// status that means success.
    pub fn new(name: &str, acts: Vec<Act>, expected: &str) -> Self {
        Row::by_call(name, move |_| acts.clone(), [expected; 3])
    }

    /// A row that depends on the call: bind, unbind, login.
    pub fn by_call(
        name: &str,
        acts: impl Fn(Call) -> Vec<Act> + Sync + 'static,
        expected: [&str; 3],
    ) -> Self {
        Row {
            name: name.to_owned(),
            settings: Vec::new(),
            options: Vec::new(),
            acts: Box::new(acts),
            expected: expected.map(str::to_owned),
        }
    }

    /// The same, with an option for the call.
    pub fn with_option(mut self, option: &[&str]) -> Self {
        self.options.push(format!("option {}", line(option)));
        self
    }

    /// The same, with a setting for the client.
    pub fn with_setting(mut self, setting: &[&str]) -> Self {
        self.settings.push(format!("config {}", line(setting)));
        self
    }

    /// What a call must give.
    pub fn expected(&self, call: Call) -> String {
        self.expected[call as usize].replace("{s}", call.good_status())
    }

    /// Runs the row with one call, and says what is wrong.
    pub fn check(&self, call: Call, driver: &mut dyn Driver) -> Result<(), String> {
        let peer = Peer::always((self.acts)(call));
        let mut run = |line: &str, expected: &str| {
            let given = driver.answer(line);
            let cell = format!("{} / {call:?} / {}", self.name, driver.language());
            if given == expected {
                Ok(())
            } else {
                Err(format!("{cell}\n  {line}\n  => {expected}\n  is {given}"))
            }
        };
        let expected = self.expected(call);
        let is_success = expected.starts_with("OK");
        run("reset", "OK")?;
        for setting in &self.settings {
            run(setting, "OK")?;
        }
        run(&format!("client {}", peer.url()), "OK")?;
        run(&format!("save {SAVED}"), "OK")?;
        for option in &self.options {
            run(option, "OK")?;
        }
        run(&call.line(), &expected)?;
        if call != Call::Login || !is_success {
            run("session @token", &format!("OK {SAVED}"))?;
        }
        if peer.requests().len() == 1 {
            Ok(())
        } else {
            Err(format!(
                "{} / {call:?}: it was sent more than once",
                self.name
            ))
        }
    }
}

/// Runs every row with every call in every language.
pub fn check_all(rows: &[Row]) {
    let failures = thread::scope(|scope| {
        let rust = scope.spawn(|| check_in(Box::new(RustDriver::default()), rows));
        let c = scope.spawn(|| check_in(Box::new(Program::start("c", &mut c_driver())), rows));
        [rust, c].map(|language| language.join().expect("the driver works"))
    });
    let failures = failures.concat();
    println!("{} cells", rows.len() * CALLS.len() * 2);
    assert!(
        !rows.is_empty() && failures.is_empty(),
        "{}",
        failures.join("\n")
    );
}

fn check_in(mut driver: Box<dyn Driver>, rows: &[Row]) -> Vec<String> {
    let cells = rows.iter().flat_map(|row| CALLS.map(|call| (row, call)));
    let failures = cells
        .filter_map(|(row, call)| row.check(call, &mut *driver).err())
        .collect();
    driver.end();
    failures
}

/// The C driver, compiled once.
pub fn c_driver() -> Command {
    static DRIVER: OnceLock<PathBuf> = OnceLock::new();
    Command::new(DRIVER.get_or_init(|| compile_c("faults", &[]).get_program().into()))
}
