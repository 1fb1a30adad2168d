//! Replays the traffic recorded from a real BosBase server (`tests/wire`).
//!
//! Each run uses new random names, emails, passwords, tokens and ids, and runs the scenarios in
//! random order. `BOSBASE_REPLAY_SEED` repeats the run that printed it.

mod expected;
mod names;
mod scenario;

use crate::support::client::{Response, post};
use crate::support::database::Database;
use crate::support::raw::{exchange, request};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bosbase_local::{Config, Data, Seed, Server};
use fastrand::Rng;
use names::Names;
use scenario::{Recorded, Scenario, Step};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// The number of recorded scenarios.
const RECORDED: usize = 85;

#[test]
fn responses_equal_the_recorded_ones() {
    replay_all(None);
}

#[test]
fn responses_equal_the_recorded_ones_on_postgres() {
    if let Some(database) = Database::postgres() {
        replay_all(Some(database.data()));
    }
}

fn replay_all(data: Option<Data>) {
    let seed = seed();
    println!("BOSBASE_REPLAY_SEED={seed}");
    let mut rng = Rng::with_seed(seed);
    let mut scenarios = scenario::all();
    assert_eq!(scenarios.len(), RECORDED);
    rng.shuffle(&mut scenarios);
    let names = Names::random(&scenarios, &mut rng);
    let server = Server::start(Config {
        data,
        seed: Some(Seed::Text(names.seed(&scenarios).to_string())),
        control: true,
        ..Config::default()
    })
    .unwrap();
    let mut responses = 0;
    for scenario in &scenarios {
        responses += Replay::new(&server, scenario, &names, &mut rng).run();
    }
    println!("{RECORDED} scenarios, {responses} responses compared");
    assert!(responses > 2 * RECORDED);
}

fn seed() -> u64 {
    if let Ok(seed) = std::env::var("BOSBASE_REPLAY_SEED") {
        return seed.parse().expect("BOSBASE_REPLAY_SEED is a number");
    }
    fastrand::u64(..)
}

/// A scenario in progress.
struct Replay<'a> {
    server: &'a Server,
    scenario: &'a Scenario,
    names: &'a Names,
    rng: &'a mut Rng,
    /// References to the accounts, for control commands, by their names in the scenario.
    accounts: BTreeMap<String, Value>,
    /// The values of placeholders.
    values: BTreeMap<String, String>,
}

impl<'a> Replay<'a> {
    fn new(server: &'a Server, scenario: &'a Scenario, names: &'a Names, rng: &'a mut Rng) -> Self {
        let mut replay = Self {
            server,
            scenario,
            names,
            rng,
            accounts: BTreeMap::new(),
            values: names.references(scenario),
        };
        for account in &scenario.initial.accounts {
            replay.add_reference(&names.in_value(account));
        }
        replay
    }

    fn run(&mut self) -> usize {
        let mut responses = 0;
        for (at, step) in self.scenario.steps.iter().enumerate() {
            let position = format!("{} step {}", self.scenario.name, at + 1);
            match (&step.request, &step.response) {
                (Some(request), Some(recorded)) => {
                    let response = self.send(request);
                    self.check(&position, &response, recorded);
                    self.capture(step, &response);
                    responses += 1;
                }
                _ => self.control(&position, step),
            }
        }
        responses
    }

    fn add_reference(&mut self, account: &Value) {
        let name = account["ref"].as_str().unwrap().to_owned();
        let id = self.values[&format!("ref:{name}.id")].clone();
        let (collection, email) = (&account["collection"], &account["email"]);
        let reference = json!({"collection": collection, "id": id, "email": email});
        self.accounts.insert(name, reference);
    }

    /// Replaces the placeholders.
    fn fill(&self, string: &str) -> String {
        let mut string = string.to_owned();
        for (name, value) in &self.values {
            string = string.replace(&format!("${{{name}}}"), value);
        }
        string
    }

