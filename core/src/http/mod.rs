//! One request over the network and its answer. Knows nothing of BosBase.
//!
//! `head` and `body` are pure: bytes in, parts of an answer out. `exchange` carries one request over
//! one connection; a [`Call`] finds that connection in its [`Network`], pooled or new.

mod body;
mod call;
mod calls;
mod connect;
mod connection;
mod deadline;
mod exchange;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod head;
mod lookup;
mod network;
mod pool;
mod request;
mod system_error;
mod tls;
mod tls_error;
mod wait;
mod waker;

pub(crate) use call::Call;
pub(crate) use deadline::WaitHook;
pub(crate) use network::{Network, Origin};
pub(crate) use request::Request;
pub(crate) use system_error::SystemError;
pub(crate) use waker::Waker;

use crate::secret::SecretBytes;

/// A complete answer.
pub(crate) struct Response {
    pub status: u16,
    pub content_type: String,
    pub retry_after: String,
    pub body: SecretBytes,
    /// Whether the request had been sent before, over a connection that died without an answer.
    pub sent_before: bool,
}

/// Why there is no complete answer.
#[derive(Debug)]
pub(crate) struct Failure {
    pub kind: FailureKind,
    /// Whether a byte of the request went to the operating system, over whatever connection.
    pub sent: bool,
    /// Whether a byte of an answer came.
    pub answer_began: bool,
    /// Whether the server rejected the connection itself, before it could take a request over it.
    pub rejected: bool,
    /// The answer's status, if its head was read.
    pub http_status: Option<u16>,
}

/// What kept the answer away. No text from the network is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailureKind {
    /// The name was not found.
    NameLookup,
    /// No address could be reached.
    Connect,
    /// The TLS handshake failed, or TLS before the first byte of a response, for this reason.
    Tls(&'static str),
    /// The connection ended early.
    ConnectionLost,
    /// What came is not HTTP, or HTTP that is refused, for this reason.
    NotAccepted(&'static str),
    /// This part of the answer is over its limit.
    TooLarge(&'static str),
    /// A deadline passed while this was under way.
    Timeout(&'static str),
    /// The call was stopped.
    Cancelled,
    /// The system of this machine refused what the call needs.
    System(SystemError),
    /// The same while the host name was resolved.
    SystemAtLookup(SystemError),
}

impl Failure {
    /// A failure before any byte of the request was sent.
    fn unsent(kind: FailureKind) -> Self {
        Failure {
            kind,
            sent: false,
            answer_began: false,
            rejected: false,
            http_status: None,
        }
    }
}
