//! Alerts of the server before the first byte of a response: the error of each, and which prove that the request was not
//! processed.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use super::certificates::OpenSsl;
use super::*;
use crate::support::https::{self, Records};
use crate::support::responses::NO_CONTENT;

/// Codes and names of alerts (IANA, TLS Alerts), and whether they are sent in a handshake only.
const ALERTS: [(u8, &str, bool); 34] = [
    (10, "unexpected_message", false),
    (20, "bad_record_mac", false),
    (21, "decryption_failed", false),
    (22, "record_overflow", false),
    (30, "decompression_failure", false),
    (40, "handshake_failure", true),
    (41, "no_certificate", true),
    (42, "bad_certificate", true),
    (43, "unsupported_certificate", true),
    (44, "certificate_revoked", true),
    (45, "certificate_expired", true),
    (46, "certificate_unknown", true),
    (47, "illegal_parameter", false),
    (48, "unknown_ca", true),
    (49, "access_denied", true),
    (50, "decode_error", false),
    (51, "decrypt_error", true),
    (60, "export_restriction", true),
    (70, "protocol_version", true),
    (71, "insufficient_security", true),
    (80, "internal_error", false),
    (86, "inappropriate_fallback", true),
    (90, "user_canceled", false),
    (100, "no_renegotiation", false),
    (109, "missing_extension", true),
    (110, "unsupported_extension", true),
    (111, "certificate_unobtainable", true),
    (112, "unrecognized_name", true),
    (113, "bad_certificate_status_response", true),
    (114, "bad_certificate_hash_value", true),
    (115, "unknown_psk_identity", true),
    (116, "certificate_required", true),
    (120, "no_application_protocol", true),
    (121, "ech_required", true),
];

/// A TLS 1.3 server that calls `serve` with each connection after its handshake.
fn tls_server(mut serve: impl FnMut(&mut TcpStream, &mut Records) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            if let Ok(mut records) = Records::accept(&stream) {
                serve(&mut stream, &mut records);
            }
        }
    });
    address
}

fn trusting_client(address: SocketAddr) -> Client {
    client(&format!("https://{address}"), &[https::roots().to_owned()])
}

/// Checks that an error names this alert.
fn assert_alert(failure: &Error, code: u8, name: &str) {
    assert_eq!(
        (failure.status(), failure.action()),
        (Status::Tls, Action::ContactOperator),
        "{failure}"
    );
    let named = format!("{name} ({code})");
    assert!(failure.message().contains(&named), "{named}: {failure}");
    assert_eq!(failure.http_status(), None);
}

#[test]
fn alert_after_the_handshake_is_named() {
    for (code, name, is_of_handshake) in ALERTS {
        let address = tls_server(move |stream, records| {
            let _ = stream.write_all(&records.alert(code));
            // Open until the client closes: the alert must end the call.
            while matches!(stream.read(&mut [0; 4096]), Ok(1..)) {}
        });
        let failure = bind(&trusting_client(address)).unwrap_err();
        assert_alert(&failure, code, name);
        assert_eq!(failure.outcome_unknown(), !is_of_handshake, "{failure}");
    }
}

#[test]
fn alert_on_a_reused_connection_is_retried() {
    const CERTIFICATE_REQUIRED: u8 = 116;
    let (start, started) = channel();
    let (ready, is_ready) = channel();
    let mut connections = 0;
    let address = tls_server(move |stream, records| {
        connections += 1;
        if connections == 1 {
            stream
                .write_all(&records.data(NO_CONTENT.as_bytes()))
                .unwrap();
            // The request is complete once its response was read.
            started.recv().unwrap();
            stream.set_nonblocking(true).unwrap();
            let first = std::iter::from_fn(|| Some(stream.read(&mut [0; 4096])));
            let end = first.map_while(|read| read.err()).next();
            assert!(end.is_none_or(|error| error.kind() == ErrorKind::WouldBlock));
            stream.set_nonblocking(false).unwrap();
            ready.send(()).unwrap();
            let _ = stream.read(&mut [0; 4096]);
        }
        let _ = stream.write_all(&records.alert(CERTIFICATE_REQUIRED));
        while matches!(stream.read(&mut [0; 4096]), Ok(1..)) {}
    });
    let client = trusting_client(address);
    bind(&client).unwrap();
    start.send(()).unwrap();
    is_ready.recv().unwrap();
    let failure = bind(&client).unwrap_err();
    assert_alert(&failure, CERTIFICATE_REQUIRED, "certificate_required");
    assert!(
        failure.outcome_unknown(),
        "the first connection received it"
    );
}

#[test]
fn alert_within_a_response_is_a_lost_connection() {
    let address = tls_server(|stream, records| {
        let mut bytes = records.data(b"HTTP/1.1 204");
        bytes.extend(records.alert(116));
        let _ = stream.write_all(&bytes);
        while matches!(stream.read(&mut [0; 4096]), Ok(1..)) {}
    });
    let failure = bind(&trusting_client(address)).unwrap_err();
    assert_eq!(failure.status(), Status::ConnectionLost, "{failure}");
    assert!(failure.outcome_unknown());
}

/// A request that needs several writes, so that the alert arrives while it is sent.
#[test]
fn alert_while_sending_ends_the_call() {
    let (stop, stopped) = channel::<()>();
    let address = tls_server(move |stream, records| {
        let small = socket2::SockRef::from(&*stream).set_recv_buffer_size(1024);
        small.unwrap();
        let _ = stream.write_all(&records.alert(49));
        // Reads nothing, and keeps the connection open until the call returns.
        let _ = stopped.recv();
    });
    let client = trusting_client(address);
    let value = "x".repeat(60_000);
    let extra = format!(r#"{{"extra":"{value}"}}"#);
    let options = bosauth::CallOptions::new().body_json(&extra);
    let users = client.collection("users").with(&options);
    let failure = users
        .bind_token(DEMO_USER, DEMO_PASSWORD, TOKEN)
        .unwrap_err();
    assert_alert(&failure, 49, "access_denied");
    assert!(!failure.outcome_unknown());
    drop(stop);
}

/// OpenSSL that requires a client certificate: over TLS 1.2 the alert is sent in the handshake, over TLS 1.3 after it.
#[test]
fn client_certificate_request_is_reported() {
    if !tools::has("openssl") {
        return;
    }
    let authority = Authority::new("own");
    let identity = authority.localhost();
    for (version, name, code) in [
        ("-tls1_2", "handshake_failure", 40),
        ("-tls1_3", "certificate_required", 116),
    ] {
        let server = OpenSsl::start(&identity, &[version, "-Verify", "1"]);
        for _ in 0..20 {
            let failure = bind(&client(&server.url, &[authority.pem()])).unwrap_err();
            assert_alert(&failure, code, name);
            assert!(!failure.outcome_unknown(), "{failure}");
        }
    }
}
