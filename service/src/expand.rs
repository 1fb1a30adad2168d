//! `?expand=`: embedding related records.

use crate::auth::Viewer;
use crate::call::Call;
use crate::store::collections::{self, Collection, FieldKind, Kind};
use crate::store::{Db, accounts, records};
use serde_json::{Map, Value};

/// The maximum depth of an expanded path.
const MAX_DEPTH: usize = 6;

/// Adds the records at the query's comma-separated `expand` paths (`team`, `team.owner`) to
/// `record["expand"]`. A path that does not exist, or contains a hidden record, is ignored.
pub async fn expand(
    db: &mut Db,
    call: &Call,
    viewer: &Viewer,
    record: &mut Map<String, Value>,
) -> sqlx::Result<()> {
    let paths = call.query_param("expand");
    for path in paths.split(',').map(str::trim) {
        let names: Vec<&str> = path.split('.').collect();
        if names.len() <= MAX_DEPTH {
            let _ = follow(db, &call.collection, viewer, record, &names).await?;
        }
    }
    Ok(())
}

/// Expands one path. Returns whether it exists; if not, nothing is added.
async fn follow(
    db: &mut Db,
    collection: &Collection,
    viewer: &Viewer,
    record: &mut Map<String, Value>,
    path: &[&str],
) -> sqlx::Result<bool> {
    let Some((name, rest)) = path.split_first() else {
        return Ok(true);
    };
    let (target, mut related_record) = match related(db, collection, viewer, record, name).await? {
        Related::Record(target, record) => (*target, record),
        Related::None => return Ok(true),
        Related::Invalid => return Ok(false),
    };
    // Keep what an earlier path has expanded.
    if let Some(Value::Object(earlier)) = record.get("expand").and_then(|all| all.get(*name)) {
        related_record = earlier.clone();
    }
    if !Box::pin(follow(db, &target, viewer, &mut related_record, rest)).await? {
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
    /// There is no such relation, or only superusers can view its collection.
    Invalid,
}

/// Returns the record that the relation `field` of `record` refers to, if the viewer can view it.
async fn related(
    db: &mut Db,
    collection: &Collection,
    viewer: &Viewer,
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
    if target.view_rule.is_none() && !viewer.is_superuser {
        return Ok(Related::Invalid);
    }
    let Some(id) = record.get(field).and_then(Value::as_str) else {
        return Ok(Related::None);
    };
    Ok(match load(db, &target, viewer, id).await? {
        Some(record) => Related::Record(Box::new(target), record),
        None => Related::None,
    })
}

/// Loads a record with the fields visible to the viewer, if the viewer can view it.
async fn load(
    db: &mut Db,
    target: &Collection,
    viewer: &Viewer,
    id: &str,
) -> sqlx::Result<Option<Map<String, Value>>> {
    let can_view =
        |record: &Map<String, Value>| viewer.satisfies(target.view_rule.as_ref(), record);
    if target.kind == Kind::Base {
        let record = records::by_id(db, &target.id, id).await?;
        let record = record.map(|record| record.to_json(target));
        return Ok(record.filter(can_view));
    }
    let account = accounts::by_id(db, &target.id, id).await?;
    let account = account.filter(|account| can_view(&account.to_json(target)));
    Ok(account.map(|account| viewer.visible(target, &account)))
}
