//! The seed: what the store is to hold before the first request, written as JSON.
//!
//! The control address makes its collections and accounts with the same code.

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

/// Why a seed or a step of control was not carried out. Quotes no secret.
#[derive(Debug)]
pub enum Problem {
    /// It asks for something that cannot be.
    Refused(String),
    /// The database failed.
    Store(sqlx::Error),
}

impl Problem {
    /// It cannot be, for this reason.
    pub fn refused(reason: impl Into<String>) -> Self {
        Self::Refused(reason.into())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(reason) => formatter.write_str(reason),
            Self::Store(error) => write!(formatter, "the database failed: {error}"),
        }
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error)
    }
}

/// What a seed file holds. A member that is not known is an error, so that a slip is seen.
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

/// The text of a seed file.
pub fn decoded(bytes: Vec<u8>) -> Result<String, String> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || bytes.contains(&0) {
        return Err("it looks like UTF-16: save it as UTF-8".to_owned());
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("it is not valid UTF-8 in line {line}: save it as UTF-8")
    })
}

/// Puts a seed into the store, all of it or nothing.
pub async fn load(store: &Store, text: &str, cost: u32) -> Result<(), Problem> {
    let seed: Seed = read_object(parsed(text)?)?;
    let mut db = store.transaction().await?;
    for (at, collection) in seed.collections.into_iter().enumerate() {
        placed("collections", at, add_collection(&mut db, collection).await)?;
    }
    for (at, record) in seed.records.into_iter().enumerate() {
        placed("records", at, add_record(&mut db, record).await)?;
    }
    for (at, account) in seed.accounts.into_iter().enumerate() {
        placed("accounts", at, add_account(&mut db, account, cost).await)?;
    }
    if let Some(limits) = seed.rate_limits {
        limits
            .rules
            .iter()
            .enumerate()
            .try_for_each(|(at, rule)| placed("rateLimits.rules", at, check_limit(rule)))?;
        limits::replace_rules(&mut db, &limits.rules).await?;
    }
    db.commit().await?;
    Ok(())
}

/// The JSON of a seed.
fn parsed(text: &str) -> Result<Value, Problem> {
    if text.starts_with('\u{feff}') {
        return Err(Problem::refused(
            "it begins with a byte order mark at line 1 column 1: save it as UTF-8 without one",
        ));
    }
    if text.trim().is_empty() {
        return Err(Problem::refused(
            "it is empty: write a JSON object, {} at the least",
        ));
    }
    json::read(text.as_bytes()).map_err(|error| Problem::refused(format!("no JSON: {error}")))
}

/// Refuses a rule that nothing would ever fall under, or nobody could pass.
fn check_limit(rule: &Rule) -> Result<(), Problem> {
    if rule.label.is_empty() {
        return Err(Problem::refused("the label is empty"));
    }
    if rule.max_requests < 1 || rule.duration < 1 {
        return Err(Problem::refused(
            "maxRequests and duration are 1 at the least",
        ));
    }
    Ok(())
}

/// Says in which entry of the seed a problem lies.
fn placed(list: &str, at: usize, done: Result<(), Problem>) -> Result<(), Problem> {
    done.map_err(|problem| match problem {
        Problem::Refused(reason) => Problem::Refused(format!("{list}[{at}]: {reason}")),
        store => store,
    })
}

/// Makes a collection.
pub async fn add_collection(db: &mut Db, value: Value) -> Result<(), Problem> {
    let collection: Collection = read_object(without_notes(value))?;
    check_collection(&collection)?;
    collections::insert(db, &collection)
        .await
        .map_err(|error| taken(error, "collection", &collection.name))
}

/// Refuses a collection that nobody could use.
pub fn check_collection(collection: &Collection) -> Result<(), Problem> {
    if !collection.has_good_name() {
        return Err(Problem::refused(
            "the name of a collection is made of letters, digits and _",
        ));
    }
    if collection.id.is_empty() {
        return Err(Problem::refused("the id is empty"));
    }
    let (otp, mfa) = (&collection.otp, &collection.mfa);
    if otp.duration < 1 || mfa.duration < 1 || !(1..=71).contains(&otp.length) {
        return Err(Problem::refused(
            "durations are 1 second at the least, and a code has 1 to 71 digits",
        ));
    }
    check_identity_fields(collection)
}

