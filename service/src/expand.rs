//! `?expand=`: putting the records that a record points to beside it.

use crate::rule;
use crate::store::collections::{self, Collection, FieldKind, Kind};
use crate::store::{Db, accounts, records};
use serde_json::{Map, Value};

/// How many relations may be followed one after the other.
const DEEPEST: usize = 6;

/// Fills `expand` of `record` with what the comma-separated `paths` (`team`, `team.owner`) lead
/// to. A path on which something is not there or may not be seen is left out without a word.
pub async fn expand(
    db: &mut Db,
    collection: &Collection,
    record: &mut Map<String, Value>,
    paths: &str,
) -> sqlx::Result<()> {
    for path in paths.split(',').map(str::trim) {
        let steps: Vec<&str> = path.split('.').collect();
        if steps.len() <= DEEPEST {
            let _ = follow(db, collection, record, &steps).await?;
        }
    }
    Ok(())
}

/// Follows a path; gives whether it leads anywhere. If not, nothing of it is put beside the record.
async fn follow(
    db: &mut Db,
    collection: &Collection,
    record: &mut Map<String, Value>,
    steps: &[&str],
) -> sqlx::Result<bool> {
    let Some((step, further)) = steps.split_first() else {
        return Ok(true);
    };
    let (target, mut found) = match related(db, collection, record, step).await? {
        Related::Record(target, found) => (*target, found),
        Related::Nothing => return Ok(true),
        Related::Never => return Ok(false),
    };
    // A record that an earlier path has put here may have an `expand` of its own to keep.
    if let Some(Value::Object(earlier)) = record.get("expand").and_then(|all| all.get(*step)) {
        found = earlier.clone();
    }
    if !Box::pin(follow(db, &target, &mut found, further)).await? {
        return Ok(false);
    }
    let expanded = record
        .entry("expand")
        .or_insert_with(|| Value::Object(Map::new()));
    expanded[*step] = found.into();
    Ok(true)
}

/// What a relation points to.
enum Related {
    /// A record, and its collection.
    Record(Box<Collection>, Map<String, Value>),
    /// Nothing, or nothing that may be seen.
    Nothing,
    /// There is no such relation, or nobody may ever see what it points to.
    Never,
}

/// The record that the relation `field` of `record` points to, if everybody may see it.
async fn related(
    db: &mut Db,
    collection: &Collection,
    record: &Map<String, Value>,
    field: &str,
) -> sqlx::Result<Related> {
    let is_it =
        |known: &&collections::Field| known.kind == FieldKind::Relation && known.name == field;
    let target = collection.fields.iter().find(is_it);
    let Some(target) = target.and_then(|relation| relation.collection.as_ref()) else {
        return Ok(Related::Never);
    };
    let Some(target) = collections::find(db, target).await? else {
        return Ok(Related::Never);
    };
    let Some(view_rule) = &target.view_rule else {
        return Ok(Related::Never);
    };
    let Some(id) = record.get(field).and_then(Value::as_str) else {
        return Ok(Related::Nothing);
    };
    let found = shown(db, &target, id).await?;
    let may_see = |found: &Map<String, Value>| rule::satisfied(view_rule, found) == Ok(true);
    Ok(match found.filter(may_see) {
        Some(found) => Related::Record(Box::new(target), found),
        None => Related::Nothing,
    })
}

/// What others see of a record.
async fn shown(
    db: &mut Db,
    target: &Collection,
    id: &str,
) -> sqlx::Result<Option<Map<String, Value>>> {
    if target.kind == Kind::Base {
        let record = records::by_id(db, &target.id, id).await?;
        return Ok(record.map(|record| record.shown(target)));
    }
    let account = accounts::by_id(db, &target.id, id).await?;
    Ok(account.map(|account| {
        let mut shown = account.shown(target);
        if !account.email_visibility {
            shown.remove("email");
        }
        shown
    }))
}
