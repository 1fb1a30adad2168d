//! A row of the matrix: a fault, and the result that each call must have over each transport.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::support::driver::Driver;
use crate::support::faulty_server::{Act, FaultyServer, TCP, Transport};
use crate::support::fields::line;
use crate::support::https::TLS;
use crate::support::relay::{Fault, Relay};
use crate::support::responses::{LOGIN, LOGIN_TOKEN, NO_CONTENT, OTP_ID, response};

/// The token and the record of the session that the client holds before the call.
const SAVED: [&str; 2] = ["e30.e30.c2F2ZWQ", r#"{"id":"r1","collectionId":"users"}"#];

/// Far longer than any call that does not time out.
const LONG_DEADLINE: Duration = Duration::from_secs(12);
/// For a call that times out.
const SHORT_DEADLINE: Duration = Duration::from_secs(1);
/// A call that takes longer than this many of its deadlines hangs.
const DEADLINES_MAX: u32 = 10;
/// The longest time of a cell.
pub const CELL_MAX: Duration = Duration::from_secs(12 * DEADLINES_MAX as u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    Bind,
    Unbind,
    Login,
    PasswordLogin,
    OtpLogin,
    RequestOtp,
    Refresh,
    SendGet,
    SendPost,
}

pub const CALLS: [Call; 9] = [
    Call::Bind,
    Call::Unbind,
    Call::Login,
    Call::PasswordLogin,
    Call::OtpLogin,
    Call::RequestOtp,
    Call::Refresh,
    Call::SendGet,
    Call::SendPost,
];

/// The transports that every row is run over.
pub const TRANSPORTS: [Transport; 2] = [TCP, TLS];

impl Call {
    /// The driver's line for it.
    fn line(self) -> String {
        let fields: &[&str] = match self {
            Call::Bind => &["bind", "users", "ann@example.com", "password-1", "token-1"],
            Call::Unbind => &[
                "unbind",
                "users",
                "ann@example.com",
                "password-1",
                "token-1",
            ],
            Call::Login => &["login", "users", "token-1"],
            Call::PasswordLogin => &[
                "login_with_password",
                "users",
                "ann@example.com",
                "password-1",
            ],
            Call::OtpLogin => &["login_with_otp", "users", "o-1", "12345678"],
            Call::RequestOtp => &["request_otp", "users", "ann@example.com"],
            Call::Refresh => &["refresh"],
            Call::SendGet => &["send", "GET", "/api/collections/users/records/r1"],
            Call::SendPost => &[
                "send",
                "POST",
                "/api/collections/users/records",
                "{\"token\":\"token-1\"}",
            ],
        };
        line(fields)
    }

    /// Whether it logs in, and so may require a second factor.
    pub fn is_login(self) -> bool {
        matches!(self, Call::Login | Call::PasswordLogin | Call::OtpLogin)
    }

    /// Whether it returns a session.
    pub fn returns_session(self) -> bool {
        self.is_login() || self == Call::Refresh
    }

    /// Whether it is any other request, for which each 2xx means success.
    pub fn is_send(self) -> bool {
        matches!(self, Call::SendGet | Call::SendPost)
    }

    /// The body that means success, with 200; `None` if 204 means success.
    pub fn success_body(self) -> Option<&'static str> {
        match self {
            Call::Bind | Call::Unbind => None,
            Call::RequestOtp => Some(OTP_ID),
            _ => Some(LOGIN),
        }
    }

    /// The status that means success.
    pub fn success_status(self) -> &'static str {
        self.success_body().map_or("204", |_| "200")
    }

    /// The response that means success.
    pub fn success_response(self) -> Vec<u8> {
        match self.success_body() {
            Some(body) => response("200 OK", "", body),
            None => NO_CONTENT.into(),
        }
    }
}

/// Success of each call.
pub fn success(call: Call) -> &'static str {
    match call {
        Call::Bind | Call::Unbind => "OK",
        Call::RequestOtp => "OK o-1",
        Call::SendGet | Call::SendPost => "OK 200",
        _ => "OK kept",
    }
}

