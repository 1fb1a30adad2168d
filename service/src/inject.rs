//! Middleware that injects faults which an HTTP response can express. The others are injected by
//! [`FaultStream`](crate::faults::FaultStream).

use crate::app::App;
use crate::faults::{Fault, Kind, When, gzip};
use crate::response::{ApiError, INTERNAL_ERROR};
use crate::{body, limits};
use axum::RequestExt;
use axum::body::Body;
use axum::extract::{Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::time::Duration;

/// The message of the response to a call that was not executed.
const NOT_EXECUTED: &str = "An injected fault: this call was not executed.";

const PAGE: &str = "<!doctype html>\n<title>Welcome</title>\n<p>Please log in to this network.\n";

/// Handles a request to `call`, with the fault that applies to it, if any.
pub async fn inject(app: &App, call: &str, mut request: Request, next: Next) -> Response {
    let path = request.extract_parts::<Path<Vec<String>>>().await.ok();
    let collection = path.as_ref().and_then(|Path(names)| names.first());
    match app.faults.take(call, collection.map(String::as_str)) {
        Some(fault) => apply(fault, request, next).await,
        None => next.run(request).await,
    }
}

/// Handles a request with a fault. The fault is stored in the response's extensions.
async fn apply(fault: Fault, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    // Read even if the call is not executed: closing a connection with unread data resets it.
    let body = match body::read_body(body).await {
        Ok(body) => body,
        Err(error) => return error.into_response(),
    };
    let target = parts.uri.to_string();
    let echo = serialize_request(&parts, &body);
    let response = match fault.when {
        // Only the handler determines which errors precede the search for a binding.
        _ if fault.kind == Kind::NewServer => {
            parts.extensions.insert(fault);
            next.run(Request::from_parts(parts, Body::from(body))).await
        }
        When::Before => {
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, NOT_EXECUTED).into_response()
        }
        When::After => next.run(Request::from_parts(parts, Body::from(body))).await,
    };
    let mut response = corrupt(fault, response, &target, echo).await;
    response.extensions_mut().insert(fault);
    response
}

fn serialize_request(parts: &Parts, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{} {} HTTP/1.1\r\n", parts.method, parts.uri).into_bytes();
    for (name, value) in &parts.headers {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    bytes
}

/// Replaces or changes a response. `target` and `echo` are the request's target and bytes.
async fn corrupt(fault: Fault, response: Response, target: &str, echo: Vec<u8>) -> Response {
    let number = fault.parameter.unwrap_or_default();
    match fault.kind {
        Kind::Delay => {
            tokio::time::sleep(Duration::from_millis(number)).await;
            response
        }
        Kind::Gzip => compress(response).await,
        Kind::HugeHead => {
            let padding = "x".repeat(number as usize);
            with_header(response, HeaderName::from_static("x-padding"), &padding)
        }
        Kind::RateLimited => {
            let response = limits::too_many_requests().into_response();
            match fault.parameter {
                Some(seconds) => with_header(response, header::RETRY_AFTER, &seconds.to_string()),
                None => response,
            }
        }
        Kind::ServerError => ApiError::new(status(number), INTERNAL_ERROR).into_response(),
        Kind::Redirect => with_header(status(number).into_response(), header::LOCATION, target),
        Kind::Html => with_type(number, "text/html; charset=utf-8", PAGE),
        Kind::WrongContentType => with_header(response, header::CONTENT_TYPE, "text/plain"),
        Kind::Echo => with_type(number, "text/plain", echo),
        _ => response,
    }
}

/// The status of a fault. Its range is checked when the fault is added.
fn status(number: u64) -> StatusCode {
    let number = u16::try_from(number).ok();
    let status = number.and_then(|number| StatusCode::from_u16(number).ok());
    status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn with_type(number: u64, content_type: &'static str, body: impl Into<Body>) -> Response {
    let headers = [(header::CONTENT_TYPE, content_type)];
    (status(number), headers, body.into()).into_response()
}

fn with_header(mut response: Response, name: HeaderName, value: &str) -> Response {
    // Values are request targets, numbers and constants, which are valid.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

/// Encodes the body of a response, if it has one, with gzip.
async fn compress(response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    let body = body::collect(body).await;
    head.headers.remove(header::CONTENT_LENGTH);
    let body = if body.is_empty() {
        Body::empty()
    } else {
        Body::from(gzip::encode(&body))
    };
    let response = Response::from_parts(head, body);
    with_header(response, header::CONTENT_ENCODING, "gzip")
}
