//! Faults on demand: what the control address has asked to go wrong, and which request is next to
//! meet it. They are a test's tool for this one server, so they live in its memory and not in the
//! store: another instance on the same database plays its own.

mod answers;
mod gzip;
mod kinds;
mod wire;

pub use answers::around;
pub use kinds::{Fault, Kind, When};
pub use wire::Wire;

use crate::routes;
use crate::seed::Problem;
use crate::store::collections::Collection;
use axum::body::{Body, Bytes};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many requests one order may be for.
const MOST_TIMES: u64 = 1_000_000;

/// How many orders are kept.
const MOST_ORDERS: usize = 1000;

/// The members of an order that every fault takes.
const COMMON: &str = "when, times, call and collection";

/// An order for a fault, as it is written.
#[derive(Deserialize)]
pub struct Order {
    fault: Kind,
    when: When,
    #[serde(default = "once")]
    times: u64,
    call: Option<String>,
    /// The only collection whose requests meet it.
    pub collection: Option<String>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

fn once() -> u64 {
    1
}

/// An order that was taken.
struct Ordered {
    fault: Fault,
    call: Option<String>,
    collection: Option<Collection>,
    times: u64,
    played: u64,
}

impl Ordered {
    /// Whether a request meets this fault.
    fn is_for(&self, call: &str, collection: Option<&str>) -> bool {
        let wanted = self.call.as_deref().is_none_or(|wanted| wanted == call);
        let inside = self.collection.as_ref().is_none_or(|wanted| {
            collection
                .is_some_and(|name| name == wanted.id || name.eq_ignore_ascii_case(&wanted.name))
        });
        self.played < self.times && wanted && inside
    }

    fn listed(&self) -> Value {
        let mut listed = json!({
            "fault": self.fault.kind,
            "when": self.fault.when,
            "times": self.times,
            "played": self.played,
        });
        if let Some((number, value)) = self.fault.kind.number().zip(self.fault.number) {
            listed[number.name] = value.into();
        }
        if let Some(call) = &self.call {
            listed["call"] = call.as_str().into();
        }
        if let Some(collection) = &self.collection {
            listed["collection"] = collection.name.as_str().into();
        }
        listed
    }
}

/// The faults that were ordered, oldest first.
#[derive(Default)]
pub struct Faults(Mutex<Vec<Ordered>>);

impl Faults {
    /// Takes an order; `collection` is the one that it names.
    pub fn add(&self, order: Order, collection: Option<Collection>) -> Result<(), Problem> {
        let number = order.fault.read_number(&order.others)?;
        if !(1..=MOST_TIMES).contains(&order.times) {
            return Err(Problem::refused(format!("times is 1 to {MOST_TIMES}")));
        }
        if let Some(call) = &order.call {
            check_call(call)?;
        }
        let mut all = self.all();
        if all.len() == MOST_ORDERS {
            return Err(Problem::refused(format!(
                "there are {MOST_ORDERS} faults already; clear_faults makes room"
            )));
        }
        all.push(Ordered {
            fault: Fault {
                kind: order.fault,
                when: order.when,
                number,
            },
            call: order.call,
            collection,
            times: order.times,
            played: 0,
        });
        Ok(())
    }

    /// The fault that a request meets, which is then used up by one.
    pub fn meet(&self, call: &str, collection: Option<&str>) -> Option<Fault> {
        let mut all = self.all();
        let met = all
            .iter_mut()
            .find(|ordered| ordered.is_for(call, collection))?;
        met.played += 1;
        Some(met.fault)
    }

    /// All orders, used up or not.
    pub fn list(&self) -> Value {
        json!({"faults": self.all().iter().map(Ordered::listed).collect::<Vec<_>>()})
    }

    /// Forgets all orders.
    pub fn clear(&self) {
        self.all().clear();
    }

    fn all(&self) -> MutexGuard<'_, Vec<Ordered>> {
        // No panic can leave the list half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn check_call(call: &str) -> Result<(), Problem> {
    let known = routes::call_names();
    if known.contains(&call) {
        return Ok(());
    }
    let known = known.join(", ");
    Err(Problem::refused(format!(
        "there is no such call; there are {known}"
    )))
}

/// The body of an answer. It was made in memory, so it cannot fail.
async fn whole(body: Body) -> Bytes {
    let body = body.collect().await.map(|body| body.to_bytes());
    body.unwrap_or_default()
}
