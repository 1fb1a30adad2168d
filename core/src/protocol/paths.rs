//! The base URL, and the request targets under it.

use std::net::Ipv6Addr;
use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::endpoint::Endpoint;
use crate::error::{Error, Status};

/// The longest base URL, in bytes.
const URL_MAX: usize = 2048;
/// The longest path of a request, in bytes.
pub const PATH_MAX: usize = 2048;

/// All but the unreserved characters of RFC 3986. Safe in a path segment and in a query.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The base URL of a server: scheme, host, port and an optional path before `/api`.
#[derive(Clone, Debug)]
pub(crate) struct BaseUrl {
    https: bool,
    host: String,
    port: u16,
    authority: String,
    prefix: String,
    url: Arc<str>,
}

impl BaseUrl {
    /// Parses a base URL. No message contains the URL: it may hold a password.
    pub fn parse(url: &str) -> Result<BaseUrl, Error> {
        parse(url).map_err(|reason| {
            let message = format!("the base URL {reason}");
            Error::bad_argument(Status::InvalidArgument, "base_url", message)
        })
    }

    /// Whether requests use TLS.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// The host's name or address in lower case; IPv6 without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The value of the Host header: IPv6 in brackets, the default port omitted.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The whole URL in one form: lower case, without a default port and without a slash at its end.
    pub fn url(&self) -> &Arc<str> {
        &self.url
    }

    /// Advice for a path prefix that is probably a mistake. It is accepted, since a server may have any prefix, and shown
    /// if the server does not know the paths below it.
    pub fn advice(&self) -> Option<&'static str> {
        let last = self.prefix.rsplit('/').next();
        if self.prefix.contains("/api/") {
            Some("the base URL continues after /api: end it before /api, which every call appends")
        } else if last == Some("api") {
            Some("the base URL ends in /api: leave /api out, since every call appends it")
        } else if last == Some("_") {
            Some("the base URL ends in /_/, the address of the server's dashboard: leave /_/ out")
        } else {
            None
        }
    }

    /// The request target of a call. `mfaId` is last in its query.
    pub fn target(
        &self,
        collection: &str,
        endpoint: Endpoint,
        query: &[(String, String)],
        mfa_id: Option<&str>,
    ) -> String {
        let fixed = "/api/collections//".len() + self.prefix.len() + endpoint.path().len();
        let mut target = String::with_capacity(fixed + collection.len());
        target.push_str(&self.prefix);
        target.push_str("/api/collections/");
        target.extend(encode(collection));
        target.push('/');
        target.push_str(endpoint.path());
        push_query(&mut target, query, mfa_id);
        target
    }

    /// The request target of a path that [`check_path`] accepts.
    pub fn target_of_path(&self, path: &str, query: &[(String, String)]) -> String {
        let mut target = format!("{}{path}", self.prefix);
        push_query(&mut target, query, None);
        target
    }

    /// The URL of a request target without its query. It may be shown.
    pub fn address(&self, target: &str) -> String {
        let scheme = scheme_name(self.https);
        let path = target.split('?').next().unwrap_or_default();
        format!("{scheme}://{}{path}", self.authority)
    }
}

fn push_query(target: &mut String, query: &[(String, String)], mfa_id: Option<&str>) {
    let query = query
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let mut separator = '?';
    for (name, value) in query.chain(mfa_id.map(|id| ("mfaId", id))) {
        target.push(separator);
        target.extend(encode(name));
        target.push('=');
        target.extend(encode(value));
        separator = '&';
    }
}

fn encode(value: &str) -> percent_encoding::PercentEncode<'_> {
    utf8_percent_encode(value, ENCODED)
}

/// What is wrong with a base URL or a path, and what to write. Continues "the base URL" and "path".
pub(crate) type Reason = &'static str;

const BAD_IPV6: Reason = "has an invalid IPv6 address: write it as https://[2001:db8::1]:8443";

