//! health: whether the service answers.

use crate::answer::{self, Outcome, went_wrong};
use crate::limits::{self, Asked};
use crate::{App, caller};
use axum::extract::{ConnectInfo, RawQuery, State};
use axum::http::{HeaderMap, Method};
use serde::Serialize;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;

/// The members stand in the order in which they are written.
#[derive(Serialize)]
struct Health {
    message: &'static str,
    code: u16,
    data: Value,
}

/// Says that all is well, and a little more to a superuser.
pub async fn health(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Outcome {
    let query = query.unwrap_or_default();
    let ip = peer.ip().to_canonical();
    let mut db = app.store.connection().await.map_err(went_wrong)?;
    let asked = Asked {
        method: &method,
        path: "/api/health",
        headers: &headers,
        query: &query,
        ip,
    };
    limits::check_path(&mut db, &asked).await?;
    let is_superuser = caller::is_superuser(&mut db, &headers, &query)
        .await
        .map_err(went_wrong)?;
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
    answer::picked(&query, &health)
}
