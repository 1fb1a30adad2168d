//! Which faults there are, and the one number that some of them take.

use super::COMMON;
use crate::seed::Problem;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What goes wrong. `docs/fault-injection.md` says what each one is.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Delay,
    Drip,
    Reset,
    Close,
    Truncate,
    WrongLength,
    BadChunks,
    InterimFlood,
    HugeHead,
    Gzip,
    RateLimited,
    ServerError,
    Redirect,
    Html,
    WrongContentType,
    Echo,
    NewServer,
}

/// Whether the call is carried out.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// It is not: the fault comes before it.
    Before,
    /// It is, and then the fault spoils its answer.
    After,
}

/// A fault that a request meets.
#[derive(Clone, Copy)]
pub struct Fault {
    /// What goes wrong.
    pub kind: Kind,
    /// Whether the call is carried out.
    pub when: When,
    /// The number of [`Kind::number`]: the one that was given or the usual one.
    pub number: Option<u64>,
}

/// A number that a fault takes. Its name is its unit.
pub struct Number {
    pub name: &'static str,
    least: u64,
    most: u64,
    usual: Option<u64>,
}

impl Kind {
    /// The number that it takes.
    pub fn number(self) -> Option<Number> {
        let (name, least, most, usual) = match self {
            Self::Delay => ("milliseconds", 1, 3_600_000, Some(1000)),
            Self::Drip => ("milliseconds", 1, 60_000, Some(100)),
            Self::Reset | Self::Close => ("bytes", 0, 1 << 20, Some(0)),
            Self::Truncate => ("bytes", 1, 1 << 20, Some(1)),
            Self::WrongLength => ("bytes", 0, 1 << 30, Some(10)),
            Self::InterimFlood => ("answers", 1, 10_000, Some(100)),
            Self::HugeHead => ("bytes", 1, 1 << 20, Some(1 << 16)),
            Self::RateLimited => ("seconds", 0, 86_400, None),
            Self::ServerError => ("status", 500, 599, Some(503)),
            Self::Redirect => ("status", 300, 399, Some(307)),
            Self::Html => ("status", 200, 599, Some(200)),
            Self::Echo => ("status", 400, 599, Some(500)),
            Self::NewServer => ("seconds", 1, 86_400, Some(2)),
            Self::BadChunks | Self::Gzip | Self::WrongContentType => return None,
        };
        Some(Number {
            name,
            least,
            most,
            usual,
        })
    }

    /// Its number among the members of an order that are not common to all faults.
    pub fn read_number(self, members: &Map<String, Value>) -> Result<Option<u64>, Problem> {
        let taken = self.number();
        let is_taken = |name: &str| taken.as_ref().is_some_and(|number| number.name == name);
        if let Some(other) = members.keys().find(|name| !is_taken(name)) {
            let own = taken.map_or(String::new(), |number| format!("{}, ", number.name));
            return Err(Problem::refused(format!(
                "unknown field `{other}`: this fault takes {own}{COMMON}"
            )));
        }
        taken.map_or(Ok(None), |number| number.read(members.get(number.name)))
    }
}

impl Number {
    fn read(&self, given: Option<&Value>) -> Result<Option<u64>, Problem> {
        let Some(given) = given else {
            return Ok(self.usual);
        };
        let value = given
            .as_u64()
            .filter(|value| (self.least..=self.most).contains(value));
        let Self {
            name, least, most, ..
        } = self;
        value
            .map(Some)
            .ok_or_else(|| Problem::refused(format!("{name} is a whole number, {least} to {most}")))
    }
}
