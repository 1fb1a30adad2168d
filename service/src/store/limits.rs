//! The tables of limits: the rules, and how much of each allowance is used.

use super::{Db, run, text};
use serde::Deserialize;
use sqlx::Row;

/// What makes the table of rules.
pub(super) const RULES: &str = "CREATE TABLE IF NOT EXISTS local_limit_rules (
    position BIGINT PRIMARY KEY, label TEXT NOT NULL,
    max_requests BIGINT NOT NULL, duration BIGINT NOT NULL)";

/// What makes the table of uses.
pub(super) const USES: &str = "CREATE TABLE IF NOT EXISTS local_limit_uses (
    name TEXT PRIMARY KEY, used BIGINT NOT NULL, last BIGINT NOT NULL)";

/// How many requests of one kind are taken in a while.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// Which requests it is about.
    pub label: String,
    /// How many are taken.
    pub max_requests: i64,
    /// After how many seconds without one there is a new allowance.
    pub duration: i64,
}

/// The rules in their order.
pub async fn rules(db: &mut Db) -> sqlx::Result<Vec<Rule>> {
    let rows = sqlx::query(
        "SELECT label, max_requests, duration FROM local_limit_rules ORDER BY position",
    )
    .fetch_all(db)
    .await?;
    let read = |row: &sqlx::any::AnyRow| {
        Ok(Rule {
            label: row.try_get("label")?,
            max_requests: row.try_get("max_requests")?,
            duration: row.try_get("duration")?,
        })
    };
    rows.iter().map(read).collect()
}

/// Puts these rules in the place of all others.
pub async fn replace_rules(db: &mut Db, rules: &[Rule]) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM local_limit_rules")
        .execute(&mut *db)
        .await?;
    for (position, rule) in (0_i64..).zip(rules) {
        sqlx::query(
            "INSERT INTO local_limit_rules (position, label, max_requests, duration)
            VALUES ($1, $2, $3, $4)",
        )
        .bind(position)
        .bind(text(&rule.label))
        .bind(rule.max_requests)
        .bind(rule.duration)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Takes one of the `most` uses of the allowance `name`, if any is left. A new allowance is given
/// when `duration` seconds have gone by since the last use. It is one statement, so that several
/// instances agree.
pub async fn take(
    db: &mut Db,
    name: &str,
    most: i64,
    duration: i64,
    now: i64,
) -> sqlx::Result<bool> {
    let row = sqlx::query(
        "INSERT INTO local_limit_uses (name, used, last) VALUES ($1, 1, $2)
        ON CONFLICT (name) DO UPDATE SET last = excluded.last,
            used = CASE WHEN local_limit_uses.last <= $3 THEN 1
                ELSE local_limit_uses.used + 1 END
        WHERE local_limit_uses.last <= $3 OR local_limit_uses.used < $4
        RETURNING used",
    )
    .bind(text(name))
    .bind(now)
    .bind(now - duration)
    .bind(most)
    .fetch_optional(db)
    .await?;
    Ok(row.is_some())
}

/// Forgets the uses of an allowance.
pub async fn forget(db: &mut Db, name: &str) -> sqlx::Result<()> {
    run(db, "DELETE FROM local_limit_uses WHERE name = $1", &[name]).await
}
