//! The way to one server: its pool, its TLS set-up, and the calls that use them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use once_cell::race::OnceBox;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;

use super::calls::Calls;
use super::deadline::Deadline;
use super::pool::Pool;
use super::{FailureKind, tls};
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
    /// Holds for the child of a fork, too.
    closed: AtomicBool,
    own: Guarded<Arc<Own>>,
}

/// What belongs to one process: after a fork, the child begins anew.
pub(super) struct Own {
    generation: u32,
    tls: OnceBox<Arc<ClientConfig>>,
    pub pool: Pool,
    pub calls: Calls,
}

impl Own {
    fn new(closed: bool) -> Arc<Self> {
        Arc::new(Own {
            generation: fork::generation(),
            tls: OnceBox::new(),
            pool: Pool::default(),
            calls: Calls::new(closed),
        })
    }

    /// The TLS configuration, made at the first use, perhaps by two threads at once: a child of a fork must not
    /// wait for a thread of its parent.
    pub fn tls(
        &self,
        added_roots: &[CertificateDer<'static>],
    ) -> Result<Arc<ClientConfig>, FailureKind> {
        let made = self
            .tls
            .get_or_try_init(|| tls::config(added_roots).map(Box::new))?;
        Ok(Arc::clone(made))
    }
}

impl Network {
    /// The way to `origin`. Nothing is looked up or opened before the first request.
    pub fn new(origin: Origin, config: &Config) -> Self {
        Network {
            origin,
            connect_timeout: config.connect_timeout,
            max_body: config.max_response_bytes,
            added_roots: config.added_roots.clone(),
            closed: AtomicBool::new(false),
            own: Guarded::new(Own::new(false)),
        }
    }

    /// Stops all calls, now and from now on, and closes the connections that wait for one. Answers whether
    /// no call was left within `wait`.
    pub fn close(&self, wait: Duration) -> bool {
        self.closed.store(true, Ordering::Relaxed);
        let own = self.own();
        own.calls.close();
        own.pool.close();
        own.calls.wait_for_end(Deadline::after(wait))
    }

    /// What belongs to this process.
    pub(super) fn own(&self) -> Arc<Own> {
        let (own, _inherited) = self.own.with(|own| {
            let is_ours = own.generation == fork::generation();
            let inherited = (!is_ours).then(|| {
                let closed = self.closed.load(Ordering::Relaxed);
                std::mem::replace(own, Own::new(closed))
            });
            (Arc::clone(own), inherited)
        });
        own
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_closed_stays_closed_in_a_child() {
        for closed in [false, true] {
            let origin = Origin {
                https: false,
                host: "127.0.0.1".into(),
                port: 1,
            };
            let network = Network::new(origin, &Config::new());
            if closed {
                network.close(Duration::ZERO);
            }
            // As if it came from another process.
            network.own.with(|own| {
                Arc::get_mut(own).expect("nobody else has it").generation += 1;
            });
            assert_eq!(network.own().calls.begin().is_err(), closed);
        }
    }
}
