//! The server side of TLS, by rustls, with a certificate generated for this run.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, OnceLock};

use rustls::crypto::cipher::{MessageEncrypter, OutboundChunks, OutboundPlainMessage};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{
    ConnectionTrafficSecrets, ContentType, ProtocolVersion, ServerConfig, ServerConnection,
    SupportedCipherSuite,
};

use super::faulty_server::{Transport, Wire};

/// HTTP over TLS.
pub const TLS: Transport = Transport {
    name: "tls",
    scheme: "https",
    roots: || Some(&identity().pem),
    accept: |socket| Ok(Box::new(Tls::accept(socket)?)),
};

struct Identity {
    pem: String,
    config: Arc<ServerConfig>,
}

fn identity() -> &'static Identity {
    static IDENTITY: OnceLock<Identity> = OnceLock::new();
    IDENTITY.get_or_init(|| {
        let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
        let certified = rcgen::generate_simple_self_signed(names).expect("a certificate");
        let key = PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_single_cert(vec![certified.cert.der().clone()], key.into())
            .expect("the key belongs to the certificate");
        Identity {
            pem: certified.cert.pem(),
            config: Arc::new(config),
        }
    })
}

/// The certificate that clients must trust, in PEM.
pub fn roots() -> &'static str {
    &identity().pem
}

/// The server side of TLS 1.3 after the handshake, record by record: session tickets, alerts, data.
pub struct Records {
    encrypter: Box<dyn MessageEncrypter>,
    sequence: u64,
}

impl Records {
    pub fn accept(socket: &TcpStream) -> io::Result<Self> {
        let mut config = ServerConfig::clone(&identity().config);
        config.enable_secret_extraction = true;
        let Tls(connection) = Tls::accept_with(config.into(), socket)?;
        let Some(SupportedCipherSuite::Tls13(suite)) = connection.negotiated_cipher_suite() else {
            return Err(io::Error::other("not TLS 1.3"));
        };
        let secrets = connection
            .dangerous_extract_secrets()
            .map_err(io::Error::other)?;
        let (sequence, ConnectionTrafficSecrets::Aes256Gcm { key, iv }) = secrets.tx else {
            return Err(io::Error::other("another cipher than rustls prefers"));
        };
        Ok(Records {
            encrypter: suite.aead_alg.encrypter(key, iv),
            sequence,
        })
    }

    /// Session tickets, one per record.
    pub fn tickets(&mut self, count: usize) -> Vec<u8> {
        /// A NewSessionTicket (RFC 8446 section 4.6.1) for 60 seconds: a nonce and a ticket of a byte each.
        const TICKET: &[u8] = b"\x04\0\0\x0f\0\0\0\x3c\0\0\0\0\x01n\0\x01t\0\0";
        let ticket = |_| self.record(ContentType::Handshake, TICKET);
        (0..count).flat_map(ticket).collect()
    }

    /// A fatal alert.
    pub fn alert(&mut self, code: u8) -> Vec<u8> {
        self.record(ContentType::Alert, &[2, code])
    }

    /// Application data.
    pub fn data(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.record(ContentType::ApplicationData, bytes)
    }

    fn record(&mut self, typ: ContentType, content: &[u8]) -> Vec<u8> {
        let message = OutboundPlainMessage {
            typ,
            version: ProtocolVersion::TLSv1_2,
            payload: OutboundChunks::Single(content),
        };
        let record = self.encrypter.encrypt(message, self.sequence);
        self.sequence += 1;
        record.expect("the sequence has not ended").encode()
    }
}

/// The server side of a connection.
struct Tls(ServerConnection);

impl Tls {
    fn accept(socket: &TcpStream) -> io::Result<Self> {
        Tls::accept_with(Arc::clone(&identity().config), socket)
    }

    fn accept_with(config: Arc<ServerConfig>, mut socket: &TcpStream) -> io::Result<Self> {
        let mut connection = ServerConnection::new(config).map_err(io::Error::other)?;
        connection.set_buffer_limit(None);
        let handshake = connection.complete_io(&mut socket);
        if handshake.is_err() {
            // An alert with the reason.
            let _ = connection.write_tls(&mut socket);
        }
        handshake.map(|_| Tls(connection))
    }

    /// The bytes to be sent.
    fn outgoing(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.0.wants_write() {
            self.0.write_tls(&mut bytes).expect("a list accepts all");
        }
        bytes
    }
}

impl Wire for Tls {
    fn read(&mut self, mut socket: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.reader().read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                other => return other,
            }
            self.0.read_tls(&mut socket)?;
            self.0.process_new_packets().map_err(io::Error::other)?;
        }
    }

    fn encode(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.0.writer().write_all(bytes).expect("no limit is set");
        self.outgoing()
    }

    fn close_notify(&mut self) -> Vec<u8> {
        self.0.send_close_notify();
        self.outgoing()
    }
}
