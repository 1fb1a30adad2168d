//! Base URLs, and the request targets built from them.

use std::net::Ipv6Addr;

use bosauth::fuzzing::{base_url, target, target_of_path};
use bosauth::input;

use super::strings;

/// The last segments of the calls' paths.
const CALLS: [&str; 7] = [
    "bind-token",
    "unbind-token",
    "auth-with-token",
    "auth-with-password",
    "request-otp",
    "auth-with-otp",
    "auth-refresh",
];

/// Builds request targets from a base URL, a collection or path, an MFA id, and names and values of a query, separated
/// by NULs.
pub fn paths(data: &[u8]) {
    let Some(strings) = strings(data) else { return };
    let url = strings[0];
    let Some(prefix) = check_origin(url) else {
        return;
    };
    let (Some(&collection), rest) = (strings.get(1), strings.get(2..).unwrap_or_default()) else {
        return;
    };
    let mfa_id = rest.first().filter(|id| input::mfa_id(id).is_ok());
    let pairs = rest.get(1..).unwrap_or_default().chunks_exact(2);
    let query: Vec<(String, String)> = pairs
        .filter(|pair| input::query(pair[0], pair[1]).is_ok())
        .map(|pair| (pair[0].into(), pair[1].into()))
        .collect();
    check_any_path(url, prefix, collection, &query);
    if input::collection(collection).is_err() {
        return;
    }
    for call in CALLS {
        let (target, address) = target(url, collection, call, &query, mfa_id.copied())
            .expect("the base URL was accepted before");
        let path = format!("{prefix}/api/collections/");
        check_path(&target, &path, collection, call);
        check_query(&target, &query, mfa_id.copied());
        check_address(url, &address);
    }
}

/// Checks which paths are accepted, and that their targets are the base URL's path and then the path.
fn check_any_path(url: &str, prefix: &str, path: &str, query: &[(String, String)]) {
    let is_accepted = input::path(path).is_ok();
    assert_eq!(is_accepted, stays_below_base(path), "{path}");
    if is_accepted {
        let (target, address) =
            target_of_path(url, path, query).expect("the base URL was accepted before");
        let sent = target.split('?').next();
        assert_eq!(sent, Some(&*format!("{prefix}{path}")));
        check_query(&target, query, None);
        check_address(url, &address);
    }
}

/// Whether a path is well-formed and stays below its base, however often it is decoded.
pub fn stays_below_base(path: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:%/".contains(c);
    let Some(segments) = path.strip_prefix('/') else {
        return false;
    };
    path.len() <= 2048
        && path.chars().all(is_allowed)
        && percent_decoded(path).is_some()
        && segments
            .split('/')
            .all(|segment| is_inside(segment.as_bytes()))
}

/// Whether a segment and what it decodes to are names of something below.
fn is_inside(segment: &[u8]) -> bool {
    let is_separator = |&b: &u8| matches!(b, b'/' | b'\\' | ..b' ' | 0x7f);
    let end = segment.iter().position(|b| b";?#".contains(b));
    let name = String::from_utf8_lossy(&segment[..end.unwrap_or(segment.len())]);
    if segment.iter().any(is_separator) || ["", ".", ".."].contains(&name.trim_matches(' ')) {
        return false;
    }
    let decoded: Vec<u8> = percent_encoding::percent_decode(segment).collect();
    if decoded == segment {
        return std::str::from_utf8(segment).is_ok();
    }
    is_inside(&decoded)
}

/// Checks scheme, host and port of a base URL, if it is accepted, and returns its path.
fn check_origin(url: &str) -> Option<&str> {
    let (is_https, parsed_host, parsed_port, shown) = base_url(url)?;
    let (scheme, rest) = url.split_once("://").expect("an accepted URL has a scheme");
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    assert!(!authority.contains('@'), "{url} has user-info");
    assert_eq!(is_https, scheme.eq_ignore_ascii_case("https"));

    let last_colon = authority.rfind(':').filter(|_| !authority.ends_with(']'));
    let (name, port) = authority.split_at(last_colon.unwrap_or(authority.len()));
    let default = if is_https { 443 } else { 80 };
    let port = port.strip_prefix(':').map_or(Ok(default), str::parse);
    assert_eq!(Ok(parsed_port), port, "{url}");

    let bare = name.trim_matches(['[', ']']);
    let host = match bare.parse::<Ipv6Addr>() {
        Ok(address) => address.to_string(),
        Err(_) => name.to_ascii_lowercase(),
    };
    assert_eq!(parsed_host, host, "{url}");
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b".-_:".contains(&b);
    assert!(host.bytes().all(is_plain), "{url}");

    let shown_host = shown
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .strip_suffix(':')
        .filter(|_| parsed_port != default);
    let shown_host = shown_host.unwrap_or(&shown);
    assert_eq!(shown_host.trim_matches(['[', ']']), host, "{url}");
    Some(path.strip_suffix('/').unwrap_or(path))
}

/// Checks that every parser splits the target into the segments of the call, without a fragment.
fn check_path(target: &str, start: &str, collection: &str, call: &str) {
    let is_safe = |b: u8| b.is_ascii_graphic() && !b"#\\\"<>".contains(&b);
    assert!(target.bytes().all(is_safe), "{target}");
    let path = target.split('?').next().unwrap_or_default();
    let own = path
        .strip_prefix(start)
        .expect("the base URL's path is first");
    let (segment, last) = own.split_once('/').expect("a collection and a call");
    assert_eq!(last, call);
    assert_ne!(segment, ".");
    assert_ne!(segment, "..");
    assert_eq!(
        percent_decoded(segment).as_deref(),
        Some(collection.as_bytes())
    );
    for segment in path.split('/').skip(1) {
        let decoded = percent_decoded(segment).expect("complete percent escapes");
        let is_dots = [&b"."[..], b"..", b""].contains(&decoded.as_slice());
        assert!(!is_dots && !decoded.contains(&b'/'), "{target}");
    }
}

fn check_query(target: &str, expected: &[(String, String)], mfa_id: Option<&str>) {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let sent: Vec<(Vec<u8>, Vec<u8>)> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| {
            let decoded = |part| percent_decoded(part).expect("complete percent escapes");
            (decoded(name), decoded(value))
        })
        .collect();
    let owned = |name: &str, value: &str| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
    let expected = expected.iter().map(|(name, value)| owned(name, value));
    let expected: Vec<_> = expected
        .chain(mfa_id.map(|id| owned("mfaId", id)))
        .collect();
    assert_eq!(sent, expected, "{target}");
    assert_eq!(query.split('&').count(), expected.len().max(1), "{target}");
}

/// The address that errors show has no query, and names the same server.
fn check_address(url: &str, address: &str) {
    assert!(!address.contains('?'), "{address}");
    if address.len() <= 2048 {
        let (_, host, _, authority) = base_url(url).expect("it was accepted before");
        let shown = base_url(address).expect("an address is a base URL");
        assert_eq!(shown.3, authority, "{address}");
        assert_eq!(shown.1, host, "{address}");
    }
}

/// Decodes each `%XX`; `None` if a percent sign is not followed by two digits.
fn percent_decoded(string: &str) -> Option<Vec<u8>> {
    let mut parts = string.split('%');
    let mut decoded = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let digits = part.get(..2).filter(|digits| !digits.contains('+'))?;
        decoded.push(u8::from_str_radix(digits, 16).ok()?);
        decoded.extend(&part.as_bytes()[2..]);
    }
    Some(decoded)
}
