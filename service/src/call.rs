//! A request to a collection, read as far as all of them need it.

use crate::answer::{Refusal, went_wrong};
use crate::form::Form;
use crate::store::collections::{self, Collection, Kind};
use crate::{App, query};
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::{HeaderMap, StatusCode};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use std::sync::Arc;

/// The largest body that is taken.
const LARGEST_BODY: usize = 32 * 1024 * 1024;

/// A request to an auth collection.
pub struct Call {
    /// The collection in its path.
    pub collection: Collection,
    /// Its query, without the `?`.
    pub query: String,
    /// Its headers.
    pub headers: HeaderMap,
    body: Bytes,
}

impl Call {
    /// The texts called `names` in the body.
    pub async fn form(&self, names: &'static [&'static str]) -> Result<Form, Refusal> {
        Form::read(&self.headers, &self.query, &self.body, names).await
    }

    /// The first value called `name` in the query.
    pub fn asked(&self, name: &str) -> String {
        query::first(&self.query, name).unwrap_or_default()
    }
}

impl FromRequest<Arc<App>> for Call {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        // The body is read before anything is said, or a client that is still sending would
        // find its connection reset and not see the answer.
        let body = read_whole(body).await;
        let name = Path::<String>::from_request_parts(&mut parts, app).await;
        let collection = match name {
            Ok(Path(name)) => found(app, &name).await?,
            Err(_) => None,
        };
        let collection = collection
            .ok_or_else(|| Refusal::not_found("Missing or invalid collection context."))?;
        if collection.kind != Kind::Auth {
            return Err(Refusal::not_found(
                "Missing or invalid auth collection context.",
            ));
        }
        Ok(Self {
            collection,
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body: body?,
        })
    }
}

async fn found(app: &App, name: &str) -> Result<Option<Collection>, Refusal> {
    let mut db = app.store.connection().await.map_err(|_| went_wrong())?;
    collections::find(&mut db, name)
        .await
        .map_err(|_| went_wrong())
}

/// Reads a body of acceptable size. A larger one is read on for as much again, and forgotten.
async fn read_whole(mut body: Body) -> Result<Bytes, Refusal> {
    let mut whole = BytesMut::new();
    let mut read = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame
            .map_err(|_| Refusal::bad("An error occurred while loading the submitted data."))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        read += data.len();
        if read > 2 * LARGEST_BODY {
            break;
        }
        if read <= LARGEST_BODY {
            whole.extend_from_slice(&data);
        }
    }
    if read <= LARGEST_BODY {
        Ok(whole.freeze())
    } else {
        Err(Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "Request entity too large.",
        ))
    }
}
