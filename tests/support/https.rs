//! TLS for a peer, by rustls, with a certificate made for this run.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, OnceLock};

use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection};

use super::peer::{Transport, Wire};

/// HTTP over TLS.
pub const TLS: Transport = Transport {
    name: "tls",
    scheme: "https",
    roots: || Some(&identity().pem),
    begin: |socket| Ok(Box::new(Tls::begin(socket)?)),
};

struct Identity {
    pem: String,
    config: Arc<ServerConfig>,
}

fn identity() -> &'static Identity {
    static IDENTITY: OnceLock<Identity> = OnceLock::new();
    IDENTITY.get_or_init(|| {
        let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.into())
            .expect("the key is the certificate's");
        Identity {
            pem: made.cert.pem(),
            config: Arc::new(config),
        }
    })
}

/// The server's side of TLS on one connection.
struct Tls(ServerConnection);

impl Tls {
    fn begin(mut socket: &TcpStream) -> io::Result<Self> {
        let config = Arc::clone(&identity().config);
        let mut connection = ServerConnection::new(config).map_err(io::Error::other)?;
        connection.set_buffer_limit(None);
        let handshake = connection.complete_io(&mut socket);
        if handshake.is_err() {
            // The alert tells the client why.
            let _ = connection.write_tls(&mut socket);
        }
        handshake.map(|_| Tls(connection))
    }

    /// What waits to be sent.
    fn outgoing(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.0.wants_write() {
            self.0.write_tls(&mut bytes).expect("a list takes all");
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

    fn goodbye(&mut self) -> Vec<u8> {
        self.0.send_close_notify();
        self.outgoing()
    }
}
