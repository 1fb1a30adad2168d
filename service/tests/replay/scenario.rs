//! The recorded scenarios as they stand in `tests/wire`.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub name: String,
    pub given: Given,
    pub steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Given {
    #[serde(default)]
    pub collections: Vec<Value>,
    #[serde(default)]
    pub accounts: Vec<Value>,
    #[serde(default)]
    pub records: Vec<Value>,
    rate_limits: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    #[serde(rename = "note")]
    _note: Option<String>,
    pub request: Option<Request>,
    pub response: Option<Recorded>,
    /// Names for parts of the answer; of a step that makes a one-time password, one name.
    #[serde(default, deserialize_with = "captures")]
    pub capture: BTreeMap<String, String>,
    #[serde(rename = "do")]
    pub action: Option<String>,
    pub account: Option<Value>,
    pub collection: Option<Value>,
    pub set: Option<Value>,
    #[serde(rename = "password")]
    _password: Option<String>,
    #[serde(rename = "seconds")]
    _seconds: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: Option<String>,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    pub body: Option<String>,
    pub body_base64: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Recorded {
    pub status: u16,
    #[serde(default)]
    pub headers: BTreeMap<String, Option<String>>,
    pub json: Option<Box<RawValue>>,
    pub body: Option<String>,
    pub jwt_claims: Option<Claims>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Claims {
    pub keys: Vec<String>,
    pub stable: Value,
    pub lifetime_seconds: i64,
}

fn captures<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

/// All recorded scenarios.
pub fn all() -> Vec<Scenario> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wire");
    let mut scenarios = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|kind| kind == "json") {
            let text = std::fs::read_to_string(&path).unwrap();
            let file: Vec<Scenario> = serde_json::from_str(&text).unwrap();
            scenarios.extend(file);
        }
    }
    // The order of a folder is up to the system, and a run is to be repeatable.
    scenarios.sort_by(|a, b| a.name.cmp(&b.name));
    scenarios
}

impl Scenario {
    /// What the service has yet to learn before it can answer this scenario.
    pub fn waits_for(&self) -> Option<String> {
        const NOT_YET: [&str; 5] = [
            "auth-with-password",
            "auth-refresh",
            "auth-methods",
            "request-otp",
            "auth-with-otp",
        ];
        let paths = self.steps.iter().filter_map(|step| step.request.as_ref());
        let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let route = paths
            .map(|request| last(&request.path))
            .find(|route| NOT_YET.contains(&route.as_str()));
        let asks_twice = |collection: &Value| collection["mfa"]["enabled"] == true;
        if route.is_some() {
            route
        } else if self.given.collections.iter().any(asks_twice) {
            Some("a second factor".to_owned())
        } else if self.given.rate_limits.is_some() {
            Some("rate limits".to_owned())
        } else {
            None
        }
    }
}
