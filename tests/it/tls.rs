//! HTTPS against OpenSSL: which certificates and versions are accepted, and that no byte of a request is sent to any other
//! server.

mod alerts;
mod certificates;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use bosauth::{Action, Client, Error, Status};
use bosbase_local::{DEMO_PASSWORD, DEMO_USER};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};

use crate::support::WATCHDOG;
use crate::support::faulty_server::{Act, FaultyServer};
use crate::support::responses::response;
use crate::support::{library, server, tools};

const TOKEN: &str = "token-of-the-app";

// ---- certificates ----

/// An unknown certificate authority.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        Authority::with(name, |_| {})
    }

    /// With a certificate that `change` modifies before it is signed.
    fn with(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = params(&[], name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        change(&mut params);
        Authority(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// The certificate that a client must trust.
    fn pem(&self) -> String {
        self.0.pem()
    }

    /// A server certificate for these names, which `change` modifies before it is signed.
    fn certify(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let mut params = params(names, "server");
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Identity::new(&certificate.pem(), &key)
    }

    /// A valid certificate for `localhost`.
    fn localhost(&self) -> Identity {
        self.certify(&["localhost"], |_| {})
    }
}

fn params(names: &[&str], common_name: &str) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, common_name);
    params
}

/// The certificate and key files of a server.
struct Identity {
    pem: String,
    certificate: PathBuf,
    key: PathBuf,
}

impl Identity {
    fn new(pem: &str, key: &KeyPair) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let file = |end: &str, content: &str| {
            let name = format!("tls-{}-{number}.{end}", std::process::id());
            let path = tools::temporary(&name);
            fs::write(&path, content).unwrap();
            path
        };
        Identity {
            pem: pem.to_owned(),
            certificate: file("pem", pem),
            key: file("key", &key.serialize_pem()),
        }
    }
}

impl Drop for Identity {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.certificate);
        let _ = fs::remove_file(&self.key);
    }
}

// ---- the server ----

/// A TLS server in front of a plain one. It stops when it is dropped.
struct Relay {
    process: Child,
    port: u16,
    reports: Receiver<String>,
}

