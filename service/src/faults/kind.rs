//! The kinds of faults, and the numeric parameter that most of them take.

use crate::seed::ApplyError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The kinds of faults. `docs/fault-injection.md` describes each.
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

/// Whether the call is executed.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// The call is not executed.
    Before,
    /// The call is executed, then its response is corrupted.
    After,
}

/// A fault that applies to a request.
#[derive(Clone, Copy)]
pub struct Fault {
    pub kind: Kind,
    pub when: When,
    /// The value of [`Kind::parameter`], explicit or default.
    pub parameter: Option<u64>,
}

/// A numeric parameter. Its name is its unit.
pub struct Parameter {
    pub name: &'static str,
    min: u64,
    max: u64,
    default: Option<u64>,
}

impl Kind {
    /// The parameter of this kind of fault, if it takes one.
    pub fn parameter(self) -> Option<Parameter> {
        let (name, min, max, default) = match self {
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
        Some(Parameter {
            name,
            min,
            max,
            default,
        })
    }

    /// Returns the parameter's value in `fields`, those of an `add_fault` that not all faults
    /// have. Any other field is an error.
    pub fn parse_parameter(self, fields: &Map<String, Value>) -> Result<Option<u64>, ApplyError> {
        let parameter = self.parameter();
        let name = parameter.as_ref().map(|parameter| parameter.name);
        if let Some(unknown) = fields.keys().find(|field| Some(field.as_str()) != name) {
            let own = name.map_or(String::new(), |name| format!("{name}, "));
            return Err(ApplyError::invalid(format!(
                "unknown field `{unknown}`: this fault takes {own}when, times, call and collection"
            )));
        }
        parameter.map_or(Ok(None), |parameter| {
            parameter.parse(fields.get(parameter.name))
        })
    }
}

impl Parameter {
    fn parse(&self, value: Option<&Value>) -> Result<Option<u64>, ApplyError> {
        let Some(value) = value else {
            return Ok(self.default);
        };
        let range = self.min..=self.max;
        match value.as_u64().filter(|value| range.contains(value)) {
            Some(value) => Ok(Some(value)),
            None => Err(ApplyError::invalid(format!(
                "{} must be an integer from {} to {}",
                self.name, self.min, self.max
            ))),
        }
    }
}
