//! Base URLs, and the request targets made from them.

use std::net::Ipv6Addr;

use super::plain::{percent_decoded, texts};
use crate::input;
use crate::protocol::endpoint::Endpoint;
use crate::protocol::paths::BaseUrl;

/// Makes request targets from a base URL, a collection, an MFA id, and names and values of a query, with a
/// NUL between all of them.
pub fn paths(data: &[u8]) {
    let Some(texts) = texts(data) else { return };
    let Ok(base) = BaseUrl::parse(texts[0]) else {
        return;
    };
    let prefix = check_origin(texts[0], &base);
    let (Some(&collection), rest) = (texts.get(1), texts.get(2..).unwrap_or_default()) else {
        return;
    };
    if input::collection(collection).is_err() {
        return;
    }
    let mfa_id = rest.first().filter(|id| input::mfa_id(id).is_ok());
    let given = rest.get(1..).unwrap_or_default().chunks_exact(2);
    let query: Vec<(String, String)> = given
        .filter(|pair| input::query(pair[0], pair[1]).is_ok())
        .map(|pair| (pair[0].into(), pair[1].into()))
        .collect();
    for endpoint in [
        Endpoint::BIND_TOKEN,
        Endpoint::UNBIND_TOKEN,
        Endpoint::AUTH_WITH_TOKEN,
    ] {
        let target = base.target(collection, endpoint, &query, mfa_id.copied());
        let path = format!("{prefix}/api/collections/");
        check_path(&target, &path, collection, endpoint.path());
        check_query(&target, &query, mfa_id.copied());
        check_address(&base, &target);
    }
}

/// Checks scheme, host and port against the text they were read from, and gives the path in front of ours.
fn check_origin<'a>(text: &'a str, base: &BaseUrl) -> &'a str {
    let (scheme, rest) = text
        .split_once("://")
        .expect("an accepted URL has a scheme");
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    assert!(!authority.contains('@'), "{text} holds user-info");
    assert_eq!(base.is_https(), scheme.eq_ignore_ascii_case("https"));

    let last_colon = authority.rfind(':').filter(|_| !authority.ends_with(']'));
    let (name, port) = authority.split_at(last_colon.unwrap_or(authority.len()));
    let default = if base.is_https() { 443 } else { 80 };
    let port = port.strip_prefix(':').map_or(Ok(default), str::parse);
    assert_eq!(Ok(base.port()), port, "{text}");

    let bare = name.trim_matches(['[', ']']);
    let host = match bare.parse::<Ipv6Addr>() {
        Ok(address) => address.to_string(),
        Err(_) => name.to_ascii_lowercase(),
    };
    assert_eq!(base.host(), host, "{text}");
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b".-_:".contains(&b);
    assert!(host.bytes().all(is_plain), "{text}");

    let shown_host = base
        .authority()
        .trim_end_matches(|c: char| c.is_ascii_digit());
    let shown_host = shown_host
        .strip_suffix(':')
        .filter(|_| base.port() != default);
    let shown_host = shown_host.unwrap_or(base.authority());
    assert_eq!(shown_host.trim_matches(['[', ']']), host, "{text}");
    path.strip_suffix('/').unwrap_or(path)
}

/// Whether no server and no parser takes the target for more than one word, or for a fragment.
fn check_path(target: &str, start: &str, collection: &str, word: &str) {
    let is_safe = |b: u8| b.is_ascii_graphic() && !b"#\\\"<>".contains(&b);
    assert!(target.bytes().all(is_safe), "{target}");
    let path = target.split('?').next().unwrap_or_default();
    let own = path
        .strip_prefix(start)
        .expect("the base URL's path is first");
    let (segment, last) = own.split_once('/').expect("a collection and a word");
    assert_eq!(last, word);
    assert_ne!(segment, ".");
    assert_ne!(segment, "..");
    assert_eq!(
        percent_decoded(segment).as_deref(),
        Some(collection.as_bytes())
    );
    for segment in path.split('/').skip(1) {
        let decoded = percent_decoded(segment).expect("whole percent escapes");
        let climbs = [&b"."[..], b"..", b""].contains(&decoded.as_slice());
        assert!(!climbs && !decoded.contains(&b'/'), "{target}");
    }
}

fn check_query(target: &str, given: &[(String, String)], mfa_id: Option<&str>) {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let sent: Vec<(Vec<u8>, Vec<u8>)> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| {
            let decoded = |text| percent_decoded(text).expect("whole percent escapes");
            (decoded(name), decoded(value))
        })
        .collect();
    let owned = |name: &str, value: &str| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
    let given = given.iter().map(|(name, value)| owned(name, value));
    let expected: Vec<_> = given.chain(mfa_id.map(|id| owned("mfaId", id))).collect();
    assert_eq!(sent, expected, "{target}");
    assert_eq!(query.split('&').count(), expected.len().max(1), "{target}");
}

/// What is shown of the address means the same server, and holds nothing of the query.
fn check_address(base: &BaseUrl, target: &str) {
    let address = base.address(target);
    assert!(!address.contains('?'), "{address}");
    if address.len() <= 2048 {
        let again = BaseUrl::parse(&address).expect("what is shown can be given again");
        assert_eq!(again.authority(), base.authority(), "{address}");
        assert_eq!(again.host(), base.host(), "{address}");
    }
}