impl Relay {
    fn start(server: SocketAddr, identity: &Identity, arguments: &[&str]) -> Self {
        let mut process = Command::new("python3")
            .arg(tools::root().join("tests/it/tls/openssl_relay.py"))
            .arg("--server")
            .arg(server.to_string())
            .arg("--certificate")
            .arg(&identity.certificate)
            .arg("--key")
            .arg(&identity.key)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.next().unwrap().unwrap().parse().unwrap();
        let (sender, reports) = channel();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|l| sender.send(l)));
        Relay {
            process,
            port,
            reports,
        }
    }

    fn url(&self, host: &str) -> String {
        format!("https://{host}:{}", self.port)
    }

    /// The next line of its output.
    fn report(&self) -> String {
        self.reports.recv_timeout(WATCHDOG).unwrap()
    }

    /// Checks that there was one connection, whose handshake failed before a request. Returns the server's reason.
    fn failed_handshake(self) -> String {
        let report = self.report();
        assert_eq!(self.reports.try_recv().ok(), None);
        let reason = report.strip_prefix("1 failed 0").expect(&report);
        reason.trim_start().to_owned()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

fn client(url: &str, roots: &[String]) -> Client {
    let builder = Client::builder(url);
    let builder = roots
        .iter()
        .fold(builder, |builder, pem| builder.roots_pem(pem));
    builder.build().unwrap()
}

fn bind(client: &Client) -> Result<(), Error> {
    client
        .collection("users")
        .bind_token(DEMO_USER, DEMO_PASSWORD, TOKEN)
}

/// Binds and logs in twice on one connection of this version.
fn check_calls(relay: &Relay, host: &str, roots: &[String], version: &str) {
    let client = client(&relay.url(host), roots);
    bind(&client).unwrap();
    for _ in 0..2 {
        let session = client.collection("users").auth_with_token(TOKEN).unwrap();
        assert_eq!(session.field("email").as_deref(), Some(DEMO_USER));
    }
    drop(client);
    let handshake = relay.report();
    let (number, spoken) = handshake.split_once(' ').unwrap();
    assert_eq!(spoken, version);
    assert_eq!(relay.report(), format!("{number} closed 3"));
}

/// Checks that a bind fails with this TLS error before anything is sent.
fn assert_rejected(url: &str, roots: &[String], reason: &str) {
    let failure = bind(&client(url, roots)).unwrap_err();
    assert_eq!(
        (failure.status(), failure.action()),
        (Status::Tls, Action::ContactOperator),
        "{failure}"
    );
    assert!(failure.message().contains(reason), "{failure}");
    assert!(!failure.outcome_unknown());
    assert_eq!(failure.http_status(), None);
}

/// Checks that a client which trusts `authority` rejects a server with this identity. Returns the server's reason.
fn rejected_by(
    authority: &Authority,
    identity: &Identity,
    arguments: &[&str],
    reason: &str,
) -> String {
    let server = server::demo();
    let relay = Relay::start(server.address(), identity, arguments);
    assert_rejected(&relay.url("localhost"), &[authority.pem()], reason);
    relay.failed_handshake()
}

/// The same for a rejected certificate: the server receives an alert, whose OpenSSL name is returned.
fn rejected_with_alert(
    authority: &Authority,
    identity: &Identity,
    arguments: &[&str],
    reason: &str,
) -> String {
    let alert = rejected_by(authority, identity, arguments, reason);
    assert!(alert.contains("_ALERT_"), "{reason}: {alert}");
    alert
}

// ---- accepted ----

#[test]
fn added_authority_is_trusted_in_tls_12_and_13() {
    let (authority, server) = (Authority::new("own"), server::demo());
    let identity = authority.localhost();
    for (version, spoken) in [("1.2", "TLSv1.2"), ("1.3", "TLSv1.3"), ("any", "TLSv1.3")] {
        let relay = Relay::start(server.address(), &identity, &["--version", version]);
        check_calls(&relay, "localhost", &[authority.pem()], spoken);
    }
}

#[test]
fn late_session_tickets_are_accepted() {
    let (authority, server) = (Authority::new("own"), server::demo());
    let late = ["--version", "1.3", "--behave", "late-tickets"];
    let relay = Relay::start(server.address(), &authority.localhost(), &late);
    check_calls(&relay, "localhost", &[authority.pem()], "TLSv1.3");
}

/// One record is longer than a read, and the connection stays open after it.
#[test]
fn response_longer_than_one_read() {
    let authority = Authority::new("own");
    for length in [1_900, 2_048, 3_000, 10_000, 100_000] {
        let value = "x".repeat(length);
        let record = format!(r#"{{"id":"i","collectionId":"c","text":"{value}"}}"#);
        let login = response(
            "200 OK",
            "",
            &format!(r#"{{"token":"a.b.c","record":{record}}}"#),
        );
        let server = FaultyServer::always(vec![Act::Send(login)]);
        for version in ["1.2", "1.3"] {
            let identity = authority.localhost();
            let relay = Relay::start(server.address(), &identity, &["--version", version]);
            let client = client(&relay.url("localhost"), &[authority.pem()]);
            for _ in 0..2 {
                let session = client.collection("users").auth_with_token(TOKEN).unwrap();
                assert_eq!(session.record_json(), record);
            }
        }
    }
}

#[test]
fn ip_address_certificate_is_accepted() {
    let (authority, server) = (Authority::new("own"), server::demo());
    let identity = authority.certify(&["127.0.0.1"], |_| {});
    let relay = Relay::start(server.address(), &identity, &[]);
    check_calls(&relay, "127.0.0.1", &[authority.pem()], "TLSv1.3");
}

#[test]
fn two_authorities_are_trusted() {
    let (first, second) = (Authority::new("first"), Authority::new("second"));
    let server = server::demo();
    let apart = [first.pem(), second.pem()];
    let together = [apart.concat()];
    for authority in [&first, &second] {
        let relay = Relay::start(server.address(), &authority.localhost(), &[]);
        check_calls(&relay, "localhost", &apart, "TLSv1.3");
        check_calls(&relay, "localhost", &together, "TLSv1.3");
    }
}

// ---- rejected ----

#[test]
fn unknown_authority_is_rejected() {
    let server = server::demo();
    let relay = Relay::start(server.address(), &Authority::new("own").localhost(), &[]);
    assert_rejected(&relay.url("localhost"), &[], "an unknown authority");
    relay.failed_handshake();
    // Another authority with the same name.
    let other = Authority::new("own");
    rejected_with_alert(&other, &Authority::new("own").localhost(), &[], "");
}

#[test]
fn wrong_name_is_rejected() {
    let authority = Authority::new("own");
    for name in ["example.com", "127.0.0.1", "*.localhost"] {
        let identity = authority.certify(&[name], |_| {});
        rejected_with_alert(&authority, &identity, &[], "for another name");
    }
    // A name in the common name alone is ignored.
    let old = authority.certify(&[], |params| {
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, "localhost");
    });
    rejected_with_alert(&authority, &old, &[], "for another name");
}

#[test]
fn name_does_not_match_an_address() {
    let (authority, server) = (Authority::new("own"), server::demo());
    let relay = Relay::start(server.address(), &authority.localhost(), &[]);
    let url = relay.url("127.0.0.1");
    assert_rejected(&url, &[authority.pem()], "for another name");
    relay.failed_handshake();
}

#[test]
fn expired_or_future_certificate_is_rejected() {
    let authority = Authority::new("own");
    for (from, to, reason) in [
        (2001, 2002, "has expired"),
        (4001, 4002, "is not valid yet"),
    ] {
        let identity = authority.certify(&["localhost"], |params| {
            params.not_before = date_time_ymd(from, 1, 1);
            params.not_after = date_time_ymd(to, 1, 1);
        });
        rejected_with_alert(&authority, &identity, &[], reason);
    }
}

#[test]
fn self_signed_certificate_is_rejected() {
    let authority = Authority::new("own");
    let key = KeyPair::generate().unwrap();
    let certificate = params(&["localhost"], "server").self_signed(&key).unwrap();
    let identity = Identity::new(&certificate.pem(), &key);
    rejected_with_alert(&authority, &identity, &[], "an unknown authority");
}

#[test]
fn tls_11_is_rejected() {
    let authority = Authority::new("own");
    let old = ["--version", "1.1"];
    rejected_by(&authority, &authority.localhost(), &old, "no TLS version");
}

#[test]
fn plain_server_is_rejected() {
    let authority = Authority::new("own");
    let plain = ["--behave", "plain"];
    rejected_by(&authority, &authority.localhost(), &plain, "is not TLS");
}

#[test]
fn invalid_roots_are_rejected() {
    let good = Authority::new("own").pem();
    let key = KeyPair::generate().unwrap().serialize_pem();
    let cut = good.lines().take(3).collect::<Vec<_>>().join("\n");
    let not_der = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let not_base64 = not_der.replace("AAAA", "****");
    let bad_after_good = format!("{good}{not_der}");
    for pem in ["", "x", &key, &cut, not_der, &not_base64, &bad_after_good] {
        let built = Client::builder("https://localhost").roots_pem(pem).build();
        let failure = built.unwrap_err();
        assert_eq!(failure.status(), Status::InvalidArgument, "{pem}");
        assert_eq!(failure.argument(), "pem", "{pem}");
    }
}

// ---- closed connections ----

#[test]
fn close_during_the_handshake_is_a_lost_connection() {
    let (authority, server) = (Authority::new("own"), server::demo());
    let hang_up = ["--behave", "hang-up"];
    let relay = Relay::start(server.address(), &authority.localhost(), &hang_up);
    let failure = bind(&client(&relay.url("localhost"), &[authority.pem()])).unwrap_err();
    assert_eq!(failure.status(), Status::ConnectionLost, "{failure}");
    assert!(!failure.outcome_unknown());
    relay.failed_handshake();
}

#[test]
fn unsized_body_requires_close_notify() {
    let authority = Authority::new("own");
    let record = r#"{"id":"i","collectionId":"c","collectionName":"users"}"#;
    let login = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{{\"token\":\"a.b.c\",\"record\":{record}}}"
    );
    let server = FaultyServer::always(vec![Act::Send(login.into_bytes()), Act::Close]);
    for version in ["1.2", "1.3"] {
        let log_in = |behave: &str| {
            let arguments = ["--version", version, "--behave", behave];
            let relay = Relay::start(server.address(), &authority.localhost(), &arguments);
            let client = client(&relay.url("localhost"), &[authority.pem()]);
            client.collection("users").auth_with_token(TOKEN)
        };
        assert_eq!(log_in("well").unwrap().record_json(), record);
        let failure = log_in("cut").unwrap_err();
        assert_eq!(failure.status(), Status::ConnectionLost, "{failure}");
        assert!(failure.outcome_unknown());
    }
}

// ---- from C ----

#[test]
fn tls_from_c() {
    let program = library::program("tls.c", &[]);
    let printed = |url: &str, pem: &str| {
        let arguments = [url, pem, DEMO_USER, DEMO_PASSWORD, TOKEN];
        tools::run(Command::new(program.get_program()).args(arguments))
    };
    let (authority, server) = (Authority::new("own"), server::demo());
    let relay = Relay::start(server.address(), &authority.localhost(), &[]);
    let url = relay.url("localhost");
    let two_logins = format!("new OK\nbind OK\nlogin OK {DEMO_USER}\nlogin OK {DEMO_USER}\n");
    assert_eq!(printed(&url, &authority.pem()), two_logins);
    assert_eq!(relay.report(), "1 TLSv1.3");
    assert_eq!(relay.report(), "1 closed 3");

    let other = Authority::new("other").pem();
    assert_eq!(
        printed(&url, &other),
        "new OK\nbind TLS CONTACT_OPERATOR, outcome unknown: 0\n"
    );
    assert_eq!(relay.report(), "2 failed 0 TLSV1_ALERT_UNKNOWN_CA");
    assert_eq!(printed(&url, "x"), "new INVALID_ARGUMENT FIX_CALL pem\n");
}
