//! One call over the network: it finds a connection, pooled or new, and a new one if that has died.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConnection;

use super::connection::Connection;
use super::deadline::{Deadline, Hook, Until, WaitHook};
use super::exchange::exchange;
use super::network::{Network, Own};
use super::waker::Waker;
use super::{Failure, FailureKind, Request, Response, connect, lookup, tls, wait};
use crate::cancel::Cancel;
use crate::fork::OwnSocket;

/// A call that has begun. It can be stopped until it is dropped.
pub(crate) struct Call<'a> {
    network: &'a Network,
    own: Arc<Own>,
    deadline: Deadline,
    waker: Arc<Waker>,
    cancel: Option<&'a Cancel>,
    hook: Option<Hook<'a>>,
}

impl<'a> Call<'a> {
    /// Begins a call that ends after `timeout`, or when `cancel`, `hook` or the network's end wants it to.
    pub fn begin(
        network: &'a Network,
        timeout: Duration,
        cancel: Option<&'a Cancel>,
        hook: Option<&'a WaitHook>,
    ) -> Result<Self, Failure> {
        let deadline = Deadline::after(timeout);
        // Before a waker is wanted: the system may have none to give, and that is not why this call ends.
        if cancel.is_some_and(Cancel::is_triggered) {
            return Err(Failure::unsent(FailureKind::Cancelled));
        }
        let own = network.own();
        let waker = own.calls.begin().map_err(Failure::unsent)?;
        let call = Call {
            network,
            own,
            deadline,
            waker,
            cancel,
            hook: hook.map(Hook::new),
        };
        if cancel.is_some_and(|cancel| !cancel.listen(&call.waker)) {
            return Err(Failure::unsent(FailureKind::Cancelled));
        }
        Ok(call)
    }

    /// Sends a request and reads its answer. A pooled connection that turns out to have died is replaced by
    /// a new one, once: it died before the first byte of an answer, and of the request either no byte was
    /// sent or sending it twice does no harm.
    pub fn send(&self, request: &Request<'_>) -> Result<Response, Failure> {
        let bytes = request.to_bytes();
        let mut sent_before = false;
        if let Some(pooled) = self.own.pool.take() {
            match self.exchange(pooled, bytes.as_slice()) {
                Err(failure) if has_died(&failure, request.may_repeat) => {
                    sent_before = failure.sent;
                }
                ended => return ended,
            }
        }
        let opened = self.open().map_err(Failure::unsent);
        let ended = opened.and_then(|new| self.exchange(new, bytes.as_slice()));
        match ended {
            Ok(response) => Ok(Response {
                sent_before,
                ..response
            }),
            Err(failure) => Err(Failure {
                sent: sent_before || failure.sent,
                rejected: failure.rejected && !sent_before,
                ..failure
            }),
        }
    }

    /// The last look before the point of no return: whether the call still is to succeed. Its request was sent.
    pub fn check(&self) -> Result<(), Failure> {
        let looked = wait::left(self.until());
        looked.map(drop).map_err(|ended| Failure {
            kind: ended.during("taking the answer in"),
            sent: true,
            answer_began: true,
            rejected: false,
            http_status: None,
        })
    }

    fn exchange(&self, mut connection: Connection, request: &[u8]) -> Result<Response, Failure> {
        let (response, reusable) = exchange(
            &mut connection,
            request,
            self.network.max_body,
            self.until(),
        )?;
        if reusable {
            self.own.pool.put(connection);
        }
        Ok(response)
    }