/// Results of a login's response: a success for the calls that return a session, and for any other request.
pub fn session_only(call: Call) -> &'static str {
    match call {
        _ if call.returns_session() => "OK kept",
        _ if call.is_send() => "OK 200",
        _ => UNEXPECTED_200,
    }
}

/// Results of a 204: a success for the calls without a result, and for any other request.
pub fn no_content_only(call: Call) -> &'static str {
    match call {
        Call::Bind | Call::Unbind => "OK",
        _ if call.is_send() => "OK 204",
        _ => UNEXPECTED_204,
    }
}

/// One result for the calls whose good response is a 204, and another for the others.
pub fn by_status(no_content: &'static str, ok: &'static str) -> impl Fn(Call) -> &'static str {
    move |call| match call.success_body() {
        None => no_content,
        Some(_) => ok,
    }
}

/// One result for these calls, and another for the others.
pub fn only(
    calls: &'static [Call],
    result: &'static str,
    other: &'static str,
) -> impl Fn(Call) -> &'static str {
    move |call| match calls.contains(&call) {
        true => result,
        false => other,
    }
}

/// The same result for each call.
pub fn each<'a>(result: &'a str) -> impl Fn(Call) -> &'a str {
    move |_| result
}

// Results without a response that can be read.
pub const NO_HTTP: &str = "UNEXPECTED_RESPONSE 0 CHECK_NETWORK outcome=unknown";
pub const REJECTED_200: &str = "UNEXPECTED_RESPONSE 200 CHECK_NETWORK outcome=unknown";
pub const UNEXPECTED_100: &str = "UNEXPECTED_RESPONSE 100 CHECK_NETWORK outcome=unknown";
pub const UNEXPECTED_101: &str = "UNEXPECTED_RESPONSE 101 CHECK_NETWORK outcome=unknown";
pub const UNEXPECTED_200: &str = "UNEXPECTED_RESPONSE 200 CONTACT_OPERATOR outcome=unknown";
pub const UNEXPECTED_204: &str = "UNEXPECTED_RESPONSE 204 CHECK_NETWORK outcome=unknown";
pub const LOST: &str = "CONNECTION_LOST 0 CHECK_NETWORK outcome=unknown";
pub const LOST_200: &str = "CONNECTION_LOST 200 CHECK_NETWORK outcome=unknown";
pub const TOO_LARGE: &str = "RESPONSE_TOO_LARGE 0 CONTACT_OPERATOR outcome=unknown";
pub const TOO_LARGE_200: &str = "RESPONSE_TOO_LARGE 200 CONTACT_OPERATOR outcome=unknown";
pub const TIMEOUT: &str = "TIMEOUT 0 CHECK_NETWORK outcome=unknown";
pub const TIMEOUT_200: &str = "TIMEOUT 200 CHECK_NETWORK outcome=unknown";
pub const TIMEOUT_UNSENT: &str = "TIMEOUT 0 CHECK_NETWORK";
pub const LOST_UNSENT: &str = "CONNECTION_LOST 0 CHECK_NETWORK";
pub const NO_TLS: &str = "TLS 0 CONTACT_OPERATOR";
/// Invalid TLS after the handshake; the outcome of the request is unknown.
pub const BROKEN_TLS: &str = "TLS 0 CONTACT_OPERATOR outcome=unknown";
/// A connection that is reset at once may have been established before.
pub const RESET: &str = "CONNECTION_LOST 0 CHECK_NETWORK outcome=unknown \
    | CONNECTION_LOST 0 CHECK_NETWORK | CONNECT 0 CHECK_NETWORK";
pub const RESET_UNSENT: &str = "CONNECTION_LOST 0 CHECK_NETWORK | CONNECT 0 CHECK_NETWORK";

