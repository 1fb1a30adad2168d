//! What a fault makes of a request and of its answer, as far as an answer can say it. What only
//! the bytes on the connection can say is left to `wire`.

use super::kinds::{Fault, Kind, When};
use super::{gzip, whole};
use crate::answer::{Refusal, WENT_WRONG};
use crate::{App, call, limits};
use axum::RequestExt;
use axum::body::Body;
use axum::extract::{Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::time::Duration;

/// What is answered in the place of a call that is not carried out.
const NOT_DONE: &str = "A fault was ordered: this call was not carried out.";

const PAGE: &str = "<!doctype html>\n<title>Welcome</title>\n<p>Please log in to this network.\n";

/// Answers a request to a call of the API, with the fault that it meets if there is one.
pub async fn around(app: &App, call: &str, mut request: Request, next: Next) -> Response {
    let collection = request.extract_parts::<Path<String>>().await.ok();
    let collection = collection.as_ref().map(|Path(name)| name.as_str());
    match app.faults.meet(call, collection) {
        Some(fault) => play(fault, request, next).await,
        None => next.run(request).await,
    }
}

/// Answers a request that meets a fault. The answer holds the fault, for those who come after.
async fn play(fault: Fault, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    // Also where nothing is carried out: if a connection is closed with something unread, the
    // client finds a reset, whatever the fault.
    let body = match call::whole(body).await {
        Ok(body) => body,
        Err(refusal) => return refusal.into_response(),
    };
    let sent = Sent::new(&parts, &body);
    let answer = match fault.when {
        // Only the call itself knows what a new server would find wrong before it looks for bindings.
        _ if fault.kind == Kind::NewServer => {
            parts.extensions.insert(fault);
            next.run(Request::from_parts(parts, Body::from(body))).await
        }
        When::Before => Refusal::new(StatusCode::SERVICE_UNAVAILABLE, NOT_DONE).into_response(),
        When::After => next.run(Request::from_parts(parts, Body::from(body))).await,
    };
    let mut answer = spoiled(fault, answer, sent).await;
    answer.extensions_mut().insert(fault);
    answer
}

/// What a fault may say again of a request.
struct Sent {
    target: String,
    all: Vec<u8>,
}

impl Sent {
    fn new(parts: &Parts, body: &[u8]) -> Self {
        let target = parts.uri.to_string();
        let mut all = format!("{} {target} HTTP/1.1\r\n", parts.method).into_bytes();
        for (name, value) in &parts.headers {
            all.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        all.extend(b"\r\n");
        all.extend(body);
        Self { target, all }
    }
}

/// The answer as the fault wants it.
async fn spoiled(fault: Fault, mut answer: Response, sent: Sent) -> Response {
    let number = fault.number.unwrap_or_default();
    match fault.kind {
        Kind::Delay => {
            tokio::time::sleep(Duration::from_millis(number)).await;
            answer
        }
        Kind::Gzip => packed(answer).await,
        Kind::HugeHead => {
            let padding = "x".repeat(number as usize);
            with(answer, HeaderName::from_static("x-padding"), &padding)
        }
        Kind::RateLimited => {
            answer = limits::too_many().into_response();
            match fault.number {
                Some(seconds) => with(answer, header::RETRY_AFTER, &seconds.to_string()),
                None => answer,
            }
        }
        Kind::ServerError => Refusal::new(status(number), WENT_WRONG).into_response(),
        Kind::Redirect => with(
            status(number).into_response(),
            header::LOCATION,
            &sent.target,
        ),
        Kind::Html => typed(number, "text/html; charset=utf-8", PAGE),
        Kind::WrongContentType => with(answer, header::CONTENT_TYPE, "text/plain"),
        Kind::Echo => typed(number, "text/plain", sent.all),
        // The rest is done on the wire.
        _ => answer,
    }
}

/// The status of a fault, which its limits keep in range.
fn status(number: u64) -> StatusCode {
    let number = u16::try_from(number).ok();
    let status = number.and_then(|number| StatusCode::from_u16(number).ok());
    status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn typed(number: u64, kind: &'static str, body: impl Into<Body>) -> Response {
    (status(number), [(header::CONTENT_TYPE, kind)], body.into()).into_response()
}

fn with(mut answer: Response, name: HeaderName, value: &str) -> Response {
    // All that comes here are targets, numbers and plain words.
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
    answer
}

/// The answer with its body packed, if it has one.
async fn packed(answer: Response) -> Response {
    let (mut head, body) = answer.into_parts();
    let body = whole(body).await;
    head.headers.remove(header::CONTENT_LENGTH);
    let body = if body.is_empty() {
        Body::empty()
    } else {
        Body::from(gzip::packed(&body))
    };
    with(
        Response::from_parts(head, body),
        header::CONTENT_ENCODING,
        "gzip",
    )
}
