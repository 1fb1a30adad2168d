//! The table of records: those of all base collections.

use super::collections::Collection;
use super::{Db, damaged, fetch, text};
use serde_json::{Map, Value};
use sqlx::Row;
use sqlx::any::AnyRow;

/// A record of a base collection.
pub struct Record {
    pub id: String,
    pub collection_id: String,
    /// The values of the collection's fields.
    pub fields: Map<String, Value>,
    pub created: String,
    pub created_by: String,
}

impl Record {
    /// Returns the record as sent to clients.
    pub fn to_json(&self, collection: &Collection) -> Map<String, Value> {
        let mut json = fields_to_json(collection, &self.fields);
        let mut put = |name: &str, value: &str| json.insert(name.to_owned(), value.into());
        put("collectionId", &collection.id);
        put("collectionName", &collection.name);
        put("created", &self.created);
        put("createdBy", &self.created_by);
        put("id", &self.id);
        // Records cannot be changed.
        put("updated", &self.created);
        put("updatedBy", &self.created_by);
        json
    }
}

/// Returns the values of the collection's fields, with defaults.
pub(super) fn fields_to_json(
    collection: &Collection,
    values: &Map<String, Value>,
) -> Map<String, Value> {
    collection
        .fields
        .iter()
        .map(|field| {
            let value = values.get(&field.name).cloned();
            let value = value.unwrap_or_else(|| field.kind.default_value());
            (field.name.clone(), value)
        })
        .collect()
}

pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS local_records (
    id TEXT NOT NULL, collection_id TEXT NOT NULL, fields TEXT NOT NULL,
    created TEXT NOT NULL, created_by TEXT NOT NULL,
    PRIMARY KEY (collection_id, id))";

fn from_row(row: &AnyRow) -> sqlx::Result<Record> {
    let fields: String = row.try_get("fields")?;
    Ok(Record {
        id: row.try_get("id")?,
        collection_id: row.try_get("collection_id")?,
        fields: serde_json::from_str(&fields).map_err(damaged)?,
        created: row.try_get("created")?,
        created_by: row.try_get("created_by")?,
    })
}

/// Finds a record by id.
pub async fn by_id(db: &mut Db, collection_id: &str, id: &str) -> sqlx::Result<Option<Record>> {
    let sql = "SELECT * FROM local_records WHERE collection_id = $1 AND id = $2";
    let row = fetch(db, sql, &[collection_id, id]).await?;
    row.as_ref().map(from_row).transpose()
}

/// Inserts a record.
pub async fn insert(db: &mut Db, record: &Record) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO local_records (id, collection_id, fields, created, created_by)
        VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(text(&record.id))
    .bind(record.collection_id.clone())
    .bind(serde_json::to_string(&record.fields).map_err(damaged)?)
    .bind(record.created.clone())
    .bind(record.created_by.clone())
    .execute(db)
    .await?;
    Ok(())
}