fn parse(url: &str) -> Result<BaseUrl, Reason> {
    check_characters(url)?;
    let (scheme, rest) = url.split_once("://").ok_or_else(|| no_scheme(url))?;
    let https = is_https(scheme)?;
    if rest.contains("://") {
        return Err("has http:// or https:// twice: write it once");
    }
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if authority.contains('@') {
        return Err("has user-info before an @: leave it out and log in with a call");
    }
    let (name, port) = split_port(authority)?;
    let host = parse_host(name)?;
    let port = port.map_or(Ok(default_port(https)), parse_port)?;
    let prefix = parse_prefix(path)?.to_owned();
    let authority = write_authority(&host, port, https);
    Ok(BaseUrl {
        url: format!("{}://{authority}{prefix}", scheme_name(https)).into(),
        authority,
        https,
        host,
        port,
        prefix,
    })
}

fn no_scheme(url: &str) -> Reason {
    let (start, rest) = url.split_at_checked(4).unwrap_or((url, ""));
    let rest = rest.trim_start_matches(['s', 'S']);
    if start.eq_ignore_ascii_case("http") && rest.starts_with([':', '/', ';']) {
        return "must have :// after http or https, as in http://localhost:8090";
    }
    "does not start with http:// or https://: write it as http://localhost:8090 or https://api.example.com"
}

/// Checks the size, and for characters that no part of a base URL may have.
fn check_characters(url: &str) -> Result<(), Reason> {
    if url.is_empty() {
        return Err("is empty: write it as https://api.example.com");
    }
    if url.len() > URL_MAX {
        return Err("is longer than 2048 bytes");
    }
    if url.trim() != url {
        return Err("has a space or a line end at its start or end: remove it");
    }
    if !url.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(
            "has a space, a control or a non-ASCII character: write an internationalized name as xn--…",
        );
    }
    if url.contains('\\') {
        return Err("has a backslash: write it with slashes, as https://api.example.com");
    }
    if url.contains("/_/#") {
        return Err(
            "is the address of the server's dashboard: end it before /_/, as in http://localhost:8090",
        );
    }
    if url.contains(['?', '#']) {
        return Err("has a query or a fragment: end it before the ? or #");
    }
    Ok(())
}

fn is_https(scheme: &str) -> Result<bool, Reason> {
    match scheme.to_ascii_lowercase().as_str() {
        "https" => Ok(true),
        "http" => Ok(false),
        "ws" => Err("must start with http://, not ws://"),
        "wss" => Err("must start with https://, not wss://"),
        _ => Err("must start with https:// or http://, as https://api.example.com"),
    }
}

fn scheme_name(https: bool) -> &'static str {
    if https { "https" } else { "http" }
}

fn default_port(https: bool) -> u16 {
    if https { 443 } else { 80 }
}

/// Splits at the colon before the port, which is not a colon of an IPv6 address.
fn split_port(authority: &str) -> Result<(&str, Option<&str>), Reason> {
    let name_end = if authority.starts_with('[') {
        authority.find(']').map(|at| at + 1)
    } else if authority.matches(':').count() > 1 {
        return Err(
            "has more than one colon in its host: write an IPv6 address in brackets, as in \
             http://[::1]:8090, and one port",
        );
    } else {
        authority.find(':')
    };
    let (name, rest) = authority.split_at(name_end.unwrap_or(authority.len()));
    match (rest, rest.strip_prefix(':')) {
        ("", _) => Ok((name, None)),
        (_, Some(port)) => Ok((name, Some(port))),
        _ => Err(BAD_IPV6),
    }
}

fn parse_port(port: &str) -> Result<u16, Reason> {
    let is_number = (1..=5).contains(&port.len()) && port.bytes().all(|b| b.is_ascii_digit());
    match port.parse() {
        Ok(port @ 1..) if is_number => Ok(port),
        _ => {
            Err("has an invalid port: write a number from 1 to 65535, or no colon for the default")
        }
    }
}

fn parse_host(name: &str) -> Result<String, Reason> {
    if let Some(literal) = name.strip_prefix('[') {
        let address = literal.strip_suffix(']').and_then(|ip| ip.parse().ok());
        return address.map(|ip: Ipv6Addr| ip.to_string()).ok_or(BAD_IPV6);
    }
    let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b".-_".contains(&b);
    if name.is_empty() {
        return Err("has no host: write it as https://api.example.com");
    }
    if !name.bytes().all(is_allowed) {
        return Err(
            "has an invalid host: only letters, digits, dots, hyphens and underscores are allowed",
        );
    }
    if name.starts_with('.') || name.contains("..") {
        return Err("has an empty label between the dots of its host");
    }
    Ok(name.to_ascii_lowercase())
}