/// Refuses a password login by what is no text of the account.
fn check_identity_fields(collection: &Collection) -> Result<(), Problem> {
    let is_text = |name: &String| {
        let own = collection.fields.iter().find(|field| field.name == *name);
        name == "email" || own.is_some_and(|field| field.kind == FieldKind::Text)
    };
    match collection
        .identity_fields
        .iter()
        .find(|name| !is_text(name))
    {
        None => Ok(()),
        Some(name) => Err(Problem::refused(format!(
            "identityFields: there is no text field {name}"
        ))),
    }
}

async fn add_record(db: &mut Db, value: Value) -> Result<(), Problem> {
    let new: NewRecord = read_object(without_notes(value))?;
    let collection = known(db, &new.collection, Kind::Base).await?;
    check_fields(&collection, &new.fields)?;
    let record = Record {
        id: new.id,
        collection_id: collection.id,
        fields: new.fields,
        created: clock::stamp(),
        created_by: ids::uuid(),
    };
    records::insert(db, &record)
        .await
        .map_err(|error| taken(error, "record", &record.id))
}

/// Makes an account.
pub async fn add_account(db: &mut Db, value: Value, cost: u32) -> Result<(), Problem> {
    let new: NewAccount = read_object(without_notes(value))?;
    let collection = known(db, &new.collection, Kind::Auth).await?;
    check_email(&new.email)?;
    check_fields(&collection, &new.fields)?;
    let now = clock::stamp();
    let account = Account {
        id: new.id,
        email: new.email,
        password_hash: hashed(new.password, cost).await?,
        token_key: ids::secret(),
        // A superuser needs no proof of the address.
        verified: new.verified.unwrap_or(collection.is_superusers()),
        email_visibility: new.email_visibility,
        fields: new.fields,
        created: now.clone(),
        updated: now,
        collection_id: collection.id,
    };
    accounts::insert(db, &account).await.map_err(|error| {
        match taken(error, "account", &account.id) {
            Problem::Refused(reason) => Problem::Refused(format!("{reason}, or its email")),
            store => store,
        }
    })
}

/// The hash of a password that can be one.
pub async fn hashed(password: String, cost: u32) -> Result<String, Problem> {
    if password.is_empty() {
        return Err(Problem::refused("the password is empty"));
    }
    passwords::hash(password, cost)
        .await
        .ok_or_else(|| Problem::refused("the password is too long (71 bytes at the most)"))
}

/// Refuses an address with which nobody could bind.
pub fn check_email(email: &str) -> Result<(), Problem> {
    if email.len() <= 255 && validation::is_email(email) {
        Ok(())
    } else {
        Err(Problem::refused("the email is no email address"))
    }
}

/// Refuses values for which the collection has no field.
pub fn check_fields(collection: &Collection, values: &Map<String, Value>) -> Result<(), Problem> {
    for (name, value) in values {
        match collection.fields.iter().find(|field| field.name == *name) {
            None => return Err(Problem::refused(format!("there is no field {name}"))),
            Some(field) if !field.kind.holds(value) => {
                return Err(Problem::refused(format!(
                    "the field {name} holds no such value"
                )));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

async fn known(db: &mut Db, name: &str, kind: Kind) -> Result<Collection, Problem> {
    match collections::find(db, name).await? {
        Some(collection) if collection.kind == kind => Ok(collection),
        Some(_) => Err(Problem::refused(format!(
            "the collection {name} is of the other type"
        ))),
        None => Err(Problem::refused(format!("there is no collection {name}"))),
    }
}

/// Tells that something is there already from a database that failed.
pub fn taken(error: sqlx::Error, what: &str, name: &str) -> Problem {
    match &error {
        sqlx::Error::Database(cause) if cause.is_unique_violation() => {
            Problem::Refused(format!("the {what} {name} is there already"))
        }
        _ => Problem::Store(error),
    }
}

/// Reads something with members, which serde would also take from a list.
pub fn read_object<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    if value.is_object() {
        read(value)
    } else {
        Err(Problem::refused("it should be an object"))
    }
}

/// Reads a value of a seed or step. What was written in the place of the right thing may be a
/// password in the wrong place, so it is not quoted.
pub fn read<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_json::from_value(value).map_err(|error| {
        let text = error.to_string();
        match text.rsplit_once(", expected ") {
            Some((found, expected)) if found.starts_with("invalid") => {
                Problem::Refused(format!("a member should be {expected}"))
            }
            _ => Problem::Refused(text),
        }
    })
}

/// Takes out the members that tools keep for themselves.
fn without_notes(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.remove("ref");
        members.remove("scenario");
    }
    value
}
