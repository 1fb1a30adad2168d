//! The seed: the initial contents of the store, as JSON. The control endpoint creates collections
//! and accounts with the same code.

use crate::store::accounts::{self, Account};
use crate::store::collections::{self, Collection, FieldKind, Kind};
use crate::store::limits::{self, Rule};
use crate::store::records::{self, Record};
use crate::store::{Db, Store};
use crate::{clock, ids, json, passwords, validation};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::fmt;

/// Why a seed or a control command was not applied. Quotes no secret.
#[derive(Debug)]
pub enum ApplyError {
    /// It is invalid, or conflicts with existing data.
    Invalid(String),
    /// The database failed.
    Store(sqlx::Error),
}

impl ApplyError {
    pub fn invalid(reason: impl Into<String>) -> Self {
        Self::Invalid(reason.into())
    }
}

impl fmt::Display for ApplyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(reason) => formatter.write_str(reason),
            Self::Store(error) => write!(formatter, "the database failed: {error}"),
        }
    }
}

impl From<sqlx::Error> for ApplyError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error)
    }
}

/// A seed. Unknown fields are errors, to catch typos.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Seed {
    #[serde(default)]
    collections: Vec<Value>,
    #[serde(default)]
    records: Vec<Value>,
    #[serde(default)]
    accounts: Vec<Value>,
    rate_limits: Option<RateLimits>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RateLimits {
    #[serde(default)]
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewAccount {
    #[serde(default = "ids::uuid")]
    id: String,
    collection: String,
    email: String,
    password: String,
    verified: Option<bool>,
    #[serde(default)]
    email_visibility: bool,
    #[serde(default)]
    fields: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewRecord {
    #[serde(default = "ids::uuid")]
    id: String,
    collection: String,
    #[serde(default)]
    fields: Map<String, Value>,
}

/// Decodes a seed file.
pub fn decode_utf8(bytes: Vec<u8>) -> Result<String, String> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || bytes.contains(&0) {
        return Err("it looks like UTF-16: save it as UTF-8".to_owned());
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("it is not valid UTF-8 in line {line}: save it as UTF-8")
    })
}

/// Loads a seed into the store atomically.
pub async fn load(store: &Store, json: &str, cost: u32) -> Result<(), ApplyError> {
    let seed: Seed = decode_object(parse(json)?)?;
    let mut db = store.transaction().await?;
    for (index, collection) in seed.collections.into_iter().enumerate() {
        with_position(
            "collections",
            index,
            add_collection(&mut db, collection).await,
        )?;
    }
    for (index, record) in seed.records.into_iter().enumerate() {
        with_position("records", index, add_record(&mut db, record).await)?;
    }
    for (index, account) in seed.accounts.into_iter().enumerate() {
        with_position("accounts", index, add_account(&mut db, account, cost).await)?;
    }
    if let Some(RateLimits { rules }) = seed.rate_limits {
        for (index, rule) in rules.iter().enumerate() {
            with_position("rateLimits.rules", index, check_limit(rule))?;
        }
        limits::replace_rules(&mut db, &rules).await?;
    }
    db.commit().await?;
    Ok(())
}

fn parse(json: &str) -> Result<Value, ApplyError> {
    if json.starts_with('\u{feff}') {
        return Err(ApplyError::invalid(
            "it starts with a byte order mark at line 1 column 1: save it as UTF-8 without one",
        ));
    }
    if json.trim().is_empty() {
        return Err(ApplyError::invalid(
            "it is empty: write a JSON object, at least {}",
        ));
    }
    json::parse(json.as_bytes())
        .map_err(|error| ApplyError::invalid(format!("invalid JSON: {error}")))
}

/// Rejects a rule that matches no request, or every request of which would fail.
fn check_limit(rule: &Rule) -> Result<(), ApplyError> {
    if rule.label.is_empty() {
        return Err(ApplyError::invalid("the label is empty"));
    }
    if rule.max_requests < 1 || rule.duration < 1 {
        return Err(ApplyError::invalid(
            "maxRequests and duration must be at least 1",
        ));
    }
    Ok(())
}

/// Adds the position of an entry in the seed to its error.
fn with_position(
    list: &str,
    index: usize,
    result: Result<(), ApplyError>,
) -> Result<(), ApplyError> {
    result.map_err(|error| match error {
        ApplyError::Invalid(reason) => ApplyError::Invalid(format!("{list}[{index}]: {reason}")),
        store => store,
    })
}

/// Creates a collection.
pub async fn add_collection(db: &mut Db, value: Value) -> Result<(), ApplyError> {
    let collection: Collection = decode_object(strip_notes(value))?;
    check_collection(&collection)?;
    collections::insert(db, &collection)
        .await
        .map_err(|error| conflict(error, "collection", &collection.name))
}

/// The names that the server itself uses in a record of any collection.
const SYSTEM_FIELDS: [&str; 6] = [
    "collectionId",
    "collectionName",
    "created",
    "expand",
    "id",
    "updated",
];
/// Those in the record of an account.
const SYSTEM_FIELDS_AUTH: [&str; 5] = [
    "email",
    "emailVisibility",
    "password",
    "tokenKey",
    "verified",
];
/// Those in any other record.
const SYSTEM_FIELDS_BASE: [&str; 2] = ["createdBy", "updatedBy"];

