//! `server RESPONSE CA`: responds to every login with the bytes of the file RESPONSE, over HTTP and over TLS. It writes
//! its certificate authority to the file CA and prints its two URLs. The body of a login must be that of the environment
//! variable PEERS_BODY; it returns status 400 for any other request and prints it to standard error. `GET /counts` returns the
//! number of logins and of connections with at least one login.

use bosauth_peers::LOGIN_PATH;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

static LOGINS: AtomicU64 = AtomicU64::new(0);
static CONNECTIONS: AtomicU64 = AtomicU64::new(0);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [response, ca_file] = &arguments[..] else {
        panic!("usage: server RESPONSE CA");
    };
    let response: Arc<[u8]> = std::fs::read(response).expect("the response").into();
    let body: Arc<[u8]> = std::env::var("PEERS_BODY")
        .expect("PEERS_BODY")
        .into_bytes()
        .into();
    let tls = Arc::new(tls_config(ca_file));

    let listen = || TcpListener::bind("127.0.0.1:0").expect("a port");
    let (http, https) = (listen(), listen());
    println!("http://{}", http.local_addr().expect("an address"));
    println!("https://{}", https.local_addr().expect("an address"));
    std::thread::scope(|scope| {
        scope.spawn(|| accept(&http, |tcp| serve(tcp, &body, &response)));
        scope.spawn(|| {
            accept(&https, |tcp| {
                let tls = ServerConnection::new(tls.clone()).expect("a TLS connection");
                serve(StreamOwned::new(tls, tcp), &body, &response);
            });
        });
    });
}

/// Serves each connection on its own thread.
fn accept(listener: &TcpListener, serve: impl Fn(TcpStream) + Sync) {
    std::thread::scope(|scope| {
        for tcp in listener.incoming() {
            let tcp = tcp.expect("a connection");
            tcp.set_nodelay(true).expect("a socket");
            scope.spawn(|| serve(tcp));
        }
    });
}

/// Responds to the requests of one connection until the client closes it.
fn serve(mut stream: impl Read + Write, body: &[u8], response: &[u8]) {
    let mut buffer = vec![0; 16384];
    let mut logged_in = false;
    while let Some(request) = read_request(&mut stream, &mut buffer) {
        let sent = if request.0.starts_with(b"GET /counts ") {
            let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
            let counts = format!("{} {}", count(&LOGINS), count(&CONNECTIONS));
            let size = counts.len();
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n{counts}"
            )
        } else if is_login(request, body) {
            LOGINS.fetch_add(1, Ordering::Relaxed);
            if !std::mem::replace(&mut logged_in, true) {
                CONNECTIONS.fetch_add(1, Ordering::Relaxed);
            }
            stream.write_all(response)
        } else {
            eprintln!("unexpected: {:?}", String::from_utf8_lossy(request.0));
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        };
        if sent.and_then(|()| stream.flush()).is_err() {
            return;
        }
    }
}

fn is_login((head, sent): (&[u8], &[u8]), body: &[u8]) -> bool {
    let line = head.strip_prefix(b"POST ");
    let line = line.and_then(|line| line.strip_prefix(LOGIN_PATH.as_bytes()));
    line.is_some_and(|line| line.starts_with(b" HTTP/1.1\r\n")) && sent == body
}

/// Returns the head and the body of the next request, `None` at the end of the connection.
fn read_request<'a>(stream: &mut impl Read, buffer: &'a mut [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let mut filled = 0;
    let (head, end) = loop {
        filled += match stream.read(&mut buffer[filled..]) {
            Ok(0) | Err(_) => return None,
            Ok(size) => size,
        };
        let blank = buffer[..filled]
            .windows(4)
            .position(|bytes| bytes == b"\r\n\r\n");
        if let Some(head) = blank.map(|at| at + 4) {
            let end = head + content_length(&buffer[..head]);
            if filled >= end {
                break (head, end);
            }
        }
    };
    assert_eq!(filled, end, "pipelining is not supported");
    Some((&buffer[..head], &buffer[head..end]))
}

fn content_length(head: &[u8]) -> usize {
    let head = std::str::from_utf8(head).expect("ASCII");
    let value = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then_some(value)
    });
    value.map_or(0, |value| value.trim().parse().expect("a length"))
}

/// Creates a certificate authority, writes it to a file, and issues a certificate for 127.0.0.1.
fn tls_config(ca_file: &str) -> ServerConfig {
    let name = |name| {
        let mut distinguished = DistinguishedName::new();
        distinguished.push(DnType::CommonName, name);
        distinguished
    };
    let mut params = CertificateParams::new([]).expect("parameters");
    params.distinguished_name = name("authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key"));
    let issuer = issuer.expect("an authority");
    std::fs::write(ca_file, issuer.pem()).expect("write the authority");

    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).expect("parameters");
    params.distinguished_name = name("server");
    let certificate = params.signed_by(&key, &issuer).expect("a certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.into()], key)
        .expect("a certificate and its key")
}
