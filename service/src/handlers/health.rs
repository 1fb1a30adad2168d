//! `health`.

use crate::app::App;
use crate::auth;
use crate::limits::{self, RequestInfo};
use crate::response::{self, ApiResult};
use axum::extract::{ConnectInfo, RawQuery, State};
use axum::http::{HeaderMap, Method};
use serde::Serialize;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;

/// The fields in the order in which they are serialized.
#[derive(Serialize)]
struct Health {
    message: &'static str,
    code: u16,
    data: Value,
}

/// Reports that the server is running, with some settings to a superuser.
pub async fn health(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> ApiResult {
    let query = query.unwrap_or_default();
    let ip = peer.ip().to_canonical();
    let mut db = app.store.connection().await?;
    let request = RequestInfo {
        method: &method,
        path: "/api/health",
        headers: &headers,
        query: &query,
        ip,
    };
    limits::check_path(&mut db, &request).await?;
    let is_superuser = auth::is_superuser(&mut db, &headers, &query).await?;
    let data = if is_superuser {
        json!({
            "canBackup": true,
            "possibleProxyHeader": "",
            "realIP": ip.to_string(),
            "requireS3": false,
        })
    } else {
        json!({})
    };
    let health = Health {
        message: "API is healthy.",
        code: 200,
        data,
    };
    response::ok_with_fields(&query, &health)
}
