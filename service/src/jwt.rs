//! Login tokens: JWTs signed with HS256, with BosBase's claims.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// The lifetime of a token: 100 years of 365 days.
const LIFETIME_SECONDS: i64 = 100 * 365 * 24 * 60 * 60;

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// The claims, in the order in which they are serialized.
#[derive(Serialize, Deserialize)]
pub struct Claims {
    /// The id of the account's collection.
    #[serde(rename = "collectionId")]
    pub collection_id: String,
    /// The expiry, in seconds since 1970.
    pub exp: i64,
    /// The id of the account.
    pub id: String,
    /// Whether a refresh returns a new token.
    pub refreshable: bool,
    /// The purpose of the token; `auth` for a login.
    #[serde(rename = "type")]
    pub kind: String,
}

impl Claims {
    /// Returns the claims of a login. `now` is in seconds since 1970.
    pub fn for_login(collection_id: &str, id: &str, now: i64) -> Self {
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

/// Decodes the claims of a token without verifying its signature: see [`verify`].
pub fn claims(token: &str) -> Option<Claims> {
    let mut parts = token.split('.');
    let payload = parts.nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

/// Returns whether `token` was signed by [`sign`] with `key`.
pub fn verify(token: &str, key: &str) -> bool {
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
        Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC accepts a key of any length");
    mac.update(signed.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn token_verifies_with_its_own_key_only() {
        let token = sign(&Claims::for_login("c", "i", 0), "key").unwrap();
        assert!(verify(&token, "key"));
        assert!(!verify(&token, "other"));
        let claims = claims(&token).unwrap();
        assert_eq!((claims.id.as_str(), claims.exp), ("i", LIFETIME_SECONDS));
    }

    #[test]
    fn changed_token_does_not_verify() {
        let token = sign(&Claims::for_login("c", "i", 0), "key").unwrap();
        let (_, rest) = token.split_once('.').unwrap();
        let unsigned = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#));
        assert!(!verify(&unsigned, "key"));
        for token in ["", ".", "..", "a.b.c", "not.a.jwt"] {
            assert!(!verify(token, "key"), "{token}");
            assert!(claims(token).is_none(), "{token}");
        }
    }
}
