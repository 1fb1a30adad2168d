//! Rejected certificates, one for each reason that can be produced: by rcgen, and by common commands.

use rcgen::{CustomExtension, ExtendedKeyUsagePurpose, GeneralSubtree, NameConstraints};

use super::*;

/// Changes a certificate before it is signed.
type Change = fn(&mut CertificateParams);

/// Adds an extension. `2.999` is reserved for examples.
fn add_extension(params: &mut CertificateParams, number: &[u64], size: usize, is_critical: bool) {
    let mut extension = CustomExtension::from_oid_content(number, vec![0; size]);
    extension.set_criticality(is_critical);
    params.custom_extensions.push(extension);
}

#[test]
fn invalid_certificates_have_a_reason() {
    let authority = Authority::new("own");
    let cases: [(&str, &str, Change); 3] = [
        ("CA:TRUE", "ALERT_CERTIFICATE_UNKNOWN", |params| {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }),
        (
            "lacks serverAuth",
            "ALERT_UNSUPPORTED_CERTIFICATE",
            |params| {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            },
        ),
        (
            "a critical extension",
            "ALERT_CERTIFICATE_UNKNOWN",
            |params| {
                add_extension(params, &[2, 999, 1], 4, true);
            },
        ),
    ];
    for (reason, alert, change) in cases {
        for version in ["1.2", "1.3"] {
            let identity = authority.certify(&["localhost"], change);
            let alert_name =
                rejected_with_alert(&authority, &identity, &["--version", version], reason);
            assert!(alert_name.contains(alert), "{reason}: {alert_name}");
        }
    }
}

#[test]
fn oversized_certificate_is_reported() {
    let authority = Authority::new("own");
    for version in ["1.2", "1.3"] {
        let identity = authority.certify(&["localhost"], |params| {
            add_extension(params, &[2, 999, 2], 256 * 1024, false);
        });
        rejected_by(&authority, &identity, &["--version", version], "64 KiB");
    }
}

#[test]
fn invalid_authorities_have_a_reason() {
    let elsewhere = Authority::with("own", |params| {
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName("example.com".into())],
            excluded_subtrees: Vec::new(),
        });
    });
    rejected_with_alert(&elsewhere, &elsewhere.localhost(), &[], "name constraints");

    // The same name with another key.
    let (own, other) = (Authority::new("own"), Authority::new("own"));
    rejected_with_alert(&own, &other.localhost(), &[], "");

    // A server certificate that signs another.
    let authority = Authority::new("own");
    let key = KeyPair::generate().unwrap();
    let signer = params(&["localhost"], "signer");
    let signer = CertifiedIssuer::signed_by(signer, key, &authority.0).unwrap();
    let key = KeyPair::generate().unwrap();
    let signed = params(&["localhost"], "server");
    let signed = signed.signed_by(&key, &signer).unwrap();
    let chain = Identity::new(&(signed.pem() + &signer.pem()), &key);
    rejected_with_alert(&authority, &chain, &[], "CA:FALSE");
}

/// `openssl s_server` with a certificate. It stops when it is dropped.
pub struct OpenSsl {
    process: Child,
    pub url: String,
}

impl OpenSsl {
    pub fn start(identity: &Identity, arguments: &[&str]) -> Self {
        let mut process = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-cert"])
            .arg(&identity.certificate)
            .arg("-key")
            .arg(&identity.key)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| {
            let line = line.unwrap();
            let address = line.strip_prefix("ACCEPT 127.0.0.1:")?;
            Some(address.to_owned())
        });
        thread::spawn(move || lines.for_each(drop));
        OpenSsl {
            process,
            url: format!("https://localhost:{}", port.unwrap()),
        }
    }
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A self-signed certificate by the command line of OpenSSL.
fn openssl_certificate(arguments: &[&str]) -> Identity {
    let key = KeyPair::generate().unwrap();
    let mut identity = Identity::new("", &key);
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes"]);
    command.args(["-days", "10", "-subj", "/CN=localhost"]);
    command.args(arguments).arg("-keyout").arg(&identity.key);
    command.arg("-out").arg(&identity.certificate);
    command.stderr(Stdio::null());
    tools::run(&mut command);
    identity.pem = fs::read_to_string(&identity.certificate).unwrap();
    identity
}

/// The error message of a client that trusts this certificate of the server, empty on success.
fn error_message(identity: &Identity) -> String {
    let server = server::demo();
    let relay = Relay::start(server.address(), identity, &[]);
    let bound = bind(&client(
        &relay.url("localhost"),
        std::slice::from_ref(&identity.pem),
    ));
    bound.err().map_or(String::new(), |failure| {
        assert_eq!(failure.status(), Status::Tls, "{failure}");
        failure.message().to_owned()
    })
}

#[test]
fn openssl_default_certificate_error_suggests_a_command() {
    if !tools::has("openssl") {
        return;
    }
    let message = error_message(&openssl_certificate(&[]));

    let not_authority = ["-addext", "basicConstraints=critical,CA:FALSE"];
    let named = ["-addext", "subjectAltName=DNS:localhost"];
    for part in [&not_authority, &named] {
        let part = part.join(" ").replace("localhost", "HOST");
        assert!(message.contains(&part), "{part}: {message}");
    }
    let message = error_message(&openssl_certificate(&not_authority));
    assert!(message.contains("subjectAltName"), "{message}");
    let good = [not_authority, named].concat();
    assert_eq!(error_message(&openssl_certificate(&good)), "");
}