    fn send(&self, recorded: &scenario::Request) -> Response {
        let mut target = self.fill(&self.names.in_string(&recorded.path));
        if let Some(query) = &recorded.query {
            target = format!("{target}?{}", self.fill(&self.names.in_string(query)));
        }
        let headers: Vec<(&str, String)> = recorded
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), self.fill(value)))
            .collect();
        let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let body = match (&recorded.body, &recorded.body_base64) {
            (Some(body), _) => self.fill(&self.names.in_body(body)).into_bytes(),
            (None, Some(bytes)) => STANDARD.decode(bytes).unwrap(),
            (None, None) => Vec::new(),
        };
        exchange(
            self.server.address(),
            &request(&recorded.method, &target, &headers, &body),
        )
    }

    fn check(&self, position: &str, response: &Response, recorded: &Recorded) {
        assert_eq!(
            response.status,
            recorded.status,
            "{position}: {}",
            response.text()
        );
        for (name, value) in &recorded.headers {
            assert_eq!(
                response.header(name),
                value.as_deref(),
                "{position}: {name}"
            );
        }
        for (name, value) in [
            ("Vary", "Origin"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "SAMEORIGIN"),
            ("X-XSS-Protection", "1; mode=block"),
        ] {
            assert_eq!(response.header(name), Some(value), "{position}: {name}");
        }
        match (&recorded.json, &recorded.body) {
            (Some(json), _) => {
                let result =
                    expected::compare(json.get(), response.text(), self.names, &self.values);
                result.unwrap_or_else(|difference| panic!("{position}: {difference}"));
            }
            (None, Some(body)) => assert_eq!(response.text(), body, "{position}"),
            (None, None) => panic!("{position}: no recorded body"),
        }
        if let Some(claims) = &recorded.jwt_claims {
            let stable = self.names.in_value(&claims.stable);
            let stable = self.fill(&stable.to_string());
            let token = response.json()["token"].as_str().unwrap().to_owned();
            expected::check_claims(
                position,
                &token,
                claims,
                &serde_json::from_str(&stable).unwrap(),
            );
        }
    }

    fn capture(&mut self, step: &Step, response: &Response) {
        for (name, pointer) in step.capture.as_object().into_iter().flatten() {
            let response = response.json();
            let value = response.pointer(pointer.as_str().unwrap()).unwrap();
            self.values
                .insert(name.clone(), value.as_str().unwrap().to_owned());
        }
    }

    fn control(&mut self, position: &str, step: &Step) {
        let action = step.action.as_deref().unwrap();
        if action == "sleep" {
            let seconds = step.seconds.unwrap();
            return std::thread::sleep(Duration::from_secs_f64(seconds));
        }
        let mut command = json!({"do": action});
        if let Some(account) = &step.account {
            command["account"] = match account.as_str() {
                Some(name) => self.accounts[name].clone(),
                None => self.new_account(account),
            };
        }
        for (name, value) in [
            ("collection", &step.collection),
            ("set", &step.set),
            ("password", &step.password),
        ] {
            if let Some(value) = value {
                command[name] = self.names.in_value(value);
            }
        }
        let response = post(self.server.address(), "/_local/control", &command);
        let status = if step.capture.is_null() { 204 } else { 200 };
        assert_eq!(response.status, status, "{position}: {}", response.text());
        if let Some(name) = step.capture.as_str() {
            let id = response.json()["id"].as_str().unwrap().to_owned();
            self.values.insert(name.to_owned(), id);
        }
    }

    /// Returns the account of a `create_account`, with a new id.
    fn new_account(&mut self, account: &Value) -> Value {
        let mut account = self.names.in_value(account);
        let id = names::new_id(self.rng);
        let reference = format!("ref:{}.id", account["ref"].as_str().unwrap());
        self.values.insert(reference, id.clone());
        self.add_reference(&account);
        account["id"] = id.into();
        account
    }
}
