//! The claims of a session token. The signature is not verified: only the server can do so.

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::json::{self, DEPTH_MAX, UNLIMITED};

/// The last second of the year 9999.
const EXPIRY_MAX: i64 = 253_402_300_799;

/// base64url with or without padding. Trailing bits are accepted, as by the server.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The claims that the library uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Claims {
    /// Whether the token is a JWT (RFC 7519).
    pub readable: bool,
    /// `exp` in whole Unix seconds, 1 to 253402300799; otherwise `None`.
    pub expires_at: Option<i64>,
    /// The account.
    pub id: Option<String>,
    /// The collection of the account.
    pub collection_id: Option<String>,
}

/// Parses the claims of `token`. They are not `readable` if it is not a JWT.
pub(crate) fn claims(token: &str) -> Claims {
    let mut parts = token.split('.');
    let (Some(_), Some(payload), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Claims::default();
    };
    read(payload).unwrap_or_default()
}

fn read(payload: &str) -> Option<Claims> {
    let mut bytes = Zeroizing::new(vec![0; base64::decoded_len_estimate(payload.len())]);
    let length = BASE64URL.decode_slice(payload, &mut bytes).ok()?;
    let claims = std::str::from_utf8(&bytes[..length]).ok()?;
    let (mut exp, mut id, mut collection_id) = (Vec::new(), Vec::new(), Vec::new());
    json::fields(claims, DEPTH_MAX, UNLIMITED, |name, value| {
        if name.is("exp") {
            exp.push(value);
        } else if name.is("id") {
            id.push(value);
        } else if name.is("collectionId") {
            collection_id.push(value);
        }
    })
    .ok()?;
    // Names must be unique (RFC 7519 §4).
    if [&exp, &id, &collection_id]
        .iter()
        .any(|claim| claim.len() > 1)
    {
        return None;
    }
    Some(Claims {
        readable: true,
        expires_at: exp.pop().and_then(seconds),
        id: id.pop().and_then(json::string),
        collection_id: collection_id.pop().and_then(json::string),
    })
}

/// Parses a NumericDate (RFC 7519 §2), a JSON number, in whole seconds. A fraction is truncated, so that the session
/// expires early rather than late. In integers: the standard library's parser of floats is 16 KB, and rounds.
fn seconds(value: &str) -> Option<i64> {
    let (mantissa, exponent) = value.split_once(['e', 'E']).unwrap_or((value, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let point = exponent.parse::<i64>().ok()?;
    let point = point.checked_add(i64::try_from(whole.len()).ok()?)?;
    let mut digits = whole.bytes().chain(fraction.bytes());
    let mut seconds = 0_i64;
    for _ in 0..point {
        let digit = match digits.next() {
            Some(digit) => char::from(digit).to_digit(10)?,
            None if seconds == 0 => return None,
            None => 0,
        };
        seconds = seconds.checked_mul(10)?.checked_add(digit.into())?;
    }
    (1..=EXPIRY_MAX).contains(&seconds).then_some(seconds)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use base64::engine::general_purpose::{URL_SAFE as PADDED, URL_SAFE_NO_PAD as BARE};

    use super::*;

    fn jwt(payload: &str) -> String {
        format!("e30.{}.c2ln", BARE.encode(payload))
    }

    #[test]
    fn every_length_is_decoded_with_and_without_padding() {
        for filler in 0..64 {
            let payload = format!(
                r#"{{"exp":4949092214,"collectionId":"c{}"}}"#,
                "ÿ".repeat(filler)
            );
            for engine in [PADDED, BARE] {
                let claims = claims(&format!("e30.{}.c2ln", engine.encode(&payload)));
                assert!(claims.readable, "{filler}");
                assert_eq!(claims.expires_at, Some(4_949_092_214));
                assert_eq!(claims.collection_id.unwrap().len(), 1 + 2 * filler);
            }
        }
    }

    #[test]
    fn every_length_of_ascii_is_decoded() {
        for filler in 0..64 {
            let payload = format!(r#"{{"x":"{}"}}"#, "~".repeat(filler));
            assert!(claims(&jwt(&payload)).readable, "{filler}");
        }
    }

    #[test]
    fn expiry_has_limits() {
        for (exp, expected) in [
            ("0", None),
            ("1", Some(1)),
            ("-1", None),
            ("4949092214", Some(4_949_092_214)),
            ("253402300799", Some(EXPIRY_MAX)),
            ("253402300800", None),
            ("9223372036854775807", None),
            ("9223372036854775808", None),
            ("1e300", None),
            ("-1e300", None),
            ("1e999", None),
            ("1700000000.0", Some(1_700_000_000)),
            ("1.7e9", Some(1_700_000_000)),
            ("1700000000.9", Some(1_700_000_000)),
            ("0.9", None),
            ("17e+8", Some(1_700_000_000)),
            ("17000000000000E-4", Some(1_700_000_000)),
            ("0.00017e13", Some(1_700_000_000)),
            ("1700000000.99999999999999", Some(1_700_000_000)),
            ("253402300799.99999999999", Some(EXPIRY_MAX)),
            ("0.99999999999999999999", None),
            ("0e9223372036854775807", None),
            ("0.1e9223372036854775807", None),
            ("1e-9223372036854775808", None),
            ("1e99999999999999999999", None),
            ("\"4949092214\"", None),
            ("null", None),
            ("true", None),
            ("[1]", None),
        ] {
            let claims = claims(&jwt(&format!(r#"{{"exp":{exp}}}"#)));
            assert!(claims.readable, "{exp}");
            assert_eq!(claims.expires_at, expected, "{exp}");
        }
        assert_eq!(claims(&jwt("{}")).expires_at, None);
    }

    #[test]
    fn invalid_jwts_are_unreadable() {
        let good = BARE.encode("{}");
        for bad in [
            String::new(),
            "..".into(),
            "opaque".into(),
            format!("e30.{good}"),
            format!("e30.{good}.x.y"),
            jwt("[]"),
            jwt("[1,\"c\"]"),
            jwt("\"x\""),
            jwt("{} x"),
            jwt("{\"exp\":1,\"exp\":2}"),
            jwt("{\"id\":\"a\",\"id\":\"a\"}"),
            format!("e30.{good}A.x"),
            "e30.+/+/.x".into(),
        ] {
            assert_eq!(claims(&bad), Claims::default(), "{bad}");
        }
    }

    #[test]
    fn ids_are_strings() {
        let ids = |payload: &str| {
            let claims = claims(&jwt(payload));
            (claims.id, claims.collection_id)
        };
        assert_eq!(ids(r#"{"id":5,"collectionId":null}"#), (None, None));
        let (id, collection_id) = ids(r#"{"collectionId":"pbc_1","id":"r1"}"#);
        assert_eq!(id.as_deref(), Some("r1"));
        assert_eq!(collection_id.as_deref(), Some("pbc_1"));
    }
}