/// Rejects an unusable collection.
pub fn check_collection(collection: &Collection) -> Result<(), ApplyError> {
    if !collection.has_valid_name() {
        return Err(ApplyError::invalid(
            "the name of a collection must consist of letters, digits and _",
        ));
    }
    if collection.id.is_empty() {
        return Err(ApplyError::invalid("the id is empty"));
    }
    let (otp, mfa) = (&collection.otp, &collection.mfa);
    if otp.duration < 1 || mfa.duration < 1 || !(1..=71).contains(&otp.length) {
        return Err(ApplyError::invalid(
            "duration must be at least 1 second, and length 1 to 71 digits",
        ));
    }
    let system: &[&str] = match collection.kind {
        Kind::Auth => &SYSTEM_FIELDS_AUTH,
        Kind::Base => &SYSTEM_FIELDS_BASE,
    };
    let is_reserved = |name: &str| SYSTEM_FIELDS.contains(&name) || system.contains(&name);
    if let Some(field) = collection.fields.iter().find(|it| is_reserved(&it.name)) {
        let reason = format!("the field name {} is reserved", field.name);
        return Err(ApplyError::Invalid(reason));
    }
    let is_text = |name: &String| {
        let field = collection.fields.iter().find(|field| field.name == *name);
        name == "email" || field.is_some_and(|field| field.kind == FieldKind::Text)
    };
    match collection.identity_fields.iter().find(|it| !is_text(it)) {
        None => Ok(()),
        Some(name) => Err(ApplyError::invalid(format!(
            "identityFields: no text field {name}"
        ))),
    }
}

async fn add_record(db: &mut Db, value: Value) -> Result<(), ApplyError> {
    let new: NewRecord = decode_object(strip_notes(value))?;
    let collection = find_collection(db, &new.collection, Kind::Base).await?;
    check_fields(&collection, &new.fields)?;
    let record = Record {
        id: new.id,
        collection_id: collection.id,
        fields: new.fields,
        created: clock::timestamp(),
        created_by: ids::uuid(),
    };
    records::insert(db, &record)
        .await
        .map_err(|error| conflict(error, "record", &record.id))
}

/// Creates an account.
pub async fn add_account(db: &mut Db, value: Value, cost: u32) -> Result<(), ApplyError> {
    let new: NewAccount = decode_object(strip_notes(value))?;
    let collection = find_collection(db, &new.collection, Kind::Auth).await?;
    check_email(&new.email)?;
    check_fields(&collection, &new.fields)?;
    let now = clock::timestamp();
    let account = Account {
        id: new.id,
        email: new.email,
        password_hash: hash_password(new.password, cost).await?,
        token_key: ids::secret(),
        verified: new.verified.unwrap_or(collection.is_superusers()),
        email_visibility: new.email_visibility,
        fields: new.fields,
        created: now.clone(),
        updated: now,
        collection_id: collection.id,
    };
    accounts::insert(db, &account).await.map_err(|error| {
        match conflict(error, "account", &account.id) {
            ApplyError::Invalid(reason) => ApplyError::Invalid(format!("{reason}, or its email")),
            store => store,
        }
    })
}

/// Hashes a password, or rejects it by its length.
pub async fn hash_password(password: String, cost: u32) -> Result<String, ApplyError> {
    if password.is_empty() {
        return Err(ApplyError::invalid("the password is empty"));
    }
    passwords::hash(password, cost)
        .await
        .ok_or_else(|| ApplyError::invalid("the password is too long (at most 71 bytes)"))
}

/// Rejects an email that bind-token would reject.
pub fn check_email(email: &str) -> Result<(), ApplyError> {
    if email.len() <= 255 && validation::is_email(email) {
        Ok(())
    } else {
        Err(ApplyError::invalid("the email is not an email address"))
    }
}

/// Rejects values that do not match the fields of the collection.
pub fn check_fields(
    collection: &Collection,
    values: &Map<String, Value>,
) -> Result<(), ApplyError> {
    for (name, value) in values {
        match collection.fields.iter().find(|field| field.name == *name) {
            None => return Err(ApplyError::invalid(format!("no field {name}"))),
            Some(field) if !field.kind.accepts(value) => {
                return Err(ApplyError::invalid(format!(
                    "the value of the field {name} has the wrong type"
                )));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

async fn find_collection(db: &mut Db, name: &str, kind: Kind) -> Result<Collection, ApplyError> {
    match collections::find(db, name).await? {
        Some(collection) if collection.kind == kind => Ok(collection),
        Some(_) => Err(ApplyError::invalid(format!(
            "the collection {name} has the other type"
        ))),
        None => Err(ApplyError::invalid(format!("no collection {name}"))),
    }
}

/// Distinguishes a conflict with existing data from other database errors.
pub fn conflict(error: sqlx::Error, kind: &str, name: &str) -> ApplyError {
    match &error {
        sqlx::Error::Database(cause) if cause.is_unique_violation() => {
            ApplyError::Invalid(format!("the {kind} {name} already exists"))
        }
        _ => ApplyError::Store(error),
    }
}

/// Decodes an object. Without this check serde would accept an array for a struct.
pub fn decode_object<T: DeserializeOwned>(value: Value) -> Result<T, ApplyError> {
    if value.is_object() {
        decode(value)
    } else {
        Err(ApplyError::invalid("it must be an object"))
    }
}

/// Decodes a value. An unexpected value is not quoted: it may be a misplaced password.
pub fn decode<T: DeserializeOwned>(value: Value) -> Result<T, ApplyError> {
    serde_json::from_value(value).map_err(|error| {
        let message = error.to_string();
        match message.rsplit_once(", expected ") {
            Some((actual, expected)) if actual.starts_with("invalid") => {
                ApplyError::Invalid(format!("a field must be {expected}"))
            }
            _ => ApplyError::Invalid(message),
        }
    })
}

/// Removes the fields reserved for the test's own notes.
fn strip_notes(mut value: Value) -> Value {
    if let Some(fields) = value.as_object_mut() {
        fields.remove("ref");
        fields.remove("scenario");
    }
    value
}
