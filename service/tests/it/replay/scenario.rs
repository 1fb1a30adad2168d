//! The recorded scenarios in `tests/wire`.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub name: String,
    #[serde(rename = "given")]
    pub initial: Initial,
    pub steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Initial {
    #[serde(default)]
    pub collections: Vec<Value>,
    #[serde(default)]
    pub accounts: Vec<Value>,
    #[serde(default)]
    pub records: Vec<Value>,
    pub rate_limits: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    #[serde(rename = "note")]
    _note: Option<String>,
    pub request: Option<Request>,
    pub response: Option<Recorded>,
    /// Names for parts of the response; of `create_otp`, one name.
    #[serde(default)]
    pub capture: Value,
    #[serde(rename = "do")]
    pub action: Option<String>,
    pub account: Option<Value>,
    pub collection: Option<Value>,
    pub set: Option<Value>,
    pub password: Option<Value>,
    pub seconds: Option<f64>,
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

/// Loads all scenarios.
pub fn all() -> Vec<Scenario> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/wire");
    let mut scenarios = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "json") {
            let json = std::fs::read_to_string(&path).unwrap();
            let file: Vec<Scenario> = serde_json::from_str(&json).unwrap();
            scenarios.extend(file);
        }
    }
    // The order of a directory is unspecified, but a run must be repeatable.
    scenarios.sort_by(|a, b| a.name.cmp(&b.name));
    scenarios
}
