//! The table of collections.

use super::{Db, damaged, fetch, text};
use crate::ids;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::Row;
use sqlx::any::AnyRow;

/// The id of the collection of superusers, whose name may change.
const SUPERUSERS: &str = "pbc_3142635823";

/// A collection, in the format of the seed.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Collection {
    #[serde(default = "ids::collection")]
    pub id: String,
    /// Case-insensitive.
    pub name: String,
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The accounts that can log in: all (`""`), none (`null`) or those that satisfy the rule.
    #[serde(default = "everyone")]
    pub auth_rule: Option<String>,
    /// Whether passwords are allowed. Bind and unbind require it.
    #[serde(default = "enabled")]
    pub password_auth: bool,
    /// The fields that identify the account in a password login.
    #[serde(default = "email_only")]
    pub identity_fields: Vec<String>,
    #[serde(default)]
    pub otp: Otp,
    #[serde(default)]
    pub mfa: Mfa,
    #[serde(default)]
    pub fields: Vec<Field>,
    /// The rules for requests to records: allowed for everyone (`""`), superusers only (`null`), or
    /// for the records that satisfy the rule.
    #[serde(default)]
    pub list_rule: Option<String>,
    #[serde(default)]
    pub view_rule: Option<String>,
    #[serde(default)]
    pub create_rule: Option<String>,
    #[serde(default)]
    pub update_rule: Option<String>,
    #[serde(default)]
    pub delete_rule: Option<String>,
    /// One half of the key that signs login tokens. Stored in a separate column.
    #[serde(skip, default = "ids::secret")]
    pub secret: String,
}

/// The type of a collection.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Accounts, which can log in.
    Auth,
    /// Records without login.
    Base,
}

/// The settings of one-time passwords.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Otp {
    pub enabled: bool,
    /// The lifetime in seconds.
    pub duration: i64,
    /// The number of digits.
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

/// The settings of multi-factor authentication.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Mfa {
    pub enabled: bool,
    /// How long the second factor may take, in seconds.
    pub duration: i64,
    /// The accounts that need a second factor: all (`""`) or those that satisfy the rule.
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
    pub name: String,
    #[serde(rename = "type")]
    pub kind: FieldKind,
    /// The name of the collection that a relation refers to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<String>,
    /// The maximum number of characters of a text.
    #[serde(default = "max_characters")]
    pub max: usize,
}

/// The type of a field.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FieldKind {
    Text,
    Number,
    Bool,
    /// The id of a record of another collection.
    Relation,
}

impl FieldKind {
    /// Returns the default value.
    pub fn default_value(self) -> Value {
        match self {
            Self::Text | Self::Relation => "".into(),
            Self::Number => 0.into(),
            Self::Bool => false.into(),
        }
    }

    /// Returns whether `value` has this type.
    pub fn accepts(self, value: &Value) -> bool {
        match self {
            Self::Text | Self::Relation => value.is_string(),
            Self::Number => value.is_number(),
            Self::Bool => value.is_boolean(),
        }
    }

    /// Converts the value of a request to this type. One that cannot be converted becomes the
    /// default.
    pub fn convert(self, value: &Value) -> Value {
        let converted = match (self, value) {
            (Self::Text | Self::Relation, Value::Number(number)) => {
                number.as_f64().map(|number| number.to_string().into())
            }
            (Self::Text | Self::Relation, Value::Bool(value)) => Some(value.to_string().into()),
            (Self::Number, Value::String(string)) => string.parse::<f64>().ok().map(Value::from),
            (Self::Number, Value::Bool(value)) => Some(u8::from(*value).into()),
            (Self::Bool, Value::Number(number)) => Some((number.as_f64() != Some(0.0)).into()),
            (Self::Bool, Value::String(string)) => Some(
                ["1", "t", "T", "true", "TRUE", "True"]
                    .contains(&string.as_str())
                    .into(),
            ),
            _ => Some(value.clone()),
        };
        let converted = converted.filter(|value| self.accepts(value));
        converted.unwrap_or_else(|| self.default_value())
    }
}

