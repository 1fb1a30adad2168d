//! Rate limits: which rule a request falls under, and whether it still may pass.
//!
//! One rule counts for a request: the first that fits one of its labels. A rule whose label ends
//! in a slash fits all paths below it. What is used is kept in the store, for all instances.

use crate::answer::{Refusal, Refused, went_wrong};
use crate::store::Db;
use crate::store::collections::Collection;
use crate::store::limits::{self, Rule};
use crate::{caller, clock};
use axum::http::{HeaderMap, Method, StatusCode};
use std::net::IpAddr;

/// What is known of a request when its limit is checked.
pub struct Asked<'a> {
    /// Its method.
    pub method: &'a Method,
    /// Its path.
    pub path: &'a str,
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its query.
    pub query: &'a str,
    /// Where it comes from.
    pub ip: IpAddr,
}

/// Refuses a request to a collection if its limit is used up. Each route has a limit of its own.
pub async fn check_call(db: &mut Db, asked: &Asked<'_>, collection: &Collection) -> Refused<()> {
    let route = asked.path.rsplit('/').next().unwrap_or_default();
    let actions = actions(route);
    let of = |owner: &str| -> Vec<String> {
        let label = |action: &&str| format!("{owner}:{action}");
        actions.iter().map(label).collect()
    };
    let labels = [of(&collection.name), of("*"), asked.labels().into()].concat();
    let counted = |_: &Rule| format!("{route} {}", collection.id);
    check(db, asked, &labels, counted).await
}

/// Refuses a request to no collection if the limit of its path is used up.
pub async fn check_path(db: &mut Db, asked: &Asked<'_>) -> Refused<()> {
    check(db, asked, &asked.labels(), |rule| rule.label.clone()).await
}

async fn check(
    db: &mut Db,
    asked: &Asked<'_>,
    labels: &[String],
    counted: impl Fn(&Rule) -> String,
) -> Refused<()> {
    let rules = limits::rules(db).await.map_err(went_wrong)?;
    let Some(rule) = fitting(&rules, labels) else {
        return Ok(());
    };
    if caller::is_superuser(db, asked.headers, asked.query)
        .await
        .map_err(went_wrong)?
    {
        return Ok(());
    }
    let name = format!("rate {} {}", counted(rule), asked.ip);
    let taken = limits::take(
        db,
        &name,
        rule.max_requests,
        rule.duration,
        clock::seconds(),
    );
    if taken.await.map_err(went_wrong)? {
        return Ok(());
    }
    Err(too_many())
}

/// What a request is told whose limit is used up.
pub fn too_many() -> Refusal {
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests.")
}

impl Asked<'_> {
    /// The labels of its path.
    fn labels(&self) -> [String; 2] {
        let (method, path) = (self.method, self.path);
        [format!("{method} {path}"), path.to_owned()]
    }
}

/// What a call is called in labels, with its group last.
fn actions(route: &str) -> &'static [&'static str] {
    match route {
        "bind-token" => &["bindToken", "auth"],
        "unbind-token" => &["unbindToken", "auth"],
        "auth-with-token" => &["authWithToken", "auth"],
        "auth-with-password" => &["authWithPassword", "auth"],
        "auth-with-otp" => &["authWithOTP", "auth"],
        "request-otp" => &["requestOTP"],
        "auth-refresh" => &["authRefresh"],
        "auth-methods" => &["listAuthMethods"],
        _ => &[],
    }
}

/// The rule for the first of the labels that has one.
fn fitting<'a>(rules: &'a [Rule], labels: &[String]) -> Option<&'a Rule> {
    labels.iter().find_map(|label| {
        let exact = rules.iter().find(|rule| rule.label == *label);
        let below = |rule: &&Rule| {
            rule.label.ends_with('/') && format!("{label}/").starts_with(&rule.label)
        };
        exact.or_else(|| rules.iter().find(below))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(rules: &[&str], labels: &[&str]) -> Option<String> {
        let rule = |label: &&str| Rule {
            label: (*label).to_owned(),
            max_requests: 1,
            duration: 1,
        };
        let rules: Vec<Rule> = rules.iter().map(rule).collect();
        let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
        fitting(&rules, &labels).map(|rule| rule.label.clone())
    }

    #[test]
    fn the_first_label_with_a_rule_counts() {
        let labels = [
            "users:bindToken",
            "users:auth",
            "*:bindToken",
            "*:auth",
            "POST /api/x",
            "/api/x",
        ];
        for (rules, expected) in [
            (&["*:auth", "users:auth"][..], Some("users:auth")),
            (&["/api/", "*:auth"], Some("*:auth")),
            (&["/api/"], Some("/api/")),
            (&["POST /api/", "/api/x"], Some("POST /api/")),
            (&["/api/x", "/api/"], Some("/api/x")),
            (&["/api/x/"], Some("/api/x/")),
            (&["/api", "other:auth", "GET /api/x"], None),
            (&[], None),
        ] {
            assert_eq!(chosen(rules, &labels).as_deref(), expected, "{rules:?}");
        }
    }
}
