//! The transport to one server: its connection pool, its TLS configuration, and the calls in flight.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use once_cell::race::OnceBox;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;

use super::error::Cause;
use super::in_flight::InFlight;
use super::limits::Deadline;
use super::pool::Pool;
use super::tls;
use crate::clock::ServerClock;
use crate::config::Config;
use crate::fork::{self, ForkSafeMutex};

/// The network address of a server.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub https: bool,
    /// A name or a literal address, IPv6 without brackets.
    pub host: String,
    pub port: u16,
}

/// The transport to one server.
pub(crate) struct Transport {
    pub(super) origin: Origin,
    pub(super) connect_timeout: Duration,
    pub(super) max_body: usize,
    pub(super) added_roots: Vec<CertificateDer<'static>>,
    /// The server's clock, by the responses so far.
    pub clock: Arc<ServerClock>,
    /// Also valid in the child of a fork.
    closed: AtomicBool,
    state: ForkSafeMutex<Arc<ProcessState>>,
}

/// The state of one process. The child of a fork starts with a new one.
pub(super) struct ProcessState {
    generation: u32,
    tls: OnceBox<Arc<ClientConfig>>,
    pub pool: Pool,
    pub in_flight: InFlight,
}

impl ProcessState {
    fn new(closed: bool) -> Arc<Self> {
        Arc::new(ProcessState {
            generation: fork::generation(),
            tls: OnceBox::new(),
            pool: Pool::default(),
            in_flight: InFlight::new(closed),
        })
    }

    /// Returns the TLS configuration. It is created on first use, possibly by two threads at once: the child of a
    /// fork must not wait for a thread of its parent.
    pub fn tls(&self, added_roots: &[CertificateDer<'static>]) -> Result<Arc<ClientConfig>, Cause> {
        let config = self
            .tls
            .get_or_try_init(|| tls::config(added_roots).map(Box::new))?;
        Ok(Arc::clone(config))
    }
}

impl Transport {
    /// Creates the transport to `origin`. The first request resolves its name and connects.
    pub fn new(origin: Origin, config: &Config, clock: Arc<ServerClock>) -> Self {
        Transport {
            origin,
            connect_timeout: config.connect_timeout,
            max_body: config.max_response_bytes,
            added_roots: config.added_roots.clone(),
            clock,
            closed: AtomicBool::new(false),
            state: ForkSafeMutex::new(ProcessState::new(false)),
        }
    }

    /// Cancels all calls, prevents new ones, and closes the idle connections. Waits at most `wait` for the calls to
    /// return, and returns whether they have.
    pub fn close(&self, wait: Duration) -> bool {
        self.closed.store(true, Ordering::Relaxed);
        let state = self.process_state();
        state.in_flight.close();
        state.pool.close();
        state.in_flight.wait(Deadline::after(wait))
    }

    /// Returns the state of this process.
    pub(super) fn process_state(&self) -> Arc<ProcessState> {
        // What was inherited is dropped outside of the lock.
        let (state, _inherited) = self.state.with(|state| {
            let is_inherited = state.generation != fork::generation();
            let inherited = is_inherited.then(|| {
                let closed = self.closed.load(Ordering::Relaxed);
                std::mem::replace(state, ProcessState::new(closed))
            });
            (Arc::clone(state), inherited)
        });
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_transport_stays_closed_in_a_child() {
        for closed in [false, true] {
            let origin = Origin {
                https: false,
                host: "127.0.0.1".into(),
                port: 1,
            };
            let transport = Transport::new(origin, &Config::default(), Arc::default());
            if closed {
                transport.close(Duration::ZERO);
            }
            // As if it came from another process.
            transport.state.with(|state| {
                Arc::get_mut(state).expect("not shared").generation += 1;
            });
            let state = transport.process_state();
            assert_eq!(state.in_flight.start().is_err(), closed);
        }
    }
}
