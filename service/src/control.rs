//! The commands of the control endpoint.

use crate::app::App;
use crate::seed::{
    ApplyError, add_account, add_collection, check_collection, check_email, check_fields, conflict,
    decode, decode_object, hash_password,
};
use crate::store::accounts::{self, Account};
use crate::store::collections::{self, Collection};
use crate::store::{Db, delete};
use crate::{clock, faults, ids, otp};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A command.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
enum Command {
    CreateAccount {
        account: Value,
    },
    UpdateAccount {
        account: AccountRef,
        set: Map<String, Value>,
    },
    DeleteAccount {
        account: AccountRef,
    },
    CreateCollection {
        collection: Value,
    },
    UpdateCollection {
        collection: String,
        set: Map<String, Value>,
    },
    DeleteCollection {
        collection: String,
    },
    CreateOtp {
        account: AccountRef,
        password: String,
    },
    LastOtp {
        account: AccountRef,
    },
    AddFault(faults::NewFault),
    ListFaults {},
    ClearFaults {},
}

/// A reference to an account: by id or, without one, by email.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountRef {
    collection: String,
    id: Option<String>,
    email: Option<String>,
}

/// Executes a command atomically. Returns its result, if the command has one.
pub async fn execute(app: &App, command: Value) -> Result<Option<Value>, ApplyError> {
    match decode_object(command)? {
        // Faults are in memory: these commands work without the database.
        Command::ListFaults {} => Ok(Some(app.faults.list())),
        Command::ClearFaults {} => {
            app.faults.clear();
            Ok(None)
        }
        Command::AddFault(fault) => add_fault(app, fault).await.map(|()| None),
        command => execute_on_data(app, command).await,
    }
}

async fn execute_on_data(app: &App, command: Command) -> Result<Option<Value>, ApplyError> {
    let mut db = app.store.transaction().await?;
    let cost = app.seed_cost;
    let mut result = None;
    match command {
        Command::CreateAccount { account } => add_account(&mut db, account, cost).await?,
        Command::UpdateAccount { account, set } => {
            update_account(&mut db, &account, set, cost).await?;
        }
        Command::DeleteAccount { account } => delete_account(&mut db, &account).await?,
        Command::CreateCollection { collection } => add_collection(&mut db, collection).await?,
        Command::UpdateCollection { collection, set } => {
            update_collection(&mut db, &collection, set).await?;
        }
        Command::DeleteCollection { collection } => delete_collection(&mut db, &collection).await?,
        Command::CreateOtp { account, password } => {
            result = Some(create_otp(app, &mut db, &account, password).await?);
        }
        Command::LastOtp { account } => result = Some(last_otp(&mut db, &account).await?),
        // Not on data: `execute` has executed them.
        Command::AddFault(_) | Command::ListFaults {} | Command::ClearFaults {} => {}
    }
    db.commit().await?;
    Ok(result)
}

async fn create_otp(
    app: &App,
    db: &mut Db,
    account: &AccountRef,
    password: String,
) -> Result<Value, ApplyError> {
    if password.is_empty() {
        return Err(ApplyError::invalid("the password is empty"));
    }
    let (collection, account) = find_account(db, account).await?;
    let otp = otp::create(app, &account, password, "")
        .await
        .map_err(ApplyError::Invalid)?;
    otp::insert(db, &collection, &otp).await?;
    Ok(json!({"id": otp.id}))
}

async fn last_otp(db: &mut Db, account: &AccountRef) -> Result<Value, ApplyError> {
    let (collection, account) = find_account(db, account).await?;
    let active = otp::active(db, &collection, &account).await?;
    let last = active
        .first()
        .ok_or_else(|| ApplyError::invalid("the account has no active one-time password"))?;
    if last.code.is_empty() {
        return Err(ApplyError::invalid(
            "codes are stored only by a server with control enabled",
        ));
    }
    Ok(json!({"id": last.id, "code": last.code}))
}

