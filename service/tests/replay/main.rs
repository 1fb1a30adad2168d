//! Replays what was recorded from a real BosBase server (`tests/wire`) against this service.
//!
//! Each run makes names, addresses, passwords, tokens and identifiers anew and takes the
//! scenarios in another order. To repeat a run, set `BOSBASE_REPLAY_SEED` to the number that it
//! printed.
#![allow(clippy::unwrap_used)]

mod expected;
mod renaming;
mod scenario;
#[path = "../support/mod.rs"]
mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bosbase_local::{Config, Data, Seed, Server};
use renaming::Names;
use scenario::{Recorded, Scenario, Step};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use support::database::Database;
use support::{Answer, Chance, exchange, post, request};

/// How many scenarios were recorded; all of them are run.
const RECORDED: usize = 84;

#[test]
fn recorded_scenarios_are_answered_byte_for_byte() {
    replay_all(None);
}

#[test]
fn recorded_scenarios_are_answered_byte_for_byte_on_postgres() {
    if let Some(database) = Database::postgres() {
        replay_all(Some(database.data()));
    }
}

fn replay_all(data: Option<Data>) {
    let seed = seed();
    println!("BOSBASE_REPLAY_SEED={seed}");
    let mut chance = Chance(seed);
    let mut scenarios = scenario::all();
    assert_eq!(scenarios.len(), RECORDED);
    chance.shuffle(&mut scenarios);
    let names = Names::made_up(&scenarios, &mut chance);
    let server = Server::start(Config {
        data,
        seed: Some(Seed::Text(names.seed(&scenarios).to_string())),
        control: true,
        ..Config::default()
    })
    .unwrap();
    let mut answers = 0;
    for scenario in &scenarios {
        answers += Replay::new(&server, scenario, &names, &mut chance).run();
    }
    println!("{RECORDED} scenarios, {answers} answers compared");
    assert!(answers > 2 * RECORDED);
}

fn seed() -> u64 {
    if let Ok(seed) = std::env::var("BOSBASE_REPLAY_SEED") {
        return seed.parse().expect("BOSBASE_REPLAY_SEED is a number");
    }
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    since.as_nanos() as u64
}

/// A scenario on its way.
struct Replay<'a> {
    server: &'a Server,
    scenario: &'a Scenario,
    names: &'a Names,
    chance: &'a mut Chance,
    /// Accounts by the names they have in the scenario, as control knows them.
    accounts: BTreeMap<String, Value>,
    /// What placeholders stand for.
    known: BTreeMap<String, String>,
}

impl<'a> Replay<'a> {
    fn new(
        server: &'a Server,
        scenario: &'a Scenario,
        names: &'a Names,
        chance: &'a mut Chance,
    ) -> Self {
        let mut replay = Self {
            server,
            scenario,
            names,
            chance,
            accounts: BTreeMap::new(),
            known: names.references(scenario),
        };
        for account in &scenario.given.accounts {
            replay.remember(&names.in_value(account));
        }
        replay
    }

    fn run(&mut self) -> usize {
        let mut answers = 0;
        for (at, step) in self.scenario.steps.iter().enumerate() {
            let place = format!("{} step {}", self.scenario.name, at + 1);
            match (&step.request, &step.response) {
                (Some(sent), Some(recorded)) => {
                    let answer = self.send(sent);
                    self.check(&place, &answer, recorded);
                    self.capture(step, &answer);
                    answers += 1;
                }
                _ => self.control(&place, step),
            }
        }
        answers
    }

    fn remember(&mut self, account: &Value) {
        let name = account["ref"].as_str().unwrap().to_owned();
        let id = self.known[&format!("ref:{name}.id")].clone();
        let (collection, email) = (&account["collection"], &account["email"]);
        let named = json!({"collection": collection, "id": id, "email": email});
        self.accounts.insert(name, named);
    }

    /// `text` with its placeholders filled.
    fn filled(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, value) in &self.known {
            text = text.replace(&format!("${{{name}}}"), value);
        }
        text
    }

    fn send(&self, sent: &scenario::Request) -> Answer {
        let mut target = self.names.in_text(&sent.path);
        if let Some(query) = &sent.query {
            target = format!("{target}?{}", self.filled(&self.names.in_text(query)));
        }
        let headers: Vec<(&str, String)> = sent
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), self.filled(value)))
            .collect();
        let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let body = match (&sent.body, &sent.body_base64) {
            (Some(text), _) => self.filled(&self.names.in_body(text)).into_bytes(),
            (None, Some(bytes)) => STANDARD.decode(bytes).unwrap(),
            (None, None) => Vec::new(),
        };
        exchange(
            self.server.address(),
            &request(&sent.method, &target, &headers, &body),
        )
    }

    fn check(&self, place: &str, answer: &Answer, recorded: &Recorded) {
        assert_eq!(answer.status, recorded.status, "{place}: {}", answer.text());
        for (name, value) in &recorded.headers {
            assert_eq!(answer.header(name), value.as_deref(), "{place}: {name}");
        }
        for (name, value) in [
            ("Vary", "Origin"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "SAMEORIGIN"),
            ("X-XSS-Protection", "1; mode=block"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{place}: {name}");
        }
        match (&recorded.json, &recorded.body) {
            (Some(json), _) => {
                let compared =
                    expected::compare(json.get(), answer.text(), self.names, &self.known);
                compared.unwrap_or_else(|difference| panic!("{place}: {difference}"));
            }
            (None, Some(body)) => assert_eq!(answer.text(), body, "{place}"),
            (None, None) => panic!("{place}: nothing to compare with"),
        }
        if let Some(claims) = &recorded.jwt_claims {
            let stable = self.names.in_value(&claims.stable);
            let stable = self.filled(&stable.to_string());
            let token = answer.json()["token"].as_str().unwrap().to_owned();
            expected::check_claims(
                place,
                &token,
                claims,
                &serde_json::from_str(&stable).unwrap(),
            );
        }
    }

    fn capture(&mut self, step: &Step, answer: &Answer) {
        for (name, pointer) in step.capture.as_object().into_iter().flatten() {
            let answer = answer.json();
            let value = answer.pointer(pointer.as_str().unwrap()).unwrap();
            self.known
                .insert(name.clone(), value.as_str().unwrap().to_owned());
        }
    }

    fn control(&mut self, place: &str, step: &Step) {
        let action = step.action.as_deref().unwrap();
        if action == "sleep" {
            let seconds = step.seconds.unwrap();
            return std::thread::sleep(Duration::from_secs_f64(seconds));
        }
        let mut body = json!({"do": action});
        if let Some(account) = &step.account {
            body["account"] = match account.as_str() {
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
                body[name] = self.names.in_value(value);
            }
        }
        let answer = post(self.server.address(), "/_local/control", &body);
        let status = if step.capture.is_null() { 204 } else { 200 };
        assert_eq!(answer.status, status, "{place}: {}", answer.text());
        if let Some(name) = step.capture.as_str() {
            let id = answer.json()["id"].as_str().unwrap().to_owned();
            self.known.insert(name.to_owned(), id);
        }
    }

    /// An account that a step makes, with an identifier of its own.
    fn new_account(&mut self, account: &Value) -> Value {
        let mut account = self.names.in_value(account);
        let id = renaming::new_id(self.chance);
        let reference = format!("ref:{}.id", account["ref"].as_str().unwrap());
        self.known.insert(reference, id.clone());
        self.remember(&account);
        account["id"] = id.into();
        account
    }
}
