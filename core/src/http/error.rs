//! Why a request got no complete response: [`NetworkError`].

use super::system_error::SystemError;

/// Why a request got no complete response. Contains no string from the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NetworkError {
    pub cause: Cause,
    pub progress: Progress,
}

/// How far a call got before it failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Whether a byte of the request was passed to the operating system, over any connection.
    pub sent: bool,
    /// Whether a byte of a response was received.
    pub response_started: bool,
    /// Whether the server rejected the connection itself, before it could receive a request over it.
    pub rejected: bool,
    /// The status of the response, if its head was parsed.
    pub http_status: Option<u16>,
}

/// The cause of a [`NetworkError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The host name does not exist, or could not be resolved.
    Resolve,
    /// No address accepted a connection.
    Connect,
    /// TLS failed before the first byte of a response, for this reason.
    Tls(&'static str),
    /// The connection ended early.
    ConnectionLost,
    /// The response is not HTTP or not accepted, for this reason.
    InvalidResponse(&'static str),
    /// This part of the response exceeds its limit.
    TooLarge(&'static str),
    /// The deadline of the call passed in this phase.
    Timeout(&'static str),
    /// The connect deadline passed in this phase, before that of the call.
    ConnectTimeout(&'static str),
    /// The call was cancelled.
    Cancelled,
    /// The operating system refused a resource.
    System(SystemError),
    /// The same while the host name was resolved.
    SystemAtResolve(SystemError),
}

impl From<Cause> for NetworkError {
    /// An error before any byte of the request was sent.
    fn from(cause: Cause) -> Self {
        let progress = Progress::default();
        NetworkError { cause, progress }
    }
}
