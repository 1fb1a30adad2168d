//! Rate limits: which rule applies to a request, and whether the limit is reached.
//!
//! One rule applies to a request: the first that matches one of its labels. A rule whose label
//! ends in a slash matches all paths below it. The counts are in the store, for all instances.

use crate::response::{ApiError, ApiResult};
use crate::store::Db;
use crate::store::collections::Collection;
use crate::store::limits::{self, Rule};
use crate::{auth, clock};
use axum::http::{HeaderMap, Method, StatusCode};
use std::net::IpAddr;

/// The parts of a request that its rate limit depends on.
pub struct RequestInfo<'a> {
    pub method: &'a Method,
    pub path: &'a str,
    pub headers: &'a HeaderMap,
    pub query: &'a str,
    /// The client's address.
    pub ip: IpAddr,
}

/// Fails if the rate limit of a request to a collection is reached. Each route is counted
/// separately.
pub async fn check_call(
    db: &mut Db,
    request: &RequestInfo<'_>,
    collection: &Collection,
) -> ApiResult<()> {
    let actions = request.actions();
    let labels_of = |owner: &str| -> Vec<String> {
        let label = |action: &&str| format!("{owner}:{action}");
        actions.iter().map(label).collect()
    };
    let labels = [
        labels_of(&collection.name),
        labels_of("*"),
        request.labels().into(),
    ]
    .concat();
    let key = |_: &Rule| format!("{} {}", actions.join(" "), collection.id);
    check(db, request, &labels, key).await
}

/// Fails if the rate limit of a request without a collection is reached.
pub async fn check_path(db: &mut Db, request: &RequestInfo<'_>) -> ApiResult<()> {
    check(db, request, &request.labels(), |rule| rule.label.clone()).await
}

async fn check(
    db: &mut Db,
    request: &RequestInfo<'_>,
    labels: &[String],
    key: impl Fn(&Rule) -> String,
) -> ApiResult<()> {
    let rules = limits::rules(db).await?;
    let Some(rule) = find_rule(&rules, labels) else {
        return Ok(());
    };
    if auth::is_superuser(db, request.headers, request.query).await? {
        return Ok(());
    }
    let name = format!("rate {} {}", key(rule), request.ip);
    let is_allowed = limits::consume(
        db,
        &name,
        rule.max_requests,
        rule.duration,
        clock::seconds(),
    );
    if is_allowed.await? {
        return Ok(());
    }
    Err(too_many_requests())
}

/// The error when a rate limit is reached.
pub fn too_many_requests() -> ApiError {
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests.")
}

impl RequestInfo<'_> {
    fn labels(&self) -> [String; 2] {
        let (method, path) = (self.method, self.path);
        [format!("{method} {path}"), path.to_owned()]
    }

    /// Returns the actions of a request to a collection in labels, its group last.
    fn actions(&self) -> &'static [&'static str] {
        // After `/api/collections/{collection}/`.
        let mut segments = self.path.split('/').skip(4);
        let call = segments.next().unwrap_or_default();
        match (call, segments.next(), self.method.as_str()) {
            ("bind-token", ..) => &["bindToken", "auth"],
            ("unbind-token", ..) => &["unbindToken", "auth"],
            ("auth-with-token", ..) => &["authWithToken", "auth"],
            ("auth-with-password", ..) => &["authWithPassword", "auth"],
            ("auth-with-otp", ..) => &["authWithOTP", "auth"],
            ("request-otp", ..) => &["requestOTP"],
            ("request-email-change", ..) => &["requestEmailChange"],
            ("auth-refresh", ..) => &["authRefresh"],
            ("auth-methods", ..) => &["listAuthMethods"],
            ("records", None, "POST") => &["create"],
            ("records", None, _) => &["list"],
            ("records", Some(_), "PATCH") => &["update"],
            ("records", Some(_), "DELETE") => &["delete"],
            ("records", Some(_), _) => &["view"],
            _ => &[],
        }
    }
}

/// Returns the rule for the first label that has one.
fn find_rule<'a>(rules: &'a [Rule], labels: &[String]) -> Option<&'a Rule> {
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

    fn find(rules: &[&str], labels: &[&str]) -> Option<String> {
        let rule = |label: &&str| Rule {
            label: (*label).to_owned(),
            max_requests: 1,
            duration: 1,
        };
        let rules: Vec<Rule> = rules.iter().map(rule).collect();
        let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
        find_rule(&rules, &labels).map(|rule| rule.label.clone())
    }

    #[test]
    fn first_label_with_a_rule_applies() {
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
            assert_eq!(find(rules, &labels).as_deref(), expected, "{rules:?}");
        }
    }
}
