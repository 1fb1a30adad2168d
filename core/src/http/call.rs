//! One call over the network: takes a connection, pooled or new, and retries once where that is safe.

use std::sync::Arc;
use std::time::Duration;

use super::cancel::Cancel;
use super::connection::Connection;
use super::error::{Cause, NetworkError, Progress};
use super::exchange::exchange;
use super::limits::{Deadline, Hook, Limits, WaitHook};
use super::request::{Request, Serialized};
use super::response::Response;
use super::transport::{ProcessState, Transport};
use super::waker::Waker;
use super::{connect, resolve, tls, wait};
use crate::clock::boot_time_ms;

/// A call in flight. It can be cancelled until it is dropped.
pub(crate) struct Call<'a> {
    transport: &'a Transport,
    state: Arc<ProcessState>,
    deadline: Deadline,
    waker: Arc<Waker>,
    cancel: Option<&'a Cancel>,
    hook: Option<Hook<'a>>,
}

impl<'a> Call<'a> {
    /// Starts a call. It fails after `timeout`, and when `cancel`, `hook` or a close of the transport cancels it.
    pub fn start(
        transport: &'a Transport,
        timeout: Duration,
        cancel: Option<&'a Cancel>,
        hook: Option<&'a WaitHook>,
    ) -> Result<Self, NetworkError> {
        let deadline = Deadline::after(timeout);
        // Before the waker is created, which may fail: a cancelled call reports that it was cancelled.
        if cancel.is_some_and(Cancel::is_triggered) {
            return Err(Cause::Cancelled.into());
        }
        let state = transport.process_state();
        let waker = state.in_flight.start()?;
        let call = Call {
            transport,
            state,
            deadline,
            waker,
            cancel,
            hook: hook.map(Hook::new),
        };
        if cancel.is_some_and(|cancel| !cancel.listen(&call.waker)) {
            return Err(Cause::Cancelled.into());
        }
        Ok(call)
    }

    /// Sends a request and reads its response. If a pooled connection fails, the request is retried once over a new
    /// one, where [`is_retryable`] allows it.
    pub fn send(&self, request: &Request<'_>) -> Result<Response, NetworkError> {
        let serialized = request.serialize();
        let mut is_retry = false;
        if let Some(pooled) = self.state.pool.take() {
            match self.exchange(pooled, &serialized) {
                Err(error) if is_retryable(&error, request.idempotent) => {
                    is_retry = error.progress.sent;
                }
                result => return result,
            }
        }
        let opened = self.open().map_err(|cause| match cause {
            Cause::Timeout(phase) if self.deadline.remaining().is_some() => {
                Cause::ConnectTimeout(phase)
            }
            cause => cause,
        });
        let opened = opened.map_err(NetworkError::from);
        match opened.and_then(|new| self.exchange(new, &serialized)) {
            Ok(response) => Ok(Response {
                is_retry,
                ..response
            }),
            Err(mut error) => {
                error.progress.sent |= is_retry;
                error.progress.rejected &= !is_retry;
                Err(error)
            }
        }
    }

    /// Fails if the call has been cancelled or its deadline has passed. For use after a response has been received.
    pub fn check(&self) -> Result<(), NetworkError> {
        let remaining = wait::remaining_time(self.limits().during("processing the response"));
        let progress = Progress {
            sent: true,
            response_started: true,
            ..Progress::default()
        };
        remaining
            .map(drop)
            .map_err(|cause| NetworkError { cause, progress })
    }

    fn exchange(
        &self,
        mut connection: Connection,
        request: &Serialized<'_>,
    ) -> Result<Response, NetworkError> {
        let max_body = self.transport.max_body;
        let sent = boot_time_ms();
        let (response, reusable) = exchange(&mut connection, request, max_body, self.limits())?;
        if let Some(date) = response.date {
            self.transport.clock.observe(date, sent, boot_time_ms());
        }
        if reusable {
            self.state.pool.put(connection);
        }
        Ok(response)
    }

