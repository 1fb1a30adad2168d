//! The claims of session tokens.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bosauth::fuzzing::session;

use super::json::{Fields, is_object};

/// Parses `data` as a token, and as the payload of a token.
pub fn jwt(data: &[u8]) {
    if let Ok(token) = std::str::from_utf8(data) {
        check(token);
    }
    let payload = URL_SAFE_NO_PAD.encode(data);
    for padding in ["", "=", "==", "==="] {
        check(&format!("e30.{payload}{padding}.c2ln"));
    }
}

fn check(token: &str) {
    let session = session(token, "");
    let claims = payload(token).and_then(|bytes| claims(&bytes));
    let expiries = claims.as_ref().map_or([None; 2], |claims| claims.expiries);
    let expiry = session.expires_at();
    assert!(expiries.contains(&expiry), "{expiry:?}: {token}");
    let is_valid_at = |now| claims.is_some() && expiry.is_none_or(|expiry| expiry > now);

    let before = now();
    let is_valid = session.is_valid();
    let expected = [is_valid_at(before), is_valid_at(now())];
    assert!(expected.contains(&is_valid), "valid {is_valid}: {token}");
    let collection = claims.and_then(|claims| claims.collection);
    let is_superuser = collection.as_deref() == Some("pbc_3142635823");
    assert_eq!(session.is_superuser(), is_superuser, "{token}");
}

fn now() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH);
    elapsed.map_or(0, |elapsed| elapsed.as_secs()) as i64
}

/// The collection that a token names.
pub(super) fn collection(token: &str) -> Option<String> {
    claims(&payload(token)?)?.collection
}

struct Claims {
    /// The expiry. The second is one second less for a number that a float cannot represent, which rounds.
    expiries: [Option<i64>; 2],
    collection: Option<String>,
}

fn claims(payload: &[u8]) -> Option<Claims> {
    let fields = Fields::of(payload).filter(|_| is_object(payload, 512))?;
    if ["exp", "id", "collectionId"]
        .iter()
        .any(|name| fields.count(name) > 1)
    {
        return None;
    }
    let collection = fields.value("collectionId").unwrap_or_default();
    let number = fields.raw("exp").unwrap_or_default();
    let fraction = || Some(number.parse::<f64>().ok()? as i64);
    let seconds = number.parse::<i64>().ok().or_else(fraction);
    let rounded = i64::from(number.len() > 15);
    let in_range =
        |seconds: Option<i64>| seconds.filter(|seconds| (1..=253_402_300_799).contains(seconds));
    Some(Claims {
        expiries: [seconds, seconds.map(|seconds| seconds - rounded)].map(in_range),
        collection: collection.as_str().map(str::to_owned),
    })
}

/// Decodes the second of exactly three parts from base64url, bit by bit.
fn payload(token: &str) -> Option<Vec<u8>> {
    let parts: Vec<&str> = token.split('.').collect();
    let &[_, middle, _] = parts.as_slice() else {
        return None;
    };
    let digits = middle.trim_end_matches('=');
    let is_padding_fit = middle.len() - digits.len() <= (4 - digits.len() % 4) % 4;
    if digits.len() % 4 == 1 || !is_padding_fit {
        return None;
    }
    let (mut bits, mut count, mut bytes) = (0, 0, Vec::new());
    for digit in digits.bytes() {
        bits = bits << 6 | base64url_digit(digit)?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
}

fn base64url_digit(digit: u8) -> Option<u32> {
    let value = match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    };
    Some(value.into())
}
