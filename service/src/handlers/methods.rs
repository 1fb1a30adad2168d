//! auth-methods: how one may log in to a collection.

use crate::answer::{self, Outcome};
use crate::call::Call;
use serde::Serialize;
use serde_json::{Value, json};

/// The members stand in the order in which they are written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Methods<'a> {
    password: Password<'a>,
    oauth2: OAuth2,
    mfa: Lasting,
    otp: Lasting,
    auth_providers: Value,
    username_password: bool,
    email_password: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Password<'a> {
    identity_fields: &'a [String],
    enabled: bool,
}

#[derive(Serialize)]
struct OAuth2 {
    providers: [Value; 0],
    enabled: bool,
}

#[derive(Serialize)]
struct Lasting {
    enabled: bool,
    duration: i64,
}

impl Lasting {
    fn new(enabled: bool, duration: i64) -> Self {
        Self {
            enabled,
            duration: if enabled { duration } else { 0 },
        }
    }
}

/// Lists the methods. Custom tokens are not among them.
pub async fn auth_methods(call: Call) -> Outcome {
    call.needs_accounts()?;
    let collection = &call.collection;
    let fields: &[String] = if collection.password_auth {
        &collection.identity_fields
    } else {
        &[]
    };
    let methods = Methods {
        password: Password {
            identity_fields: fields,
            enabled: collection.password_auth,
        },
        oauth2: OAuth2 {
            providers: [],
            enabled: false,
        },
        mfa: Lasting::new(collection.mfa.enabled, collection.mfa.duration),
        otp: Lasting::new(collection.otp.enabled, collection.otp.duration),
        auth_providers: json!(null),
        username_password: fields.iter().any(|field| field == "username"),
        email_password: fields.iter().any(|field| field == "email"),
    };
    answer::picked(&call.query, &methods)
}
