//! The tables of limits: the rules, and the counters.

use super::{Db, execute, text};
use serde::Deserialize;
use sqlx::Row;

pub(super) const RULES: &str = "CREATE TABLE IF NOT EXISTS local_limit_rules (
    position BIGINT PRIMARY KEY, label TEXT NOT NULL,
    max_requests BIGINT NOT NULL, duration BIGINT NOT NULL)";

pub(super) const USES: &str = "CREATE TABLE IF NOT EXISTS local_limit_uses (
    name TEXT PRIMARY KEY, used BIGINT NOT NULL, last BIGINT NOT NULL)";

/// A rate limit.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// The requests it applies to.
    pub label: String,
    pub max_requests: i64,
    /// The counter is reset after this many seconds without a request.
    pub duration: i64,
}

/// Returns the rules in order.
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

/// Replaces all rules.
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

/// Increments the counter `name` unless it has reached `max`; returns whether it did. The counter
/// is reset when the last increment was `duration` seconds ago. One statement, for concurrent
/// instances.
pub async fn consume(
    db: &mut Db,
    name: &str,
    max: i64,
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
    .bind(max)
    .fetch_optional(db)
    .await?;
    Ok(row.is_some())
}

/// The name of the counter of an account's attempts of one-time passwords.
pub fn otp_attempts(collection_id: &str, account_id: &str) -> String {
    format!("otp {collection_id} {account_id}")
}

/// Resets a counter.
pub async fn reset(db: &mut Db, name: &str) -> sqlx::Result<()> {
    execute(db, "DELETE FROM local_limit_uses WHERE name = $1", &[name]).await
}

/// Resets all counters whose name starts with `prefix`.
pub async fn reset_prefix(db: &mut Db, prefix: &str) -> sqlx::Result<()> {
    let sql = "DELETE FROM local_limit_uses WHERE substr(name, 1, length($1)) = $1";
    execute(db, sql, &[prefix]).await
}
