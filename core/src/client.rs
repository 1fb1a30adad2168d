//! One server, one session, one pool of connections: [`Client`].

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::config::Config;
use crate::error::Error;
use crate::http::{Origin, Transport};
use crate::protocol::paths::BaseUrl;
use crate::secret::Secret;
use crate::session::{Session, SessionStore};
use crate::{input, protocol};

/// A client of one BosBase server. Clones are the same client; any thread may use it.
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
}

/// What all clones of a client share.
pub(crate) struct Inner {
    pub base_url: BaseUrl,
    pub config: Config,
    pub transport: Transport,
    pub store: SessionStore,
}

impl Client {
    /// A client of the server at `base_url`: `http` or `https`, a host, perhaps a port and a path
    /// prefix; no user-info, query or fragment. Nothing is sent.
    ///
    /// Over plain `http` anybody on the way reads the passwords and can forge an answer; use it on
    /// loopback only.
    pub fn new(base_url: &str, config: &Config) -> Result<Client, Error> {
        let base_url = BaseUrl::parse(base_url)?;
        let origin = Origin {
            https: base_url.is_https(),
            host: base_url.host().into(),
            port: base_url.port(),
        };
        let transport = Transport::new(origin, config);
        let inner = Inner {
            base_url,
            config: config.clone(),
            transport,
            store: SessionStore::default(),
        };
        Ok(Client {
            inner: Arc::new(inner),
        })
    }

    /// [`Client::new`] with its configuration in one expression.
    pub fn builder(base_url: &str) -> ClientBuilder {
        ClientBuilder {
            base_url: base_url.into(),
            config: Config::new(),
            failure: None,
        }
    }

    /// The session the client holds, if somebody is logged in.
    pub fn session(&self) -> Option<Session> {
        self.inner.store.current()
    }

    /// Makes `token`, got elsewhere, the client's session. `record_json` is the account's record, a
    /// JSON object nested up to 512 levels deep and without duplicate names at its top level, if there is one. See [`input::session_token`] for what a token may be.
    pub fn save_session(&self, token: &str, record_json: Option<&str>) -> Result<(), Error> {
        input::session_token(token)?;
        if let Some(record) = record_json {
            protocol::record::check(record, protocol::json::UNLIMITED).map_err(|reason| {
                input::invalid(
                    "record_json",
                    format!("the record is no usable JSON object: {reason}"),
                )
            })?;
        }
        let session = Session::new(Secret::new(token), record_json.unwrap_or(""), "");
        let ticket = self.inner.store.begin();
        self.inner.store.commit(ticket, Some(&session));
        Ok(())
    }

    /// Forgets the session. The server is not told: it keeps accepting the token until it expires.
    pub fn clear_session(&self) {
        let ticket = self.inner.store.begin();
        self.inner.store.commit(ticket, None);
    }

    /// Ends the client: its calls, on whatever thread and of whatever clone, end with
    /// [`Status::Cancelled`](crate::Status::Cancelled), those under way and those to come, and its
    /// connections are closed. Waits at most `wait`, and answers whether no call is under way any more.
    /// The session stays and can be read.
    pub fn close(&self, wait: Duration) -> bool {
        self.inner.transport.close(wait)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.inner.base_url)
            .finish_non_exhaustive()
    }
}

/// A [`Client`] being set up. The first setting that was refused is reported by
/// [`ClientBuilder::build`].
#[derive(Clone, Debug)]
pub struct ClientBuilder {
    base_url: String,
    config: Config,
    failure: Option<Error>,
}

impl ClientBuilder {
    /// See [`Config::set_timeout`].
    pub fn timeout(self, timeout: Duration) -> Self {
        self.set(|config| config.set_timeout(timeout))
    }

    /// See [`Config::set_connect_timeout`].
    pub fn connect_timeout(self, timeout: Duration) -> Self {
        self.set(|config| config.set_connect_timeout(timeout))
    }

    /// See [`Config::set_user_agent`].
    pub fn user_agent(self, text: &str) -> Self {
        self.set(|config| config.set_user_agent(text))
    }

    /// See [`Config::add_header`].
    pub fn header(self, name: &str, value: &str) -> Self {
        self.set(|config| config.add_header(name, value))
    }

    /// See [`Config::set_max_response_bytes`].
    pub fn max_response_bytes(self, bytes: u64) -> Self {
        self.set(|config| config.set_max_response_bytes(bytes))
    }

    /// See [`Config::add_roots_pem`].
    pub fn roots_pem(self, pem: impl AsRef<[u8]>) -> Self {
        self.set(|config| config.add_roots_pem(pem))
    }

    /// The client, or the first thing that was wrong, in the order it was given (the address first).
    pub fn build(self) -> Result<Client, Error> {
        let client = Client::new(&self.base_url, &self.config)?;
        self.failure.map_or(Ok(client), Err)
    }

    fn set(mut self, change: impl FnOnce(&mut Config) -> Result<(), Error>) -> Self {
        let result = change(&mut self.config);
        self.failure = self.failure.or(result.err());
        self
    }
}
