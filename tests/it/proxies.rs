//! Calls through nginx and haproxy, which close idle connections after a few requests, after a few milliseconds, and
//! when they reload their configuration. No call fails.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use bosauth::Client;
use bosbase_local::{DEMO_PASSWORD, DEMO_USER, Server};

use crate::support::rng::Rng;
use crate::support::server::{self, TOKEN};
use crate::support::tools;

const THREADS: usize = 3;
const CALLS: usize = 300;

/// A proxy in front of a server. It stops when it is dropped.
struct Proxy {
    child: Child,
    address: SocketAddr,
}

impl Proxy {
    /// Starts `command` with a directory and a configuration file, which `config` generates for a port. The port was free
    /// a moment ago; if it is taken by now, another one is tried.
    fn start(
        name: &str,
        host: Ipv4Addr,
        config: impl Fn(&Path, SocketAddr) -> String,
        command: impl Fn(&Path, &Path) -> Command,
    ) -> Self {
        let directory = directory(name);
        let file = directory.join("config");
        for _ in 0..20 {
            let free = TcpListener::bind((host, 0)).unwrap();
            let address = free.local_addr().unwrap();
            drop(free);
            fs::write(&file, config(&directory, address)).unwrap();
            let errors = fs::File::create(directory.join("errors")).unwrap();
            let mut command = command(&directory, &file);
            let child = command
                .stdout(Stdio::null())
                .stderr(errors)
                .spawn()
                .unwrap();
            let mut proxy = Proxy { child, address };
            if proxy.listens() {
                return proxy;
            }
        }
        let errors = fs::read_to_string(directory.join("errors")).unwrap();
        panic!("{name} does not start: {errors}");
    }

    fn listens(&mut self) -> bool {
        while self.child.try_wait().unwrap().is_none() {
            if TcpStream::connect(self.address).is_ok() {
                return true;
            }
            thread::sleep(Duration::from_millis(5));
        }
        false
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        tools::run(Command::new("kill").args(["-s", name, &id]));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.signal("TERM");
        let _ = self.child.wait();
    }
}

/// A loopback address for one test: no other listener can take a port there between its choice and the proxy's start.
fn host(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 0, last)
}

fn directory(name: &str) -> PathBuf {
    let directory = tools::temporary("proxies").join(name);
    fs::create_dir_all(&directory).unwrap();
    directory
}

/// Calls from several threads with pauses around the proxy's idle timeout, while `meanwhile` runs repeatedly.
fn no_call_fails(proxy: &Proxy, meanwhile: impl Fn() + Sync) {
    let client = Client::builder(&format!("http://{}", proxy.address));
    let client = client.build().unwrap();
    let mut rng = Rng::new();
    let pauses: Vec<Vec<u64>> = (0..THREADS)
        .map(|_| (0..CALLS).map(|_| rng.below(6000) as u64).collect())
        .collect();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let calling: Vec<_> = pauses
            .iter()
            .map(|pauses| scope.spawn(|| call(&client, pauses)))
            .collect();
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                meanwhile();
                thread::sleep(Duration::from_millis(50));
            }
        });
        let results: Vec<_> = calling
            .into_iter()
            .map(thread::ScopedJoinHandle::join)
            .collect();
        stop.store(true, Ordering::Relaxed);
        for thread in results {
            thread.expect("no call fails");
        }
    });
}

fn call(client: &Client, pauses: &[u64]) {
    let users = client.collection("users");
    for (number, pause) in pauses.iter().enumerate() {
        let result = match number % 8 {
            0 => users.bind_token(DEMO_USER, DEMO_PASSWORD, TOKEN),
            _ => users.auth_with_token(TOKEN).map(drop),
        };
        result.unwrap_or_else(|error| panic!("call {number}: {error:?}"));
        thread::sleep(Duration::from_micros(*pause));
    }
}

fn nginx(server: &Server, host: Ipv4Addr, keepalive: &str) -> Proxy {
    let upstream = server.address();
    let config = |directory: &Path, address| {
        let directory = directory.display();
        format!(
            "daemon off; worker_processes 2; pid {directory}/pid; error_log stderr;
            events {{ worker_connections 200; }}
            http {{
                access_log off;
                client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
                fastcgi_temp_path {directory}/fastcgi; uwsgi_temp_path {directory}/uwsgi;
                scgi_temp_path {directory}/scgi;
                server {{
                    listen {address};
                    {keepalive}
                    location / {{ proxy_pass http://{upstream}; proxy_set_header Host $http_host; }}
                }}
            }}"
        )
    };
    let name = format!("nginx-{}", keepalive.len());
    Proxy::start(&name, host, config, |directory, file| {
        let mut nginx = Command::new("nginx");
        nginx
            .arg("-p")
            .arg(directory)
            .arg("-e")
            .arg("stderr")
            .arg("-c")
            .arg(file);
        nginx
    })
}

#[test]
fn nginx_with_a_short_keep_alive() {
    if !tools::has("nginx") {
        return;
    }
    let server = server::with_token();
    let proxy = nginx(
        &server,
        host(2),
        "keepalive_requests 3; keepalive_timeout 3ms;",
    );
    no_call_fails(&proxy, || {});
}

#[test]
fn nginx_reloading_its_configuration() {
    if !tools::has("nginx") {
        return;
    }
    let server = server::with_token();
    let proxy = nginx(&server, host(3), "keepalive_timeout 75s;");
    no_call_fails(&proxy, || proxy.signal("HUP"));
}

#[test]
fn haproxy_with_a_short_keep_alive() {
    if !tools::has("haproxy") {
        return;
    }
    let server = server::with_token();
    let upstream = server.address();
    let config = |_: &Path, address| {
        format!(
            "defaults\n mode http\n timeout connect 10s\n timeout client 60s\n timeout server 60s\n \
            timeout http-keep-alive 3ms\nfrontend front\n bind {address}\n default_backend back\n\
            backend back\n server bosbase {upstream}\n"
        )
    };
    let proxy = Proxy::start("haproxy", host(4), config, |_, file| {
        let mut haproxy = Command::new("haproxy");
        haproxy.arg("-db").arg("-f").arg(file);
        haproxy
    });
    no_call_fails(&proxy, || {});
}
