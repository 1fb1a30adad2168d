//! What went wrong and what to do about it: [`Error`], its [`Status`] and its [`Action`].

use std::ffi::CStr;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The condition behind an error. Numbers are those of the C header and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum Status {
    /// A required argument was NULL (C only).
    NullArgument = 1,
    /// A text was not UTF-8.
    InvalidUtf8 = 2,
    /// A value was empty, too long or malformed; [`Error::argument`] names it.
    InvalidArgument = 3,
    /// A handle was stale, freed twice, of another kind or never one (C only).
    InvalidHandle = 4,
    /// The call needs a session and there is none.
    NoSession = 5,
    /// Not built into this library.
    Unsupported = 6,
    /// The server's name was not found.
    NameLookup = 10,
    /// No address of the server could be reached.
    Connect = 11,
    /// TLS failed before the first byte of a response: name, chain, expiry, protocol, or an alert of the
    /// server. The outcome is known if no request can have been taken: see [`Error::outcome_unknown`].
    Tls = 12,
    /// The certificate chain was good but matched no pin.
    PinMismatch = 13,
    /// The proxy failed or refused.
    Proxy = 14,
    /// The connection ended before the answer was complete.
    ConnectionLost = 15,
    /// A deadline passed.
    Timeout = 16,
    /// The app cancelled the call.
    Cancelled = 17,
    /// An answer that is none of the protocol's: redirect, HTML, wrong status or shape.
    UnexpectedResponse = 20,
    /// The answer's head or body is larger than allowed.
    ResponseTooLarge = 21,
    /// The server found a field wrong; [`Error::data_json`] tells which.
    Validation = 30,
    /// Wrong email or password.
    Credentials = 31,
    /// The token is not bound in this collection.
    ///
    /// Never delete a token because of one such error: for two seconds after the first bind of a new
    /// server the server says it of a bound token. Call again after 3 s. See `docs/protocol.md`, "A new
    /// server".
    UnknownToken = 32,
    /// A second factor is wanted; go on with [`Error::mfa_id`].
    MfaRequired = 33,
    /// The MFA id is unknown, used, expired or another account's.
    MfaSession = 34,
    /// The second factor must be another method than the first.
    MfaSameMethod = 35,
    /// The one-time password is wrong, expired or tried too often.
    OtpInvalid = 36,
    /// Password or one-time password login is off in this collection.
    MethodDisabled = 37,
    /// The session is not accepted (any more).
    Unauthorized = 40,
    /// The collection's auth rule refuses this account.
    Forbidden = 41,
    /// The collection or path does not exist.
    NotFound = 42,
    /// Too many requests; wait [`Error::retry_after`].
    RateLimited = 43,
    /// The server failed (5xx). It may have processed the request: see [`Error::outcome_unknown`].
    Server = 44,
    /// Any other refusal of the protocol.
    Refused = 45,
    /// The session file or store callback failed.
    Store = 50,
    /// The store is not available now; nothing was lost.
    StoreUnavailable = 51,
    /// The stored session is damaged; it is kept as it is.
    StoreCorrupt = 52,
    /// The app's own transport failed.
    Transport = 53,
    /// A bug of this library; the client stays usable.
    Internal = 90,
}

impl Status {
    /// Every status, in the order of its number.
    pub const ALL: [Status; 35] = [
        Status::NullArgument,
        Status::InvalidUtf8,
        Status::InvalidArgument,
        Status::InvalidHandle,
        Status::NoSession,
        Status::Unsupported,
        Status::NameLookup,
        Status::Connect,
        Status::Tls,
        Status::PinMismatch,
        Status::Proxy,
        Status::ConnectionLost,
        Status::Timeout,
        Status::Cancelled,
        Status::UnexpectedResponse,
        Status::ResponseTooLarge,
        Status::Validation,
        Status::Credentials,
        Status::UnknownToken,
        Status::MfaRequired,
        Status::MfaSession,
        Status::MfaSameMethod,
        Status::OtpInvalid,
        Status::MethodDisabled,
        Status::Unauthorized,
        Status::Forbidden,
        Status::NotFound,
        Status::RateLimited,
        Status::Server,
        Status::Refused,
        Status::Store,
        Status::StoreUnavailable,
        Status::StoreCorrupt,
        Status::Transport,
        Status::Internal,
    ];

    /// The number of the C header.
    pub const fn code(self) -> i32 {
        self as i32
    }

