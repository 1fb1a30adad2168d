//! The login token of a request, and the account it authenticates.

use crate::store::Db;
use crate::store::accounts::{self, Account};
use crate::store::collections::{self, Collection};
use crate::{clock, jwt, query};
use axum::http::{HeaderMap, header};
use serde_json::Value;

/// A valid login.
pub struct Login {
    pub collection: Collection,
    pub account: Account,
    /// The token as received.
    pub token: String,
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
    let login = login(db, headers, query).await?;
    Ok(login.is_some_and(|login| login.collection.is_superusers()))
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
