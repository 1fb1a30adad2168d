//! The way to one server: its pool, its TLS set-up, and the connection for a request.

use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use once_cell::sync::OnceCell;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, ClientConnection};

use super::connection::Connection;
use super::exchange::exchange;
use super::pool::Pool;
use super::{Deadline, Failure, FailureKind, Request, Response, connect, lookup, tls};
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
    origin: Origin,
    connect_timeout: Duration,
    max_body: usize,
    added_roots: Vec<CertificateDer<'static>>,
    own: Guarded<Arc<Own>>,
}

/// What belongs to one process: after a fork, the child begins anew.
struct Own {
    generation: u32,
    tls: OnceCell<Arc<ClientConfig>>,
    pool: Pool,
}

impl Own {
    fn new() -> Arc<Self> {
        Arc::new(Own {
            generation: fork::generation(),
            tls: OnceCell::new(),
            pool: Pool::default(),
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

    /// Sends a request and reads its answer, all by the deadline.
    pub fn send(&self, request: &Request<'_>, deadline: Deadline) -> Result<Response, Failure> {
        let own = self.own();
        let mut connection = match own.pool.take() {
            Some(pooled) => pooled,
            None => {
                let deadline = deadline.min(Deadline::after(self.connect_timeout));
                self.open(&own, deadline).map_err(Failure::unsent)?
            }
        };
        let bytes = request.to_bytes();
        let (response, reusable) =
            exchange(&mut connection, bytes.as_slice(), self.max_body, deadline)?;
        if reusable {
            own.pool.put(connection);
        }
        Ok(response)
    }

    /// What belongs to this process.
    fn own(&self) -> Arc<Own> {
        let (own, _inherited) = self.own.with(|own| {
            let is_ours = own.generation == fork::generation();
            let inherited = (!is_ours).then(|| std::mem::replace(own, Own::new()));
            (Arc::clone(own), inherited)
        });
        own
    }

    fn open(&self, own: &Own, deadline: Deadline) -> Result<Connection, FailureKind> {
        let addresses = lookup::lookup(&self.origin.host, self.origin.port, deadline)?;
        let socket = connect::connect(&addresses, deadline)?;
        let tls = if self.origin.https {
            Some(Box::new(self.handshake(own, socket.stream(), deadline)?))
        } else {
            None
        };
        Ok(Connection::new(socket, tls))
    }

    fn handshake(
        &self,
        own: &Own,
        socket: &TcpStream,
        deadline: Deadline,
    ) -> Result<ClientConnection, FailureKind> {
        let config = own.tls.get_or_try_init(|| tls::config(&self.added_roots))?;
        tls::handshake(socket, Arc::clone(config), &self.origin.host, deadline)
    }
}
