//! TLS by rustls with the ring provider: configuration and handshake.

use std::io::{self, Read};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::FailureKind;
use super::connection::NoSignal;
use super::deadline::Until;
use super::tls_error::failure;
use super::wait::{Interest, wait};

/// How many times unread bytes of a failed handshake are taken in.
const UNREAD_MAX: usize = 64;

/// The configuration of a client that trusts the bundled roots and `added`.
pub(super) fn config(added: &[CertificateDer<'static>]) -> Result<Arc<ClientConfig>, FailureKind> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let unusable = FailureKind::Tls("an added root certificate cannot be used");
    for root in added {
        roots.add(root.clone()).map_err(|_| unusable)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| FailureKind::Tls("no TLS version is available"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// A finished handshake with the server of that name over `socket`.
pub(super) fn handshake(
    mut socket: &TcpStream,
    config: Arc<ClientConfig>,
    host: &str,
    until: Until<'_>,
) -> Result<ClientConnection, FailureKind> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| FailureKind::Tls("no certificate can be for this host name"))?;
    let mut tls = ClientConnection::new(config, name).map_err(|error| failure(&error))?;
    while tls.is_handshaking() || tls.wants_write() {
        if tls.wants_write() {
            step(
                tls.write_tls(&mut NoSignal(socket)),
                socket,
                Interest::Write,
                until,
            )?;
            continue;
        }
        if step(tls.read_tls(&mut socket), socket, Interest::Read, until)? == Some(0) {
            return Err(FailureKind::ConnectionLost);
        }
        if let Err(error) = tls.process_new_packets() {
            send_alert(&mut tls, socket);
            return Err(failure(&error));
        }
    }
    Ok(tls)
}

/// Sends the server what rustls has queued, the alert last, as far as that goes without waiting. Then reads what
/// the server had sent: a connection that is closed with unread bytes is reset, and a reset can destroy the
/// alert.
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

/// The bytes a system call moved; `None` after waiting because it would have blocked.
fn step(
    result: io::Result<usize>,
    socket: &TcpStream,
    interest: Interest,
    until: Until<'_>,
) -> Result<Option<usize>, FailureKind> {
    match result {
        Ok(moved) => Ok(Some(moved)),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            let ended = wait(socket, interest, until);
            ended.map_err(|ended| ended.during("the TLS handshake"))?;
            Ok(None)
        }
        Err(_) => Err(FailureKind::ConnectionLost),
    }
}
