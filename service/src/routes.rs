//! The routes, and what every answer has in common.

use crate::answer::{Refusal, went_wrong};
use crate::handlers::{
    auth_with_otp, auth_with_password, auth_with_token, bind, control, health, methods, refresh,
    request_otp,
};
use crate::log::Line;
use crate::{App, call, faults, host};
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

/// The calls to a collection, by their names in the path.
fn calls() -> [(&'static str, MethodRouter<Arc<App>>); 8] {
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
    ]
}

/// The last segments of the paths of the API.
pub fn call_names() -> Vec<&'static str> {
    let names = calls().into_iter().map(|(name, _)| name);
    names.chain([HEALTH]).collect()
}

/// The whole service.
pub fn router(app: Arc<App>) -> Router {
    let mut router = Router::new();
    let health = with_faults(&app, HEALTH, get(health::health));
    router = router.route("/api/health", health);
    for (call, handler) in calls() {
        let handler = with_faults(&app, call, handler);
        router = router.route(&format!("/api/collections/{{collection}}/{call}"), handler);
    }
    let control = if app.control {
        post(control::control)
    } else {
        post(control::closed)
    };
    router = router.route(CONTROL, control);
    router
        .fallback(no_route)
        .method_not_allowed_fallback(no_route)
        .layer(from_fn_with_state(Arc::clone(&app), around))
        .with_state(app)
}

/// A call that meets the faults which are ordered for it.
fn with_faults(
    app: &Arc<App>,
    call: &'static str,
    handler: MethodRouter<Arc<App>>,
) -> MethodRouter<Arc<App>> {
    let around = move |State(app): State<Arc<App>>, request, next| async move {
        faults::around(&app, call, request, next).await
    };
    handler.route_layer(from_fn_with_state(Arc::clone(app), around))
}

async fn no_route() -> Refusal {
    Refusal::no_route()
}

/// Stands around every request: answers what needs no route, and adds the common headers.
async fn around(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let line = Line::begin(&request);
    if let Err(reason) = host::check(request.version(), request.headers()) {
        // Read, or a client that is still sending would find a reset.
        let _ = call::whole(request.into_body()).await;
        let answer = host::refusal(reason);
        line.end(&answer, app.log);
        return answer;
    }
    let is_control = request.uri().path() == CONTROL;
    let asks_first = request.method() == Method::OPTIONS && !is_control;
    let mut answer = if asks_first {
        preflight(request.headers())
    } else if let Some(elsewhere) = cleaned(request.uri()) {
        moved(&elsewhere)
    } else {
        guarded(next.run(request)).await
    };
    common_headers(answer.headers_mut(), is_control, asks_first);
    line.end(&answer, app.log);
    answer
}

/// The answer of `handling`, also if our own code fails in it.
async fn guarded(handling: impl Future<Output = Response>) -> Response {
    let handled = AssertUnwindSafe(handling).catch_unwind().await;
    handled.unwrap_or_else(|_| went_wrong("a panic").into_response())
}

/// What a browser is told that asks before it sends.
fn preflight(asked: &HeaderMap) -> Response {
    let mut answer = StatusCode::NO_CONTENT.into_response();
    let headers = answer.headers_mut();
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET,HEAD,PUT,PATCH,POST,DELETE"),
    );
    if let Some(wanted) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    answer
}

fn common_headers(headers: &mut HeaderMap, is_control: bool, asks_first: bool) {
    let mut put = |name: &'static str, value| headers.insert(name, HeaderValue::from_static(value));
    // BosBase answers a browser that asks first before it comes to these.
    if !asks_first {
        put("x-content-type-options", "nosniff");
        put("x-frame-options", "SAMEORIGIN");
        put("x-xss-protection", "1; mode=block");
    }
    if !is_control {
        put("access-control-allow-origin", "*");
        put("vary", "Origin");
    }
}

fn moved(elsewhere: &str) -> Response {
    match HeaderValue::from_str(elsewhere) {
        Ok(place) => (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, place)]).into_response(),
        Err(_) => Refusal::no_route().into_response(),
    }
}

/// Where a path with empty, `.` or `..` segments really leads, if it has any.
pub fn cleaned(uri: &Uri) -> Option<String> {
    let path = uri.path();
    let mut kept = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            name => kept.push(name),
        }
    }
    let mut clean = format!("/{}", kept.join("/"));
    if path.ends_with('/') && clean != "/" {
        clean.push('/');
    }
    if clean == path {
        return None;
    }
    match uri.query() {
        Some(query) => Some(format!("{clean}?{query}")),
        None => Some(clean),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn paths_are_cleaned_as_go_does() {
        for (path, clean) in [
            ("/", None),
            ("/api/health", None),
            ("/api/health/", None),
            ("/api//health", Some("/api/health")),
            ("/api//health/?a=//", Some("/api/health/?a=//")),
            ("//", Some("/")),
            ("/a/./b/../c", Some("/a/c")),
            ("/..", Some("/")),
        ] {
            assert_eq!(cleaned(&path.parse().unwrap()).as_deref(), clean, "{path}");
        }
    }
}
