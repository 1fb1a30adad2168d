//! `?expand=`: embedding related records.

use crate::rule;
use crate::store::collections::{self, Collection, FieldKind, Kind};
use crate::store::{Db, accounts, records};
use serde_json::{Map, Value};

/// The maximum depth of an expanded path.
const MAX_DEPTH: usize = 6;

/// Adds the records at the comma-separated `paths` (`team`, `team.owner`) to `record["expand"]`.
/// A path that does not exist, or contains a hidden record, is ignored.
pub async fn expand(
    db: &mut Db,
    collection: &Collection,
    record: &mut Map<String, Value>,
    paths: &str,
) -> sqlx::Result<()> {
    for path in paths.split(',').map(str::trim) {
        let names: Vec<&str> = path.split('.').collect();
        if names.len() <= MAX_DEPTH {
            let _ = follow(db, collection, record, &names).await?;
        }
    }
    Ok(())
}

/// Expands one path. Returns whether it exists; if not, nothing is added.
async fn follow(
    db: &mut Db,
    collection: &Collection,
    record: &mut Map<String, Value>,
    path: &[&str],
) -> sqlx::Result<bool> {
    let Some((name, rest)) = path.split_first() else {
        return Ok(true);
    };
    let (target, mut related_record) = match related(db, collection, record, name).await? {
        Related::Record(target, record) => (*target, record),
        Related::None => return Ok(true),
        Related::Invalid => return Ok(false),
    };
    // Keep what an earlier path has expanded.
    if let Some(Value::Object(earlier)) = record.get("expand").and_then(|all| all.get(*name)) {
        related_record = earlier.clone();
    }
    if !Box::pin(follow(db, &target, &mut related_record, rest)).await? {
        return Ok(false);
    }
    let expanded = record
        .entry("expand")
        .or_insert_with(|| Value::Object(Map::new()));
    expanded[*name] = related_record.into();
    Ok(true)
}

/// The target of a relation.
enum Related {
    /// A record and its collection.
    Record(Box<Collection>, Map<String, Value>),
    /// No record, or a hidden one.
    None,
    /// There is no such relation, or its collection has no `viewRule`.
    Invalid,
}

/// Returns the record that the relation `field` of `record` refers to, if guests can view it.
async fn related(
    db: &mut Db,
    collection: &Collection,
    record: &Map<String, Value>,
    field: &str,
) -> sqlx::Result<Related> {
    let is_relation = |it: &&collections::Field| it.kind == FieldKind::Relation && it.name == field;
    let target = collection.fields.iter().find(is_relation);
    let Some(target) = target.and_then(|relation| relation.collection.as_ref()) else {
        return Ok(Related::Invalid);
    };
    let Some(target) = collections::find(db, target).await? else {
        return Ok(Related::Invalid);
    };
    let Some(view_rule) = &target.view_rule else {
        return Ok(Related::Invalid);
    };
    let Some(id) = record.get(field).and_then(Value::as_str) else {
        return Ok(Related::None);
    };
    let record = load(db, &target, id).await?;
    let is_visible = |record: &Map<String, Value>| rule::evaluate(view_rule, record) == Ok(true);
    Ok(match record.filter(is_visible) {
        Some(record) => Related::Record(Box::new(target), record),
        None => Related::None,
    })
}

/// Loads a record with the fields visible to guests.
async fn load(
    db: &mut Db,
    target: &Collection,
    id: &str,
) -> sqlx::Result<Option<Map<String, Value>>> {
    if target.kind == Kind::Base {
        let record = records::by_id(db, &target.id, id).await?;
        return Ok(record.map(|record| record.to_json(target)));
    }
    let account = accounts::by_id(db, &target.id, id).await?;
    Ok(account.map(|account| {
        let mut json = account.to_json(target);
        if !account.email_visibility {
            json.remove("email");
        }
        json
    }))
}
