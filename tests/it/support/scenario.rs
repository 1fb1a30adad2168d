//! Scenario files: the parser, and a run in one language. `tests/scenarios/README.md` describes the format.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use bosbase_local::{Config, Data, Seed, Server};
use serde_json::Value;

use super::driver::Driver;
use super::faulty_server::{Act, FaultyServer};
use super::fields::{decode, line};
use super::responses::{JSON, response};
use super::rng::Rng;
use super::tools;

/// A scenario.
pub struct Scenario {
    /// File and name.
    pub name: String,
    seed: String,
    only: Option<String>,
    responses: Vec<(String, String)>,
    steps: Vec<Step>,
}

enum Step {
    /// A line for the driver, and its result.
    Line { command: String, expected: String },
    /// A control request to the server.
    Do(String),
    /// A part of the last request to the mock server.
    Sent(String),
    /// A file to be written, with its content, or to be removed.
    File(String),
}

impl Scenario {
    /// Reads the scenarios of a file.
    pub fn read(path: &Path) -> Vec<Scenario> {
        let content = fs::read_to_string(path).expect("a scenario file");
        let file = path.file_stem().unwrap_or_default().to_string_lossy();
        let mut seed = String::new();
        let mut scenarios: Vec<Scenario> = Vec::new();
        for line in content.lines().map(str::trim) {
            let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
            match verb {
                "" | "#" => {}
                "seed" => {
                    seed = fs::read_to_string(path.with_file_name(rest)).expect("a seed file");
                }
                "scenario" => scenarios.push(Scenario {
                    name: format!("{file}: {rest}"),
                    seed: seed.clone(),
                    only: None,
                    responses: Vec::new(),
                    steps: Vec::new(),
                }),
                _ => {
                    let scenario = scenarios.last_mut().expect("a line belongs to a scenario");
                    scenario.add(verb, rest, line);
                }
            }
        }
        scenarios
    }

    fn add(&mut self, verb: &str, rest: &str, line: &str) {
        match verb {
            "only" => self.only = Some(rest.to_owned()),
            "response" => {
                let (status, body) = rest.split_once(' ').unwrap_or((rest, ""));
                self.responses.push((status.to_owned(), body.to_owned()));
            }
            "do" => self.steps.push(Step::Do(rest.to_owned())),
            "sent" => self.steps.push(Step::Sent(rest.to_owned())),
            "file" => self.steps.push(Step::File(rest.to_owned())),
            _ => {
                let (command, expected) = line
                    .split_once(" => ")
                    .unwrap_or_else(|| panic!("{}: no => in {line:?}", self.name));
                let (command, expected) = (command.to_owned(), expected.to_owned());
                self.steps.push(Step::Line { command, expected });
            }
        }
    }

    /// Whether it runs in this language.
    pub fn is_for(&self, language: &str) -> bool {
        let only = self.only.as_ref();
        only.is_none_or(|only| only.split(' ').any(|name| name == language))
    }

    /// Whether a line for the driver starts like this.
    pub fn uses(&self, start: &str) -> bool {
        let is_used =
            |step: &Step| matches!(step, Step::Line { command, .. } if command.starts_with(start));
        self.steps.iter().any(is_used)
    }

    /// Runs it against a new server on this database or, with `None`, in memory, with random placeholders, up to the
    /// first line with another result.
    pub fn run(
        &self,
        driver: &mut Driver,
        rng: &mut Rng,
        data: Option<Data>,
    ) -> Result<(), String> {
        let mut placeholders = Placeholders::new(rng);
        let backend = Backend::start(self, data, &mut placeholders);
        let directory = Directory::new();
        placeholders.set("dir", line(&[&directory.0.to_string_lossy()]));
        assert_eq!(driver.run("reset"), "OK");
        for step in &self.steps {
            match step {
                Step::Line { command, expected } => {
                    let command = placeholders.fill(command);
                    let result = driver.run(&command);
                    placeholders.record(expected, &result);
                    let expected = placeholders.fill(expected);
                    if result != expected {
                        let name = &self.name;
                        return Err(format!(
                            "{name}\n  {command}\n  => {expected}\n  is {result}"
                        ));
                    }
                }
                Step::Do(step) => {
                    let result = backend.control(&placeholders.fill(step));
                    placeholders.record_control(&result);
                }
                Step::Sent(part) => backend.assert_sent(&decode(&placeholders.fill(part))),
                Step::File(file) => write_file(&placeholders.fill(file)),
            }
        }
        Ok(())
    }
}

/// The directory of a run. It is removed when it is dropped.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory = tools::empty(&format!("scenario-{}-{number}", std::process::id()));
        make_private(&directory, 0o700);
        Directory(directory)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Writes the content of a file that only its owner may access, as another process would, or removes the file.
