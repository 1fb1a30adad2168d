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
use std::time::{Duration, Instant};

/// How many requests one order may be for.
const MOST_TIMES: u64 = 1_000_000;

/// How many orders are kept.
const MOST_ORDERS: usize = 1000;

/// The calls that miss what was bound on a new server.
const NEW_SERVER: [&str; 2] = ["auth-with-token", "unbind-token"];

/// The members of an order that every fault takes.
const COMMON: &str = "when, times, call and collection";

/// An order for a fault, as it is written.
#[derive(Deserialize)]
pub struct Order {
    fault: Kind,
    when: When,
    times: Option<u64>,
    call: Option<String>,
    /// The only collection whose requests meet it.
    pub collection: Option<String>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl Order {
    /// How many requests meet it.
    fn times(&self) -> u64 {
        let usual = match self.fault {
            Kind::NewServer => MOST_TIMES,
            _ => 1,
        };
        self.times.unwrap_or(usual)
    }
}

/// An order that was taken.
struct Ordered {
    fault: Fault,
    call: Option<String>,
    collection: Option<Collection>,
    times: u64,
    played: u64,
    /// When a new server ends to be one; before the first bind it has not begun.
    ends: Option<Instant>,
}

impl Ordered {
    /// Whether a request meets this fault.
    fn is_for(&self, call: &str, collection: Option<&str>) -> bool {
        let wanted = self.call.as_deref().is_none_or(|wanted| wanted == call);
        let inside = self.collection.as_ref().is_none_or(|wanted| {
            collection
                .is_some_and(|name| name == wanted.id || name.eq_ignore_ascii_case(&wanted.name))
        });
        self.played < self.times && wanted && inside && self.is_now(call)
    }

    /// Whether it is the time of this fault, and this a call that can meet it.
    fn is_now(&self, call: &str) -> bool {
        self.fault.kind != Kind::NewServer
            || NEW_SERVER.contains(&call) && self.ends.is_some_and(|end| Instant::now() < end)
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
        let times = order.times();
        if !(1..=MOST_TIMES).contains(&times) {
            return Err(Problem::refused(format!("times is 1 to {MOST_TIMES}")));
        }
        if let Some(call) = &order.call {
            check_call(call)?;
        }
        if order.fault == Kind::NewServer {
            check_new_server(&order)?;
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
            times,
            played: 0,
            ends: None,
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

    /// A token was bound, with which the time of a new server begins.
    pub fn begin_new_server(&self, bound_in: &Collection) {
        let is_waiting = |ordered: &&mut Ordered| {
            let wanted = ordered.collection.as_ref();
            ordered.fault.kind == Kind::NewServer
                && ordered.ends.is_none()
                && wanted.is_none_or(|wanted| wanted.id == bound_in.id)
        };
        for ordered in self.all().iter_mut().filter(is_waiting) {
            let seconds = ordered.fault.number.unwrap_or_default();
            ordered.ends = Some(Instant::now() + Duration::from_secs(seconds));
        }
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

/// Refuses an order for a new server that no request would meet.
fn check_new_server(order: &Order) -> Result<(), Problem> {
    let calls = NEW_SERVER.join(" and ");
    if order.when == When::After {
        return Err(Problem::refused(
            "new_server has only `before`: the call is not carried out",
        ));
    }
    match &order.call {
        Some(call) if !NEW_SERVER.contains(&call.as_str()) => Err(Problem::refused(format!(
            "new_server is a fault of {calls} only"
        ))),
        _ => Ok(()),
    }
}

/// The body of an answer. It was made in memory, so it cannot fail.
async fn whole(body: Body) -> Bytes {
    let body = body.collect().await.map(|body| body.to_bytes());
    body.unwrap_or_default()
}