/// The servers of a cell.
struct Setup {
    url: String,
    server: Option<FaultyServer>,
    /// Whether the request must arrive; otherwise it may.
    is_reached: bool,
    /// In front of the server. Stopped before it.
    _relay: Option<Relay>,
}

/// The result of each call.
type Expected = BTreeMap<Call, String>;

pub struct Row {
    pub name: String,
    /// The driver's lines before the client is created, and before the call.
    settings: Vec<String>,
    options: Vec<String>,
    setup: Box<dyn Fn(Call, Transport) -> Setup + Send + Sync>,
    /// Over TCP and over TLS.
    expected: [Expected; 2],
    deadline: Duration,
}

impl Row {
    /// A row in which server and result are the same for each call. `{s}` in the result stands for the HTTP status
    /// that means success, and ` | ` separates alternatives.
    pub fn new(name: &str, acts: Vec<Act>, expected: &str) -> Self {
        Row::by_call(name, move |_| acts.clone(), each(expected))
    }

    /// A row in which they depend on the call.
    pub fn by_call<'a>(
        name: &str,
        acts: impl Fn(Call) -> Vec<Act> + Send + Sync + 'static,
        expected: impl Fn(Call) -> &'a str,
    ) -> Self {
        Row::with_setup(name, expected, move |call, transport| {
            let acts = acts(call);
            let server = FaultyServer::start_over(transport, Vec::new(), move |_| acts.clone());
            Setup {
                is_reached: true,
                ..Setup::of(server)
            }
        })
    }

    /// A row whose server acts before it has read anything, and ignores a request.
    pub fn early<'a>(
        name: &str,
        greeting: impl Fn(Call) -> Vec<Act> + Send + Sync + 'static,
        expected: impl Fn(Call) -> &'a str,
    ) -> Self {
        Row::with_setup(name, expected, move |call, transport| {
            Setup::of(FaultyServer::start_over(transport, greeting(call), |_| {
                Vec::new()
            }))
        })
    }

    /// A row in which a good server is behind a relay with these faults.
    pub fn relayed<'a>(name: &str, faults: Vec<Fault>, expected: impl Fn(Call) -> &'a str) -> Self {
        Row::with_setup(name, expected, move |call, transport| {
            let good = call.success_response();
            let server = FaultyServer::start_over(transport, Vec::new(), move |_| {
                vec![Act::Send(good.clone())]
            });
            let relay = Relay::start(server.address(), faults.clone());
            Setup {
                url: url(transport, relay.address()),
                _relay: Some(relay),
                ..Setup::of(server)
            }
        })
    }

    /// A row without a server.
    pub fn unreachable(
        name: &str,
        url: impl Fn(Transport) -> String + Send + Sync + 'static,
        expected: &str,
    ) -> Self {
        Row::with_setup(name, each(expected), move |_, transport| Setup {
            url: url(transport),
            server: None,
            is_reached: false,
            _relay: None,
        })
    }

    fn with_setup<'a>(
        name: &str,
        expected: impl Fn(Call) -> &'a str,
        setup: impl Fn(Call, Transport) -> Setup + Send + Sync + 'static,
    ) -> Self {
        let expected = results(expected);
        Row {
            name: name.to_owned(),
            settings: Vec::new(),
            options: Vec::new(),
            setup: Box::new(setup),
            expected: [expected.clone(), expected],
            deadline: LONG_DEADLINE,
        }
    }

    /// Changes the result over TLS, for each call.
    pub fn over_tls(mut self, expected: &str) -> Self {
        self.expected[1] = results(each(expected));
        self
    }

    /// Adds an option for the call.
    pub fn with_option(mut self, option: &[&str]) -> Self {
        self.options.push(format!("option {}", line(option)));
        self
    }

    /// Adds a setting for the client.
    pub fn with_config(mut self, setting: &[&str]) -> Self {
        self.settings.push(format!("config {}", line(setting)));
        self
    }

    /// Sets the short deadline, for calls that time out.
    pub fn short_deadline(mut self) -> Self {
        self.deadline = SHORT_DEADLINE;
        self
    }

    /// Whether the calls time out.
    pub fn has_short_deadline(&self) -> bool {
        self.deadline == SHORT_DEADLINE
    }

    /// The result of a call over the transport of this number.
    pub fn expected(&self, call: Call, transport: usize) -> String {
        self.expected[transport][&call].replace("{s}", call.success_status())
    }

    /// Runs the row with one call over one transport. Returns the result and what is wrong with it.
    pub fn run(&self, call: Call, transport: usize, driver: &mut Driver) -> (String, Vec<Flaw>) {
        let setup = (self.setup)(call, TRANSPORTS[transport]);
        for line in self.setup_lines(&setup, TRANSPORTS[transport]) {
            assert_eq!(driver.run(&line), "OK", "{}: {line}", self.name);
        }
        let start = Instant::now();
        let result = driver.run(&call.line());
        let took = start.elapsed();
        let mut flaws = Vec::new();
        flaws.extend(wrong_result(&result, &self.expected(call, transport)));
        if took > self.deadline * DEADLINES_MAX {
            flaws.push((Kind::Hang, format!("it took {took:?}")));
        }
        let is_new = call.returns_session() && result.starts_with("OK");
        let token = if is_new { LOGIN_TOKEN } else { SAVED[0] };
        let session = driver.run("session @token");
        if session != format!("OK {token}") {
            flaws.push((Kind::WrongSession, session));
        }
        flaws.extend(setup.wrong_request_count());
        assert_eq!(driver.run("reset"), "OK");
        (result, flaws)
    }

    /// The lines that create a client with a session, and set the options of the call.
    fn setup_lines(&self, setup: &Setup, transport: Transport) -> Vec<String> {
        let mut lines = self.settings.clone();
        let deadline = self.deadline.as_millis().to_string();
        lines.push(format!("config {}", line(&["timeout_ms", &deadline])));
        if let Some(pem) = (transport.roots)() {
            lines.push(format!("config {}", line(&["roots_pem", pem])));
        }
        lines.push(format!("client {}", setup.url));
        lines.push(format!("save {}", line(&SAVED)));
        lines.extend(self.options.iter().cloned());
        lines
    }
}

