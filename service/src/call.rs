//! A request to a collection, read as far as all of them need it.

use crate::answer::{Refusal, Refused, went_wrong};
use crate::faults::{self, Fault};
use crate::form::{Form, not_loaded};
use crate::limits::{self, Asked};
use crate::store::collections::{self, Collection, Kind};
use crate::{App, query};
use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// The largest body that is taken.
const LARGEST_BODY: usize = 32 * 1024 * 1024;

/// How long a body may take to come.
const PATIENCE: Duration = Duration::from_secs(300);

/// A request to a collection that its limits let pass.
pub struct Call {
    /// The collection in its path.
    pub collection: Collection,
    /// Its query, without the `?`.
    pub query: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Whether it is to be answered as if nothing had been bound yet, by order.
    pub misses_bindings: bool,
    body: Bytes,
}

impl Call {
    /// The texts called `names` in the body.
    pub async fn form(&self, names: &'static [&'static str]) -> Result<Form, Refusal> {
        Form::read(&self.headers, &self.query, &self.body, names).await
    }

    /// Refuses a call to a collection that has no accounts.
    pub fn needs_accounts(&self) -> Refused<()> {
        match self.collection.kind {
            Kind::Auth => Ok(()),
            Kind::Base => Err(Refusal::not_found(
                "Missing or invalid auth collection context.",
            )),
        }
    }

    /// Refuses a call to a collection that takes no passwords.
    pub fn needs_passwords(&self) -> Refused<()> {
        allowed(self.collection.password_auth, "password")
    }

    /// Refuses a call to a collection that takes no one-time passwords.
    pub fn needs_otps(&self) -> Refused<()> {
        allowed(self.collection.otp.enabled, "OTP")
    }

    /// The first value called `name` in the query.
    pub fn asked(&self, name: &str) -> String {
        query::first(&self.query, name).unwrap_or_default()
    }
}

fn allowed(is_on: bool, method: &str) -> Refused<()> {
    if is_on {
        return Ok(());
    }
    Err(Refusal::forbidden(format!(
        "The collection is not configured to allow {method} authentication."
    )))
}

impl FromRequest<Arc<App>> for Call {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        // The body is read before anything is said, or a client that is still sending would
        // find its connection reset and not see the answer.
        let body = whole(body).await;
        let collection = passed(&mut parts, app).await?;
        let fault = parts.extensions.get::<Fault>();
        Ok(Self {
            collection,
            query: parts.uri.query().unwrap_or_default().to_owned(),
            misses_bindings: fault.is_some_and(|fault| fault.kind == faults::Kind::NewServer),
            headers: parts.headers,
            body: body?,
        })
    }
}

/// The collection that is asked for, if there is one and its limits let the request pass.
async fn passed(parts: &mut Parts, app: &Arc<App>) -> Refused<Collection> {
    let name = Path::<String>::from_request_parts(parts, app).await;
    let ConnectInfo(peer) = ConnectInfo::<SocketAddr>::from_request_parts(parts, app)
        .await
        .map_err(went_wrong)?;
    let mut db = app.store.connection().await.map_err(went_wrong)?;
    let collection = match name {
        Ok(Path(name)) => collections::find(&mut db, &name)
            .await
            .map_err(went_wrong)?
            .or_else(|| collections::system(&name)),
        Err(_) => None,
    };
    let collection =
        collection.ok_or_else(|| Refusal::not_found("Missing or invalid collection context."))?;
    let asked = Asked {
        method: &parts.method,
        path: parts.uri.path(),
        headers: &parts.headers,
        query: parts.uri.query().unwrap_or_default(),
        ip: peer.ip().to_canonical(),
    };
    limits::check_call(&mut db, &asked, &collection).await?;
    Ok(collection)
}

/// Reads a body of acceptable size, if it comes in time.
pub async fn whole(body: Body) -> Refused<Bytes> {
    let read = tokio::time::timeout(PATIENCE, read_whole(body)).await;
    read.unwrap_or_else(|_| Err(not_loaded()))
}

/// Reads a body of acceptable size. A larger one is read on for as much again, and forgotten.
async fn read_whole(mut body: Body) -> Result<Bytes, Refusal> {
    let mut whole = BytesMut::new();
    let mut read = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| not_loaded())?;
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
