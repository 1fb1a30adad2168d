//! The configuration of a client and its builder: [`ClientBuilder`]. `build` is in `client.rs`.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;

use crate::deferred_error::DeferredError;
use crate::error::Error;
use crate::secret::Secret;
use crate::session::{SessionStorage, StorageConfig};
use crate::{input, pem};

/// The configuration of a client.
#[derive(Clone)]
pub(crate) struct Config {
    pub timeout: Duration,
    pub connect_timeout: Duration,
    pub user_agent: String,
    pub headers: Vec<(String, Secret)>,
    pub max_response_bytes: usize,
    pub added_roots: Vec<CertificateDer<'static>>,
    pub storage: StorageConfig,
}

/// Configures and builds a [`Client`](crate::Client); returned by
/// [`Client::builder`](crate::Client::builder).
///
/// The defaults are a timeout of 20 s for a call and 5 s to connect, the User-Agent `bosauth`,
/// response bodies of at most 1 MiB, and the bundled certificate authorities.
///
/// Setters cannot fail. The first invalid value is reported by [`ClientBuilder::build`].
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ClientBuilder {
    pub(crate) base_url: String,
    pub(crate) config: Config,
    pub(crate) error: Option<Error>,
}

impl ClientBuilder {
    /// Sets the base URL of the server in place of the one passed to
    /// [`Client::builder`](crate::Client::builder).
    pub fn base_url(mut self, base_url: &str) -> Self {
        self.base_url = base_url.into();
        self
    }

    /// Sets the total timeout of a call: 1 ms to 1 day.
    ///
    /// The server may delay a login by 15 s while it sends an alert mail: with a shorter timeout, valid logins
    /// can time out.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.set(|builder| {
            input::timeout(timeout)?;
            builder.config.timeout = timeout;
            Ok(())
        })
    }

    /// Sets the timeout of name resolution, connection and TLS handshake together: 1 ms to 1 day. The total
    /// timeout applies as well.
    pub fn connect_timeout(self, timeout: Duration) -> Self {
        self.set(|builder| {
            input::timeout(timeout)?;
            builder.config.connect_timeout = timeout;
            Ok(())
        })
    }

    /// Sets the User-Agent; see [`input::user_agent`] for its limits. Keep it stable: the server mails the user
    /// when it changes.
    pub fn user_agent(self, user_agent: &str) -> Self {
        self.set(|builder| {
            input::user_agent(user_agent)?;
            builder.config.user_agent = user_agent.into();
            Ok(())
        })
    }

    /// Adds a header to every request; see [`input::header`] for its limits. A name added twice is sent twice.
    pub fn header(self, name: &str, value: &str) -> Self {
        self.set(|builder| {
            input::header(name, value)?;
            let header = (name.into(), Secret::new(value));
            builder.config.headers.push(header);
            Ok(())
        })
    }

    /// Sets the maximum size of a response body, in bytes: 1 to 4 MiB ([`input::RESPONSE_MAX`]).
    pub fn max_response_bytes(self, bytes: u64) -> Self {
        self.set(|builder| {
            input::max_response_bytes(bytes)?;
            builder.config.max_response_bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
            Ok(())
        })
    }

    /// Trusts the certificate authorities in `pem` in addition to the bundled ones: PEM (RFC 7468) with at least
    /// one certificate. Text around the blocks may be in any encoding; blocks of other types are ignored. The
    /// error for a certificate that cannot be used contains its position.
    pub fn roots_pem(self, pem: impl AsRef<[u8]>) -> Self {
        self.set(|builder| {
            let roots = pem::certificates(pem.as_ref());
            let roots = roots.map_err(|reason| input::invalid("pem", reason))?;
            builder.config.added_roots.extend(roots);
            Ok(())
        })
    }

    /// Keeps the session in a file, so that the account is still logged in after a restart. The first call that needs the
    /// session reads it, without any network. Its directory must exist. A relative path is made absolute at once.
    ///
    /// The file is created with access for its owner only. A lock file with the extension `.lock` beside it is never
    /// removed. Any number of clients, threads and processes may use one file. See `docs/sessions.md`.
    ///
    /// A change of the session waits up to 2 s for a change by another process, also beyond the timeout of the call, and
    /// is then `StoreUnavailable`. It also waits for a change by another thread of this client.
    ///
    /// Replaces a file or storage that was set before.
    pub fn session_file(self, path: impl AsRef<Path>) -> Self {
        self.set(|builder| {
            let path = path.as_ref();
            if path.as_os_str().is_empty() {
                return Err(input::invalid("path", "path must not be empty"));
            }
            let path = std::path::absolute(path)
                .map_err(|error| input::invalid("path", format!("path cannot be used: {error}")))?;
            builder.config.storage = StorageConfig::File(path);
            Ok(())
        })
    }

    /// Keeps the session in a storage of the app, such as a keychain. The first call that needs the session reads it.
    ///
    /// Replaces a file or storage that was set before.
    pub fn session_storage(self, storage: impl SessionStorage + 'static) -> Self {
        self.set(|builder| {
            builder.config.storage = StorageConfig::App(Arc::new(storage));
            Ok(())
        })
    }
}

impl DeferredError for ClientBuilder {
    fn deferred_error(&mut self) -> &mut Option<Error> {
        &mut self.error
    }
}

impl Default for Config {
    fn default() -> Self {
        Config {
            timeout: Duration::from_secs(20),
            connect_timeout: Duration::from_secs(5),
            user_agent: "bosauth".into(),
            headers: Vec::new(),
            max_response_bytes: 1 << 20,
            added_roots: Vec::new(),
            storage: StorageConfig::None,
        }
    }
}

impl fmt::Debug for Config {
    /// Writes the names of headers, never their values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("timeout", &self.timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("user_agent", &self.user_agent)
            .field(
                "headers",
                &self
                    .headers
                    .iter()
                    .map(|(name, _)| name)
                    .collect::<Vec<_>>(),
            )
            .field("max_response_bytes", &self.max_response_bytes)
            .field("added_roots", &self.added_roots.len())
            .finish()
    }
}
