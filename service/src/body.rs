//! Reading bodies.

use crate::response::{ApiError, ApiResult};
use axum::body::Body;
use axum::http::StatusCode;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use std::time::Duration;

/// The maximum size of a request body.
const MAX_BODY: usize = 32 * 1024 * 1024;

/// How long the client may take to send a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(300);

/// Reads a request body. Fails if it is too large, incomplete or too slow.
pub async fn read_body(body: Body) -> ApiResult<Bytes> {
    let read = tokio::time::timeout(BODY_TIMEOUT, read_limited(body)).await;
    read.unwrap_or_else(|_| Err(ApiError::not_loaded()))
}

/// Reads at most twice `MAX_BODY`; a body above `MAX_BODY` is discarded.
async fn read_limited(mut body: Body) -> ApiResult<Bytes> {
    let mut content = BytesMut::new();
    let mut size = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| ApiError::not_loaded())?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        size += data.len();
        if size > 2 * MAX_BODY {
            break;
        }
        if size <= MAX_BODY {
            content.extend_from_slice(&data);
        }
    }
    if size <= MAX_BODY {
        Ok(content.freeze())
    } else {
        Err(ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "Request entity too large.",
        ))
    }
}

/// Returns the bytes of a response body. It was built in memory, so reading cannot fail.
pub async fn collect(body: Body) -> Bytes {
    let body = body.collect().await.map(|body| body.to_bytes());
    body.unwrap_or_default()
}
