//! The tokens of a login: HS256, made and checked, with the claims of BosBase.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// A login lasts a hundred years of 365 days.
pub const LIFETIME_SECONDS: i64 = 100 * 365 * 24 * 60 * 60;

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// What a token says; the members stand in the order in which they are written.
#[derive(Serialize, Deserialize)]
pub struct Claims {
    /// The collection of the account.
    #[serde(rename = "collectionId")]
    pub collection_id: String,
    /// The second since 1970 at which the token ends.
    pub exp: i64,
    /// The account.
    pub id: String,
    /// Whether a refresh gives a new token.
    pub refreshable: bool,
    /// What the token is for.
    #[serde(rename = "type")]
    pub kind: String,
}

impl Claims {
    /// The claims of a login made now.
    pub fn of_login(collection_id: &str, id: &str, now: i64) -> Self {
        Self {
            collection_id: collection_id.to_owned(),
            exp: now + LIFETIME_SECONDS,
            id: id.to_owned(),
            refreshable: false,
            kind: "auth".to_owned(),
        }
    }
}

/// Signs `claims` with `key`.
pub fn sign(claims: &Claims, key: &str) -> Result<String, serde_json::Error> {
    let payload = serde_json::to_vec(claims)?;
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(HEADER),
        URL_SAFE_NO_PAD.encode(payload)
    );
    let signature = URL_SAFE_NO_PAD.encode(mac(&signed, key).finalize().into_bytes());
    Ok(format!("{signed}.{signature}"))
}

/// What a token claims to say. Its signature is not looked at: see [`is_genuine`].
pub fn claims(token: &str) -> Option<Claims> {
    let mut parts = token.split('.');
    let payload = parts.nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

/// Whether `token` was signed with `key` in the one way that is used here.
pub fn is_genuine(token: &str, key: &str) -> bool {
    let Some((signed, signature)) = token.rsplit_once('.') else {
        return false;
    };
    let header = signed.split('.').next().unwrap_or_default();
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else {
        return false;
    };
    header == URL_SAFE_NO_PAD.encode(HEADER) && mac(signed, key).verify_slice(&signature).is_ok()
}

fn mac(signed: &str, key: &str) -> Hmac<Sha256> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(signed.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_signed_token_is_genuine_with_its_own_key_only() {
        let token = sign(&Claims::of_login("c", "i", 0), "key").unwrap();
        assert!(is_genuine(&token, "key"));
        assert!(!is_genuine(&token, "other"));
        let read = claims(&token).unwrap();
        assert_eq!((read.id.as_str(), read.exp), ("i", LIFETIME_SECONDS));
    }

    #[test]
    fn a_changed_or_foreign_token_is_not_genuine() {
        let token = sign(&Claims::of_login("c", "i", 0), "key").unwrap();
        let (_, rest) = token.split_once('.').unwrap();
        let unsigned = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#));
        assert!(!is_genuine(&unsigned, "key"));
        for text in ["", ".", "..", "a.b.c", "not.a.jwt"] {
            assert!(!is_genuine(text, "key"), "{text}");
            assert!(claims(text).is_none(), "{text}");
        }
    }
}
