//! Calls of a client to a server of arbitrary bytes, over loopback.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::thread;
use std::time::Duration;

use bosauth::{CallOptions, Client, Error, Session, Status, input};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_json::Value;

use super::contains;
use super::http::{self, Response};
use super::json::{Fields, is_object};
use super::jwt;
use super::responses::{is_login, is_otp_id};
use super::scripted_server::{End, Exchange, Script, ScriptedServer};

/// The size limit of a body.
const BODY_MAX: usize = 512;
/// The most calls of one input.
const CALLS_MAX: usize = 4;
/// The session before the first call and before a refresh: its token and its record. It has no id, so that the response
/// may have any.
const SAVED: [&str; 2] = ["e30.e30.c2F2ZWQ", r#"{"collectionId":"users"}"#];
const PASSWORD: &str = "pa55-word!";
const TOKEN: &str = "token-12345678";
const CODE: &str = "12345678";

/// Makes a call for each letter of the first line, to a server that follows the script after it.
pub fn exchange(data: &[u8]) {
    let end = data.iter().position(|&b| b == b'\n').unwrap_or(data.len());
    let script = Script::parse(data.get(end + 1..).unwrap_or_default());
    let is_silent = script.is_silent;
    let harness = Harness::shared();
    let client = harness.client(is_silent);
    let mut server = ScriptedServer::new(script, &harness.listener, BODY_MAX);
    let mut is_reusable = false;
    for &letter in data[..end].iter().take(CALLS_MAX) {
        let call = call_of(letter);
        if call == Call::Refresh {
            save_session(&client);
        }
        let before = token_of(&client);
        server.exchanges.clear();
        let result = harness.run(&client, call, &mut server);
        let observed = Observed {
            call,
            result: &result,
            exchanges: &server.exchanges,
            is_silent,
            has_saved_session: before.as_deref() == Some(SAVED[0]),
        };
        observed.check_connections(is_reusable);
        observed.check_result();
        observed.check_session(before, token_of(&client));
        let last = server.exchanges.last();
        is_reusable = !is_silent && last.is_some_and(|last| last.is_reusable(BODY_MAX));
    }
}

fn save_session(client: &Client) {
    let [token, record] = SAVED;
    client
        .save_session(token, Some(record))
        .expect("a valid session");
}

fn token_of(client: &Client) -> Option<String> {
    client
        .session()
        .ok()
        .flatten()
        .map(|session| session.token().to_owned())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Bind,
    Unbind,
    Login,
    SecondLogin,
    PasswordLogin,
    OtpLogin,
    RequestOtp,
    Refresh,
    /// Any other request with this method.
    Send(&'static str),
}

fn call_of(letter: u8) -> Call {
    match letter {
        b'p' => return Call::PasswordLogin,
        b'o' => return Call::OtpLogin,
        b'q' => return Call::RequestOtp,
        b'r' => return Call::Refresh,
        b'g' => return Call::Send("GET"),
        b'h' => return Call::Send("HEAD"),
        b'w' => return Call::Send("POST"),
        _ => {}
    }
    match letter % 4 {
        0 => Call::Login,
        1 => Call::Unbind,
        2 => Call::Bind,
        _ => Call::SecondLogin,
    }
}

/// What a call returns.
enum Returned {
    Nothing,
    Session(Session),
    OtpId(String),
}

type CallResult = Result<Returned, Error>;

impl Call {
    fn make(self, client: &Client) -> CallResult {
        let mut options = CallOptions::new();
        if self == Call::SecondLogin {
            options = options.mfa_id("mfa-1");
        }
        let users = client.collection("users").with(&options);
        let session = match self {
            Call::Bind => {
                let bound = users.bind_token("ann@example.com", PASSWORD, TOKEN);
                return bound.map(|()| Returned::Nothing);
            }
            Call::Unbind => {
                let unbound = users.unbind_token("ann@example.com", PASSWORD, TOKEN);
                return unbound.map(|()| Returned::Nothing);
            }
            Call::RequestOtp => {
                return users.request_otp("ann@example.com").map(Returned::OtpId);
            }
            Call::Send(method) => {
                let body = format!("{{\"token\":\"{TOKEN}\"}}");
                let body = (method == "POST").then_some(body.as_bytes());
                let sent = client.send(method, "/api/x", body, &options);
                return sent.map(|_| Returned::Nothing);
            }
            Call::Login | Call::SecondLogin => users.auth_with_token(TOKEN),
            Call::PasswordLogin => users.auth_with_password("ann", PASSWORD),
            Call::OtpLogin => users.auth_with_otp("otp-1", CODE),
            Call::Refresh => client.auth_refresh(&options),
        };
        session.map(Returned::Session)
    }

    fn secrets(self) -> &'static [&'static str] {
        match self {
            Call::Bind | Call::Unbind => &[PASSWORD, TOKEN],
            Call::Login | Call::SecondLogin => &[TOKEN],
            Call::PasswordLogin => &[PASSWORD],
            Call::OtpLogin => &[CODE],
            Call::RequestOtp | Call::Refresh => &[],
            Call::Send("POST") => &[TOKEN, SAVED[0]],
            Call::Send(_) => &[SAVED[0]],
        }
    }

    fn method(self) -> &'static str {
        match self {
            Call::Send(method) => method,
            _ => "POST",
        }
    }

    fn is_idempotent(self) -> bool {
        matches!(
            self,
            Call::Bind | Call::Unbind | Call::Login | Call::Refresh | Call::Send("GET" | "HEAD")
        )
    }

    /// The start of its request, and the end of its body.
    fn request_start_and_end(self) -> (String, String) {
        let (call, body) = match self {
            Call::Bind => ("bind-token", format!("\"token\":\"{TOKEN}\"}}")),
            Call::Unbind => ("unbind-token", format!("\"token\":\"{TOKEN}\"}}")),
            Call::Login => ("auth-with-token", format!("{{\"token\":\"{TOKEN}\"}}")),
            Call::SecondLogin => (
                "auth-with-token?mfaId=mfa-1",
                format!("{{\"token\":\"{TOKEN}\"}}"),
            ),
            Call::PasswordLogin => (
                "auth-with-password",
                format!("{{\"identity\":\"ann\",\"password\":\"{PASSWORD}\"}}"),
            ),
            Call::OtpLogin => (
                "auth-with-otp",
                format!("{{\"otpId\":\"otp-1\",\"password\":\"{CODE}\"}}"),
            ),
            Call::RequestOtp => ("request-otp", "{\"email\":\"ann@example.com\"}".into()),
            Call::Refresh => ("auth-refresh", "{}".into()),
            Call::Send("POST") => {
                let body = format!("\r\n\r\n{{\"token\":\"{TOKEN}\"}}");
                return ("POST /api/x HTTP/1.1\r\n".into(), body);
            }
            Call::Send(method) => {
                return (format!("{method} /api/x HTTP/1.1\r\n"), "\r\n\r\n".into());
            }
        };
        let start = format!("POST /api/collections/users/{call} HTTP/1.1\r\n");
        (start, body)
    }
}