fn write_file(file: &str) {
    let Some((path, content)) = file.split_once(' ') else {
        return fs::remove_file(decode(file)).expect("a file");
    };
    let path = PathBuf::from(decode(path));
    fs::write(&path, decode(content)).expect("a writable directory");
    make_private(&path, 0o600);
}

#[cfg(unix)]
fn make_private(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("the owner");
}

#[cfg(not(unix))]
fn make_private(_path: &Path, _mode: u32) {}

/// The server of a scenario.
enum Backend {
    Service(Server),
    Mock(FaultyServer),
}

impl Backend {
    fn start(scenario: &Scenario, data: Option<Data>, placeholders: &mut Placeholders<'_>) -> Self {
        let backend = if scenario.responses.is_empty() {
            let config = Config {
                data,
                // Keeps the codes of one-time passwords, for the command last_otp.
                control: true,
                seed: Some(Seed::Text(placeholders.fill(&scenario.seed))),
                ..Config::default()
            };
            Backend::Service(Server::start(config).expect("a server"))
        } else {
            Backend::Mock(mock_server(&scenario.responses, placeholders))
        };
        placeholders.set("url", backend.url());
        backend
    }

    fn url(&self) -> String {
        match self {
            Backend::Service(server) => server.base_url().to_owned(),
            Backend::Mock(server) => server.url(),
        }
    }

    /// Runs a control command, and returns its result.
    fn control(&self, step: &str) -> Value {
        let Backend::Service(server) = self else {
            panic!("a mock server has no control");
        };
        let json = serde_json::from_str(step).expect("a step is JSON");
        server.control(json).expect("the step succeeds")
    }

    fn assert_sent(&self, part: &str) {
        let Backend::Mock(server) = self else {
            panic!("only a mock server records requests");
        };
        let requests = server.requests();
        let last = requests.last().expect("a request");
        let sent = String::from_utf8_lossy(&last.bytes);
        assert!(sent.contains(part), "{part:?} is not in {sent}");
    }
}

/// A server with these responses, status and body, one after the other.
fn mock_server(
    responses: &[(String, String)],
    placeholders: &mut Placeholders<'_>,
) -> FaultyServer {
    let responses: Vec<Vec<u8>> = responses
        .iter()
        .map(|(status, body)| response(&format!("{status} x"), JSON, &placeholders.fill(body)))
        .collect();
    FaultyServer::start(move |request| vec![Act::Send(responses[request.number].clone())])
}

/// The values of a scenario's placeholders.
struct Placeholders<'a> {
    rng: &'a mut Rng,
    values: HashMap<String, String>,
}

impl<'a> Placeholders<'a> {
    fn new(rng: &'a mut Rng) -> Self {
        Placeholders {
            rng,
            values: HashMap::new(),
        }
    }

    fn set(&mut self, placeholder: &str, value: String) {
        self.values.insert(placeholder.to_owned(), value);
    }

    /// Sets a `{got:…}` placeholder that has no value yet to the result of a line.
    fn record(&mut self, expected: &str, result: &str) {
        let placeholder = expected
            .strip_prefix("OK {got:")
            .and_then(|rest| rest.strip_suffix('}'));
        if let (Some(name), Some(value)) = (placeholder, result.strip_prefix("OK ")) {
            let name = format!("got:{name}");
            self.values.entry(name).or_insert_with(|| value.to_owned());
        }
    }

    /// Sets the `{done:…}` placeholders to the strings in the result of a control command.
    fn record_control(&mut self, result: &Value) {
        for (name, value) in result.as_object().into_iter().flatten() {
            if let Some(value) = value.as_str() {
                self.set(&format!("done:{name}"), value.to_owned());
            }
        }
    }

    /// Replaces the placeholders. Other braces, such as those of JSON, are kept.
    fn fill(&mut self, string: &str) -> String {
        let mut filled = String::new();
        let mut rest = string;
        while let Some(at) = rest.find('{') {
            filled.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            let end = rest.find(['}', '{', '"', ' ']).unwrap_or(rest.len());
            match self.value(&rest[..end]) {
                Some(value) if rest[end..].starts_with('}') => {
                    filled.push_str(&value);
                    rest = &rest[end + 1..];
                }
                _ => filled.push('{'),
            }
        }
        filled + rest
    }

    fn value(&mut self, placeholder: &str) -> Option<String> {
        if let Some(value) = self.values.get(placeholder) {
            return Some(value.clone());
        }
        if let Some((string, times)) = placeholder.split_once('*') {
            return Some(string.repeat(times.parse().ok()?));
        }
        let value = self.generate(placeholder.split_once(':')?.0)?;
        self.set(placeholder, value.clone());
        Some(value)
    }

    fn generate(&mut self, kind: &str) -> Option<String> {
        Some(match kind {
            "email" => self.rng.word(12) + "@example.com",
            "password" => self.rng.word(16),
            "token" => self.rng.word(32),
            "name" => self.rng.word(10),
            "id" => self.rng.word(15),
            _ => return None,
        })
    }
}
