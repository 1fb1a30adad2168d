//! TLS by rustls with the ring provider: configuration and handshake.

use std::io::{self, Read};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, KeyProvider};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::SigningKey;
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::connection::NoSignal;
use super::error::Cause;
use super::limits::Limits;
use super::tls_error;
use super::wait::{Events, READ, WRITE, wait};

/// How often unread bytes are read after a failed handshake.
const UNREAD_MAX: usize = 64;

/// Loads no private key: the library has no client certificates. The provider's own would add every signature algorithm
/// to the library.
#[derive(Debug)]
struct NoPrivateKeys;

impl KeyProvider for NoPrivateKeys {
    fn load_private_key(
        &self,
        _: PrivateKeyDer<'static>,
    ) -> Result<Arc<dyn SigningKey>, rustls::Error> {
        Err(rustls::Error::General(
            "no private keys are supported".into(),
        ))
    }
}

/// Returns the configuration of a client that trusts the bundled roots and `added`.
pub(super) fn config(added: &[CertificateDer<'static>]) -> Result<Arc<ClientConfig>, Cause> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let unusable = Cause::Tls("an added root certificate cannot be used");
    for root in added {
        roots.add(root.clone()).map_err(|_| unusable)?;
    }
    let provider = Arc::new(CryptoProvider {
        key_provider: &NoPrivateKeys,
        ..rustls::crypto::ring::default_provider()
    });
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| Cause::Tls("no TLS version is available"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Performs the handshake with the server of this name over `socket`.
pub(super) fn handshake(
    mut socket: &TcpStream,
    config: Arc<ClientConfig>,
    host: &str,
    limits: Limits<'_>,
) -> Result<ClientConnection, Cause> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| Cause::Tls("no certificate can be valid for this host name"))?;
    let mut tls = ClientConnection::new(config, name).map_err(|error| tls_error::cause(&error))?;
    let limits = limits.during("performing the TLS handshake");
    while tls.is_handshaking() || tls.wants_write() {
        if tls.wants_write() {
            step(tls.write_tls(&mut NoSignal(socket)), socket, WRITE, limits)?;
            continue;
        }
        if step(tls.read_tls(&mut socket), socket, READ, limits)? == Some(0) {
            return Err(Cause::ConnectionLost);
        }
        if let Err(error) = tls.process_new_packets() {
            send_alert(&mut tls, socket);
            return Err(tls_error::cause(&error));
        }
    }
    Ok(tls)
}

/// Sends what rustls has queued, the alert last, as far as possible without blocking. Then reads what the server has
/// sent: closing a connection with unread bytes resets it, and a reset can discard the alert.
fn send_alert(tls: &mut ClientConnection, mut socket: &TcpStream) {
    while tls.wants_write() {
        match tls.write_tls(&mut NoSignal(socket)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
            Ok(_) => {}
        }
    }
    let _ = socket.shutdown(Shutdown::Write);
    let mut unread = [0; 4096];
    for _ in 0..UNREAD_MAX {
        if !matches!(socket.read(&mut unread), Ok(1..)) {
            return;
        }
    }
}

/// Returns the bytes that a system call transferred; `None` after a wait because it would have blocked.
fn step(
    result: io::Result<usize>,
    socket: &TcpStream,
    events: Events,
    limits: Limits<'_>,
) -> Result<Option<usize>, Cause> {
    match result {
        Ok(count) => Ok(Some(count)),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            wait(socket, events, limits)?;
            Ok(None)
        }
        Err(_) => Err(Cause::ConnectionLost),
    }
}
