//! The client: one server, one session, one pool of connections.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::config::{ClientBuilder, Config};
use crate::error::Error;
use crate::http::{Origin, Transport};
use crate::protocol::paths::BaseUrl;
use crate::secret::Secret;
use crate::session::{Session, SessionStore};
use crate::{input, protocol};

/// A client of one BosBase server. Clones share the session and the connections; any thread may use one.
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
}

/// The state shared by all clones of a client.
pub(crate) struct Inner {
    pub base_url: BaseUrl,
    pub config: Config,
    pub transport: Transport,
    pub store: SessionStore,
}

impl Client {
    /// Returns a builder for a client of the server at `base_url`: `http` or `https`, a host, an optional port and
    /// an optional path prefix, without user info, query or fragment; see [`input::base_url`].
    ///
    /// Plain `http` protects neither passwords nor responses on the network path: use it on loopback only.
    pub fn builder(base_url: &str) -> ClientBuilder {
        ClientBuilder::default().base_url(base_url)
    }

    /// Returns the client's current session, or `None` if there is none.
    pub fn session(&self) -> Option<Session> {
        let session = self.inner.store.current()?;
        Some(session.with_clock(self.inner.transport.clock.get()))
    }

    /// Makes a token obtained elsewhere the client's session.
    ///
    /// [`input::session_token`] lists the limits of `token`. `record_json` is the account's record: a JSON object
    /// with at most 512 levels of nesting and without duplicate names at its top level.
    ///
    /// # Errors
    /// `InvalidArgument`; the session is then unchanged.
    pub fn save_session(&self, token: &str, record_json: Option<&str>) -> Result<(), Error> {
        input::session_token(token)?;
        if let Some(record) = record_json {
            protocol::record::check(record, protocol::json::UNLIMITED).map_err(|reason| {
                input::invalid(
                    "record_json",
                    format!("record_json must be a valid JSON object: {reason}"),
                )
            })?;
        }
        let session = Session::new(Secret::new(token), record_json.unwrap_or(""), "");
        let ticket = self.inner.store.begin();
        self.inner.store.commit(ticket, Some(&session));
        Ok(())
    }

    /// Removes the client's session. No request is sent: the server accepts the token until it expires.
    pub fn clear_session(&self) {
        let ticket = self.inner.store.begin();
        self.inner.store.commit(ticket, None);
    }

    /// Closes the client and its connections. All its calls, of all clones, fail with
    /// [`Status::Cancelled`](crate::Status::Cancelled): those in progress and later ones.
    ///
    /// Waits at most `wait` and returns whether no call is in progress any more. The session can still be read.
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

impl ClientBuilder {
    /// Creates the client. Nothing is sent.
    ///
    /// # Errors
    /// `InvalidArgument` for an invalid base URL; otherwise the first error of a setter.
    pub fn build(self) -> Result<Client, Error> {
        let base_url = BaseUrl::parse(&self.base_url)?;
        if let Some(error) = self.error {
            return Err(error);
        }
        let origin = Origin {
            https: base_url.is_https(),
            host: base_url.host().into(),
            port: base_url.port(),
        };
        let inner = Inner {
            base_url,
            transport: Transport::new(origin, &self.config),
            config: self.config,
            store: SessionStore::default(),
        };
        Ok(Client {
            inner: Arc::new(inner),
        })
    }
}
