//! Addresses: the base URL an app gives, and the request targets made from it.

use std::net::Ipv6Addr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::endpoint::Endpoint;
use crate::error::{Error, Status};

/// The longest base URL, in bytes.
const URL_MAX: usize = 2048;

/// Everything but RFC 3986's unreserved characters: safe in a path segment and in a query.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A server's address: scheme, host, port and perhaps a path in front of `/api`.
#[derive(Clone, Debug)]
pub(crate) struct BaseUrl {
    https: bool,
    host: String,
    port: u16,
    authority: String,
    prefix: String,
}

impl BaseUrl {
    /// Reads a base URL. No message repeats the text: it may hold a password.
    pub fn parse(text: &str) -> Result<BaseUrl, Error> {
        plain(text)?;
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| refused(without_scheme(text)))?;
        let https = is_https(scheme)?;
        if rest.contains("://") {
            return refuse("the base URL has http:// or https:// twice; write it once");
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.contains('@') {
            return refuse(
                "the base URL holds user-info before an @; leave it out and log in with a call",
            );
        }
        let (name, port) = split_port(authority)?;
        let host = host(name)?;
        let port = port.map_or(Ok(default_port(https)), read_port)?;
        let prefix = prefix(path)?.to_owned();
        Ok(BaseUrl {
            authority: write_authority(&host, port, https),
            https,
            host,
            port,
            prefix,
        })
    }

    /// Whether requests go over TLS.
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

    /// Host and port as the Host header has them: IPv6 in brackets, the default port left out.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// What a path prefix is likely to be by mistake. It is accepted, since a server can be anywhere; where the server
    /// does not know the paths below it, this says what to try.
    pub fn advice(&self) -> Option<&'static str> {
        let last = self.prefix.rsplit('/').next();
        if self.prefix.contains("/api/") {
            Some(
                "the base URL goes on after /api: end it before /api, which every call adds itself",
            )
        } else if last == Some("api") {
            Some("the base URL ends in /api: leave /api out, since every call adds it itself")
        } else if last == Some("_") {
            Some("the base URL ends in /_/, the address of the server's dashboard: leave /_/ out")
        } else {
            None
        }
    }

    /// The request target of a collection's call, `mfaId` last in its query.
    pub fn target(
        &self,
        collection: &str,
        endpoint: Endpoint,
        query: &[(String, String)],
        mfa_id: Option<&str>,
    ) -> String {
        let mut target = format!(
            "{}/api/collections/{}/{}",
            self.prefix,
            encode(collection),
            endpoint.path()
        );
        let given = query
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let mut separator = '?';
        for (name, value) in given.chain(mfa_id.map(|id| ("mfaId", id))) {
            target.push(separator);
            target.extend(encode(name));
            target.push('=');
            target.extend(encode(value));
            separator = '&';
        }
        target
    }

    /// The whole address of a request target, without its query: it may be shown.
    pub fn address(&self, target: &str) -> String {
        let scheme = if self.https { "https" } else { "http" };
        let path = target.split('?').next().unwrap_or_default();
        format!("{scheme}://{}{path}", self.authority)
    }
}

fn encode(text: &str) -> percent_encoding::PercentEncode<'_> {
    utf8_percent_encode(text, ENCODED)
}

/// What is wrong with a base URL without `://`.
fn without_scheme(text: &str) -> &'static str {
    let start = text.get(..4).unwrap_or_default();
    let rest = text
        .get(4..)
        .unwrap_or_default()
        .trim_start_matches(['s', 'S']);
    if start.eq_ignore_ascii_case("http") && rest.starts_with([':', '/', ';']) {
        return "after http or https the base URL must go on with ://, as in http://localhost:8090";
    }
    "http:// or https:// is missing at the start of the base URL; write it as http://localhost:8090 or \
     https://api.example.com"
}

fn refused(message: &str) -> Error {
    Error::bad_argument(Status::InvalidArgument, "base_url", message)
}

fn refuse<T>(message: &str) -> Result<T, Error> {
    Err(refused(message))
}

/// Sizes and characters that no part of a base URL may have.
fn plain(text: &str) -> Result<(), Error> {
    if text.is_empty() {
        return refuse("the base URL is empty; write it as https://api.example.com");
    }
    if text.len() > URL_MAX {
        return refuse("the base URL is longer than 2048 bytes");
    }
    if text.trim() != text {
        return refuse("the base URL has a space or a line end at its start or its end; remove it");
    }
    if !text.bytes().all(|b| b.is_ascii_graphic()) {
        return refuse(
            "the base URL holds a space, a control or a non-ASCII character; write a foreign name as xn--…",
        );
    }
    if text.contains('\\') {
        return refuse(
            "the base URL holds a backslash; write it with slashes, as https://api.example.com",
        );
    }
    if text.contains("/_/#") {
        return refuse(
            "the base URL is the address of the server's dashboard; end it before /_/, as in \
             http://localhost:8090",
        );
    }
    if text.contains(['?', '#']) {
        return refuse("the base URL has a query or a fragment; end it before the ? or #");
    }
    Ok(())
}

