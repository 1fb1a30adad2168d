//! The way to one server: its pool, its TLS set-up, and the calls that use them.

use std::sync::Arc;
use std::time::Duration;

use once_cell::sync::OnceCell;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;

use super::calls::Calls;
use super::deadline::Deadline;
use super::pool::Pool;
use crate::config::Config;
use crate::fork::{self, Guarded};

/// Where a server is.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub https: bool,
    /// A name or a literal address, IPv6 without brackets.
    pub host: String,
    pub port: u16,
}

/// The way to one server.
pub(crate) struct Network {
    pub(super) origin: Origin,
    pub(super) connect_timeout: Duration,
    pub(super) max_body: usize,
    pub(super) added_roots: Vec<CertificateDer<'static>>,
    own: Guarded<Arc<Own>>,
}

/// What belongs to one process: after a fork, the child begins anew.
pub(super) struct Own {
    generation: u32,
    pub tls: OnceCell<Arc<ClientConfig>>,
    pub pool: Pool,
    pub calls: Calls,
}

impl Own {
    fn new() -> Arc<Self> {
        Arc::new(Own {
            generation: fork::generation(),
            tls: OnceCell::new(),
            pool: Pool::default(),
            calls: Calls::default(),
        })
    }
}

impl Network {
    /// The way to `origin`. Nothing is looked up or opened before the first request.
    pub fn new(origin: Origin, config: &Config) -> Self {
        fork::prepare();
        Network {
            origin,
            connect_timeout: config.connect_timeout,
            max_body: config.max_response_bytes,
            added_roots: config.added_roots.clone(),
            own: Guarded::new(Own::new()),
        }
    }

    /// Stops all calls, now and from now on, and closes the connections that wait for one. Answers whether
    /// no call was left within `wait`.
    pub fn close(&self, wait: Duration) -> bool {
        let own = self.own();
        own.calls.close();
        own.pool.close();
        own.calls.wait_for_end(Deadline::after(wait))
    }

    /// What belongs to this process.
    pub(super) fn own(&self) -> Arc<Own> {
        let (own, _inherited) = self.own.with(|own| {
            let is_ours = own.generation == fork::generation();
            let inherited = (!is_ours).then(|| std::mem::replace(own, Own::new()));
            (Arc::clone(own), inherited)
        });
        own
    }
}