    /// The name as in the C header without its prefix, such as `TIMEOUT`.
    pub fn name(self) -> &'static str {
        self.c_name().to_str().unwrap_or_default()
    }

    /// [`Self::name`] as a C string, for bindings.
    pub const fn c_name(self) -> &'static CStr {
        match self {
            Status::NullArgument => c"NULL_ARGUMENT",
            Status::InvalidUtf8 => c"INVALID_UTF8",
            Status::InvalidArgument => c"INVALID_ARGUMENT",
            Status::InvalidHandle => c"INVALID_HANDLE",
            Status::NoSession => c"NO_SESSION",
            Status::Unsupported => c"UNSUPPORTED",
            Status::NameLookup => c"NAME_LOOKUP",
            Status::Connect => c"CONNECT",
            Status::Tls => c"TLS",
            Status::PinMismatch => c"PIN_MISMATCH",
            Status::Proxy => c"PROXY",
            Status::ConnectionLost => c"CONNECTION_LOST",
            Status::Timeout => c"TIMEOUT",
            Status::Cancelled => c"CANCELLED",
            Status::UnexpectedResponse => c"UNEXPECTED_RESPONSE",
            Status::ResponseTooLarge => c"RESPONSE_TOO_LARGE",
            Status::Validation => c"VALIDATION",
            Status::Credentials => c"CREDENTIALS",
            Status::UnknownToken => c"UNKNOWN_TOKEN",
            Status::MfaRequired => c"MFA_REQUIRED",
            Status::MfaSession => c"MFA_SESSION",
            Status::MfaSameMethod => c"MFA_SAME_METHOD",
            Status::OtpInvalid => c"OTP_INVALID",
            Status::MethodDisabled => c"METHOD_DISABLED",
            Status::Unauthorized => c"UNAUTHORIZED",
            Status::Forbidden => c"FORBIDDEN",
            Status::NotFound => c"NOT_FOUND",
            Status::RateLimited => c"RATE_LIMITED",
            Status::Server => c"SERVER",
            Status::Refused => c"REFUSED",
            Status::Store => c"STORE",
            Status::StoreUnavailable => c"STORE_UNAVAILABLE",
            Status::StoreCorrupt => c"STORE_CORRUPT",
            Status::Transport => c"TRANSPORT",
            Status::Internal => c"INTERNAL",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What to do about an error. Treat an unknown one as [`Action::None`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum Action {
    /// Nothing: the app wanted it so.
    None = 0,
    /// The program is wrong: change the call.
    FixCall = 1,
    /// Ask the person for email, password or another token.
    AskCredentials = 2,
    /// Go on with a second factor, or begin the login again.
    SecondFactor = 3,
    /// Wait [`Error::retry_after`], then try again.
    RetryLater = 4,
    /// Look at the network: offline, captive portal, proxy, wrong server.
    CheckNetwork = 5,
    /// The server's set-up stands in the way: rule, login method, certificate.
    ContactOperator = 6,
    /// A bug of this library: report it.
    ReportBug = 7,
}

impl Action {
    /// Every action, in the order of its number.
    pub const ALL: [Action; 8] = [
        Action::None,
        Action::FixCall,
        Action::AskCredentials,
        Action::SecondFactor,
        Action::RetryLater,
        Action::CheckNetwork,
        Action::ContactOperator,
        Action::ReportBug,
    ];

    /// The number of the C header.
    pub const fn code(self) -> i32 {
        self as i32
    }

    /// The name as in the C header without its prefix, such as `CHECK_NETWORK`.
    pub fn name(self) -> &'static str {
        self.c_name().to_str().unwrap_or_default()
    }

    /// [`Self::name`] as a C string, for bindings.
    pub const fn c_name(self) -> &'static CStr {
        match self {
            Action::None => c"NONE",
            Action::FixCall => c"FIX_CALL",
            Action::AskCredentials => c"ASK_CREDENTIALS",
            Action::SecondFactor => c"SECOND_FACTOR",
            Action::RetryLater => c"RETRY_LATER",
            Action::CheckNetwork => c"CHECK_NETWORK",
            Action::ContactOperator => c"CONTACT_OPERATOR",
            Action::ReportBug => c"REPORT_BUG",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a call failed. Immutable and cheap to clone; holds no password, token or JWT.
#[derive(Clone)]
pub struct Error {
    inner: Arc<Report>,
}

/// The fields of an [`Error`] while it is put together.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub status: Status,
    pub action: Action,
    pub message: String,
    pub argument: &'static str,
    pub outcome_unknown: bool,
    pub http_status: u16,
    pub server_message: String,
    pub data_json: String,
    pub body: Vec<u8>,
    pub url: String,
    pub retry_after: Duration,
    pub mfa_id: String,
}

impl Report {
    /// A report with this status, action and message and nothing else.
    pub fn new(status: Status, action: Action, message: impl Into<String>) -> Self {
        Report {
            status,
            action,
            message: message.into(),
            argument: "",
            outcome_unknown: false,
            http_status: 0,
            server_message: String::new(),
            data_json: String::new(),
            body: Vec::new(),
            url: String::new(),
            retry_after: Duration::ZERO,
            mfa_id: String::new(),
        }
    }
}

impl From<Report> for Error {
    fn from(report: Report) -> Self {
        Error {
            inner: Arc::new(report),
        }
    }
}

impl Error {
    /// The caller's mistake in `argument`, found before anything was sent.
    ///
    /// Used by this crate and by bindings that check arguments of their own. `argument` is the
    /// parameter's name as in the C header. The action follows from the status and the name:
    /// `AskCredentials` for a bad email, password, identity or code, else `FixCall`.
    pub fn bad_argument(
        status: Status,
        argument: &'static str,
        message: impl Into<String>,
    ) -> Self {
        let typed_by_a_person = matches!(argument, "email" | "password" | "identity" | "code");
        let is_its_content = matches!(status, Status::InvalidArgument | Status::InvalidUtf8);
        let action = if typed_by_a_person && is_its_content {
            Action::AskCredentials
        } else {
            Action::FixCall
        };
        Report {
            argument,
            ..Report::new(status, action, message)
        }
        .into()
    }

    /// A bug of this library, caught before it could do harm.
    pub fn internal(message: impl Into<String>) -> Self {
        Report::new(Status::Internal, Action::ReportBug, message).into()
    }

    /// The condition.
    pub fn status(&self) -> Status {
        self.inner.status
    }

    /// What to do about it.
    pub fn action(&self) -> Action {
        self.inner.action
    }

    /// One line in English. No secret and no text of the server's is in it.
    pub fn message(&self) -> &str {
        &self.inner.message
    }

    /// The name of the bad argument as in the C header (`email`, `collection`), else empty.
    pub fn argument(&self) -> &'static str {
        self.inner.argument
    }

    /// Whether the server may have processed the request although the call failed: true once a byte of the
    /// request was sent, unless a response proves that nothing was done. Such are a 4xx, 3xx or 1xx in BosBase's
    /// own form, [`Status::MfaRequired`] and [`Status::RateLimited`]. A 5xx never proves it: BosBase also answers
    /// one when its database fails after the commit.
    ///
    /// An alert that ends the TLS 1.3 handshake of a new connection, such as certificate_required, proves it too. Any
    /// other alert, one on a reused connection, and one over TLS 1.2 after the handshake do not.
    pub fn outcome_unknown(&self) -> bool {
        self.inner.outcome_unknown
    }

    /// The status of the server's answer; `None` without an answer.
    pub fn http_status(&self) -> Option<u16> {
        (self.inner.http_status != 0).then_some(self.inner.http_status)
    }

    /// The server's own message, made safe to show: at most 512 bytes, no control or
    /// direction-changing characters; empty if it sent none. `***` if it holds a secret of the call of less than 8
    /// bytes; longer ones are replaced in it.
    pub fn server_message(&self) -> &str {
        &self.inner.server_message
    }

    /// The `data` object of the server's response as JSON text; empty if it sent none, and `{}` if it is longer
    /// than 64 KiB. Secrets of the call are redacted, BosBase's own names, codes and sentences are left whole.
    pub fn data_json(&self) -> &str {
        &self.inner.data_json
    }

    /// The first 64 KiB of the response's body, secrets of the call replaced by `***`. Empty without a response, for
    /// every 2xx response, since it may hold a token, and if the call has more secrets than can be looked for
    /// (256 KiB of header values and extra fields).
    pub fn body(&self) -> &[u8] {
        &self.inner.body
    }

    /// The address that the call was for, without query and user-info; empty if an argument was refused.
    pub fn url(&self) -> &str {
        &self.inner.url
    }

    /// How long to wait before the next try; zero if there is nothing to wait for.
    pub fn retry_after(&self) -> Duration {
        self.inner.retry_after
    }

    /// The id of the started MFA login, to be given with the second factor; else empty.
    pub fn mfa_id(&self) -> &str {
        &self.inner.mfa_id
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status(), self.message())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("status", &self.status())
            .field("action", &self.action())
            .field("message", &self.message())
            .field("argument", &self.argument())
            .field("outcome_unknown", &self.outcome_unknown())
            .field("http_status", &self.http_status())
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Error {}