/// A listener, and a thread that makes the calls while this one serves them.
struct Harness {
    listener: TcpListener,
    jobs: Sender<(Client, Call)>,
    results: Receiver<CallResult>,
    /// Receives a byte for each call that completes.
    completed: UnixStream,
}

impl Harness {
    /// The one of this process, for one input at a time.
    fn shared() -> MutexGuard<'static, Self> {
        static HARNESS: OnceLock<Mutex<Harness>> = OnceLock::new();
        let harness = HARNESS.get_or_init(|| Mutex::new(Harness::new()));
        harness.lock().expect("no input has failed before")
    }

    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let (jobs, queue) = channel::<(Client, Call)>();
        let (done, results) = channel();
        let (completed, mut completions) = UnixStream::pair().expect("two descriptors");
        thread::spawn(move || {
            for (client, call) in queue {
                let result = call.make(&client);
                drop(client);
                if done
                    .send(result)
                    .and(Ok(completions.write_all(&[1])))
                    .is_err()
                {
                    return;
                }
            }
        });
        Harness {
            listener,
            jobs,
            results,
            completed,
        }
    }

    fn client(&self, is_silent: bool) -> Client {
        let address = self.listener.local_addr().expect("it is bound");
        // A call may time out only if the server is silent.
        let timeout = Duration::from_millis(if is_silent { 3 } else { 20_000 });
        let client = Client::builder(&format!("http://{address}"))
            .timeout(timeout)
            .max_response_bytes(BODY_MAX as u64)
            .build()
            .expect("a client");
        save_session(&client);
        client
    }

    /// Makes a call, and serves it until it has completed and no event is pending.
    fn run(&self, client: &Client, call: Call, server: &mut ScriptedServer<'_>) -> CallResult {
        let job = (client.clone(), call);
        self.jobs.send(job).expect("the thread runs");
        loop {
            match self.next_event(server) {
                Event::Readable => server.receive(),
                Event::Connection => server.accept(),
                Event::Completed => {
                    let byte = (&self.completed).read_exact(&mut [0]);
                    byte.expect("the thread runs");
                    return self.results.recv().expect("the call did not panic");
                }
            }
        }
    }

    /// Waits for the next event; for the completion of the call only if the server has none.
    fn next_event(&self, server: &ScriptedServer<'_>) -> Event {
        let mut entries = vec![
            PollFd::new(&self.completed, PollFlags::IN),
            PollFd::new(&self.listener, PollFlags::IN),
        ];
        entries.extend(
            server
                .stream()
                .map(|stream| PollFd::new(stream, PollFlags::IN)),
        );
        let timeout = Timespec {
            tv_sec: 60,
            tv_nsec: 0,
        };
        while let Err(error) = poll(&mut entries, Some(&timeout)) {
            assert_eq!(error, rustix::io::Errno::INTR);
        }
        let is_ready = |entry: &PollFd<'_>| !entry.revents().is_empty();
        match entries.iter().rposition(is_ready) {
            Some(2) => Event::Readable,
            Some(1) => Event::Connection,
            Some(0) => Event::Completed,
            _ => panic!("the call hangs"),
        }
    }
}

