//! The calls of the API, as a client makes them.

use super::{Answer, post};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// The password of every account of the tests.
pub const PASSWORD: &str = "correct horse 1";

/// A server to call, and the collection in it.
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

    /// Posts to one of the collection's routes; `call` may have a query.
    pub fn post(&self, call: &str, body: &Value) -> Answer {
        let target = format!("/api/collections/{}/{call}", self.collection);
        post(self.address, &target, body)
    }

    pub fn bind(&self, email: &str, token: &str) -> Answer {
        let body = json!({"email": email, "password": PASSWORD, "token": token});
        self.post("bind-token", &body)
    }

    pub fn unbind(&self, email: &str, token: &str) -> Answer {
        let body = json!({"email": email, "password": PASSWORD, "token": token});
        self.post("unbind-token", &body)
    }

    pub fn by_token(&self, token: &str, mfa: &str) -> Answer {
        self.post("auth-with-token", &json!({"token": token, "mfaId": mfa}))
    }

    pub fn by_password(&self, email: &str, mfa: &str) -> Answer {
        let body = json!({"identity": email, "password": PASSWORD, "mfaId": mfa});
        self.post("auth-with-password", &body)
    }

    pub fn by_otp(&self, id: &str, code: &str, mfa: &str) -> Answer {
        let body = json!({"otpId": id, "password": code, "mfaId": mfa});
        self.post("auth-with-otp", &body)
    }

    pub fn request_otp(&self, email: &str) -> String {
        text(
            &self.post("request-otp", &json!({"email": email})).json(),
            "otpId",
        )
    }

    /// Carries out a step of control that has to succeed.
    pub fn control(&self, step: &Value) -> Value {
        let answer = post(self.address, "/_local/control", step);
        assert!(answer.status < 300, "{step}: {}", answer.text());
        if answer.status == 204 {
            Value::Null
        } else {
            answer.json()
        }
    }

    /// The identifier and the code of the newest one-time password of an account.
    pub fn last_otp(&self, email: &str) -> (String, String) {
        let account = json!({"collection": self.collection, "email": email});
        let otp = self.control(&json!({"do": "last_otp", "account": account}));
        (text(&otp, "id"), text(&otp, "code"))
    }
}

/// What an answer asks for that wants a second factor.
pub fn mfa_id(answer: &Answer) -> String {
    assert_eq!(answer.status, 401, "{}", answer.text());
    text(&answer.json(), "mfaId")
}

pub fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap().to_owned()
}

/// An account for a seed or a step.
pub fn account(collection: &str, email: &str) -> Value {
    json!({"collection": collection, "email": email, "password": PASSWORD})
}

/// A collection whose logins need two factors.
pub fn guarded() -> Value {
    json!({"name": "guarded", "type": "auth", "otp": {"enabled": true},
        "mfa": {"enabled": true}})
}
