//! Calls of a client to a server of arbitrary bytes, over loopback.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::thread;
use std::time::Duration;

use bosauth::{CallOptions, Client, Error, Session, Status};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_json::Value;

use super::contains;
use super::http::{self, Response};
use super::json::{Fields, is_object};
use super::responses::is_login;
use super::scripted_server::{End, Exchange, Script, ScriptedServer};

/// The size limit of a body.
const BODY_MAX: usize = 512;
/// The most calls of one input.
const CALLS_MAX: usize = 4;
/// The session before the first call.
const SAVED: &str = "e30.e30.c2F2ZWQ";
const PASSWORD: &str = "pa55-word!";
const TOKEN: &str = "token-12345678";

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
        let before = token_of(&client);
        server.exchanges.clear();
        let result = harness.run(&client, call, &mut server);
        let observed = Observed {
            call,
            result: &result,
            exchanges: &server.exchanges,
            is_silent,
            has_saved_session: before.as_deref() == Some(SAVED),
        };
        observed.check_connections(is_reusable);
        observed.check_result();
        observed.check_session(before, token_of(&client));
        let last = server.exchanges.last();
        is_reusable = !is_silent && last.is_some_and(|last| last.is_reusable(BODY_MAX));
    }
}

fn token_of(client: &Client) -> Option<String> {
    client.session().map(|session| session.token().to_owned())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Bind,
    Unbind,
    Login,
    SecondLogin,
    /// Any other request with this method.
    Send(&'static str),
}

fn call_of(letter: u8) -> Call {
    match letter {
        b'g' => return Call::Send("GET"),
        b'h' => return Call::Send("HEAD"),
        b'p' => return Call::Send("POST"),
        _ => {}
    }
    match letter % 4 {
        0 => Call::Login,
        1 => Call::Unbind,
        2 => Call::Bind,
        _ => Call::SecondLogin,
    }
}

type CallResult = Result<Option<Session>, Error>;

impl Call {
    fn make(self, client: &Client) -> CallResult {
        let mut options = CallOptions::new();
        if self == Call::SecondLogin {
            options = options.mfa_id("mfa-1");
        }
        let users = client.collection("users").with(&options);
        match self {
            Call::Bind => users
                .bind_token("ann@example.com", PASSWORD, TOKEN)
                .map(|()| None),
            Call::Unbind => users
                .unbind_token("ann@example.com", PASSWORD, TOKEN)
                .map(|()| None),
            Call::Send(method) => {
                let body = format!("{{\"token\":\"{TOKEN}\"}}");
                let body = (method == "POST").then_some(body.as_bytes());
                client.send(method, "/api/x", body, &options).map(|_| None)
            }
            Call::Login | Call::SecondLogin => users.auth_with_token(TOKEN).map(Some),
        }
    }

    fn secrets(self) -> &'static [&'static str] {
        match self {
            Call::Bind | Call::Unbind => &[PASSWORD, TOKEN],
            Call::Login | Call::SecondLogin => &[TOKEN],
            Call::Send("POST") => &[TOKEN, SAVED],
            Call::Send(_) => &[SAVED],
        }
    }

    fn request_start(self) -> &'static str {
        match self {
            Call::Bind => "POST /api/collections/users/bind-token HTTP/1.1\r\n",
            Call::Unbind => "POST /api/collections/users/unbind-token HTTP/1.1\r\n",
            Call::Login => "POST /api/collections/users/auth-with-token HTTP/1.1\r\n",
            Call::SecondLogin => {
                "POST /api/collections/users/auth-with-token?mfaId=mfa-1 HTTP/1.1\r\n"
            }
            Call::Send("GET") => "GET /api/x HTTP/1.1\r\n",
            Call::Send("HEAD") => "HEAD /api/x HTTP/1.1\r\n",
            Call::Send(_) => "POST /api/x HTTP/1.1\r\n",
        }
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
        client.save_session(SAVED, None).expect("a session");
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
            let is_idempotent = !matches!(self.call, Call::SecondLogin | Call::Send("POST"));
            assert!(!has_response && is_idempotent, "{:?}", self.exchanges);
        }
        for exchange in self.exchanges.iter().filter(|e| !e.request.is_empty()) {
            let request = String::from_utf8_lossy(&exchange.request);
            assert!(request.starts_with(self.call.request_start()), "{request}");
            let end = match self.call {
                Call::Send("GET" | "HEAD") => "\r\n\r\n",
                _ => &format!("\"token\":\"{TOKEN}\"}}"),
            };
            assert!(request.ends_with(end), "{request}");
            let is_send = matches!(self.call, Call::Send(_));
            assert_eq!(request.contains("\r\nAuthorization: "), is_send);
        }
    }

    /// A successful login changes the session, and nothing else does.
    fn check_session(&self, before: Option<String>, after: Option<String>) {
        match self.result {
            Ok(Some(session)) => assert_eq!(after.as_deref(), Some(session.token())),
            _ => assert_eq!(after, before),
        }
    }

    fn check_result(&self) {
        let last = self.exchanges.last();
        let response = last.and_then(|last| {
            let is_closed = last.end == End::Orderly;
            http::parse(last.method(), &last.sent, is_closed, BODY_MAX)
        });
        let is_success = response
            .as_ref()
            .is_some_and(|response| self.is_success(response));
        match self.result {
            Ok(session) => {
                assert!(is_success, "{:?} succeeded by {last:?}", self.call);
                session.iter().for_each(|session| {
                    let body = response.as_ref();
                    let body = body.and_then(|response| Fields::of(&response.body));
                    let token = body.and_then(|fields| fields.value("token"));
                    assert_eq!(token, Some(Value::from(session.token())));
                });
            }
            Err(error) => {
                let is_delivered = last.is_some_and(|last| !last.ended_early) && !self.is_silent;
                assert!(!(is_success && is_delivered), "{error} by {last:?}");
                self.check_error(error, response.as_ref());
                let secrets = self.call.secrets().iter();
                // A login may have replaced the session.
                let secrets = secrets.filter(|secret| **secret != SAVED || self.has_saved_session);
                check_no_secret(error, secrets.copied());
            }
        }
    }

    /// Whether the response means success: 204 without a body, or a login.
    fn is_success(&self, response: &Response) -> bool {
        match self.call {
            Call::Bind | Call::Unbind => response.status == 204 && response.body.is_empty(),
            Call::Login | Call::SecondLogin => response.status == 200 && is_login(&response.body),
            Call::Send(_) => response.status / 100 == 2,
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

fn check_no_secret(error: &Error, secrets: impl Iterator<Item = &'static str>) {
    let (message, data) = (error.server_message(), error.data_json());
    let shown = format!("{error} {error:?} {message} {data}");
    for secret in secrets {
        assert!(!shown.contains(secret), "{shown}");
        assert!(!contains(error.body(), secret.as_bytes()));
    }
}
