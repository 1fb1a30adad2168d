//! A login whose connection ends after every number of bytes, in either direction, in the middle of anything:
//! it succeeds when all has come, and never before.

use std::net::SocketAddr;

use bosauth::{Client, Status};

use crate::support::faulty_server::{Act, FaultyServer};
use crate::support::https::TLS;
use crate::support::relay::{Direction, Fault, Relay, Then};
use crate::support::responses::{LOGIN, response};
use crate::support::server::{self, TOKEN};

const SAVED: &str = "e30.e30.c2F2ZWQ";

/// A server behind the relay.
struct Target {
    address: SocketAddr,
    scheme: &'static str,
    roots: Option<&'static str>,
}

impl Target {
    /// The status of a login that meets this fault. A login that fails leaves the session.
    fn log_in(&self, fault: Fault) -> Option<Status> {
        let relay = Relay::start(self.address, vec![fault]);
        let mut client = Client::builder(&format!("{}://{}", self.scheme, relay.address()));
        if let Some(roots) = self.roots {
            client = client.roots_pem(roots);
        }
        let client = client.build().unwrap();
        client.save_session(SAVED, None).unwrap();
        let error = client.collection("users").auth_with_token(TOKEN).err();
        let is_saved = client.session().unwrap().token() == SAVED;
        assert_eq!(is_saved, error.is_some(), "{error:?}");
        error.map(|error| error.status())
    }

    /// Ends the connection after every number of bytes, up to where that does no harm.
    fn check(&self, direction: Direction, end: &Then) {
        let mut first_good = None;
        let mut last_bad = 0;
        for after in 0.. {
            let then = end.clone();
            match self.log_in(Fault {
                direction,
                after,
                then,
            }) {
                None => first_good = first_good.or(Some(after)),
                Some(status) => {
                    let is_lost = matches!(status, Status::ConnectionLost | Status::Connect);
                    assert!(
                        is_lost,
                        "{status:?}: {end:?} after {after} bytes {direction:?}"
                    );
                    last_bad = after;
                }
            }
            if after > last_bad + SLACK {
                break;
            }
        }
        let first_good = first_good.unwrap();
        println!(
            "{}: {end:?} {direction:?}: good after {first_good} bytes",
            self.scheme
        );
        assert!(
            first_good + SLACK > last_bad,
            "{end:?} {direction:?}: good after {first_good} bytes, bad after {last_bad}"
        );
    }
}

/// By how many bytes two exchanges may differ: the signatures of a handshake are not all as long.
const SLACK: usize = 8;

#[test]
fn truncated_tcp_login_is_a_lost_connection() {
    let server = server::with_token();
    let target = Target {
        address: server.address(),
        scheme: "http",
        roots: None,
    };
    for direction in [Direction::ToServer, Direction::ToClient] {
        target.check(direction, &Then::Close);
        target.check(direction, &Then::Reset);
    }
}

#[test]
fn truncated_tls_login_is_a_lost_connection() {
    let login = response("200 OK", "", LOGIN);
    let server = FaultyServer::start_over(TLS, Vec::new(), move |_| vec![Act::Send(login.clone())]);
    let target = Target {
        address: server.address(),
        scheme: "https",
        roots: server.roots(),
    };
    target.check(Direction::ToServer, &Then::Reset);
    target.check(Direction::ToClient, &Then::Close);
}
