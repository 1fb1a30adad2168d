//! `auth-methods`: the authentication methods of a collection.

use crate::call::Call;
use crate::response::{self, ApiResult};
use serde::Serialize;
use serde_json::{Value, json};

/// The fields in the order in which they are serialized.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Methods<'a> {
    password: Password<'a>,
    oauth2: OAuth2,
    mfa: Timed,
    otp: Timed,
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
struct Timed {
    enabled: bool,
    duration: i64,
}

impl Timed {
    fn new(enabled: bool, duration: i64) -> Self {
        Self {
            enabled,
            duration: if enabled { duration } else { 0 },
        }
    }
}

/// Lists the methods, except custom tokens.
pub async fn auth_methods(call: Call) -> ApiResult {
    call.require_auth_collection()?;
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
        mfa: Timed::new(collection.mfa.enabled, collection.mfa.duration),
        otp: Timed::new(collection.otp.enabled, collection.otp.duration),
        auth_providers: json!(null),
        username_password: fields.iter().any(|field| field == "username"),
        email_password: fields.iter().any(|field| field == "email"),
    };
    response::ok_with_fields(&call.query, &methods)
}
