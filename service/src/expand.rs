//! `?expand=`: putting the records that a record points to beside it.

use crate::rule;
use crate::store::collections::{self, Collection, FieldKind, Kind};
use crate::store::{Db, accounts, records};
use serde_json::{Map, Value};

/// How many relations may be followed one after the other.
const DEEPEST: usize = 6;

/// Fills `expand` of `record` with what the comma-separated `paths` (`team`, `team.owner`) lead
/// to. What is not there or may not be seen is left out without a word.
pub async fn expand(
    db: &mut Db,
    collection: &Collection,
    record: &mut Map<String, Value>,
    paths: &str,
) -> sqlx::Result<()> {
    for path in paths.split(',').map(str::trim) {
        let steps: Vec<&str> = path.split('.').collect();
        if steps.len() <= DEEPEST {
            follow(db, collection, record, &steps).await?;
        }
    }
    Ok(())
}

async fn follow(
    db: &mut Db,
    collection: &Collection,
    record: &mut Map<String, Value>,
    steps: &[&str],
) -> sqlx::Result<()> {
    let Some((step, further)) = steps.split_first() else {
        return Ok(());
    };
    let Some((target, mut found)) = related(db, collection, record, step).await? else {
        return Ok(());
    };
    // A record that an earlier path has put here may have an `expand` of its own to keep.
    if let Some(Value::Object(earlier)) = record.get("expand").and_then(|all| all.get(*step)) {
        found = earlier.clone();
    }
    Box::pin(follow(db, &target, &mut found, further)).await?;
    let expanded = record
        .entry("expand")
        .or_insert_with(|| Value::Object(Map::new()));
    expanded[*step] = found.into();
    Ok(())
}

/// The record that the relation `field` of `record` points to, if everybody may see it.
async fn related(
    db: &mut Db,
    collection: &Collection,
    record: &Map<String, Value>,
    field: &str,
) -> sqlx::Result<Option<(Collection, Map<String, Value>)>> {
    let is_it =
        |known: &&collections::Field| known.kind == FieldKind::Relation && known.name == field;
    let Some(relation) = collection.fields.iter().find(is_it) else {
        return Ok(None);
    };
    let id = record.get(field).and_then(Value::as_str);
    let (Some(target), Some(id)) = (&relation.collection, id) else {
        return Ok(None);
    };
    let Some(target) = collections::find(db, target).await? else {
        return Ok(None);
    };
    let found = shown(db, &target, id).await?;
    let may_see = |found: &Map<String, Value>| match &target.view_rule {
        Some(view_rule) => rule::satisfied(view_rule, found) == Ok(true),
        None => false,
    };
    Ok(found.filter(may_see).map(|found| (target, found)))
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
