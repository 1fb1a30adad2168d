//! The log: one JSON object per line on standard error. A line contains nothing of a request but
//! its method and path. The exception is the code of a requested one-time password, which is not
//! mailed.

use crate::clock;
use crate::faults::Fault;
use crate::response::Cause;
use axum::extract::{ConnectInfo, Request};
use axum::http::Method;
use axum::response::Response;
use serde_json::{Value, json};
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

/// The maximum length of a logged path, in characters.
const MAX_PATH: usize = 500;

/// The log line of a request in progress.
pub struct RequestLog {
    method: Method,
    path: String,
    client: Option<IpAddr>,
    start: Instant,
}

impl RequestLog {
    pub fn start(request: &Request) -> Self {
        let client = request.extensions().get::<ConnectInfo<SocketAddr>>();
        Self {
            method: request.method().clone(),
            path: request.uri().path().chars().take(MAX_PATH).collect(),
            client: client.map(|ConnectInfo(peer)| peer.ip().to_canonical()),
            start: Instant::now(),
        }
    }

    /// Writes the line if `log_all` is set or the request failed with an internal error.
    pub fn finish(self, response: &Response, log_all: bool) {
        let cause = response.extensions().get::<Cause>();
        if !log_all && cause.is_none() {
            return;
        }
        let mut line = json!({
            "time": clock::timestamp(),
            "method": self.method.as_str(),
            "path": self.path,
            "status": response.status().as_u16(),
            "ms": self.start.elapsed().as_millis() as u64,
            "client": self.client.map(|ip| ip.to_string()),
        });
        if let Some(Cause(cause)) = cause {
            line["cause"] = cause.as_str().into();
        }
        if let Some(fault) = response.extensions().get::<Fault>() {
            line["fault"] = json!(fault.kind);
            line["when"] = json!(fault.when);
        }
        write(&line);
    }
}

/// Logs the code of a one-time password, in place of a mail.
pub fn one_time_password(collection: &str, email: &str, id: &str, code: &str) {
    write(&json!({
        "time": clock::timestamp(),
        "otp": {"collection": collection, "email": email, "id": id, "code": code},
    }));
}

fn write(line: &Value) {
    // A closed standard error must not fail the request.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
