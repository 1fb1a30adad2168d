//! The internals that the fuzzers in `fuzz/core` check, as plain functions. Not part of the API: compiled only for
//! tests and with `--cfg fuzzing`, which `cargo fuzz` sets. The checks are in `fuzz/core/src`.

use std::time::{Duration, UNIX_EPOCH};

use crate::http::Request;
use crate::protocol::endpoint::Endpoint;
use crate::protocol::json::UNLIMITED;
use crate::protocol::paths::BaseUrl;
use crate::protocol::responses::{self, RequestInfo, ResponseView};
use crate::protocol::{bodies, record};
use crate::secret::Secret;
use crate::session::text;
use crate::{Error, Session};

pub use crate::http::fuzzing::parse_response;

/// Parses a base URL into: is it https, host, port, and authority.
pub fn base_url(url: &str) -> Option<(bool, String, u16, String)> {
    let url = BaseUrl::parse(url).ok()?;
    let (host, authority) = (url.host().into(), url.authority().into());
    Some((url.is_https(), host, url.port(), authority))
}

/// Returns the request target of a call, which is the last segment of its path, and its address as errors show it.
pub fn target(
    base_url: &str,
    collection: &str,
    call: &'static str,
    query: &[(String, String)],
    mfa_id: Option<&str>,
) -> Option<(String, String)> {
    let base_url = BaseUrl::parse(base_url).ok()?;
    let target = base_url.target(collection, Endpoint(call), query, mfa_id);
    let address = base_url.address(&target);
    Some((target, address))
}

/// Returns the request target of a path, and its address as errors show it.
pub fn target_of_path(
    base_url: &str,
    path: &str,
    query: &[(String, String)],
) -> Option<(String, String)> {
    let base_url = BaseUrl::parse(base_url).ok()?;
    let target = base_url.target_of_path(path, query);
    let address = base_url.address(&target);
    Some((target, address))
}

/// Serializes a request to `http://example.com/api`.
pub fn request(method: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Vec<u8> {
    let request = Request {
        method,
        target: "/api",
        host: "example.com",
        headers: headers.to_vec(),
        body,
        idempotent: true,
    };
    let serialized = request.serialize();
    [serialized.start.as_slice(), serialized.rest].concat()
}

/// Returns the body of a call with these fields and extra fields.
pub fn body(fields: &[(&str, &str)], extra: Option<&str>) -> Vec<u8> {
    bodies::object(fields, extra).as_slice().into()
}

/// Returns true if `json` may be kept as a record.
pub fn is_record(json: &str) -> bool {
    record::check(json, UNLIMITED).is_ok()
}

/// Returns a session without checking its parts.
pub fn session(token: &str, record: &str) -> Session {
    Session::new(&"http://localhost".into(), Secret::new(token), record, "")
}

/// Reads the text of a session of the server at `base_url`: token, record and meta, and the text that is written for it.
pub fn read_session(base_url: &str, session: &str) -> Result<([String; 3], String), String> {
    let session = text::read(session, &base_url.into()).map_err(|reason| reason.to_string())?;
    let fields = [session.token(), session.record_json(), session.meta_json()];
    Ok((fields.map(str::to_owned), session.export().expose().into()))
}

/// Parses the response to a call into the fields that the call returns, or an error that shows none of `secrets`.
/// `headers` are Content-Type and Retry-After; `has_fields` means that the query has `fields`.
pub fn outcome(
    call: &'static str,
    has_fields: bool,
    status: u16,
    [content_type, retry_after]: [&str; 2],
    body: &[u8],
    secrets: &[&str],
) -> Result<Vec<(&'static str, String)>, Error> {
    let response = ResponseView {
        status,
        content_type,
        retry_after,
        body,
    };
    let endpoint = Endpoint(call);
    let result = match call {
        "bind-token" | "unbind-token" => {
            responses::no_content(&response, UNLIMITED).map(|()| vec![])
        }
        "request-otp" => {
            responses::otp_id(&response, UNLIMITED).map(|otp_id| vec![("otpId", otp_id)])
        }
        "" => responses::success(&response, UNLIMITED).map(|()| vec![]),
        _ => responses::login(&response, UNLIMITED).map(|login| {
            let (token, record) = (login.token.expose().into(), login.record_json.into());
            vec![
                ("token", token),
                ("record", record),
                ("meta", login.meta_json.into()),
            ]
        }),
    };
    let json_error = match result {
        Ok(fields) => return Ok(fields),
        Err(json_error) => json_error,
    };
    let request = RequestInfo {
        endpoint,
        is_head: false,
        had_fields: has_fields,
        secrets,
    };
    // The date in RFC 9110's examples.
    let now = UNIX_EPOCH + Duration::from_secs(784_111_777);
    let report = responses::error(&request, &response, json_error, now, UNLIMITED);
    Err(report.expect("no check stops it").into())
}
