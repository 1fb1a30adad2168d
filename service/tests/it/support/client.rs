//! An HTTP client for well-formed requests.

use serde_json::Value;
use std::net::SocketAddr;
use ureq::Agent;

/// A response.
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    /// Returns the value of a header, which must not be repeated.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut matching = self
            .headers
            .iter()
            .filter(|(it, _)| it.eq_ignore_ascii_case(name));
        let value = matching.next().map(|(_, value)| value.as_str());
        assert!(matching.next().is_none(), "duplicate header {name}");
        value
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn message(&self) -> String {
        self.json()["message"].as_str().unwrap().to_owned()
    }

    /// Checks the status and the message.
    pub fn assert_error(&self, status: u16, message: &str) {
        assert_eq!((self.status, self.message().as_str()), (status, message));
    }
}

/// A client that opens a connection per request, follows no redirect and uses no proxy.
fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_idle_connections(0)
        .proxy(None)
        .build()
        .into()
}

fn read(response: ureq::http::Response<ureq::Body>) -> Result<Response, ureq::Error> {
    let (head, mut body) = response.into_parts();
    let header = |(name, value): (&ureq::http::HeaderName, &ureq::http::HeaderValue)| {
        (name.to_string(), value.to_str().unwrap().to_owned())
    };
    Ok(Response {
        status: head.status.as_u16(),
        headers: head.headers.iter().map(header).collect(),
        body: body.read_to_vec()?,
    })
}

pub fn get(address: SocketAddr, target: &str, headers: &[(&str, &str)]) -> Response {
    let request = agent().get(format!("http://{address}{target}"));
    let add = |request: ureq::RequestBuilder<_>, (name, value): &(&str, &str)| {
        request.header(*name, *value)
    };
    let response = headers.iter().fold(request, add).call();
    response.and_then(read).unwrap()
}

/// Posts JSON.
pub fn post(address: SocketAddr, target: &str, json: &Value) -> Response {
    try_post(address, target, json).unwrap()
}

/// Posts JSON. Fails if the server stops before it has responded.
pub fn try_post(address: SocketAddr, target: &str, json: &Value) -> Result<Response, ureq::Error> {
    let request = agent()
        .post(format!("http://{address}{target}"))
        .header("Content-Type", "application/json");
    request.send(json.to_string()).and_then(read)
}
