//! The log: a JSON object per line on the standard error output. A line holds nothing that was
//! sent but the method and the path. The one exception is the code of a one-time password that
//! was asked for, for there is no mail.

use crate::answer::Cause;
use crate::clock;
use crate::faults::Fault;
use axum::extract::{ConnectInfo, Request};
use axum::http::Method;
use axum::response::Response;
use serde_json::{Value, json};
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

/// How much of a path is written.
const LONGEST_PATH: usize = 500;

/// A line that is being waited for.
pub struct Line {
    method: Method,
    path: String,
    client: Option<IpAddr>,
    began: Instant,
}

impl Line {
    /// Remembers how a request begins.
    pub fn begin(request: &Request) -> Self {
        let client = request.extensions().get::<ConnectInfo<SocketAddr>>();
        Self {
            method: request.method().clone(),
            path: request.uri().path().chars().take(LONGEST_PATH).collect(),
            client: client.map(|ConnectInfo(peer)| peer.ip().to_canonical()),
            began: Instant::now(),
        }
    }

    /// Writes the line, if all are wanted or something broke.
    pub fn end(self, answer: &Response, all: bool) {
        let cause = answer.extensions().get::<Cause>();
        if !all && cause.is_none() {
            return;
        }
        let mut line = json!({
            "time": clock::stamp(),
            "method": self.method.as_str(),
            "path": self.path,
            "status": answer.status().as_u16(),
            "ms": self.began.elapsed().as_millis() as u64,
            "client": self.client.map(|ip| ip.to_string()),
        });
        if let Some(Cause(cause)) = cause {
            line["cause"] = cause.as_str().into();
        }
        if let Some(fault) = answer.extensions().get::<Fault>() {
            line["fault"] = json!(fault.kind);
            line["when"] = json!(fault.when);
        }
        write(&line);
    }
}

/// Tells the code of a one-time password, in the place of a mail.
pub fn otp(collection: &str, email: &str, id: &str, code: &str) {
    write(&json!({
        "time": clock::stamp(),
        "otp": {"collection": collection, "email": email, "id": id, "code": code},
    }));
}

fn write(line: &Value) {
    // Nobody is left to be told that the standard error output is gone.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
