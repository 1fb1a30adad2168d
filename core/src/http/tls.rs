//! TLS by rustls with the ring provider: configuration and handshake.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, ClientConnection, Error, RootCertStore,
};

use super::FailureKind;
use super::connection::NoSignal;
use super::deadline::Until;
use super::wait::{Interest, wait};

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
    let mut tls =
        ClientConnection::new(config, name).map_err(|error| FailureKind::Tls(reason(&error)))?;
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
            // The alert tells the server why; whether it arrives does not matter any more.
            let _ = tls.write_tls(&mut NoSignal(socket));
            return Err(FailureKind::Tls(reason(&error)));
        }
    }
    Ok(tls)
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

/// What to tell the app: our own words, since rustls quotes the peer's certificate.
fn reason(error: &Error) -> &'static str {
    match error {
        Error::InvalidCertificate(certificate) => certificate_reason(certificate),
        Error::PeerIncompatible(_) | Error::AlertReceived(AlertDescription::ProtocolVersion) => {
            "the server speaks no TLS version or cipher that is accepted (1.2 or 1.3)"
        }
        Error::InvalidMessage(_) | Error::InappropriateMessage { .. } => {
            "the server's answer is not TLS"
        }
        Error::AlertReceived(_) => "the server broke the handshake off",
        _ => "the handshake failed",
    }
}

fn certificate_reason(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the server's certificate has expired"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the server's certificate is not valid yet (is this machine's clock right?)"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the server's certificate is for another name"
        }
        CertificateError::UnknownIssuer => {
            "the server's certificate comes from an unknown authority"
        }
        CertificateError::Revoked => "the server's certificate was revoked",
        _ => "the server's certificate is not acceptable",
    }
}
