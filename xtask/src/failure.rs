//! Why a step failed.

use std::fmt;

/// The failure of a step for one target.
#[derive(Debug)]
pub enum Failure {
    /// This machine lacks a tool or a file.
    Missing(String),
    /// The step failed, or found errors.
    Failed(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Missing(reason) | Failure::Failed(reason) => f.write_str(reason),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Failure::Failed(error.to_string())
    }
}

impl From<object::Error> for Failure {
    fn from(error: object::Error) -> Self {
        Failure::Failed(error.to_string())
    }
}
