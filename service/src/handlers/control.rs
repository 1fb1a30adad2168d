//! control: steps from outside the token API, for tests only. No browser may take one.

use crate::answer::{Outcome, Refusal, json_answer, went_wrong};
use crate::seed::Problem;
use crate::{App, json, steps};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use bytes::Bytes;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Carries out the step in the body.
pub async fn control(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Bytes,
) -> Outcome {
    if !is_local_program(peer.ip(), &headers) {
        return Err(Refusal::forbidden(
            "The control address is for programs on this machine.",
        ));
    }
    let step = json::read(&body).map_err(|error| Refusal::bad(format!("no JSON: {error}")))?;
    match steps::carry_out(&app, step).await {
        Ok(None) => Ok(StatusCode::NO_CONTENT.into_response()),
        Ok(Some(value)) => Ok(json_answer(StatusCode::OK, &value)),
        Err(Problem::Refused(reason)) => Err(Refusal::bad(reason)),
        Err(Problem::Store(error)) => Err(went_wrong(error)),
    }
}

/// Says how the control address is opened.
pub async fn closed() -> Refusal {
    Refusal::not_found(
        "The control address is closed: start bosbase-local with --control (in Rust: Config.control).",
    )
}

/// Whether the request comes from this machine and from no browser. A page on the web can send
/// a browser here, under a name that it makes lead to this machine; it cannot make the browser
/// leave out `Origin` and at the same time name a loopback host. (`Sec-Fetch-Mode` alone says
/// nothing: the `fetch` of Node sends it, too.)
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
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_loopback_host;

    #[test]
    fn only_names_of_this_machine_are_loopback_hosts() {
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
