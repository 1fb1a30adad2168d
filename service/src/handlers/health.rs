//! health: whether the service answers.

use crate::answer::{self, Outcome, went_wrong};
use crate::{App, caller};
use axum::extract::{ConnectInfo, RawQuery, State};
use axum::http::HeaderMap;
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
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Outcome {
    let query = query.unwrap_or_default();
    let mut db = app.store.connection().await.map_err(|_| went_wrong())?;
    let is_superuser = caller::is_superuser(&mut db, &headers, &query)
        .await
        .map_err(|_| went_wrong())?;
    let data = if is_superuser {
        json!({
            "canBackup": true,
            "possibleProxyHeader": "",
            "realIP": peer.ip().to_canonical().to_string(),
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