fn write_authority(host: &str, port: u16, https: bool) -> String {
    let name = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    if port == default_port(https) {
        name
    } else {
        format!("{name}:{port}")
    }
}

/// Returns the path before `/api`, without a slash at its end.
fn parse_prefix(path: &str) -> Result<&str, Reason> {
    let path = path.strip_suffix('/').unwrap_or(path);
    path.split('/').skip(1).try_for_each(check_segment)?;
    Ok(path)
}

/// Checks the path of a request: it stays below the base URL, however often a server decodes it.
pub(crate) fn check_path(path: &str) -> Result<(), Reason> {
    if path.len() > PATH_MAX {
        return Err("is longer than 2048 bytes");
    }
    let Some(segments) = path.strip_prefix('/') else {
        return Err("does not start with a slash: write it as /api/health");
    };
    if path.contains(['?', '#']) {
        return Err("has a query or a fragment: add query parameters as options");
    }
    if path.contains('@') {
        return Err("has an @: write it as %40");
    }
    segments.split('/').try_for_each(check_path_segment)
}

const DOT_SEGMENT: Reason =
    "has an empty, . or .. path segment: write the path as the server has it";

/// Checks a segment of a base URL, whose path the app chooses as a whole.
fn check_segment(segment: &str) -> Result<(), Reason> {
    check_segment_characters(segment)?;
    let decoded: Vec<u8> = percent_decode_str(segment).collect();
    if matches!(&*decoded, b"" | b"." | b"..") {
        return Err(DOT_SEGMENT);
    }
    if decoded.iter().any(|b| b"/\\\0".contains(b)) {
        return Err("has an encoded slash, backslash or NUL in a path segment");
    }
    Ok(())
}

/// Checks a segment of a path, which may contain values of users.
fn check_path_segment(segment: &str) -> Result<(), Reason> {
    check_segment_characters(segment)?;
    let decoded = fully_decoded(segment);
    if decoded
        .iter()
        .any(|b| b"/\\".contains(b) || b.is_ascii_control())
    {
        return Err("has an encoded slash, backslash or control character in a path segment");
    }
    // Some servers ignore parameters, and spaces at an end. A question mark ends the path of a URL.
    let name = decoded.split(|b| b";?#".contains(b)).next();
    if matches!(name.unwrap_or_default().trim_ascii(), b"" | b"." | b"..") {
        return Err(DOT_SEGMENT);
    }
    // Overlong forms of a dot or slash are not UTF-8.
    if std::str::from_utf8(&decoded).is_err() {
        return Err("has percent escapes in a path segment that are not UTF-8");
    }
    Ok(())
}

fn check_segment_characters(segment: &str) -> Result<(), Reason> {
    let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@%".contains(&b);
    if !segment.bytes().all(is_allowed) || has_bare_percent(segment) {
        return Err("has a character in a path segment that must be percent-encoded");
    }
    Ok(())
}

/// Decodes the percent escapes of a segment, those of which the percent sign is an escape itself included.
fn fully_decoded(segment: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(segment.len());
    for byte in segment.bytes() {
        decoded.push(byte);
        // A decoded byte may complete another escape.
        while let Some(byte) = last_escape(&decoded) {
            decoded.truncate(decoded.len() - 3);
            decoded.push(byte);
        }
    }
    decoded
}

/// The byte of the escape at the end.
fn last_escape(bytes: &[u8]) -> Option<u8> {
    let &[b'%', high, low] = bytes.last_chunk::<3>()? else {
        return None;
    };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// Whether a percent sign is not followed by two hex digits.
fn has_bare_percent(segment: &str) -> bool {
    let is_hex = |b: Option<&u8>| b.is_some_and(u8::is_ascii_hexdigit);
    let mut after_percent = segment.split('%').skip(1).map(str::as_bytes);
    after_percent.any(|rest| !is_hex(rest.first()) || !is_hex(rest.get(1)))
}

#[cfg(test)]
mod tests;
