//! Random names for everything that was recorded, so that no response is predictable.
//!
//! Words (emails, passwords, tokens, names of collections) are encrypted with a substitution
//! cipher, which preserves lengths, case and equality.

use super::scenario::Scenario;
use fastrand::Rng;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Shorter words may occur by chance. They are only replaced where they are a whole JSON string.
const MIN_LENGTH: usize = 5;

pub struct Names {
    /// Replacements, longest first.
    anywhere: Vec<(String, String)>,
    /// The same, with short words in quotes.
    in_bodies: Vec<(String, String)>,
    /// Ids of accounts and records, by scenario and reference.
    ids: BTreeMap<(String, String), String>,
}

impl Names {
    pub fn random(scenarios: &[Scenario], rng: &mut Rng) -> Self {
        let cipher = Cipher::new(rng);
        let mut anywhere = BTreeMap::new();
        let mut quoted = BTreeMap::new();
        for word in words(scenarios) {
            let new = cipher.apply(&word);
            for (old, new) in encodings(&word).into_iter().zip(encodings(&new)) {
                if word.len() >= MIN_LENGTH {
                    anywhere.insert(old, new);
                } else {
                    quoted.insert(format!("\"{old}\""), format!("\"{new}\""));
                }
            }
        }
        for collection in scenarios.iter().flat_map(|s| &s.initial.collections) {
            let name = string(&collection["name"]);
            anywhere.insert(name.to_uppercase(), cipher.apply(&name.to_uppercase()));
            anywhere.insert(name.clone(), cipher.apply(&name));
            let id = string(&collection["id"]);
            let digits = digits(rng, id.len() - 4, 10);
            anywhere.entry(id).or_insert(format!("pbc_{digits}"));
        }
        let mut ids = BTreeMap::new();
        for scenario in scenarios {
            for row in scenario
                .initial
                .accounts
                .iter()
                .chain(&scenario.initial.records)
            {
                let key = (scenario.name.clone(), string(&row["ref"]));
                ids.insert(key, new_id(rng));
            }
        }
        let in_bodies = longest_first(anywhere.iter().chain(&quoted));
        Self {
            anywhere: longest_first(anywhere.iter()),
            in_bodies,
            ids,
        }
    }

    /// Replaces the names in a path, a query or a string of a response.
    pub fn in_string(&self, string: &str) -> String {
        replace(string, &self.anywhere)
    }

    /// Replaces the names in the body of a request.
    pub fn in_body(&self, body: &str) -> String {
        replace(body, &self.in_bodies)
    }

    /// Replaces the names in all strings of a value.
    pub fn in_value(&self, value: &Value) -> Value {
        match value {
            Value::String(string) => self.in_string(string).into(),
            Value::Array(values) => values.iter().map(|value| self.in_value(value)).collect(),
            Value::Object(fields) => fields
                .iter()
                .map(|(name, value)| (name.clone(), self.in_value(value)))
                .collect(),
            other => other.clone(),
        }
    }

    /// Returns the values of the references of a scenario.
    pub fn references(&self, scenario: &Scenario) -> BTreeMap<String, String> {
        let own = self
            .ids
            .iter()
            .filter(|((name, _), _)| *name == scenario.name);
        own.map(|((_, reference), id)| (format!("ref:{reference}.id"), id.clone()))
            .collect()
    }

    /// Returns a seed with the data of all scenarios.
    pub fn seed(&self, scenarios: &[Scenario]) -> Value {
        let mut collections = BTreeMap::new();
        let (mut accounts, mut records, mut limits) = (Vec::new(), Vec::new(), Vec::new());
        for scenario in scenarios {
            let references = self.references(scenario);
            for collection in &scenario.initial.collections {
                collections.insert(string(&collection["name"]), self.in_value(collection));
            }
            let row = |row: &Value| {
                let mut row = self.in_value(row);
                row["id"] = references[&format!("ref:{}.id", string(&row["ref"]))]
                    .as_str()
                    .into();
                row["scenario"] = scenario.name.as_str().into();
                let filled = references.iter().fold(row.to_string(), |json, (name, id)| {
                    json.replace(&format!("${{{name}}}"), id)
                });
                serde_json::from_str::<Value>(&filled).unwrap()
            };
            accounts.extend(scenario.initial.accounts.iter().map(row));
            records.extend(scenario.initial.records.iter().map(row));
            let rules = scenario.initial.rate_limits.as_ref().map(|l| &l["rules"]);
            let rules = rules.and_then(Value::as_array).into_iter().flatten();
            limits.extend(rules.map(|rule| self.in_value(rule)));
        }
        let collections: Vec<Value> = collections.into_values().collect();
        json!({"collections": collections, "accounts": accounts, "records": records,
            "rateLimits": {"rules": limits}})
    }
}

