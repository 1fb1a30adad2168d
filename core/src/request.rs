//! The request of a call: its target, headers and secrets.

use zeroize::Zeroizing;

use crate::client::Inner;
use crate::options::{CallOptions, has_header};
use crate::protocol::bodies;
use crate::protocol::endpoint::Endpoint;
use crate::protocol::redact::MIN_REDACTED_LEN;
use crate::secret::Secret;
use crate::session::Session;

/// A request of a call.
pub(crate) struct CallRequest<'a> {
    pub client: &'a Inner,
    pub options: &'a CallOptions,
    pub endpoint: Endpoint,
    pub method: &'a str,
    pub target: String,
    /// The session whose token it sends.
    session: Option<Session>,
}

impl<'a> CallRequest<'a> {
    /// A request to an endpoint of this collection, whose name has been validated.
    pub fn new(
        client: &'a Inner,
        collection: &str,
        endpoint: Endpoint,
        options: &'a CallOptions,
    ) -> Self {
        let mfa_id = options.mfa_id.as_deref();
        let base_url = &client.base_url;
        CallRequest {
            client,
            options,
            endpoint,
            method: "POST",
            target: base_url.target(collection, endpoint, &options.query, mfa_id),
            session: None,
        }
    }

    /// A request with this method and path, which have been validated.
    pub fn to_path(
        client: &'a Inner,
        method: &'a str,
        path: &str,
        options: &'a CallOptions,
    ) -> Self {
        CallRequest {
            client,
            options,
            endpoint: Endpoint::SEND,
            method,
            target: client.base_url.target_of_path(path, &options.query),
            session: None,
        }
    }

    /// Adds the token of this session as Authorization, unless the app has set that header.
    pub fn with_session(self, session: Option<Session>) -> Self {
        let session = session.filter(|_| !self.has_authorization());
        CallRequest { session, ..self }
    }

    /// Whether the app has set the header Authorization.
    pub fn has_authorization(&self) -> bool {
        self.has_header("Authorization")
    }

    /// The URL without its query. It may be shown.
    pub fn url(&self) -> String {
        self.client.base_url.address(&self.target)
    }

    /// Whether it is idempotent. A request that completes an MFA login is not: it consumes the MFA id.
    pub fn is_idempotent(&self) -> bool {
        if self.endpoint == Endpoint::SEND {
            return matches!(self.method, "GET" | "HEAD");
        }
        let uses_mfa_id = self.options.mfa_id.is_some() && self.endpoint.is_login();
        self.endpoint.is_idempotent() && !uses_mfa_id
    }

    /// Whether the query has `fields`.
    pub fn has_fields(&self) -> bool {
        self.options.query.iter().any(|(name, _)| name == "fields")
    }

    /// The headers of the library, the configuration and the call. A header of the call replaces those of the
    /// configuration with the same name. A User-Agent of either replaces the library's, and so does a Content-Type,
    /// which describes a body.
    pub fn headers(&self, has_body: bool) -> Vec<(&str, &str)> {
        let config = &self.client.config;
        let added = config.headers.len() + self.options.headers.len();
        let mut headers = Vec::with_capacity(3 + added);
        if has_body && !self.has_header("Content-Type") {
            headers.push(("Content-Type", "application/json"));
        }
        if !self.has_header("User-Agent") {
            headers.push(("User-Agent", &config.user_agent));
        }
        if let Some(session) = &self.session {
            headers.push(("Authorization", session.token()));
        }
        let kept = config.headers.iter();
        let kept = kept.filter(|(name, _)| !has_header(&self.options.headers, name));
        headers.extend(
            kept.chain(&self.options.headers)
                .map(|(name, value)| (name.as_str(), value.expose())),
        );
        headers
    }

    /// Whether the configuration or the call adds a header of this name.
    fn has_header(&self, name: &str) -> bool {
        has_header(&self.client.config.headers, name) || has_header(&self.options.headers, name)
    }

    /// The secrets that the call does not know: the session's token, and what the app added that may be a secret, which
    /// is the last words of header values (`xyz` in `Bearer xyz`) and the strings in extra fields. Short ones occur in
    /// responses by chance and are omitted, except in Authorization.
    pub fn added_secrets(&self) -> Vec<Zeroizing<String>> {
        let headers = self.client.config.headers.iter();
        let words = headers
            .chain(&self.options.headers)
            .filter_map(|(name, value)| {
                let word = value.expose().split_whitespace().last()?;
                let is_secret =
                    word.len() >= MIN_REDACTED_LEN || name.eq_ignore_ascii_case("Authorization");
                is_secret.then(|| Zeroizing::new(word.to_owned()))
            });
        let session = self.session.iter();
        let token = session.map(|session| Zeroizing::new(session.token().to_owned()));
        let extra = self.options.body_json.as_ref().map(Secret::expose);
        token
            .chain(words)
            .chain(bodies::strings(extra, MIN_REDACTED_LEN))
            .collect()
    }
}
