//! The steps of control: changes to accounts and collections from outside the token API, and
//! orders for faults.

use crate::seed::{
    Problem, add_account, add_collection, check_collection, check_email, check_fields, hashed,
    read, read_object, taken,
};
use crate::store::accounts::{self, Account};
use crate::store::collections::{self, Collection};
use crate::store::{Db, bindings, limits, mfas, otps, records};
use crate::{App, clock, faults, ids, otp};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// One step, as it is written.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
enum Step {
    CreateAccount {
        account: Value,
    },
    UpdateAccount {
        account: Named,
        set: Map<String, Value>,
    },
    DeleteAccount {
        account: Named,
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
        account: Named,
        password: String,
    },
    LastOtp {
        account: Named,
    },
    AddFault(faults::Order),
    ListFaults {},
    ClearFaults {},
}

/// How a step names an account: by its id or, without one, by its email.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    collection: String,
    id: Option<String>,
    email: Option<String>,
}

/// Carries out a step, wholly or not at all. Gives what the step asks for, if it does.
pub async fn carry_out(app: &App, step: Value) -> Result<Option<Value>, Problem> {
    let step: Step = read_object(step)?;
    let mut db = app.store.transaction().await?;
    let cost = app.seed_cost;
    let mut found = None;
    match step {
        Step::CreateAccount { account } => add_account(&mut db, account, cost).await?,
        Step::UpdateAccount { account, set } => {
            update_account(&mut db, &account, set, cost).await?;
        }
        Step::DeleteAccount { account } => delete_account(&mut db, &account).await?,
        Step::CreateCollection { collection } => add_collection(&mut db, collection).await?,
        Step::UpdateCollection { collection, set } => {
            update_collection(&mut db, &collection, set).await?;
        }
        Step::DeleteCollection { collection } => delete_collection(&mut db, &collection).await?,
        Step::CreateOtp { account, password } => {
            found = Some(create_otp(app, &mut db, &account, password).await?);
        }
        Step::LastOtp { account } => found = Some(last_otp(&mut db, &account).await?),
        Step::AddFault(order) => add_fault(app, &mut db, order).await?,
        Step::ListFaults {} => found = Some(app.faults.list()),
        Step::ClearFaults {} => app.faults.clear(),
    }
    db.commit().await?;
    Ok(found)
}

async fn create_otp(
    app: &App,
    db: &mut Db,
    named: &Named,
    password: String,
) -> Result<Value, Problem> {
    if password.is_empty() {
        return Err(Problem::refused("the password is empty"));
    }
    let (collection, account) = found_account(db, named).await?;
    let otp = otp::new(app, &account, password, "")
        .await
        .map_err(Problem::Refused)?;
    otp::add(db, &collection, &otp).await?;
    Ok(json!({"id": otp.id}))
}

async fn last_otp(db: &mut Db, named: &Named) -> Result<Value, Problem> {
    let (collection, account) = found_account(db, named).await?;
    let alive = otp::alive(db, &collection, &account).await?;
    let last = alive
        .first()
        .ok_or_else(|| Problem::refused("there is no one-time password that can be used"))?;
    if last.code.is_empty() {
        return Err(Problem::refused(
            "codes are kept only where control is open",
        ));
    }
    Ok(json!({"id": last.id, "code": last.code}))
}

async fn add_fault(app: &App, db: &mut Db, order: faults::Order) -> Result<(), Problem> {
    let collection = match &order.collection {
        Some(name) => Some(found_collection(db, name).await?),
        None => None,
    };
    app.faults.add(order, collection)
}

async fn found_collection(db: &mut Db, name: &str) -> Result<Collection, Problem> {
    collections::find(db, name)
        .await?
        .ok_or_else(|| Problem::refused(format!("there is no collection {name}")))
}

async fn found_account(db: &mut Db, named: &Named) -> Result<(Collection, Account), Problem> {
    let collection = found_collection(db, &named.collection).await?;
    let account = match (&named.id, &named.email) {
        (Some(id), _) => accounts::by_id(db, &collection.id, id).await?,
        (None, Some(email)) => accounts::by_email(db, &collection.id, email).await?,
        (None, None) => None,
    };
    match account {
        Some(account) => Ok((collection, account)),
        None => Err(Problem::refused("there is no such account")),
    }
}

async fn update_account(
    db: &mut Db,
    named: &Named,
    set: Map<String, Value>,
    cost: u32,
) -> Result<(), Problem> {
    let (collection, mut account) = found_account(db, named).await?;
    for (name, value) in set {
        match name.as_str() {
            "password" => account.password_hash = hashed(read(value)?, cost).await?,
            "email" => {
                account.email = read(value)?;
                check_email(&account.email)?;
            }
            "verified" => account.verified = read(value)?,
            "emailVisibility" => account.email_visibility = read(value)?,
            "fields" => account.fields.extend(read::<Map<String, Value>>(value)?),
            _ => {
                account.fields.insert(name, value);
                continue;
            }
        }
        // A new password or address ends every login that was made before.
        if name == "password" || name == "email" {
            account.token_key = ids::secret();
        }
    }
    check_fields(&collection, &account.fields)?;
    account.updated = clock::stamp();
    accounts::update(db, &account)
        .await
        .map_err(|error| taken(error, "email of account", &account.id))
}

async fn delete_account(db: &mut Db, named: &Named) -> Result<(), Problem> {
    let (collection, account) = found_account(db, named).await?;
    bindings::delete_of(db, &collection.id, &account.id).await?;
    mfas::delete_of(db, &collection.id, &account.id).await?;
    otps::delete_of(db, &collection.id, &account.id).await?;
    limits::forget(db, &otp::tries(&collection.id, &account.id)).await?;
    accounts::delete(db, &collection.id, &account.id).await?;
    Ok(())
}

async fn update_collection(
    db: &mut Db,
    name: &str,
    set: Map<String, Value>,
) -> Result<(), Problem> {
    const MAY_CHANGE: [&str; 8] = [
        "name",
        "authRule",
        "passwordAuth",
        "identityFields",
        "otp",
        "mfa",
        "listRule",
        "viewRule",
    ];
    let collection = found_collection(db, name).await?;
    let mut definition =
        serde_json::to_value(&collection).map_err(|error| Problem::refused(error.to_string()))?;
    for (member, value) in set {
        if !MAY_CHANGE.contains(&member.as_str()) {
            return Err(Problem::refused(format!("{member} cannot be changed")));
        }
        merge(&mut definition[member.as_str()], value);
    }
    let mut changed: Collection = read(definition)?;
    changed.secret = collection.secret;
    check_collection(&changed)?;
    collections::update(db, &changed)
        .await
        .map_err(|error| taken(error, "collection", &changed.name))
}

/// Puts `value` in the place of `old`; in objects only the members that `value` has.
fn merge(old: &mut Value, value: Value) {
    match (old, value) {
        (Value::Object(old), Value::Object(members)) => old.extend(members),
        (old, value) => *old = value,
    }
}

async fn delete_collection(db: &mut Db, name: &str) -> Result<(), Problem> {
    let collection = found_collection(db, name).await?;
    bindings::delete_all(db, &collection.id).await?;
    mfas::delete_all(db, &collection.id).await?;
    otps::delete_all(db, &collection.id).await?;
    accounts::delete_all(db, &collection.id).await?;
    records::delete_all(db, &collection.id).await?;
    collections::delete(db, &collection.id).await?;
    Ok(())
}
