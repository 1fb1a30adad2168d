//! The table of collections: what each is called and how one may log in to it.

use super::{Db, damaged, first, run, text};
use crate::ids;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::Row;
use sqlx::any::AnyRow;

/// The identifier of the collection of superusers, whatever it is called.
const SUPERUSERS: &str = "pbc_3142635823";

/// A collection, in the form of the seed file.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Collection {
    /// Its identifier.
    #[serde(default = "ids::collection")]
    pub id: String,
    /// Its name, which is found in any case.
    pub name: String,
    /// Whether its records can log in.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Who may log in: everybody (`""`), nobody (`null`) or who satisfies the rule.
    #[serde(default = "everybody")]
    pub auth_rule: Option<String>,
    /// Whether a password is taken, which bind and unbind need.
    #[serde(default = "yes")]
    pub password_auth: bool,
    /// The fields by which a password login finds its account.
    #[serde(default = "email_only")]
    pub identity_fields: Vec<String>,
    /// One-time passwords.
    #[serde(default)]
    pub otp: Otp,
    /// The second factor.
    #[serde(default)]
    pub mfa: Mfa,
    /// Its own fields.
    #[serde(default)]
    pub fields: Vec<Field>,
    /// Who may list its records.
    #[serde(default)]
    pub list_rule: Option<String>,
    /// Who may see one of its records.
    #[serde(default)]
    pub view_rule: Option<String>,
    /// What its tokens are signed with, beside the account's own key. Never written with the
    /// rest.
    #[serde(skip, default = "ids::secret")]
    pub secret: String,
}

/// What a collection holds.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Accounts, which can log in.
    Auth,
    /// Plain records.
    Base,
}

/// How one-time passwords are given out.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Otp {
    /// Whether they are given out and taken.
    pub enabled: bool,
    /// How many seconds one lives.
    pub duration: i64,
    /// How many digits one has.
    pub length: usize,
}

impl Default for Otp {
    fn default() -> Self {
        Self {
            enabled: false,
            duration: 180,
            length: 8,
        }
    }
}

/// When a second factor is asked for.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Mfa {
    /// Whether it may be asked for at all.
    pub enabled: bool,
    /// How many seconds the second factor may take.
    pub duration: i64,
    /// Who is asked for it: everybody (`""`) or who satisfies the rule.
    pub rule: String,
}

impl Default for Mfa {
    fn default() -> Self {
        Self {
            enabled: false,
            duration: 1800,
            rule: String::new(),
        }
    }
}

/// A field of a collection.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: FieldKind,
    /// Where a relation leads: the name of a collection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<String>,
}

/// What a field holds.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FieldKind {
    /// A text.
    Text,
    /// A number.
    Number,
    /// Yes or no.
    Bool,
    /// The identifier of a record of another collection.
    Relation,
}

impl FieldKind {
    /// What a field holds before anything is put into it.
    pub fn empty(self) -> Value {
        match self {
            Self::Text | Self::Relation => "".into(),
            Self::Number => 0.into(),
            Self::Bool => false.into(),
        }
    }

    /// Whether a field of this kind can hold `value`.
    pub fn holds(self, value: &Value) -> bool {
        match self {
            Self::Text | Self::Relation => value.is_string(),
            Self::Number => value.is_number(),
            Self::Bool => value.is_boolean(),
        }
    }
}

impl Collection {
    /// Whether this is the collection of superusers.
    pub fn is_superusers(&self) -> bool {
        self.id == SUPERUSERS
    }

    /// Whether the name can stand in a path and in a rule.
    pub fn has_good_name(&self) -> bool {
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        (1..=255).contains(&self.name.len()) && self.name.chars().all(allowed)
    }
}

fn yes() -> bool {
    true
}

/// What serde asks for: `null` in a seed is no rule at all, a missing member the open one.
#[expect(
    clippy::unnecessary_wraps,
    reason = "a default has the type of its field"
)]
fn everybody() -> Option<String> {
    Some(String::new())
}

fn email_only() -> Vec<String> {
    vec!["email".to_owned()]
}

/// The two collections that every server has.
pub fn always_there() -> Vec<Collection> {
    let known = json!([
        {"id": "_pb_users_auth_", "name": "users", "type": "auth", "fields": [
            {"name": "name", "type": "text"}, {"name": "avatar", "type": "text"}]},
        {"id": SUPERUSERS, "name": "_superusers", "type": "auth"},
    ]);
    serde_json::from_value(known).expect("they are written as a seed is")
}

/// What makes the table.
pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS local_collections (
    id TEXT PRIMARY KEY, lower_name TEXT NOT NULL UNIQUE,
    secret TEXT NOT NULL, definition TEXT NOT NULL)";

fn read(row: &AnyRow) -> sqlx::Result<Collection> {
    let definition: String = row.try_get("definition")?;
    let mut collection: Collection = serde_json::from_str(&definition).map_err(damaged)?;
    collection.secret = row.try_get("secret")?;
    Ok(collection)
}

/// The collection with this identifier.
pub async fn by_id(db: &mut Db, id: &str) -> sqlx::Result<Option<Collection>> {
    let row = first(
        db,
        "SELECT secret, definition FROM local_collections WHERE id = $1",
        &[id],
    )
    .await?;
    row.as_ref().map(read).transpose()
}

/// The collection with this identifier or, in any case, this name.
pub async fn find(db: &mut Db, name: &str) -> sqlx::Result<Option<Collection>> {
    let row = sqlx::query(
        "SELECT secret, definition FROM local_collections WHERE id = $1 OR lower_name = $2
        ORDER BY CASE WHEN id = $1 THEN 0 ELSE 1 END LIMIT 1",
    )
    .bind(text(name))
    .bind(text(&name.to_lowercase()))
    .fetch_optional(db)
    .await?;
    row.as_ref().map(read).transpose()
}

/// A collection of BosBase itself, which has no accounts. Nothing can be done with it here.
pub fn system(name: &str) -> Option<Collection> {
    const SYSTEM: [&str; 4] = ["_authOrigins", "_externalAuths", "_mfas", "_otps"];
    let name = SYSTEM
        .iter()
        .find(|known| known.eq_ignore_ascii_case(name))?;
    serde_json::from_value(json!({"name": name, "type": "base"})).ok()
}

/// Adds a collection.
pub async fn insert(db: &mut Db, collection: &Collection) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO local_collections (id, lower_name, secret, definition)
        VALUES ($1, $2, $3, $4)",
    )
    .bind(collection.id.clone())
    .bind(collection.name.to_lowercase())
    .bind(collection.secret.clone())
    .bind(serde_json::to_string(collection).map_err(damaged)?)
    .execute(db)
    .await?;
    Ok(())
}

/// Writes down what has become of a collection.
pub async fn update(db: &mut Db, collection: &Collection) -> sqlx::Result<()> {
    sqlx::query("UPDATE local_collections SET lower_name = $2, definition = $3 WHERE id = $1")
        .bind(collection.id.clone())
        .bind(collection.name.to_lowercase())
        .bind(serde_json::to_string(collection).map_err(damaged)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Removes a collection; its records are removed by their own tables.
pub async fn delete(db: &mut Db, id: &str) -> sqlx::Result<()> {
    run(db, "DELETE FROM local_collections WHERE id = $1", &[id]).await
}
