//! The control endpoint. It rejects requests from browsers and other machines.

use crate::app::App;
use crate::response::{ApiError, ApiResult, internal_error, json_response};
use crate::seed::ApplyError;
use crate::{control, json};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use bytes::Bytes;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Executes the command in the body.
pub async fn control(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> ApiResult {
    if !is_local_program(peer.ip(), &headers) {
        return Err(ApiError::forbidden(
            "The control endpoint accepts requests from programs on this machine only.",
        ));
    }
    let command = json::parse(&body)
        .map_err(|error| ApiError::bad_request(format!("invalid JSON: {error}")))?;
    match control::execute(&app, command).await {
        Ok(None) => Ok(StatusCode::NO_CONTENT.into_response()),
        Ok(Some(value)) => Ok(json_response(StatusCode::OK, &value)),
        Err(ApplyError::Invalid(reason)) => Err(ApiError::bad_request(reason)),
        Err(ApplyError::Store(error)) => Err(internal_error(error)),
    }
}

/// The response if control is disabled.
pub async fn disabled() -> ApiError {
    ApiError::not_found(
        "The control endpoint is disabled: start bosbase-local with --control (in Rust: Config::control).",
    )
}

/// Whether the request comes from this machine, and not from a browser. A web page can make a
/// browser send a request here, under a name that it resolves to this machine (DNS rebinding); it
/// cannot make the browser omit `Origin` and also send a loopback host. `Sec-Fetch-Mode` is not
/// checked, since Node's `fetch` sends it too.
fn is_local_program(peer: IpAddr, headers: &HeaderMap) -> bool {
    let from_browser = headers.contains_key(header::ORIGIN)
        || headers.contains_key("sec-fetch-site")
        || headers.contains_key("sec-fetch-dest");
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    peer.to_canonical().is_loopback() && !from_browser && host.is_some_and(is_loopback_host)
}

fn is_loopback_host(host: &str) -> bool {
    if let Ok(address) = host.parse::<SocketAddr>() {
        return address.ip().is_loopback();
    }
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_loopback_host;

    #[test]
    fn loopback_hosts_are_recognized() {
        for host in [
            "127.0.0.1:8090",
            "127.0.0.1",
            "127.9.9.9",
            "localhost",
            "LOCALHOST:1",
            "[::1]:8090",
            "[::1]",
        ] {
            assert!(is_loopback_host(host), "{host}");
        }
        for host in [
            "",
            "example.com",
            "127.0.0.1.example.com",
            "localhost.example.com:80",
            "10.0.0.1:80",
            "0.0.0.0",
            "[::2]:80",
            "127.0.0.1:x",
        ] {
            assert!(!is_loopback_host(host), "{host}");
        }
    }
}
