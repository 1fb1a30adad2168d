//! The table of accounts: the records of all auth collections.

use super::collections::Collection;
use super::{Db, damaged, execute, fetch, text};
use serde_json::{Map, Value};
use sqlx::Row;
use sqlx::any::AnyRow;

/// An account. No `Debug`, since it contains the hash and the key.
#[derive(Clone)]
pub struct Account {
    pub id: String,
    pub collection_id: String,
    /// Unique in the collection.
    pub email: String,
    /// A bcrypt hash.
    pub password_hash: String,
    /// One half of the key that signs login tokens; the other is the collection's secret.
    pub token_key: String,
    /// Whether the email is verified.
    pub verified: bool,
    /// Whether the email is visible to others.
    pub email_visibility: bool,
    /// The values of the collection's fields.
    pub fields: Map<String, Value>,
    pub created: String,
    pub updated: String,
}

impl Account {
    /// Returns the record with the fields visible to its owner.
    pub fn to_json(&self, collection: &Collection) -> Map<String, Value> {
        let mut json = super::records::fields_to_json(collection, &self.fields);
        let mut put = |name: &str, value: Value| json.insert(name.to_owned(), value);
        put("collectionId", collection.id.as_str().into());
        put("collectionName", collection.name.as_str().into());
        put("created", self.created.as_str().into());
        put("email", self.email.as_str().into());
        put("emailVisibility", self.email_visibility.into());
        put("id", self.id.as_str().into());
        put("updated", self.updated.as_str().into());
        put("verified", self.verified.into());
        json
    }

    /// Returns the key that signs login tokens.
    pub fn signing_key(&self, collection: &Collection) -> String {
        format!("{}{}", self.token_key, collection.secret)
    }
}

pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS local_accounts (
    id TEXT NOT NULL, collection_id TEXT NOT NULL, email TEXT NOT NULL,
    password_hash TEXT NOT NULL, token_key TEXT NOT NULL,
    verified BIGINT NOT NULL, email_visibility BIGINT NOT NULL,
    fields TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL,
    PRIMARY KEY (collection_id, id), UNIQUE (collection_id, email))";

fn from_row(row: &AnyRow) -> sqlx::Result<Account> {
    let fields: String = row.try_get("fields")?;
    Ok(Account {
        id: row.try_get("id")?,
        collection_id: row.try_get("collection_id")?,
        email: row.try_get("email")?,
        password_hash: row.try_get("password_hash")?,
        token_key: row.try_get("token_key")?,
        verified: row.try_get::<i64, _>("verified")? != 0,
        email_visibility: row.try_get::<i64, _>("email_visibility")? != 0,
        fields: serde_json::from_str(&fields).map_err(damaged)?,
        created: row.try_get("created")?,
        updated: row.try_get("updated")?,
    })
}

/// Finds an account by id.
pub async fn by_id(db: &mut Db, collection_id: &str, id: &str) -> sqlx::Result<Option<Account>> {
    let sql = "SELECT * FROM local_accounts WHERE collection_id = $1 AND id = $2";
    let row = fetch(db, sql, &[collection_id, id]).await?;
    row.as_ref().map(from_row).transpose()
}

/// Returns all accounts of a collection, oldest first.
pub async fn all(db: &mut Db, collection_id: &str) -> sqlx::Result<Vec<Account>> {
    let sql = "SELECT * FROM local_accounts WHERE collection_id = $1 ORDER BY created, id";
    let rows = sqlx::query(sql)
        .bind(text(collection_id))
        .fetch_all(db)
        .await?;
    rows.iter().map(from_row).collect()
}

/// Finds an account by its exact email.
pub async fn by_email(
    db: &mut Db,
    collection_id: &str,
    email: &str,
) -> sqlx::Result<Option<Account>> {
    let sql = "SELECT * FROM local_accounts WHERE collection_id = $1 AND email = $2";
    let row = fetch(db, sql, &[collection_id, email]).await?;
    row.as_ref().map(from_row).transpose()
}

/// Finds the account whose field `field` is the string `value`; the oldest, if there are several.
pub async fn by_field(
    db: &mut Db,
    collection_id: &str,
    field: &str,
    value: &str,
) -> sqlx::Result<Option<Account>> {
    // LIKE only preselects rows: the engines differ in whether it is case-sensitive.
    let json = Map::from_iter([(field.to_owned(), value.into())]);
    let json = serde_json::to_string(&json).map_err(damaged)?;
    let json = &json[1..json.len() - 1];
    let pattern = json
        .replace('!', "!!")
        .replace('%', "!%")
        .replace('_', "!_");
    let rows = sqlx::query(
        "SELECT * FROM local_accounts WHERE collection_id = $1 AND fields LIKE $2 ESCAPE '!'
        ORDER BY created, id",
    )
    .bind(text(collection_id))
    .bind(format!("%{pattern}%"))
    .fetch_all(db)
    .await?;
    for row in &rows {
        let account = from_row(row)?;
        if account.fields.get(field).and_then(Value::as_str) == Some(value) {
            return Ok(Some(account));
        }
    }
    Ok(None)
}

/// Locks an account, if it exists, until the transaction ends.
pub async fn lock(db: &mut Db, collection_id: &str, id: &str) -> sqlx::Result<()> {
    let sql = "UPDATE local_accounts SET id = id WHERE collection_id = $1 AND id = $2";
    execute(db, sql, &[collection_id, id]).await
}

/// Inserts an account.
pub async fn insert(db: &mut Db, account: &Account) -> sqlx::Result<()> {
    let sql = "INSERT INTO local_accounts (collection_id, id, email, password_hash, token_key,
            verified, email_visibility, fields, created, updated)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    write(db, sql, account).await
}

/// Updates an account.
pub async fn update(db: &mut Db, account: &Account) -> sqlx::Result<()> {
    let sql = "UPDATE local_accounts SET email = $3, password_hash = $4, token_key = $5,
            verified = $6, email_visibility = $7, fields = $8, created = $9, updated = $10
        WHERE collection_id = $1 AND id = $2";
    write(db, sql, account).await
}

/// Marks the email of an account as verified.
pub async fn set_verified(db: &mut Db, account: &Account) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE local_accounts SET verified = 1, updated = $3
        WHERE collection_id = $1 AND id = $2",
    )
    .bind(text(&account.collection_id))
    .bind(text(&account.id))
    .bind(account.updated.clone())
    .execute(db)
    .await?;
    Ok(())
}

async fn write(db: &mut Db, sql: &'static str, account: &Account) -> sqlx::Result<()> {
    sqlx::query(sql)
        .bind(account.collection_id.clone())
        .bind(text(&account.id))
        .bind(account.email.clone())
        .bind(account.password_hash.clone())
        .bind(account.token_key.clone())
        .bind(i64::from(account.verified))
        .bind(i64::from(account.email_visibility))
        .bind(serde_json::to_string(&account.fields).map_err(damaged)?)
        .bind(account.created.clone())
        .bind(account.updated.clone())
        .execute(db)
        .await?;
    Ok(())
}
