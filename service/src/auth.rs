//! The login token of a request, and the account it authenticates.

use crate::store::Db;
use crate::store::accounts::{self, Account};
use crate::store::collections::{self, Collection};
use crate::{clock, jwt, query, rule};
use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};

/// A valid login.
pub struct Login {
    pub collection: Collection,
    pub account: Account,
    /// The token as received.
    pub token: String,
}

/// Who views records.
pub struct Viewer {
    /// The id of the account, empty for a guest.
    pub id: String,
    pub is_superuser: bool,
}

impl Viewer {
    /// The viewer that is logged in to the account `id` of `collection`.
    pub fn new(collection: &Collection, id: &str) -> Self {
        Self {
            id: id.to_owned(),
            is_superuser: collection.is_superusers(),
        }
    }

    /// Returns whether a rule for records allows access to `record`. An invalid rule does not.
    pub fn satisfies(&self, rule: Option<&String>, record: &Map<String, Value>) -> bool {
        let evaluate = |rule: &String| rule::evaluate_for(Some(&self.id), rule, record) == Ok(true);
        self.is_superuser || rule.is_some_and(evaluate)
    }

    /// Returns the record of an account with the fields that are visible to the viewer.
    pub fn visible(&self, collection: &Collection, account: &Account) -> Map<String, Value> {
        let mut record = account.to_json(collection);
        if !(self.is_superuser || account.email_visibility || account.id == self.id) {
            record.remove("email");
        }
        record
    }
}

/// Returns the viewer that sends a request.
pub async fn viewer(db: &mut Db, headers: &HeaderMap, query: &str) -> sqlx::Result<Viewer> {
    let login = login(db, headers, query).await?;
    Ok(match login {
        Some(login) => Viewer::new(&login.collection, &login.account.id),
        None => Viewer {
            id: String::new(),
            is_superuser: false,
        },
    })
}

/// Returns the login of a request, or `None` if it has no valid token.
pub async fn login(db: &mut Db, headers: &HeaderMap, query: &str) -> sqlx::Result<Option<Login>> {
    let Some(token) = token(headers, query) else {
        return Ok(None);
    };
    let Some(claims) = jwt::claims(&token) else {
        return Ok(None);
    };
    let Some(collection) = collections::by_id(db, &claims.collection_id).await? else {
        return Ok(None);
    };
    let Some(account) = accounts::by_id(db, &collection.id, &claims.id).await? else {
        return Ok(None);
    };
    let is_valid = claims.kind == "auth"
        && claims.exp > clock::seconds()
        && jwt::verify(&token, &account.signing_key(&collection));
    Ok(is_valid.then_some(Login {
        collection,
        account,
        token,
    }))
}

/// Returns whether a request has a superuser's login.
pub async fn is_superuser(db: &mut Db, headers: &HeaderMap, query: &str) -> sqlx::Result<bool> {
    Ok(viewer(db, headers, query).await?.is_superuser)
}

/// Returns the token of the `Authorization` header or, without that header, of the query or of the
/// cookie.
fn token(headers: &HeaderMap, query: &str) -> Option<String> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let value = value.to_str().ok()?;
        return Some(value.strip_prefix("Bearer ").unwrap_or(value).to_owned());
    }
    query::first(query, "token").or_else(|| cookie_token(headers))
}

fn cookie_token(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    let value = cookies
        .split(';')
        .find_map(|cookie| cookie.trim().strip_prefix("pb_auth="))?;
    // Unlike in a form, `+` is not an encoded space.
    let pair = format!("v={}", value.replace('+', "%2B"));
    let (_, json) = form_urlencoded::parse(pair.as_bytes()).next()?;
    let cookie: Value = serde_json::from_str(&json).ok()?;
    cookie["token"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
        let parsed = list
            .iter()
            .map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap()));
        parsed.collect()
    }

    #[test]
    fn token_is_found_where_bosbase_searches() {
        let cookie = ("cookie", "a=b; pb_auth=%7B%22token%22%3A%22c+c%22%7D");
        for (request, query, expected) in [
            (vec![("authorization", "j.w.t")], "token=q", Some("j.w.t")),
            (vec![("authorization", "Bearer j.w.t")], "", Some("j.w.t")),
            (
                vec![("authorization", "bearer j.w.t")],
                "",
                Some("bearer j.w.t"),
            ),
            (vec![cookie], "a=1&token=q", Some("q")),
            (vec![cookie], "", Some("c+c")),
            (vec![("cookie", "pb_auth=x")], "", None),
            (vec![], "", None),
        ] {
            assert_eq!(token(&headers(&request), query).as_deref(), expected);
        }
    }
}
