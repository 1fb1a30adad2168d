//! How a client is set up: [`Config`].

use std::fmt;
use std::time::Duration;

use rustls::pki_types::CertificateDer;

use crate::error::Error;
use crate::secret::Secret;
use crate::{input, pem};

/// How a client is set up. The client copies it.
#[derive(Clone)]
pub struct Config {
    pub(crate) timeout: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) user_agent: String,
    pub(crate) headers: Vec<(String, Secret)>,
    pub(crate) max_response_bytes: usize,
    pub(crate) added_roots: Vec<CertificateDer<'static>>,
}

impl Config {
    /// The defaults: 20 s for a call, 5 s of it to connect, User-Agent `bosauth`, answers up to 1 MiB,
    /// the bundled certificate roots.
    pub fn new() -> Self {
        Config {
            timeout: Duration::from_secs(20),
            connect_timeout: Duration::from_secs(5),
            user_agent: "bosauth".into(),
            headers: Vec::new(),
            max_response_bytes: 1 << 20,
            added_roots: Vec::new(),
        }
    }

    /// The deadline of a whole call: 1 ms to one day. A login may wait 15 s for the server's alert
    /// mail, so a shorter one than that can fail logins that were good.
    pub fn set_timeout(&mut self, timeout: Duration) -> Result<(), Error> {
        input::timeout(timeout)?;
        self.timeout = timeout;
        Ok(())
    }

    /// The deadline for name lookup, connection and TLS handshake together, within the call's own:
    /// 1 ms to one day.
    pub fn set_connect_timeout(&mut self, timeout: Duration) -> Result<(), Error> {
        input::timeout(timeout)?;
        self.connect_timeout = timeout;
        Ok(())
    }

    /// The User-Agent (see [`input::user_agent`]). Keep it stable: the server mails the user when it
    /// changes.
    pub fn set_user_agent(&mut self, text: &str) -> Result<(), Error> {
        input::user_agent(text)?;
        self.user_agent = text.into();
        Ok(())
    }

    /// Adds a header to every request (see [`input::header`]); the same name added twice is sent twice.
    pub fn add_header(&mut self, name: &str, value: &str) -> Result<(), Error> {
        input::header(name, value)?;
        self.headers.push((name.into(), Secret::new(value)));
        Ok(())
    }

    /// The largest body of a response, in bytes: 1 to 4 MiB ([`input::RESPONSE_MAX`]), so that reading it never
    /// keeps a call beyond its deadline.
    pub fn set_max_response_bytes(&mut self, bytes: u64) -> Result<(), Error> {
        input::max_response_bytes(bytes)?;
        self.max_response_bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        Ok(())
    }

    /// Trusts one or more certificate authorities besides the bundled ones: PEM text (RFC 7468) with at least
    /// one certificate. Text around the blocks may be in any encoding, blocks of other kinds are left out, and a
    /// certificate that cannot be used is an error that names its number.
    pub fn add_roots_pem(&mut self, pem: impl AsRef<[u8]>) -> Result<(), Error> {
        let roots = pem::certificates(pem.as_ref());
        let roots = roots.map_err(|reason| input::invalid("pem", reason))?;
        self.added_roots.extend(roots);
        Ok(())
    }
}

impl Default for Config {
    fn default() -> Self {
        Config::new()
    }
}

impl fmt::Debug for Config {
    /// Shows the names of headers, never their values.
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
