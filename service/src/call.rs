//! The extractor of requests to a collection.

use crate::app::App;
use crate::auth::{self, Login};
use crate::faults::{self, Fault};
use crate::form::{self, Form};
use crate::limits::{self, RequestInfo};
use crate::response::{ApiError, ApiResult, internal_error};
use crate::store::Db;
use crate::store::collections::{self, Collection, Kind};
use crate::{body, query};
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use serde_json::{Map, Value};
use std::net::SocketAddr;
use std::sync::Arc;

/// A request to a collection that passed its rate limits.
pub struct Call {
    pub collection: Collection,
    /// The id of the record in the path, or an empty string.
    pub record_id: String,
    /// The query, without the `?`.
    pub query: String,
    pub headers: HeaderMap,
    /// Whether a `new_server` fault applies: the call behaves as if nothing was bound.
    pub ignore_bindings: bool,
    body: Bytes,
}

impl Call {
    /// Returns the fields called `names` of the body.
    pub async fn form(&self, names: &'static [&'static str]) -> ApiResult<Form> {
        Form::read(&self.headers, &self.query, &self.body, names).await
    }

    /// Returns all fields of the body.
    pub async fn object(&self) -> ApiResult<Map<String, Value>> {
        form::read_object(&self.headers, &self.query, &self.body).await
    }

    /// Fails if the collection has no accounts.
    pub fn require_auth_collection(&self) -> ApiResult<()> {
        match self.collection.kind {
            Kind::Auth => Ok(()),
            Kind::Base => Err(ApiError::not_found(
                "Missing or invalid auth collection context.",
            )),
        }
    }

    /// Fails if the collection does not allow passwords.
    pub fn require_password_auth(&self) -> ApiResult<()> {
        require_method(self.collection.password_auth, "password")
    }

    /// Fails if the collection does not allow one-time passwords.
    pub fn require_otp(&self) -> ApiResult<()> {
        require_method(self.collection.otp.enabled, "OTP")
    }

    /// Returns the login of a request to the account's own collection. Any other request fails.
    pub async fn require_login(&self, db: &mut Db) -> ApiResult<Login> {
        let login = auth::login(db, &self.headers, &self.query).await?;
        let login = login.ok_or_else(|| {
            ApiError::new(
                StatusCode::UNAUTHORIZED,
                "The request requires valid record authorization token.",
            )
        })?;
        if login.collection.id != self.collection.id {
            // BosBase names the collection of the token, not the requested one.
            return Err(ApiError::forbidden(format!(
                "The request requires auth record from {} collection.",
                login.collection.name
            )));
        }
        Ok(login)
    }

    /// Returns the first query parameter called `name`, or an empty string.
    pub fn query_param(&self, name: &str) -> String {
        query::first(&self.query, name).unwrap_or_default()
    }
}

fn require_method(enabled: bool, method: &str) -> ApiResult<()> {
    if enabled {
        return Ok(());
    }
    Err(ApiError::forbidden(format!(
        "The collection is not configured to allow {method} authentication."
    )))
}

impl FromRequest<Arc<App>> for Call {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> ApiResult<Self> {
        let (mut parts, body) = request.into_parts();
        // Read first: unread data would reset the connection before the client has read the
        // response.
        let body = body::read_body(body).await;
        // The collection, and in some paths a record.
        let path = Path::<Vec<String>>::from_request_parts(&mut parts, app).await;
        let mut path = path.ok().map(|Path(names)| names).into_iter().flatten();
        let collection = load(&mut parts, app, path.next()).await?;
        let fault = parts.extensions.get::<Fault>();
        Ok(Self {
            collection,
            record_id: path.next().unwrap_or_default(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            ignore_bindings: fault.is_some_and(|fault| fault.kind == faults::Kind::NewServer),
            headers: parts.headers,
            body: body?,
        })
    }
}

/// Loads the collection called `name`, and checks the rate limits.
async fn load(parts: &mut Parts, app: &Arc<App>, name: Option<String>) -> ApiResult<Collection> {
    let ConnectInfo(peer) = ConnectInfo::<SocketAddr>::from_request_parts(parts, app)
        .await
        .map_err(internal_error)?;
    let mut db = app.store.connection().await?;
    let collection = match name {
        Some(name) => collections::find(&mut db, &name)
            .await?
            .or_else(|| collections::system(&name)),
        None => None,
    };
    let collection =
        collection.ok_or_else(|| ApiError::not_found("Missing or invalid collection context."))?;
    let request = RequestInfo {
        method: &parts.method,
        path: parts.uri.path(),
        headers: &parts.headers,
        query: parts.uri.query().unwrap_or_default(),
        ip: peer.ip().to_canonical(),
    };
    limits::check_call(&mut db, &request, &collection).await?;
    Ok(collection)
}
