//! The calls of the API.

use super::client::{Response, post};
use bosbase_local::{Config, Seed, Server};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// The password of all test accounts.
pub const PASSWORD: &str = "correct horse 1";

/// The email of the test account, if a test needs only one.
pub const A: &str = "a@example.com";

/// Starts a server with a seed, and control enabled.
pub fn server(seed: &Value) -> Server {
    Server::start(Config {
        seed: Some(Seed::Text(seed.to_string())),
        control: true,
        ..Config::default()
    })
    .unwrap()
}

/// A collection of a server.
#[derive(Clone, Copy)]
pub struct Api<'a> {
    pub address: SocketAddr,
    pub collection: &'a str,
}

impl<'a> Api<'a> {
    pub fn new(address: SocketAddr, collection: &'a str) -> Self {
        Self {
            address,
            collection,
        }
    }

    /// Posts to a call, which may have a query.
    pub fn post(&self, call: &str, body: &Value) -> Response {
        post(self.address, &path(self.collection, call), body)
    }

    pub fn bind(&self, email: &str, token: &str) -> Response {
        self.post("bind-token", &credentials(email, token))
    }

    pub fn must_bind(&self, email: &str, token: &str) {
        assert_eq!(self.bind(email, token).status, 204);
    }

    pub fn unbind(&self, email: &str, token: &str) -> Response {
        self.post("unbind-token", &credentials(email, token))
    }

    pub fn login_with_token(&self, token: &str, mfa: &str) -> Response {
        self.post("auth-with-token", &json!({"token": token, "mfaId": mfa}))
    }

    pub fn login_with_password(&self, email: &str, mfa: &str) -> Response {
        let body = json!({"identity": email, "password": PASSWORD, "mfaId": mfa});
        self.post("auth-with-password", &body)
    }

    pub fn login_with_otp(&self, id: &str, code: &str, mfa: &str) -> Response {
        let body = json!({"otpId": id, "password": code, "mfaId": mfa});
        self.post("auth-with-otp", &body)
    }

    pub fn request_otp(&self, email: &str) -> String {
        let response = self.post("request-otp", &json!({"email": email}));
        string(&response.json(), "otpId")
    }

    /// Executes a control command, which must succeed.
    pub fn control(&self, command: &Value) -> Value {
        let response = post(self.address, "/_local/control", command);
        assert!(response.status < 300, "{command}: {}", response.text());
        if response.status == 204 {
            Value::Null
        } else {
            response.json()
        }
    }

    /// Returns the id and code of an account's newest one-time password.
    pub fn last_otp(&self, email: &str) -> (String, String) {
        let account = json!({"collection": self.collection, "email": email});
        let otp = self.control(&json!({"do": "last_otp", "account": account}));
        (string(&otp, "id"), string(&otp, "code"))
    }
}

/// Returns the path of a call.
pub fn path(collection: &str, call: &str) -> String {
    format!("/api/collections/{collection}/{call}")
}

/// The body of bind-token and unbind-token.
pub fn credentials(email: &str, token: &str) -> Value {
    json!({"email": email, "password": PASSWORD, "token": token})
}

/// Returns the MFA id of a response that requires a second factor.
pub fn mfa_id(response: &Response) -> String {
    assert_eq!(response.status, 401, "{}", response.text());
    string(&response.json(), "mfaId")
}

pub fn string(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap().to_owned()
}

/// An account for a seed or `create_account`.
pub fn account(collection: &str, email: &str) -> Value {
    json!({"collection": collection, "email": email, "password": PASSWORD})
}

/// A seed with one account, `A`.
pub fn seed() -> String {
    json!({"accounts": [account("users", A)]}).to_string()
}

/// A collection whose logins need two factors.
pub fn mfa_collection() -> Value {
    json!({"name": "guarded", "type": "auth", "otp": {"enabled": true},
        "mfa": {"enabled": true}})
}