fn is_https(scheme: &str) -> Result<bool, Error> {
    match scheme {
        _ if scheme.eq_ignore_ascii_case("https") => Ok(true),
        _ if scheme.eq_ignore_ascii_case("http") => Ok(false),
        _ if scheme.eq_ignore_ascii_case("ws") => {
            refuse("the base URL must begin with http://, not ws://")
        }
        _ if scheme.eq_ignore_ascii_case("wss") => {
            refuse("the base URL must begin with https://, not wss://")
        }
        _ => refuse("the base URL must begin with https:// or http://, as https://api.example.com"),
    }
}

fn default_port(https: bool) -> u16 {
    if https { 443 } else { 80 }
}

/// Splits at the colon in front of the port, which is not one of an IPv6 address's.
fn split_port(authority: &str) -> Result<(&str, Option<&str>), Error> {
    let name_end = if authority.starts_with('[') {
        authority.find(']').map(|at| at + 1)
    } else if authority.matches(':').count() > 1 {
        return refuse(
            "the base URL's host has more than one colon; write an IPv6 address in brackets, as in \
             http://[::1]:8090, and one port",
        );
    } else {
        authority.find(':')
    };
    let (name, rest) = authority.split_at(name_end.unwrap_or(authority.len()));
    match (rest, rest.strip_prefix(':')) {
        ("", _) => Ok((name, None)),
        (_, Some(port)) => Ok((name, Some(port))),
        _ => refuse("the base URL's IPv6 address must be like https://[2001:db8::1]:8443"),
    }
}

fn read_port(text: &str) -> Result<u16, Error> {
    let digits = (1..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse() {
        Ok(port @ 1..) if digits => Ok(port),
        _ => refuse(
            "the base URL's port must be a number from 1 to 65535; leave out the colon for the default",
        ),
    }
}

fn host(name: &str) -> Result<String, Error> {
    if let Some(literal) = name.strip_prefix('[') {
        let address: Option<Ipv6Addr> =
            literal.strip_suffix(']').and_then(|text| text.parse().ok());
        let address = address.ok_or_else(|| {
            refused("the base URL's IPv6 address must be like https://[2001:db8::1]:8443")
        })?;
        return Ok(address.to_string());
    }
    if name.is_empty() {
        return refuse("the base URL has no host; write it as https://api.example.com");
    }
    if !name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b))
    {
        return refuse(
            "the base URL's host must be made of letters, digits, dots, hyphens and underscores",
        );
    }
    if name.starts_with('.') || name.contains("..") {
        return refuse("the base URL's host has an empty part between its dots");
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

/// The path in front of `/api`, without a slash at its end.
fn prefix(path: &str) -> Result<&str, Error> {
    let path = path.strip_suffix('/').unwrap_or(path);
    for segment in path.split('/').skip(1) {
        check_segment(segment)?;
    }
    Ok(path)
}

fn check_segment(segment: &str) -> Result<(), Error> {
    let decoded: Vec<u8> = percent_decode_str(segment).collect();
    if decoded.is_empty() || decoded == b"." || decoded == b".." {
        return refuse(
            "the base URL's path has an empty, . or .. part; write the path as the server knows it",
        );
    }
    if decoded.iter().any(|b| b"/\\\0".contains(b)) {
        return refuse("the base URL's path holds an encoded slash, backslash or NUL");
    }
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@%".contains(&b);
    if !segment.bytes().all(allowed) || has_bare_percent(segment) {
        return refuse("the base URL's path holds a character that must be percent-encoded");
    }
    Ok(())
}

/// Whether a percent sign is not the start of two hex digits.
fn has_bare_percent(segment: &str) -> bool {
    let is_hex = |b: Option<&u8>| b.is_some_and(u8::is_ascii_hexdigit);
    let after_percent = segment.split('%').skip(1).map(str::as_bytes);
    after_percent
        .into_iter()
        .any(|rest| !is_hex(rest.first()) || !is_hex(rest.get(1)))
}

#[cfg(test)]
#[path = "paths_tests.rs"]
mod tests;