impl Collection {
    /// Returns whether this is the collection of superusers.
    pub fn is_superusers(&self) -> bool {
        self.id == SUPERUSERS
    }

    /// Returns whether the name is valid in a path and in a rule.
    pub fn has_valid_name(&self) -> bool {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '_';
        (1..=255).contains(&self.name.len()) && self.name.chars().all(is_allowed)
    }
}

fn enabled() -> bool {
    true
}

/// The default of `auth_rule`. A `null` in the seed is a value, not the default.
#[expect(
    clippy::unnecessary_wraps,
    reason = "a default has the type of its field"
)]
fn everyone() -> Option<String> {
    Some(String::new())
}

fn max_characters() -> usize {
    5000
}

fn email_only() -> Vec<String> {
    vec!["email".to_owned()]
}

/// The rule that allows an account access to its own record.
const OWNER: &str = "id = @request.auth.id";

/// The two collections that always exist.
pub fn built_in() -> Vec<Collection> {
    let collections = json!([
        {"id": "_pb_users_auth_", "name": "users", "type": "auth",
            "createRule": "", "listRule": OWNER, "viewRule": OWNER, "updateRule": OWNER,
            "deleteRule": OWNER, "fields": [
            {"name": "name", "type": "text", "max": 255}, {"name": "avatar", "type": "text"}]},
        {"id": SUPERUSERS, "name": "_superusers", "type": "auth"},
    ]);
    serde_json::from_value(collections).expect("they are valid")
}

pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS local_collections (
    id TEXT PRIMARY KEY, lower_name TEXT NOT NULL UNIQUE,
    secret TEXT NOT NULL, definition TEXT NOT NULL)";

fn from_row(row: &AnyRow) -> sqlx::Result<Collection> {
    let definition: String = row.try_get("definition")?;
    let mut collection: Collection = serde_json::from_str(&definition).map_err(damaged)?;
    collection.secret = row.try_get("secret")?;
    Ok(collection)
}

/// Finds a collection by id.
pub async fn by_id(db: &mut Db, id: &str) -> sqlx::Result<Option<Collection>> {
    let sql = "SELECT secret, definition FROM local_collections WHERE id = $1";
    let row = fetch(db, sql, &[id]).await?;
    row.as_ref().map(from_row).transpose()
}

/// Finds a collection by id or, ignoring case, by name.
pub async fn find(db: &mut Db, name: &str) -> sqlx::Result<Option<Collection>> {
    let row = sqlx::query(
        "SELECT secret, definition FROM local_collections WHERE id = $1 OR lower_name = $2
        ORDER BY CASE WHEN id = $1 THEN 0 ELSE 1 END LIMIT 1",
    )
    .bind(text(name))
    .bind(text(&name.to_lowercase()))
    .fetch_optional(db)
    .await?;
    row.as_ref().map(from_row).transpose()
}

/// Returns a system collection of BosBase. It is not in the store and has no accounts.
pub fn system(name: &str) -> Option<Collection> {
    const SYSTEM: [&str; 4] = ["_authOrigins", "_externalAuths", "_mfas", "_otps"];
    let name = SYSTEM.iter().find(|it| it.eq_ignore_ascii_case(name))?;
    serde_json::from_value(json!({"name": name, "type": "base"})).ok()
}

/// Inserts a collection.
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

/// Updates a collection.
pub async fn update(db: &mut Db, collection: &Collection) -> sqlx::Result<()> {
    sqlx::query("UPDATE local_collections SET lower_name = $2, definition = $3 WHERE id = $1")
        .bind(collection.id.clone())
        .bind(collection.name.to_lowercase())
        .bind(serde_json::to_string(collection).map_err(damaged)?)
        .execute(db)
        .await?;
    Ok(())
}
