//! HTTPS against OpenSSL: which certificates and versions are taken, and that no byte of a request goes to
//! a server that is not the right one.

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

use bosauth::{Action, Client, Config, Error, Status};
use bosbase_local::{DEMO_PASSWORD, DEMO_USER};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};

use crate::support::WATCHDOG;
use crate::support::faulty_server::{Act, FaultyServer};
use crate::support::responses::response;
use crate::support::{library, server, tools};

const TOKEN: &str = "a-token-of-the-app's-own";

// ---- certificates ----

/// A certificate authority that nobody knows.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        Authority::with(name, |_| {})
    }

    /// One whose certificate is changed by `change` before it is signed.
    fn with(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = params(&[], name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        change(&mut params);
        Authority(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// What a client adds to trust it.
    fn pem(&self) -> String {
        self.0.pem()
    }

    /// A server's certificate for these names, changed by `change` before it is signed.
    fn certify(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let mut params = params(names, "server");
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Identity::new(&certificate.pem(), &key)
    }

    /// A good certificate for `localhost`.
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

/// What a server shows and proves itself by: two files.
struct Identity {
    pem: String,
    certificate: PathBuf,
    key: PathBuf,
}

impl Identity {
    fn new(pem: &str, key: &KeyPair) -> Self {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let file = |end: &str, text: &str| {
            let name = format!("tls-{}-{number}.{end}", std::process::id());
            let path = tools::temporary(&name);
            fs::write(&path, text).unwrap();
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

/// A TLS server in front of a plain one. It ends when it is dropped.
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

    /// What it has to say next.
    fn report(&self) -> String {
        self.reports.recv_timeout(WATCHDOG).unwrap()
    }

    /// Checks that there was one connection, that its handshake failed, and that nothing was sent on it. Gives
    /// the server's reason.
    fn saw_only_a_failure(self) -> String {
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
    let mut config = Config::new();
    for pem in roots {
        config.add_roots_pem(pem).unwrap();
    }
    Client::new(url, &config).unwrap()
}

fn bind(client: &Client) -> Result<(), Error> {
    client
        .collection("users")
        .bind_token(DEMO_USER, DEMO_PASSWORD, TOKEN)
}

/// Binds and logs in twice, all over one connection of this version.
fn works_over(relay: &Relay, host: &str, roots: &[String], version: &str) {
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

/// Checks that a bind fails as TLS does, for this reason, before anything is sent.
fn refused(url: &str, roots: &[String], reason: &str) {
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

/// Checks that a client that trusts `authority` refuses a server with this identity. Gives the server's reason
/// why the handshake failed.
fn refused_by(
    authority: &Authority,
    identity: &Identity,
    arguments: &[&str],
    reason: &str,
) -> String {
    let server = server::demo();
    let relay = Relay::start(server.address(), identity, arguments);
    refused(&relay.url("localhost"), &[authority.pem()], reason);
    relay.saw_only_a_failure()
}

/// The same for a certificate that is refused: the server gets to know it by an alert, whose name in OpenSSL's
/// words is given.
fn refused_as(
    authority: &Authority,
    identity: &Identity,
    arguments: &[&str],
    reason: &str,
) -> String {
    let alert = refused_by(authority, identity, arguments, reason);
    assert!(alert.contains("_ALERT_"), "{reason}: {alert}");
    alert
}

// ---- what works ----

#[test]
fn added_authority_is_trusted_in_tls_12_and_13() {
    let (authority, server) = (Authority::new("own"), server::demo());
    let identity = authority.localhost();
    for (version, spoken) in [("1.2", "TLSv1.2"), ("1.3", "TLSv1.3"), ("any", "TLSv1.3")] {
        let relay = Relay::start(server.address(), &identity, &["--version", version]);
        works_over(&relay, "localhost", &[authority.pem()], spoken);
    }
}

#[test]
fn late_session_tickets_are_accepted() {
    let (authority, server) = (Authority::new("own"), server::demo());
    let late = ["--version", "1.3", "--behave", "late-tickets"];
    let relay = Relay::start(server.address(), &authority.localhost(), &late);
    works_over(&relay, "localhost", &[authority.pem()], "TLSv1.3");
}

/// One record holds far more than is read at a time, and the connection stays open behind it.
#[test]
fn response_longer_than_one_read() {
    let authority = Authority::new("own");
    for length in [1_900, 2_048, 3_000, 10_000, 100_000] {
        let text = "x".repeat(length);
        let record = format!(r#"{{"id":"i","collectionId":"c","text":"{text}"}}"#);
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
    works_over(&relay, "127.0.0.1", &[authority.pem()], "TLSv1.3");
}

#[test]
fn two_authorities_are_trusted() {
    let (first, second) = (Authority::new("first"), Authority::new("second"));
    let server = server::demo();
    let apart = [first.pem(), second.pem()];
    let together = [apart.concat()];
    for authority in [&first, &second] {
        let relay = Relay::start(server.address(), &authority.localhost(), &[]);
        works_over(&relay, "localhost", &apart, "TLSv1.3");
        works_over(&relay, "localhost", &together, "TLSv1.3");
    }
}

// ---- what is refused ----

#[test]
fn unknown_authority_is_rejected() {
    let server = server::demo();
    let relay = Relay::start(server.address(), &Authority::new("own").localhost(), &[]);
    refused(&relay.url("localhost"), &[], "an unknown authority");
    relay.saw_only_a_failure();
    // The same name does not make it the same authority.
    let other = Authority::new("own");
    refused_as(&other, &Authority::new("own").localhost(), &[], "");
}

#[test]
fn wrong_name_is_rejected() {
    let authority = Authority::new("own");
    for name in ["example.com", "127.0.0.1", "*.localhost"] {
        let identity = authority.certify(&[name], |_| {});
        refused_as(&authority, &identity, &[], "for another name");
    }
    // A name that stands only where names stood long ago counts for nothing.
    let old = authority.certify(&[], |params| {
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, "localhost");
    });
    refused_as(&authority, &old, &[], "for another name");
}

#[test]
fn name_does_not_match_an_address() {
    let (authority, server) = (Authority::new("own"), server::demo());
    let relay = Relay::start(server.address(), &authority.localhost(), &[]);
    let url = relay.url("127.0.0.1");
    refused(&url, &[authority.pem()], "for another name");
    relay.saw_only_a_failure();
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
        refused_as(&authority, &identity, &[], reason);
    }
}

#[test]
fn self_signed_certificate_is_rejected() {
    let authority = Authority::new("own");
    let key = KeyPair::generate().unwrap();
    let certificate = params(&["localhost"], "server").self_signed(&key).unwrap();
    let identity = Identity::new(&certificate.pem(), &key);
    refused_as(&authority, &identity, &[], "an unknown authority");
}

#[test]
fn tls_11_is_rejected() {
    let authority = Authority::new("own");
    let old = ["--version", "1.1"];
    refused_by(&authority, &authority.localhost(), &old, "no TLS version");
}

#[test]
fn plain_server_is_rejected() {
    let authority = Authority::new("own");
    let plain = ["--behave", "plain"];
    refused_by(&authority, &authority.localhost(), &plain, "is not TLS");
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
        let failure = Config::new().add_roots_pem(pem).unwrap_err();
        assert_eq!(failure.status(), Status::InvalidArgument, "{pem}");
        assert_eq!(failure.argument(), "pem", "{pem}");
    }
    let built = Client::builder("https://localhost").roots_pem("x").build();
    assert_eq!(built.unwrap_err().argument(), "pem");
}

// ---- ends ----

#[test]
fn close_during_the_handshake_is_a_lost_connection() {
    let (authority, server) = (Authority::new("own"), server::demo());
    let hang_up = ["--behave", "hang-up"];
    let relay = Relay::start(server.address(), &authority.localhost(), &hang_up);
    let failure = bind(&client(&relay.url("localhost"), &[authority.pem()])).unwrap_err();
    assert_eq!(failure.status(), Status::ConnectionLost, "{failure}");
    assert!(!failure.outcome_unknown());
    relay.saw_only_a_failure();
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
