//! Scenario files: reading them, and running one in one language. `tests/scenarios/README.md` describes
//! the format.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use bosbase_local::{Config, Seed, Server};

use super::driver::Driver;
use super::faulty_server::{Act, FaultyServer};
use super::fields::decode;
use super::rng::Rng;

/// A scenario as it stands in its file.
pub struct Scenario {
    /// The file and the name.
    pub name: String,
    seed: String,
    only: Option<String>,
    answers: Vec<(String, String)>,
    steps: Vec<Step>,
}

enum Step {
    /// A line for the driver, and what it must answer.
    Line { left: String, right: String },
    /// What happens at the server, outside the library.
    Do(String),
    /// What the stand-in must have been sent last.
    Sent(String),
}

impl Scenario {
    /// The scenarios of a file.
    pub fn read(path: &Path) -> Vec<Scenario> {
        let text = fs::read_to_string(path).expect("a scenario file");
        let file = path.file_stem().unwrap_or_default().to_string_lossy();
        let mut seed = String::new();
        let mut scenarios: Vec<Scenario> = Vec::new();
        for line in text.lines().map(str::trim) {
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
                    answers: Vec::new(),
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
            "answer" => {
                let (status, body) = rest.split_once(' ').unwrap_or((rest, ""));
                self.answers.push((status.to_owned(), body.to_owned()));
            }
            "do" => self.steps.push(Step::Do(rest.to_owned())),
            "sent" => self.steps.push(Step::Sent(rest.to_owned())),
            _ => {
                let (left, right) = line
                    .split_once(" => ")
                    .unwrap_or_else(|| panic!("{}: no => in {line:?}", self.name));
                let (left, right) = (left.to_owned(), right.to_owned());
                self.steps.push(Step::Line { left, right });
            }
        }
    }

    /// Whether it is for this language.
    pub fn is_for(&self, language: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only == language)
    }

    /// Runs it against a server of its own, with names made anew, up to the first line that gives
    /// something else than it must.
    pub fn run(&self, driver: &mut Driver, rng: &mut Rng) -> Result<(), String> {
        let mut names = Names::new(rng);
        let world = World::start(self, &mut names);
        assert_eq!(driver.run("reset"), "OK");
        for step in &self.steps {
            match step {
                Step::Line { left, right } => {
                    let left = names.fill(left);
                    let given = driver.run(&left);
                    names.learn(right, &given);
                    let right = names.fill(right);
                    if given != right {
                        let name = &self.name;
                        return Err(format!("{name}\n  {left}\n  => {right}\n  is {given}"));
                    }
                }
                Step::Do(step) => world.carry_out(&names.fill(step)),
                Step::Sent(text) => world.assert_sent(&decode(&names.fill(text))),
            }
        }
        Ok(())
    }
}

/// What answers the scenario's calls.
enum World {
    Service(Server),
    StandIn(FaultyServer),
}

impl World {
    fn start(scenario: &Scenario, names: &mut Names<'_>) -> Self {
        let world = if scenario.answers.is_empty() {
            let config = Config {
                seed: Some(Seed::Text(names.fill(&scenario.seed))),
                ..Config::default()
            };
            World::Service(Server::start(config).expect("a server"))
        } else {
            World::StandIn(stand_in(&scenario.answers, names))
        };
        names.set("url", world.url());
        world
    }

    fn url(&self) -> String {
        match self {
            World::Service(server) => server.base_url().to_owned(),
            World::StandIn(server) => server.url(),
        }
    }

    fn carry_out(&self, step: &str) {
        let World::Service(server) = self else {
            panic!("a stand-in has no control");
        };
        let json = serde_json::from_str(step).expect("a step is JSON");
        server.control(json).expect("the step can be carried out");
    }

    fn assert_sent(&self, text: &str) {
        let World::StandIn(server) = self else {
            panic!("only a stand-in knows what was sent");
        };
        let requests = server.requests();
        let last = requests.last().expect("something was sent");
        let sent = String::from_utf8_lossy(&last.bytes);
        assert!(sent.contains(text), "{text:?} is not in {sent}");
    }
}

/// A server that gives these answers, status and body, one after the other.
fn stand_in(answers: &[(String, String)], names: &mut Names<'_>) -> FaultyServer {
    let answers: Vec<Vec<u8>> = answers
        .iter()
        .map(|(status, body)| json_answer(status, &names.fill(body)))
        .collect();
    FaultyServer::start(move |request| vec![Act::Send(answers[request.number].clone())])
}

fn json_answer(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}

/// What the placeholders of a scenario stand for.
struct Names<'a> {
    rng: &'a mut Rng,
    known: HashMap<String, String>,
}

impl<'a> Names<'a> {
    fn new(rng: &'a mut Rng) -> Self {
        Names {
            rng,
            known: HashMap::new(),
        }
    }

    fn set(&mut self, placeholder: &str, value: String) {
        self.known.insert(placeholder.to_owned(), value);
    }

    /// Takes what was given for a `{got:…}` that is not known yet.
    fn learn(&mut self, right: &str, given: &str) {
        let placeholder = right
            .strip_prefix("OK {got:")
            .and_then(|rest| rest.strip_suffix('}'));
        if let (Some(name), Some(text)) = (placeholder, given.strip_prefix("OK ")) {
            let name = format!("got:{name}");
            self.known.entry(name).or_insert_with(|| text.to_owned());
        }
    }

    /// The text with its placeholders filled in. Other braces, such as JSON's, stay.
    fn fill(&mut self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
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
        if let Some(known) = self.known.get(placeholder) {
            return Some(known.clone());
        }
        if let Some((text, times)) = placeholder.split_once('*') {
            return Some(text.repeat(times.parse().ok()?));
        }
        let value = self.make(placeholder.split_once(':')?.0)?;
        self.set(placeholder, value.clone());
        Some(value)
    }

    fn make(&mut self, kind: &str) -> Option<String> {
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
