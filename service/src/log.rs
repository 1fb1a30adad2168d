//! One line per request on the standard error output. A line holds nothing that was sent but the
//! method and the path.

use axum::extract::Request;
use axum::http::{Method, StatusCode};
use std::time::Instant;

/// A line that is being waited for.
pub struct Line {
    method: Method,
    path: String,
    began: Instant,
}

impl Line {
    /// Remembers how a request begins.
    pub fn begin(request: &Request) -> Self {
        Self {
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            began: Instant::now(),
        }
    }

    /// Writes the line.
    pub fn end(self, status: StatusCode) {
        let Self {
            method,
            path,
            began,
        } = self;
        let took = began.elapsed().as_millis();
        eprintln!("{method} {path} {} {took}ms", status.as_u16());
    }
}
