//! Errors: [`Error`], its [`Status`] and its [`Action`].

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Declares an enum of the C ABI. This is the only list of its values: the constants of the C header are generated
/// from it, and a test compares the C++ and Python enums with it.
macro_rules! c_enum {
    (
        $(#[$attribute:meta])* $name:ident {
            $($(#[$doc:meta])* $value:ident = $code:literal, $c_name:literal;)*
        }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[repr(i32)]
        pub enum $name {
            $($(#[$doc])* $value = $code,)*
        }

        impl $name {
            /// All values, in ascending order of their numbers.
            pub const ALL: [$name; [$($code),*].len()] = [$($name::$value),*];

            /// Returns the number in the C header.
            pub const fn code(self) -> i32 {
                self as i32
            }

            /// Returns the name in the C header without its prefix, such as `TIMEOUT` or `FIX_CALL`.
            pub fn name(self) -> &'static str {
                self.c_name().to_str().unwrap_or_default()
            }

            /// Returns [`Self::name`] as a C string, for bindings.
            pub const fn c_name(self) -> &'static std::ffi::CStr {
                match self {
                    $($name::$value => $c_name,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}
pub(crate) use c_enum;

c_enum! {
    /// The condition that an error reports. The numbers are those of the C header. The number of a condition does not change.
    Status {
        /// A required argument is NULL.
        NullArgument = 1, c"NULL_ARGUMENT";
        /// A string is not UTF-8.
        InvalidUtf8 = 2, c"INVALID_UTF8";
        /// An argument is empty, too long or malformed. [`Error::argument`] returns its name.
        InvalidArgument = 3, c"INVALID_ARGUMENT";
        /// A handle was freed, has another type or was never created.
        InvalidHandle = 4, c"INVALID_HANDLE";
        /// The call requires a session and there is none.
        NoSession = 5, c"NO_SESSION";
        /// The library does not support the feature.
        Unsupported = 6, c"UNSUPPORTED";
        /// The host name of the server cannot be resolved.
        NameLookup = 10, c"NAME_LOOKUP";
        /// No address of the server accepts a connection.
        Connect = 11, c"CONNECT";
        /// TLS failed before the first byte of a response: certificate name, chain or expiry, protocol, or an
        /// alert from the server. [`Error::outcome_unknown`] returns whether the request may have been processed.
        Tls = 12, c"TLS";
        /// A proxy refused the request.
        Proxy = 14, c"PROXY";
        /// The connection was closed before the response was complete.
        ConnectionLost = 15, c"CONNECTION_LOST";
        /// The deadline passed.
        Timeout = 16, c"TIMEOUT";
        /// The app cancelled the call, or freed or closed its client.
        Cancelled = 17, c"CANCELLED";
        /// The response is not one of BosBase: a redirect, HTML, or an unexpected status or format.
        UnexpectedResponse = 20, c"UNEXPECTED_RESPONSE";
        /// The head or body of the response exceeds its size limit.
        ResponseTooLarge = 21, c"RESPONSE_TOO_LARGE";
        /// The server rejected a field. [`Error::data_json`] returns which one and why.
        Validation = 30, c"VALIDATION";
        /// The email, identity or password is wrong.
        Credentials = 31, c"CREDENTIALS";
        /// The token is not bound in this collection.
        ///
        /// Do not delete a token on a single error of this kind: during the first two seconds after the first bind
        /// on a new server, the server also returns it for a bound token. Retry after 3 s. See `docs/protocol.md`,
        /// "A new server".
        UnknownToken = 32, c"UNKNOWN_TOKEN";
        /// A second factor is required. Continue with [`Error::mfa_id`].
        MfaRequired = 33, c"MFA_REQUIRED";
        /// The MFA id is unknown, used, expired or belongs to another account.
        MfaSession = 34, c"MFA_SESSION";
        /// The second factor must use another method than the first.
        MfaSameMethod = 35, c"MFA_SAME_METHOD";
        /// The one-time password is wrong, expired or was tried too often.
        OtpInvalid = 36, c"OTP_INVALID";
        /// The login method is disabled in this collection.
        MethodDisabled = 37, c"METHOD_DISABLED";
        /// The server does not accept the session, or no longer.
        Unauthorized = 40, c"UNAUTHORIZED";
        /// The auth rule of the collection rejected the account.
        Forbidden = 41, c"FORBIDDEN";
        /// The collection or path does not exist.
        NotFound = 42, c"NOT_FOUND";
        /// Too many requests. Wait for [`Error::retry_after`].
        RateLimited = 43, c"RATE_LIMITED";
        /// The server failed (5xx). [`Error::outcome_unknown`] returns whether the request may have been processed.
        Server = 44, c"SERVER";
        /// The server rejected the request for another reason.
        Refused = 45, c"REFUSED";
        /// The session file or the app's session storage failed.
        Store = 50, c"STORE";
        /// The session file or the app's session storage cannot be used at the moment. Nothing was lost.
        StoreUnavailable = 51, c"STORE_UNAVAILABLE";
        /// What is stored is not a session of this server. It is kept until a login, save, import or clear replaces it; a
        /// session file is then renamed.
        StoreCorrupt = 52, c"STORE_CORRUPT";
        /// A bug in this library. The client stays usable.
        Internal = 90, c"INTERNAL";
    }
}

impl Status {
    /// Returns the usual action for this status. [`Error::action`] returns the one for a given error.
    pub const fn default_action(self) -> Action {
        match self {
            Status::NullArgument
            | Status::InvalidUtf8
            | Status::InvalidArgument
            | Status::InvalidHandle
            | Status::Unsupported
            | Status::Validation
            | Status::NotFound
            | Status::Store => Action::FixCall,
            Status::NameLookup
            | Status::Connect
            | Status::Proxy
            | Status::ConnectionLost
            | Status::Timeout
            | Status::UnexpectedResponse => Action::CheckNetwork,
            Status::Tls
            | Status::ResponseTooLarge
            | Status::MethodDisabled
            | Status::Forbidden
            | Status::Refused => Action::ContactOperator,
            Status::NoSession
            | Status::Credentials
            | Status::UnknownToken
            | Status::Unauthorized
            | Status::StoreCorrupt => Action::AskCredentials,
            Status::MfaRequired
            | Status::MfaSession
            | Status::MfaSameMethod
            | Status::OtpInvalid => Action::SecondFactor,
            Status::RateLimited | Status::Server | Status::StoreUnavailable => Action::RetryLater,
            Status::Cancelled => Action::None,
            Status::Internal => Action::ReportBug,
        }
    }
}

c_enum! {
    /// What to do about an error. Treat an unknown action as [`Action::None`].
    Action {
        /// Nothing: the app cancelled the call.
        None = 0, c"NONE";
        /// Fix the program: the call is wrong.
        FixCall = 1, c"FIX_CALL";
        /// Ask the user for the email, the password or another token.
        AskCredentials = 2, c"ASK_CREDENTIALS";
        /// Continue with a second factor, or restart the login.
        SecondFactor = 3, c"SECOND_FACTOR";
        /// Wait for [`Error::retry_after`], then retry.
        RetryLater = 4, c"RETRY_LATER";
        /// Check the network: offline, captive portal, proxy, wrong server.
        CheckNetwork = 5, c"CHECK_NETWORK";
        /// Contact the operator of the server: its rules, login methods or certificate prevent the call.
        ContactOperator = 6, c"CONTACT_OPERATOR";
        /// Report a bug in this library.
        ReportBug = 7, c"REPORT_BUG";
    }
}

/// The error of a call. It is immutable, cheap to clone, and contains no password, token or JWT.
#[derive(Clone)]
pub struct Error {
    inner: Arc<Report>,
}

/// The fields of an [`Error`] under construction.
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
    /// Creates a report with this status, action and message.
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
    /// Creates the error for an invalid argument, before anything is sent.
    ///
    /// For this crate and for bindings that check further arguments. `argument` is the name of the parameter in
    /// the C header. The action follows from status and name: `AskCredentials` for an invalid email, password,
    /// identity or code, otherwise `FixCall`.
    pub fn bad_argument(
        status: Status,
        argument: &'static str,
        message: impl Into<String>,
    ) -> Self {
        let is_user_input = matches!(argument, "email" | "password" | "identity" | "code");
        let is_its_content = matches!(status, Status::InvalidArgument | Status::InvalidUtf8);
        let action = if is_user_input && is_its_content {
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

    /// Creates the error for a bug in this library.
    pub fn internal(message: impl Into<String>) -> Self {
        Report::new(Status::Internal, Action::ReportBug, message).into()
    }

    /// Returns the status.
    pub fn status(&self) -> Status {
        self.inner.status
    }

    /// Returns what to do about the error.
    pub fn action(&self) -> Action {
        self.inner.action
    }

    /// Returns a message in English: one line, without secrets and without strings from the server.
    pub fn message(&self) -> &str {
        &self.inner.message
    }

    /// Returns the name of the invalid argument as in the C header, such as `email`; empty if there is none.
    pub fn argument(&self) -> &'static str {
        self.inner.argument
    }

    /// Returns `true` if the server may have processed the request even though the call failed. This is the case once
    /// a byte of the request was sent, unless a response proves the opposite: a 4xx, 3xx or 1xx in BosBase's format,
    /// [`Status::MfaRequired`] or [`Status::RateLimited`]. A 5xx proves nothing: BosBase also sends one if its database
    /// fails after the commit.
    ///
    /// An alert that ends the TLS 1.3 handshake of a new connection, such as certificate_required, is also a proof. Any
    /// other alert, one on a reused connection, and one over TLS 1.2 after the handshake are not.
    pub fn outcome_unknown(&self) -> bool {
        self.inner.outcome_unknown
    }

    /// Returns the HTTP status of the response; `None` if there was no response.
    pub fn http_status(&self) -> Option<u16> {
        (self.inner.http_status != 0).then_some(self.inner.http_status)
    }

    /// Returns the server's message, sanitized for display: at most 512 bytes, without control and bidirectional
    /// formatting characters; empty if the server sent none. Secrets of the call are replaced by `***`; a message that
    /// contains one of less than 8 bytes is `***` as a whole.
    pub fn server_message(&self) -> &str {
        &self.inner.server_message
    }

    /// Returns the `data` object of the response as JSON; empty if the server sent none, `{}` if it is longer than
    /// 64 KiB. Secrets of the call are redacted; the names, codes and messages defined by BosBase are not changed.
    pub fn data_json(&self) -> &str {
        &self.inner.data_json
    }

    /// Returns the first 64 KiB of the response body, with secrets of the call replaced by `***`. It is empty without
    /// a response; for a 2xx response, which may contain a token; and if the header values and extra fields of the
    /// call exceed 256 KiB, too much to search for.
    pub fn body(&self) -> &[u8] {
        &self.inner.body
    }

    /// Returns the URL of the request, without query and user info; empty if an argument was invalid.
    pub fn url(&self) -> &str {
        &self.inner.url
    }

    /// Returns how long to wait before the next attempt; zero if there is no need to wait.
    pub fn retry_after(&self) -> Duration {
        self.inner.retry_after
    }

    /// Returns the id of the MFA login, to be passed with the second factor; empty for other errors.
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
