//! The table of records: those of all collections that cannot log in.

use super::collections::Collection;
use super::{Db, damaged, first, run, text};
use serde_json::{Map, Value};
use sqlx::Row;
use sqlx::any::AnyRow;

/// A record of a base collection.
pub struct Record {
    /// Its identifier.
    pub id: String,
    /// The identifier of its collection.
    pub collection_id: String,
    /// Its values for the collection's own fields.
    pub fields: Map<String, Value>,
    /// When it was made.
    pub created: String,
    /// Who made it.
    pub created_by: String,
}

impl Record {
    /// Everything about the record.
    pub fn shown(&self, collection: &Collection) -> Map<String, Value> {
        let mut shown = own_fields(collection, &self.fields);
        let mut put = |name: &str, value: &str| shown.insert(name.to_owned(), value.into());
        put("collectionId", &collection.id);
        put("collectionName", &collection.name);
        put("created", &self.created);
        put("createdBy", &self.created_by);
        put("id", &self.id);
        // A seeded record is never changed.
        put("updated", &self.created);
        put("updatedBy", &self.created_by);
        shown
    }
}

/// A value for each of the collection's own fields.
pub(super) fn own_fields(
    collection: &Collection,
    values: &Map<String, Value>,
) -> Map<String, Value> {
    let value = |name: &String| values.get(name).cloned();
    collection
        .fields
        .iter()
        .map(|field| {
            let value = value(&field.name).unwrap_or_else(|| field.kind.empty());
            (field.name.clone(), value)
        })
        .collect()
}

/// What makes the table.
pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS local_records (
    id TEXT NOT NULL, collection_id TEXT NOT NULL, fields TEXT NOT NULL,
    created TEXT NOT NULL, created_by TEXT NOT NULL,
    PRIMARY KEY (collection_id, id))";

fn read(row: &AnyRow) -> sqlx::Result<Record> {
    let fields: String = row.try_get("fields")?;
    Ok(Record {
        id: row.try_get("id")?,
        collection_id: row.try_get("collection_id")?,
        fields: serde_json::from_str(&fields).map_err(damaged)?,
        created: row.try_get("created")?,
        created_by: row.try_get("created_by")?,
    })
}

/// The record of a collection with this identifier.
pub async fn by_id(db: &mut Db, collection_id: &str, id: &str) -> sqlx::Result<Option<Record>> {
    let row = first(
        db,
        "SELECT * FROM local_records WHERE collection_id = $1 AND id = $2",
        &[collection_id, id],
    )
    .await?;
    row.as_ref().map(read).transpose()
}

/// Adds a record.
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

/// Removes all records of a collection.
pub async fn delete_all(db: &mut Db, collection_id: &str) -> sqlx::Result<()> {
    run(
        db,
        "DELETE FROM local_records WHERE collection_id = $1",
        &[collection_id],
    )
    .await
}