    fn until(&self) -> Until<'_> {
        Until {
            deadline: self.deadline,
            waker: &self.waker,
            hook: self.hook.as_ref(),
        }
    }

    fn open(&self) -> Result<Connection, FailureKind> {
        let until = self
            .until()
            .but_by(Deadline::after(self.network.connect_timeout));
        let origin = &self.network.origin;
        let addresses = lookup::lookup(&origin.host, origin.port, &self.waker, until)?;
        let socket = connect::connect(&addresses, until)?;
        let tls = if origin.https {
            Some(Box::new(self.handshake(&socket, until)?))
        } else {
            None
        };
        Ok(Connection::new(socket, tls))
    }

    fn handshake(
        &self,
        socket: &OwnSocket,
        until: Until<'_>,
    ) -> Result<ClientConnection, FailureKind> {
        let config = self.own.tls(&self.network.added_roots)?;
        let host = &self.network.origin.host;
        tls::handshake(socket.get(), config, host, until)
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if let Some(cancel) = self.cancel {
            cancel.forget(&self.waker);
        }
        self.own.calls.end(&self.waker);
    }
}

/// Whether a pooled connection had died already, so that the request may be sent on another one.
fn has_died(failure: &Failure, may_repeat: bool) -> bool {
    matches!(
        failure.kind,
        FailureKind::ConnectionLost | FailureKind::Tls(_)
    ) && !failure.answer_began
        && (may_repeat || !failure.sent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::http::Origin;

    const LONG: Duration = Duration::from_secs(600);

    fn network() -> Network {
        let origin = Origin {
            https: false,
            host: "127.0.0.1".into(),
            port: 1,
        };
        Network::new(origin, &Config::new())
    }

    fn looked(call: &Call<'_>) -> Option<FailureKind> {
        call.check().err().map(|failure| failure.kind)
    }

    #[test]
    fn a_request_goes_over_a_new_connection_only_where_that_does_no_harm() {
        for (kind, sent, answer_began, may_repeat, repeats) in [
            (FailureKind::ConnectionLost, false, false, false, true),
            (FailureKind::ConnectionLost, false, false, true, true),
            (FailureKind::ConnectionLost, true, false, true, true),
            (FailureKind::ConnectionLost, true, false, false, false),
            (FailureKind::ConnectionLost, true, true, true, false),
            (FailureKind::Tls(""), true, false, true, true),
            (FailureKind::Tls(""), true, false, false, false),
            (FailureKind::Cancelled, false, false, true, false),
            (FailureKind::Timeout(""), true, false, true, false),
            (FailureKind::NotAccepted(""), true, true, true, false),
        ] {
            let failure = Failure {
                kind,
                sent,
                answer_began,
                rejected: false,
                http_status: None,
            };
            assert_eq!(has_died(&failure, may_repeat), repeats, "{failure:?}");
        }
    }

    #[test]
    fn the_last_look_sees_a_cancel_and_the_networks_end() {
        let (network, cancel) = (network(), Cancel::new());
        let call = Call::begin(&network, LONG, Some(&cancel), None).expect("a call");
        let other = Call::begin(&network, LONG, None, None).expect("a call");
        assert_eq!(looked(&call), None);
        cancel.trigger();
        assert_eq!(looked(&call), Some(FailureKind::Cancelled));
        assert_eq!(looked(&other), None);
        network.close(Duration::ZERO);
        assert_eq!(looked(&other), Some(FailureKind::Cancelled));
    }

    #[test]
    fn the_last_look_sees_the_deadline() {
        let network = network();
        let call = Call::begin(&network, Duration::ZERO, None, None).expect("a call");
        assert!(matches!(looked(&call), Some(FailureKind::Timeout(_))));
    }

    #[test]
    fn closing_waits_for_the_calls_that_are_left() {
        let network = network();
        let call = Call::begin(&network, LONG, None, None).expect("a call");
        assert!(!network.close(Duration::from_millis(2)), "one is left");
        std::thread::scope(|scope| {
            let closing = scope.spawn(|| network.close(LONG));
            drop(call);
            assert!(closing.join().expect("no panic"), "none is left");
        });
        assert!(Call::begin(&network, LONG, None, None).is_err());
        assert!(network.close(Duration::MAX), "however long it may take");
    }
}