    fn limits(&self) -> Limits<'_> {
        Limits {
            deadline: self.deadline,
            waker: &self.waker,
            hook: self.hook.as_ref(),
            phase: "",
        }
    }

    fn open(&self) -> Result<Connection, Cause> {
        let connect_deadline = Deadline::after(self.transport.connect_timeout);
        let limits = self.limits().capped_at(connect_deadline);
        let origin = &self.transport.origin;
        let addresses = resolve::resolve(&origin.host, origin.port, &self.waker, limits)?;
        let socket = connect::connect(&addresses, limits)?;
        if !origin.https {
            return Ok(Connection::new(socket, None));
        }
        let config = self.state.tls(&self.transport.added_roots)?;
        let tls = tls::handshake(socket.get(), config, &origin.host, limits)?;
        Ok(Connection::new(socket, Some(Box::new(tls))))
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if let Some(cancel) = self.cancel {
            cancel.forget(&self.waker);
        }
        self.state.in_flight.finish(&self.waker);
    }
}

/// Whether a request that failed over a pooled connection may be retried: the connection failed before the first byte
/// of a response, and either no byte of the request was sent or the request is idempotent.
fn is_retryable(error: &NetworkError, idempotent: bool) -> bool {
    matches!(error.cause, Cause::ConnectionLost | Cause::Tls(_))
        && !error.progress.response_started
        && (idempotent || !error.progress.sent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::http::Origin;

    const LONG: Duration = Duration::from_secs(600);

    fn transport() -> Transport {
        let origin = Origin {
            https: false,
            host: "127.0.0.1".into(),
            port: 1,
        };
        Transport::new(origin, &Config::default(), Arc::default())
    }

    fn cause(call: &Call<'_>) -> Option<Cause> {
        call.check().err().map(|error| error.cause)
    }

    #[test]
    fn reused_connection_is_retried_if_unsent_or_idempotent() {
        for (cause, sent, response_started, idempotent, expected) in [
            (Cause::ConnectionLost, false, false, false, true),
            (Cause::ConnectionLost, false, false, true, true),
            (Cause::ConnectionLost, true, false, true, true),
            (Cause::ConnectionLost, true, false, false, false),
            (Cause::ConnectionLost, true, true, true, false),
            (Cause::Tls(""), true, false, true, true),
            (Cause::Tls(""), true, false, false, false),
            (Cause::Cancelled, false, false, true, false),
            (Cause::Timeout(""), true, false, true, false),
            (Cause::InvalidResponse(""), true, true, true, false),
        ] {
            let progress = Progress {
                sent,
                response_started,
                ..Progress::default()
            };
            let error = NetworkError { cause, progress };
            assert_eq!(is_retryable(&error, idempotent), expected, "{error:?}");
        }
    }

    #[test]
    fn check_fails_after_cancel_and_after_close() {
        let (transport, cancel) = (transport(), Cancel::new());
        let call = Call::start(&transport, LONG, Some(&cancel), None).expect("a call");
        let other = Call::start(&transport, LONG, None, None).expect("a call");
        assert_eq!(cause(&call), None);
        cancel.trigger();
        assert_eq!(cause(&call), Some(Cause::Cancelled));
        assert_eq!(cause(&other), None);
        transport.close(Duration::ZERO);
        assert_eq!(cause(&other), Some(Cause::Cancelled));
    }

    #[test]
    fn check_fails_after_the_deadline() {
        let transport = transport();
        let call = Call::start(&transport, Duration::ZERO, None, None).expect("a call");
        assert!(matches!(cause(&call), Some(Cause::Timeout(_))));
    }

    #[test]
    fn close_waits_for_calls_in_flight() {
        let transport = transport();
        let call = Call::start(&transport, LONG, None, None).expect("a call");
        assert!(!transport.close(Duration::from_millis(2)), "one in flight");
        std::thread::scope(|scope| {
            let closing = scope.spawn(|| transport.close(LONG));
            drop(call);
            assert!(closing.join().expect("no panic"), "none in flight");
        });
        assert!(Call::start(&transport, LONG, None, None).is_err());
        assert!(transport.close(Duration::MAX), "a wait of any length");
    }
}
