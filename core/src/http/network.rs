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
    tls: OnceCell<Arc<ClientConfig>>,
    pool: Pool,
}

impl Network {
    /// The way to `origin`. Nothing is looked up or opened before the first request.
    pub fn new(origin: Origin, config: &Config) -> Self {
        Network {
            origin,
            connect_timeout: config.connect_timeout,
            max_body: config.max_response_bytes,
            added_roots: config.added_roots.clone(),
            tls: OnceCell::new(),
            pool: Pool::default(),
        }
    }

    /// Sends a request and reads its answer, all by the deadline.
    pub fn send(&self, request: &Request<'_>, deadline: Deadline) -> Result<Response, Failure> {
        let mut connection = match self.pool.take() {
            Some(pooled) => pooled,
            None => self
                .open(deadline.min(Deadline::after(self.connect_timeout)))
                .map_err(Failure::unsent)?,
        };
        let bytes = request.to_bytes();
        let (response, reusable) =
            exchange(&mut connection, bytes.as_slice(), self.max_body, deadline)?;
        if reusable {
            self.pool.put(connection);
        }
        Ok(response)
    }

    fn open(&self, deadline: Deadline) -> Result<Connection, FailureKind> {
        let addresses = lookup::lookup(&self.origin.host, self.origin.port, deadline)?;
        let socket = connect::connect(&addresses, deadline)?;
        let tls = if self.origin.https {
            Some(Box::new(self.handshake(&socket, deadline)?))
        } else {
            None
        };
        Ok(Connection::new(socket, tls))
    }

    fn handshake(
        &self,
        socket: &TcpStream,
        deadline: Deadline,
    ) -> Result<ClientConnection, FailureKind> {
        let config = self
            .tls
            .get_or_try_init(|| tls::config(&self.added_roots))?;
        tls::handshake(socket, Arc::clone(config), &self.origin.host, deadline)
    }
}
