//! Injected faults: which ones are configured, and which request each applies to. They are kept
//! in memory, not in the store: another instance on the same database has its own.

pub mod gzip;
mod kind;
mod stream;

pub use kind::{Fault, Kind, When};
pub use stream::FaultStream;

use crate::seed::ApplyError;
use crate::store::collections::Collection;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The maximum number of requests that one fault applies to.
const MAX_TIMES: u64 = 1_000_000;

/// The maximum number of faults.
const MAX_FAULTS: usize = 1000;

/// The calls that fail on a new server.
const NEW_SERVER_CALLS: [&str; 2] = ["auth-with-token", "unbind-token"];

/// The fields of `add_fault`.
#[derive(Deserialize)]
pub struct NewFault {
    fault: Kind,
    when: When,
    times: Option<u64>,
    call: Option<String>,
    /// If set, the fault applies to requests to this collection only.
    pub collection: Option<String>,
    #[serde(flatten)]
    parameters: Map<String, Value>,
}

impl NewFault {
    fn times(&self) -> u64 {
        let default = match self.fault {
            Kind::NewServer => MAX_TIMES,
            _ => 1,
        };
        self.times.unwrap_or(default)
    }
}

/// A configured fault.
struct Entry {
    fault: Fault,
    call: Option<String>,
    collection: Option<Collection>,
    times: u64,
    hits: u64,
    /// When a `new_server` expires. `None` before the first bind, which starts it.
    expires: Option<Instant>,
}

impl Entry {
    fn applies_to(&self, call: &str, collection: Option<&str>) -> bool {
        let call_matches = self.call.as_deref().is_none_or(|expected| expected == call);
        let collection_matches = self.collection.as_ref().is_none_or(|expected| {
            collection.is_some_and(|name| {
                name == expected.id || name.eq_ignore_ascii_case(&expected.name)
            })
        });
        self.hits < self.times && call_matches && collection_matches && self.is_active(call)
    }

    fn is_active(&self, call: &str) -> bool {
        self.fault.kind != Kind::NewServer
            || NEW_SERVER_CALLS.contains(&call)
                && self.expires.is_some_and(|time| Instant::now() < time)
    }

    fn to_json(&self) -> Value {
        let mut json = json!({
            "fault": self.fault.kind,
            "when": self.fault.when,
            "times": self.times,
            "played": self.hits,
        });
        if let Some((parameter, value)) = self.fault.kind.parameter().zip(self.fault.parameter) {
            json[parameter.name] = value.into();
        }
        if let Some(call) = &self.call {
            json["call"] = call.as_str().into();
        }
        if let Some(collection) = &self.collection {
            json["collection"] = collection.name.as_str().into();
        }
        json
    }
}

/// The configured faults, oldest first.
pub struct Faults {
    /// The names of all calls.
    calls: Vec<&'static str>,
    entries: Mutex<Vec<Entry>>,
}

impl Faults {
    /// An empty list. `calls` are the calls that a fault can name.
    pub fn new(calls: Vec<&'static str>) -> Self {
        Self {
            calls,
            entries: Mutex::default(),
        }
    }

    /// Adds a fault; `collection` is the one it names.
    pub fn add(&self, new: NewFault, collection: Option<Collection>) -> Result<(), ApplyError> {
        let parameter = new.fault.parse_parameter(&new.parameters)?;
        let times = new.times();
        if !(1..=MAX_TIMES).contains(&times) {
            return Err(ApplyError::invalid(format!(
                "times must be 1 to {MAX_TIMES}"
            )));
        }
        self.check_call(&new)?;
        let mut entries = self.lock();
        if entries.len() == MAX_FAULTS {
            return Err(ApplyError::invalid(format!(
                "at most {MAX_FAULTS} faults can be configured; remove them with clear_faults"
            )));
        }
        entries.push(Entry {
            fault: Fault {
                kind: new.fault,
                when: new.when,
                parameter,
            },
            call: new.call,
            collection,
            times,
            hits: 0,
            expires: None,
        });
        Ok(())
    }

    /// Rejects a fault that no request could match.
    fn check_call(&self, new: &NewFault) -> Result<(), ApplyError> {
        let call = new.call.as_deref();
        if call.is_some_and(|call| !self.calls.contains(&call)) {
            let calls = self.calls.join(", ");
            return Err(ApplyError::invalid(format!(
                "unknown call; the calls are {calls}"
            )));
        }
        if new.fault != Kind::NewServer {
            return Ok(());
        }
        if new.when == When::After {
            return Err(ApplyError::invalid(
                "new_server supports only `before`: the call is not executed",
            ));
        }
        if call.is_some_and(|call| !NEW_SERVER_CALLS.contains(&call)) {
            let calls = NEW_SERVER_CALLS.join(" and ");
            return Err(ApplyError::invalid(format!(
                "new_server applies to {calls} only"
            )));
        }
        Ok(())
    }

    /// Returns the fault that applies to a request, and counts the hit.
    pub fn take(&self, call: &str, collection: Option<&str>) -> Option<Fault> {
        let mut entries = self.lock();
        let entry = entries
            .iter_mut()
            .find(|entry| entry.applies_to(call, collection))?;
        entry.hits += 1;
        Some(entry.fault)
    }

    /// Starts the timer of every `new_server` that was waiting for a bind in `collection`.
    pub fn start_new_server(&self, collection: &Collection) {
        let is_waiting = |entry: &&mut Entry| {
            let expected = entry.collection.as_ref();
            entry.fault.kind == Kind::NewServer
                && entry.expires.is_none()
                && expected.is_none_or(|expected| expected.id == collection.id)
        };
        for entry in self.lock().iter_mut().filter(is_waiting) {
            let seconds = entry.fault.parameter.unwrap_or_default();
            entry.expires = Some(Instant::now() + Duration::from_secs(seconds));
        }
    }

    /// All faults, including used-up ones, as JSON.
    pub fn list(&self) -> Value {
        json!({"faults": self.lock().iter().map(Entry::to_json).collect::<Vec<_>>()})
    }

    /// Removes all faults.
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        // A panic cannot leave the list in an inconsistent state.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
