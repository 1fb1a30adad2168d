//! Who sends a request, by the login token that comes with it.

use crate::store::Db;
use crate::store::accounts::{self, Account};
use crate::store::collections::{self, Collection};
use crate::{clock, jwt, query};
use axum::http::{HeaderMap, header};
use serde_json::Value;

/// A login that is still good.
pub struct Login {
    /// The collection it is a login to.
    pub collection: Collection,
    /// Whose it is.
    pub account: Account,
    /// Its token, as it was sent.
    pub token: String,
}

/// The login that comes with a request. A token that is not valid makes nobody anybody.
pub async fn login(db: &mut Db, headers: &HeaderMap, query: &str) -> sqlx::Result<Option<Login>> {
    let Some(token) = sent_token(headers, query) else {
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
    let is_good = claims.kind == "auth"
        && claims.exp > clock::seconds()
        && jwt::is_genuine(&token, &account.signing_key(&collection));
    Ok(is_good.then_some(Login {
        collection,
        account,
        token,
    }))
}

/// Whether a superuser sends this request.
pub async fn is_superuser(db: &mut Db, headers: &HeaderMap, query: &str) -> sqlx::Result<bool> {
    let login = login(db, headers, query).await?;
    Ok(login.is_some_and(|login| login.collection.is_superusers()))
}

/// The token of the Authorization header or, without one, of the query or of the cookie.
fn sent_token(headers: &HeaderMap, query: &str) -> Option<String> {
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
    // A plus is a plus here: only the percent signs of the cookie are an encoding.
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
    fn the_token_is_found_where_bosbase_looks() {
        let cookie = ("cookie", "a=b; pb_auth=%7B%22token%22%3A%22c+c%22%7D");
        for (sent, query, token) in [
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
            assert_eq!(sent_token(&headers(&sent), query).as_deref(), token);
        }
    }
}