/// Returns a new id of an account.
pub fn new_id(rng: &mut Rng) -> String {
    let mut part = |length| digits(rng, length, 16);
    format!(
        "{}-{}-7{}-8{}-{}",
        part(8),
        part(4),
        part(3),
        part(3),
        part(12)
    )
}

fn digits(rng: &mut Rng, count: usize, radix: u32) -> String {
    (0..count).map(|_| rng.digit(radix)).collect()
}

fn string(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// A substitution cipher.
struct Cipher(Vec<u8>);

impl Cipher {
    fn new(rng: &mut Rng) -> Self {
        let mut letters: Vec<u8> = (b'a'..=b'z').collect();
        rng.shuffle(&mut letters);
        Self(letters)
    }

    fn apply(&self, word: &str) -> String {
        word.chars()
            .map(|letter| match letter {
                'a'..='z' => char::from(self.0[letter as usize - 'a' as usize]),
                'A'..='Z' => {
                    char::from(self.0[letter as usize - 'A' as usize]).to_ascii_uppercase()
                }
                other => other,
            })
            .collect()
    }
}

/// Returns all emails, passwords and tokens.
fn words(scenarios: &[Scenario]) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for scenario in scenarios {
        scenario
            .initial
            .accounts
            .iter()
            .for_each(|row| collect(row, &mut words));
        for step in &scenario.steps {
            let parts = [&step.account, &step.set];
            parts
                .into_iter()
                .flatten()
                .for_each(|part| collect(part, &mut words));
            let body = step
                .request
                .as_ref()
                .and_then(|request| request.body.as_deref());
            let mut values =
                serde_json::Deserializer::from_str(body.unwrap_or_default()).into_iter();
            if let Some(Ok(body)) = values.next() {
                collect(&body, &mut words);
            }
        }
    }
    words
}

fn collect(value: &Value, words: &mut BTreeSet<String>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let is_word = ["email", "password", "token"].contains(&name.to_lowercase().as_str());
        if let (true, Some(word)) = (is_word, value.as_str()) {
            words.insert(word.to_owned());
        }
    }
}

/// Returns the encodings of a word in bodies: plain, JSON, ASCII-only JSON, form.
fn encodings(word: &str) -> [String; 4] {
    let json = Value::from(word).to_string();
    let ascii: String = word
        .encode_utf16()
        .map(|unit| match u8::try_from(unit) {
            Ok(byte @ 0x20..0x7f) => char::from(byte).to_string(),
            _ => format!("\\u{unit:04x}"),
        })
        .collect();
    let form = form_urlencoded::byte_serialize(word.as_bytes()).collect();
    [
        word.to_owned(),
        json[1..json.len() - 1].to_owned(),
        ascii,
        form,
    ]
}

fn longest_first<'a>(
    pairs: impl Iterator<Item = (&'a String, &'a String)>,
) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = pairs.map(|(old, new)| (old.clone(), new.clone())).collect();
    pairs.sort_by_key(|(old, _)| std::cmp::Reverse(old.len()));
    pairs
}

fn replace(string: &str, pairs: &[(String, String)]) -> String {
    let mut result = String::new();
    let mut rest = string;
    while let Some(letter) = rest.chars().next() {
        match pairs.iter().find(|(old, _)| rest.starts_with(old.as_str())) {
            Some((old, new)) => {
                result.push_str(new);
                rest = &rest[old.len()..];
            }
            None => {
                result.push(letter);
                rest = &rest[letter.len_utf8()..];
            }
        }
    }
    result
}