async fn add_fault(app: &App, fault: faults::NewFault) -> Result<(), ApplyError> {
    let collection = match &fault.collection {
        Some(name) => {
            let mut db = app.store.transaction().await?;
            let collection = find_collection(&mut db, name).await?;
            db.commit().await?;
            Some(collection)
        }
        None => None,
    };
    app.faults.add(fault, collection)
}

async fn find_collection(db: &mut Db, name: &str) -> Result<Collection, ApplyError> {
    collections::find(db, name)
        .await?
        .ok_or_else(|| ApplyError::invalid(format!("no collection {name}")))
}

async fn find_account(
    db: &mut Db,
    reference: &AccountRef,
) -> Result<(Collection, Account), ApplyError> {
    let collection = find_collection(db, &reference.collection).await?;
    let account = match (&reference.id, &reference.email) {
        (Some(id), _) => accounts::by_id(db, &collection.id, id).await?,
        (None, Some(email)) => accounts::by_email(db, &collection.id, email).await?,
        (None, None) => None,
    };
    match account {
        Some(account) => Ok((collection, account)),
        None => Err(ApplyError::invalid("no such account")),
    }
}

async fn update_account(
    db: &mut Db,
    account: &AccountRef,
    set: Map<String, Value>,
    cost: u32,
) -> Result<(), ApplyError> {
    let (collection, mut account) = find_account(db, account).await?;
    for (name, value) in set {
        match name.as_str() {
            "password" => account.password_hash = hash_password(decode(value)?, cost).await?,
            "email" => {
                account.email = decode(value)?;
                check_email(&account.email)?;
            }
            "verified" => account.verified = decode(value)?,
            "emailVisibility" => account.email_visibility = decode(value)?,
            "fields" => account.fields.extend(decode::<Map<String, Value>>(value)?),
            _ => {
                account.fields.insert(name, value);
                continue;
            }
        }
        // A new password or email invalidates all earlier login tokens.
        if name == "password" || name == "email" {
            account.token_key = ids::secret();
        }
    }
    check_fields(&collection, &account.fields)?;
    account.updated = clock::timestamp();
    accounts::update(db, &account)
        .await
        .map_err(|error| conflict(error, "email of account", &account.id))
}

async fn delete_account(db: &mut Db, account: &AccountRef) -> Result<(), ApplyError> {
    let (collection, account) = find_account(db, account).await?;
    Ok(delete::account(db, &collection.id, &account.id).await?)
}

async fn update_collection(
    db: &mut Db,
    name: &str,
    set: Map<String, Value>,
) -> Result<(), ApplyError> {
    const MUTABLE: [&str; 11] = [
        "name",
        "authRule",
        "passwordAuth",
        "identityFields",
        "otp",
        "mfa",
        "listRule",
        "viewRule",
        "createRule",
        "updateRule",
        "deleteRule",
    ];
    let collection = find_collection(db, name).await?;
    let mut definition = serde_json::to_value(&collection)
        .map_err(|error| ApplyError::invalid(error.to_string()))?;
    for (field, value) in set {
        if !MUTABLE.contains(&field.as_str()) {
            return Err(ApplyError::invalid(format!("{field} cannot be changed")));
        }
        merge(&mut definition[field.as_str()], value);
    }
    let mut changed: Collection = decode(definition)?;
    changed.secret = collection.secret;
    check_collection(&changed)?;
    collections::update(db, &changed)
        .await
        .map_err(|error| conflict(error, "collection", &changed.name))
}

/// Replaces `old` by `new`; of objects, only the fields in `new`.
fn merge(old: &mut Value, new: Value) {
    match (old, new) {
        (Value::Object(old), Value::Object(fields)) => old.extend(fields),
        (old, new) => *old = new,
    }
}

async fn delete_collection(db: &mut Db, name: &str) -> Result<(), ApplyError> {
    let collection = find_collection(db, name).await?;
    Ok(delete::collection(db, &collection.id).await?)
}
