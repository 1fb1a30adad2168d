//! The router, and what all responses have in common.

use crate::app::App;
use crate::handlers::{
    auth_with_otp, auth_with_password, auth_with_token, bind, control, health, methods, records,
    refresh, request_email_change, request_otp,
};
use crate::log::RequestLog;
use crate::response::{ApiError, internal_error};
use crate::{body, host, inject};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

const CONTROL: &str = "/_local/control";

const HEALTH: &str = "health";

const RECORDS: &str = "records";

/// The calls below `/api/collections/{collection}/`.
fn collection_calls() -> [(&'static str, MethodRouter<Arc<App>>); 10] {
    [
        ("bind-token", post(bind::bind)),
        ("unbind-token", post(bind::unbind)),
        ("auth-with-token", post(auth_with_token::auth_with_token)),
        (
            "auth-with-password",
            post(auth_with_password::auth_with_password),
        ),
        ("auth-refresh", post(refresh::auth_refresh)),
        ("request-otp", post(request_otp::request_otp)),
        ("auth-with-otp", post(auth_with_otp::auth_with_otp)),
        ("auth-methods", get(methods::auth_methods)),
        (
            "request-email-change",
            post(request_email_change::request_email_change),
        ),
        (RECORDS, get(records::list).post(records::create)),
    ]
}

/// The names of all calls: the last segments of their paths. Those to records share one.
pub fn call_names() -> Vec<&'static str> {
    let names = collection_calls().into_iter().map(|(name, _)| name);
    names.chain([HEALTH]).collect()
}

/// Builds the router.
pub fn router(app: Arc<App>) -> Router {
    let health = with_faults(&app, HEALTH, get(health::health));
    let mut router = Router::new().route("/api/health", health);
    for (call, handler) in collection_calls() {
        let handler = with_faults(&app, call, handler);
        router = router.route(&format!("/api/collections/{{collection}}/{call}"), handler);
    }
    let record = get(records::view)
        .patch(records::update)
        .delete(records::delete);
    let record = with_faults(&app, RECORDS, record);
    router = router.route("/api/collections/{collection}/records/{id}", record);
    let control = if app.control {
        post(control::control)
    } else {
        post(control::disabled)
    };
    router
        .route(CONTROL, control)
        .fallback(route_not_found)
        .method_not_allowed_fallback(route_not_found)
        .layer(from_fn_with_state(Arc::clone(&app), common))
        .with_state(app)
}

/// Adds fault injection to a call.
fn with_faults(
    app: &Arc<App>,
    call: &'static str,
    handler: MethodRouter<Arc<App>>,
) -> MethodRouter<Arc<App>> {
    let layer = move |State(app): State<Arc<App>>, request, next| async move {
        inject::inject(&app, call, request, next).await
    };
    handler.route_layer(from_fn_with_state(Arc::clone(app), layer))
}

async fn route_not_found() -> ApiError {
    ApiError::route_not_found()
}

/// Wraps every request: handles those that need no route, adds the common headers, and logs.
async fn common(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let log = RequestLog::start(&request);
    let response = handle(request, next).await;
    log.finish(&response, app.log);
    response
}

async fn handle(request: Request, next: Next) -> Response {
    if let Err(reason) = host::check(request.version(), request.headers()) {
        // Unread data would reset the connection before the client has read the response.
        let _ = body::read_body(request.into_body()).await;
        return host::error_response(reason);
    }
    let is_control = request.uri().path() == CONTROL;
    let is_preflight = request.method() == Method::OPTIONS && !is_control;
    let mut response = if is_preflight {
        preflight(request.headers())
    } else if let Some(target) = normalize_path(request.uri()) {
        redirect(&target)
    } else {
        catch_panic(next.run(request)).await
    };
    add_common_headers(response.headers_mut(), is_control, is_preflight);
    response
}

/// Turns a panic in a handler into a 500 response.
async fn catch_panic(handler: impl Future<Output = Response>) -> Response {
    let result = AssertUnwindSafe(handler).catch_unwind().await;
    result.unwrap_or_else(|_| internal_error("a panic").into_response())
}

/// The response to a CORS preflight request.
fn preflight(request: &HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET,HEAD,PUT,PATCH,POST,DELETE"),
    );
    if let Some(requested) = request.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, requested.clone());
    }
    response
}

fn add_common_headers(headers: &mut HeaderMap, is_control: bool, is_preflight: bool) {
    let mut add = |name: &'static str, value| headers.insert(name, HeaderValue::from_static(value));
    // BosBase sends preflight responses without these.
    if !is_preflight {
        add("x-content-type-options", "nosniff");
        add("x-frame-options", "SAMEORIGIN");
        add("x-xss-protection", "1; mode=block");
    }
    if !is_control {
        add("access-control-allow-origin", "*");
        add("vary", "Origin");
    }
}

fn redirect(target: &str) -> Response {
    match HeaderValue::from_str(target) {
        Ok(target) => (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, target)]).into_response(),
        Err(_) => ApiError::route_not_found().into_response(),
    }
}

/// Resolves empty, `.` and `..` segments as Go's `path.Clean` does. Returns `None` if the path
/// has none.
pub fn normalize_path(uri: &Uri) -> Option<String> {
    let path = uri.path();
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            name => segments.push(name),
        }
    }
    let mut normalized = format!("/{}", segments.join("/"));
    if path.ends_with('/') && normalized != "/" {
        normalized.push('/');
    }
    if normalized == path {
        return None;
    }
    match uri.query() {
        Some(query) => Some(format!("{normalized}?{query}")),
        None => Some(normalized),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn paths_are_normalized_as_in_go() {
        for (path, normalized) in [
            ("/", None),
            ("/api/health", None),
            ("/api/health/", None),
            ("/api//health", Some("/api/health")),
            ("/api//health/?a=//", Some("/api/health/?a=//")),
            ("//", Some("/")),
            ("/a/./b/../c", Some("/a/c")),
            ("/..", Some("/")),
        ] {
            assert_eq!(
                normalize_path(&path.parse().unwrap()).as_deref(),
                normalized,
                "{path}"
            );
        }
    }
}
