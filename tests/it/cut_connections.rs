//! A login whose connection closes after every possible number of bytes, in either direction: it succeeds once the
//! response is complete, and never before.

use std::net::SocketAddr;

use bosauth::{Client, Status};

use crate::support::faulty_server::{Act, FaultyServer};
use crate::support::https::{self, TLS};
use crate::support::relay::{Direction, Fault, Relay, Then};
use crate::support::responses::{LOGIN, response};
use crate::support::server::{self, TOKEN};

const SAVED: &str = "e30.e30.c2F2ZWQ";

/// The maximum difference of two exchanges in bytes: the signatures of a handshake vary in length.
const SLACK: usize = 8;

/// A server and the relay in front of it.
struct Target {
    address: SocketAddr,
    scheme: &'static str,
}

impl Target {
    /// The error status of a login with this fault. A failed login does not change the session.
    fn log_in(&self, fault: Fault) -> Option<Status> {
        let relay = Relay::start(self.address, vec![fault]);
        let mut client = Client::builder(&format!("{}://{}", self.scheme, relay.address()));
        if self.scheme == "https" {
            client = client.roots_pem(https::roots());
        }
        let client = client.build().unwrap();
        client.save_session(SAVED, None).unwrap();
        let error = client.collection("users").auth_with_token(TOKEN).err();
        let is_saved = client.session().unwrap().unwrap().token() == SAVED;
        assert_eq!(is_saved, error.is_some(), "{error:?}");
        error.map(|error| error.status())
    }

    /// Closes the connection after every number of bytes, up to one that has no effect.
    fn check(&self, direction: Direction, end: &Then) {
        let mut first_good = None;
        let mut last_bad = 0;
        for after in 0.. {
            let fault = Fault {
                direction,
                after,
                then: end.clone(),
            };
            match self.log_in(fault) {
                None => first_good = first_good.or(Some(after)),
                Some(status) => {
                    let is_lost = matches!(status, Status::ConnectionLost | Status::Connect);
                    assert!(is_lost, "{status:?}: {end:?} {after} bytes {direction:?}");
                    last_bad = after;
                }
            }
            if after > last_bad + SLACK {
                break;
            }
        }
        let first_good = first_good.unwrap();
        let result = format!("{end:?} {direction:?}: good after {first_good} bytes");
        println!("{}: {result}", self.scheme);
        assert!(first_good + SLACK > last_bad, "{result}, bad at {last_bad}");
    }
}

#[test]
fn truncated_tcp_login_is_a_lost_connection() {
    let server = server::with_token();
    let target = Target {
        address: server.address(),
        scheme: "http",
    };
    for direction in [Direction::ToServer, Direction::ToClient] {
        target.check(direction, &Then::Close);
        target.check(direction, &Then::Reset);
    }
}

#[test]
fn truncated_tls_login_is_a_lost_connection() {
    let login = Act::Send(response("200 OK", "", LOGIN));
    let server = FaultyServer::start_over(TLS, Vec::new(), move |_| vec![login.clone()]);
    let target = Target {
        address: server.address(),
        scheme: "https",
    };
    target.check(Direction::ToServer, &Then::Reset);
    target.check(Direction::ToClient, &Then::Close);
}