fn results<'a>(expected: impl Fn(Call) -> &'a str) -> Expected {
    let result = |call| (call, expected(call).to_owned());
    CALLS.into_iter().map(result).collect()
}

/// What is wrong with a cell, and the details.
pub type Flaw = (Kind, String);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    FalseSuccess,
    WrongResult,
    Hang,
    WrongSession,
    Retry,
    Leak,
}

impl Kind {
    pub const ALL: [Kind; 6] = [
        Kind::FalseSuccess,
        Kind::WrongResult,
        Kind::Hang,
        Kind::WrongSession,
        Kind::Retry,
        Kind::Leak,
    ];
}

fn wrong_result(result: &str, expected: &str) -> Option<Flaw> {
    let is_success = |response: &str| response.starts_with("OK");
    let kind = if is_success(result) && !is_success(expected) {
        Kind::FalseSuccess
    } else {
        Kind::WrongResult
    };
    let is_expected = expected.split(" | ").any(|one| one == result);
    (!is_expected).then(|| (kind, format!("{result}, not {expected}")))
}

impl Setup {
    fn of(server: FaultyServer) -> Self {
        Setup {
            url: server.url(),
            server: Some(server),
            is_reached: false,
            _relay: None,
        }
    }

    /// Whether the request arrived twice, or not at all.
    fn wrong_request_count(&self) -> Option<Flaw> {
        let count = self
            .server
            .as_ref()
            .map_or(0, |server| server.requests().len());
        let is_wrong = count > 1 || count == 0 && self.is_reached;
        is_wrong.then(|| (Kind::Retry, format!("the request arrived {count} times")))
    }
}

/// A base URL.
pub fn url(transport: Transport, address: SocketAddr) -> String {
    format!("{}://{address}", transport.scheme)
}
