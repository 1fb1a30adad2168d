//! Shared by all peers in Rust: arguments, threads, the check of a login, and the measurement.
//!
//! `PEER URL LOGINS THREADS` logs in once, then LOGINS times from THREADS threads. It prints the CPU time of the LOGINS
//! and, with one thread, the resident memory after the first login.

use std::sync::Barrier;

/// The path of a login.
pub const LOGIN_PATH: &str = "/api/collections/users/auth-with-token";

/// Logins per thread before the measurement; they open the connections.
const WARM_UP: usize = 10;

/// The login to make and its expected result.
pub struct Task {
    /// The server, such as `http://127.0.0.1:8090`.
    pub base_url: String,
    /// The app's own token.
    pub app_token: String,
    /// The request body, which contains the token.
    pub body: String,
    /// The server's certificate authority as PEM; empty for HTTP.
    pub ca_pem: String,
    /// Number of threads that log in at once.
    pub threads: usize,
    session_token: String,
    logins: usize,
}

impl Task {
    /// Reads the arguments and the environment variables.
    pub fn read() -> Self {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let [base_url, logins, threads] = &arguments[..] else {
            panic!("usage: PEER URL LOGINS THREADS");
        };
        let variable = |name| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
        Task {
            base_url: base_url.clone(),
            app_token: variable("PEERS_APP_TOKEN"),
            body: variable("PEERS_BODY"),
            ca_pem: match base_url.starts_with("https") {
                true => std::fs::read_to_string(variable("PEERS_CA")).expect("a PEM file"),
                false => String::new(),
            },
            session_token: variable("PEERS_SESSION_TOKEN"),
            logins: logins.parse().expect("a number"),
            threads: threads.parse().expect("a number"),
        }
    }

    /// The URL of the login.
    pub fn url(&self) -> String {
        format!("{}{LOGIN_PATH}", self.base_url)
    }

    /// Host and port.
    pub fn host_and_port(&self) -> &str {
        self.base_url.split("://").nth(1).expect("a URL")
    }

    /// Panics unless the status is 200 and the session token and the email of the record are the expected ones.
    pub fn check(&self, status: u16, token: Option<&str>, email: Option<&str>) {
        let found = (status, token, email);
        let expected = (200, Some(&self.session_token[..]), Some("user@example.com"));
        assert_eq!(
            found, expected,
            "the login did not return the recorded session"
        );
    }

    /// Makes the logins. `worker` is called once per thread and returns the function that logs in.
    pub fn run<Login: FnMut()>(&self, worker: impl Fn() -> Login + Sync) {
        let (resident, before);
        if self.threads == 1 {
            let mut log_in = worker();
            log_in();
            resident = resident_kib();
            before = cpu();
            (0..self.logins).for_each(|_| log_in());
        } else {
            let gate = Barrier::new(self.threads + 1);
            let work = || {
                let mut log_in = worker();
                (0..WARM_UP).for_each(|_| log_in());
                gate.wait();
                gate.wait();
                (0..self.logins / self.threads).for_each(|_| log_in());
            };
            resident = 0;
            before = std::thread::scope(|scope| {
                (0..self.threads).for_each(|_| drop(scope.spawn(work)));
                gate.wait();
                let before = cpu();
                gate.wait();
                before
            });
        }
        println!("cpu_ns {} resident_kib {resident}", cpu() - before);
    }
}

/// CPU time of this process in nanoseconds.
fn cpu() -> i64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is valid for writes.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// Resident memory of this process.
fn resident_kib() -> u64 {
    let sums = std::fs::read_to_string("/proc/self/smaps_rollup").expect("smaps_rollup");
    let line = sums.lines().find_map(|line| line.strip_prefix("Rss:"));
    let number = line.and_then(|line| line.trim().split(' ').next());
    number.and_then(|number| number.parse().ok()).expect("Rss")
}

/// Connections without an HTTP client.
#[cfg(any(feature = "raw", feature = "handwritten"))]
pub mod stream {
    use super::Task;
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, ServerName};
    use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::sync::Arc;

    /// A bidirectional byte stream.
    pub trait Stream: Read + Write {}
    impl<T: Read + Write> Stream for T {}

    /// Connects, over TLS for an https URL. The server's certificate is verified.
    pub fn connect(task: &Task) -> Box<dyn Stream> {
        let tcp = TcpStream::connect(task.host_and_port()).expect("a connection");
        tcp.set_nodelay(true).expect("a socket");
        if task.ca_pem.is_empty() {
            return Box::new(tcp);
        }
        let mut roots = RootCertStore::empty();
        let certificate = CertificateDer::from_pem_slice(task.ca_pem.as_bytes());
        roots
            .add(certificate.expect("PEM"))
            .expect("a certificate authority");
        let config = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let host = task.host_and_port().split(':').next().expect("a host");
        let name = ServerName::try_from(host.to_owned()).expect("a name");
        let tls = ClientConnection::new(Arc::new(config), name).expect("a TLS connection");
        Box::new(StreamOwned::new(tls, tcp))
    }
}
