//! The request of a call: its target, headers and secrets.

use zeroize::Zeroizing;

use crate::client::Inner;
use crate::options::CallOptions;
use crate::protocol::bodies;
use crate::protocol::endpoint::Endpoint;
use crate::protocol::redact::MIN_REDACTED_LEN;
use crate::secret::Secret;

/// A request to an endpoint of a collection.
pub(crate) struct CallRequest<'a> {
    pub endpoint: Endpoint,
    pub target: String,
    client: &'a Inner,
    options: &'a CallOptions,
}

impl<'a> CallRequest<'a> {
    /// The request of these options. `collection` has been validated.
    pub fn new(
        client: &'a Inner,
        collection: &str,
        endpoint: Endpoint,
        options: &'a CallOptions,
    ) -> Self {
        let mfa_id = options.mfa_id.as_deref();
        let base_url = &client.base_url;
        CallRequest {
            endpoint,
            target: base_url.target(collection, endpoint, &options.query, mfa_id),
            client,
            options,
        }
    }

    /// The URL without its query. It may be shown.
    pub fn url(&self) -> String {
        self.client.base_url.address(&self.target)
    }

    /// Whether it is idempotent. A request that completes an MFA login is not: it consumes the MFA id.
    pub fn is_idempotent(&self) -> bool {
        let uses_mfa_id = self.options.mfa_id.is_some() && self.endpoint.is_login();
        self.endpoint.is_idempotent() && !uses_mfa_id
    }

    /// Whether the query has `fields`.
    pub fn has_fields(&self) -> bool {
        self.options.query.iter().any(|(name, _)| name == "fields")
    }

    /// The headers of the library, the configuration and the call. A header of the call replaces those of the
    /// configuration with the same name, and a User-Agent of either replaces the library's.
    pub fn headers(&self) -> Vec<(&'a str, &'a str)> {
        let config = &self.client.config;
        let is_in = |headers: &[(String, Secret)], name: &str| {
            headers
                .iter()
                .any(|(other, _)| other.eq_ignore_ascii_case(name))
        };
        let added = config.headers.len() + self.options.headers.len();
        let mut headers = Vec::with_capacity(2 + added);
        headers.push(("Content-Type", "application/json"));
        if !is_in(&config.headers, "User-Agent") && !is_in(&self.options.headers, "User-Agent") {
            headers.push(("User-Agent", &config.user_agent));
        }
        let kept = config.headers.iter();
        let kept = kept.filter(|(name, _)| !is_in(&self.options.headers, name));
        headers.extend(
            kept.chain(&self.options.headers)
                .map(|(name, value)| (name.as_str(), value.expose())),
        );
        headers
    }

    /// The values added by the app that may be secrets: the last words of header values (`xyz` in `Bearer xyz`) and the
    /// strings in extra fields. Short ones occur in responses by chance and are omitted, except in Authorization.
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
        let extra = self.options.body_json.as_ref().map(Secret::expose);
        words
            .chain(bodies::strings(extra, MIN_REDACTED_LEN))
            .collect()
    }
}