enum Event {
    Readable,
    Connection,
    Completed,
}

/// The result of a call, and what the server received.
struct Observed<'a> {
    call: Call,
    result: &'a CallResult,
    exchanges: &'a [Exchange],
    is_silent: bool,
    /// Whether the session before the call was the saved one.
    has_saved_session: bool,
}

impl Observed<'_> {
    /// The request was sent on a reused connection if there was one, on a new one otherwise, and retried only if no
    /// response had started and the call is idempotent.
    fn check_connections(&self, is_reusable: bool) {
        let reused = self.exchanges.iter().filter(|exchange| !exchange.is_first);
        let reused: Vec<&Exchange> = reused.collect();
        let new = self.exchanges.len() - reused.len();
        assert!(reused.len() <= 1 && new <= 1, "{:?}", self.exchanges);
        let may_reuse = is_reusable || self.is_silent;
        assert!(
            reused.is_empty() || may_reuse,
            "a stale connection was reused"
        );
        assert!(
            !reused.is_empty() || !is_reusable,
            "no connection was reused"
        );
        if let (&[first], 1) = (reused.as_slice(), new) {
            let has_response = !first.sent.is_empty();
            let is_idempotent = self.call.is_idempotent();
            assert!(!has_response && is_idempotent, "{:?}", self.exchanges);
        }
        for exchange in self.exchanges.iter().filter(|e| !e.request.is_empty()) {
            let request = String::from_utf8_lossy(&exchange.request);
            let (start, end) = self.call.request_start_and_end();
            assert!(
                request.starts_with(&start) && request.ends_with(&end),
                "{request}"
            );
            let has_session = request.contains("\r\nAuthorization: ");
            let sends_session = matches!(self.call, Call::Refresh | Call::Send(_));
            assert_eq!(has_session, sends_session, "{request}");
        }
    }

    /// A successful login or refresh changes the session, and nothing else does.
    fn check_session(&self, before: Option<String>, after: Option<String>) {
        match self.result {
            Ok(Returned::Session(session)) => assert_eq!(after.as_deref(), Some(session.token())),
            _ => assert_eq!(after, before),
        }
    }

    fn check_result(&self) {
        let last = self.exchanges.last();
        let response = last.and_then(|last| {
            let is_closed = last.end == End::Orderly;
            http::parse(self.call.method(), &last.sent, is_closed, BODY_MAX)
        });
        let is_success = response
            .as_ref()
            .is_some_and(|response| self.is_success(response));
        match self.result {
            Ok(returned) => {
                assert!(is_success, "{:?} succeeded by {last:?}", self.call);
                let (name, value) = match returned {
                    Returned::Nothing => return,
                    Returned::Session(session) => ("token", session.token()),
                    Returned::OtpId(id) => ("otpId", id.as_str()),
                };
                let body = response.and_then(|response| Fields::of(&response.body));
                let sent = body.and_then(|fields| fields.value(name));
                assert_eq!(sent, Some(Value::from(value)));
            }
            Err(error) => {
                let is_delivered = last.is_some_and(|last| !last.ended_early) && !self.is_silent;
                assert!(!(is_success && is_delivered), "{error} by {last:?}");
                self.check_error(error, response.as_ref());
                let secrets = self.call.secrets().iter();
                // A login may have replaced the session.
                let secrets =
                    secrets.filter(|secret| **secret != SAVED[0] || self.has_saved_session);
                check_no_secret(error, secrets.copied());
            }
        }
    }

    /// Whether the response means success: 204 without a body, a login, or an OTP id.
    fn is_success(&self, response: &Response) -> bool {
        match self.call {
            Call::Bind | Call::Unbind => response.status == 204 && response.body.is_empty(),
            Call::Send(_) => response.status / 100 == 2,
            Call::RequestOtp => response.status == 200 && is_otp_id(&response.body),
            Call::Refresh => {
                let is_of_users = || collection(&response.body).is_none_or(|name| name == "users");
                response.status == 200 && is_login(&response.body) && is_of_users()
            }
            _ => response.status == 200 && is_login(&response.body),
        }
    }

    fn check_error(&self, error: &Error, response: Option<&Response>) {
        let was_sent = self
            .exchanges
            .iter()
            .any(|exchange| !exchange.request.is_empty());
        let last = self.exchanges.last();
        let is_possible = match error.status() {
            Status::Timeout => self.is_silent,
            Status::Connect => last.is_none_or(|last| last.ended_early),
            Status::ConnectionLost | Status::UnexpectedResponse | Status::ResponseTooLarge => true,
            _ => response.is_some_and(|response| error.http_status() == Some(response.status)),
        };
        assert!(is_possible || self.is_silent, "{error} by {last:?}");
        let is_known = response.is_some_and(|response| {
            response.status == 429 || response.status < 500 && is_object(&response.body, 513)
        });
        assert!(error.outcome_unknown() || is_known || !was_sent, "{error}");
    }
}

/// The collection of the account in a login response: of the record or else of the token.
fn collection(body: &[u8]) -> Option<String> {
    let fields = Fields::of(body)?;
    let record = Fields::of(fields.raw("record")?.as_bytes())?;
    let string = |value: Option<Value>| Some(value?.as_str()?.to_owned());
    let of_record = string(record.value("collectionId"));
    let of_token = || jwt::collection(&string(fields.value("token"))?);
    of_record
        .or_else(of_token)
        .filter(|name| input::collection(name).is_ok())
}

fn check_no_secret(error: &Error, secrets: impl Iterator<Item = &'static str>) {
    let (message, data) = (error.server_message(), error.data_json());
    let shown = format!("{error} {error:?} {message} {data}");
    for secret in secrets {
        assert!(!shown.contains(secret), "{shown}");
        assert!(!contains(error.body(), secret.as_bytes()));
    }
}
