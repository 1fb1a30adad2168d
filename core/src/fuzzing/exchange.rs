//! Calls of a client to a peer of arbitrary bytes, over loopback.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_json::Value;

use super::peer::{End, Exchange, Peer, Script};
use super::plain::{Members, holds, is_object};
use super::replies::is_login;
use super::whole::{Whole, whole};
use crate::client::Client;
use crate::error::{Error, Status};
use crate::options::CallOptions;
use crate::session::Session;

/// The largest body that is accepted.
const BODY_MAX: usize = 512;
/// The most calls of one run.
const CALLS_MAX: usize = 4;
/// A session that was there before, in JWT form.
const SAVED: &str = "e30.e30.c2F2ZWQ";
const PASSWORD: &str = "pa55-word!";
const TOKEN: &str = "token-12345678";

/// Makes calls, a letter for each in the first line, to a peer that follows the script after it.
pub fn exchange(data: &[u8]) {
    let end = data.iter().position(|&b| b == b'\n').unwrap_or(data.len());
    let script = Script::read(data.get(end + 1..).unwrap_or_default());
    let is_silent = script.is_silent;
    let rig = Rig::shared();
    let client = rig.client(is_silent);
    let mut peer = Peer::new(script, &rig.listener, BODY_MAX);
    let mut may_reuse = false;
    for &letter in data[..end].iter().take(CALLS_MAX) {
        let call = call_of(letter);
        let before = token_of(&client);
        peer.exchanges.clear();
        let result = rig.run(&client, call, &mut peer);
        let facts = Facts {
            call,
            result: &result,
            exchanges: &peer.exchanges,
            is_silent,
        };
        facts.check_connections(may_reuse);
        facts.check_result();
        facts.check_session(before, token_of(&client));
        let last = peer.exchanges.last();
        may_reuse = !is_silent && last.is_some_and(|last| last.may_go_on(BODY_MAX));
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
}

fn call_of(letter: u8) -> Call {
    match letter % 4 {
        0 => Call::Login,
        1 => Call::Unbind,
        2 => Call::Bind,
        _ => Call::SecondLogin,
    }
}

type Outcome = Result<Option<Session>, Error>;

impl Call {
    fn make(self, client: &Client) -> Outcome {
        let options = match self {
            Call::SecondLogin => CallOptions::new().mfa_id("mfa-1"),
            _ => CallOptions::new(),
        };
        let users = client.collection("users").with(&options);
        match self {
            Call::Bind => users
                .bind_token("ann@example.com", PASSWORD, TOKEN)
                .map(|()| None),
            Call::Unbind => users
                .unbind_token("ann@example.com", PASSWORD, TOKEN)
                .map(|()| None),
            _ => users.auth_with_token(TOKEN).map(Some),
        }
    }

    fn secrets(self) -> &'static [&'static str] {
        match self {
            Call::Bind | Call::Unbind => &[PASSWORD, TOKEN],
            Call::Login | Call::SecondLogin => &[TOKEN],
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
        }
    }
}

/// A listener, and a thread that makes calls while this one is their peer.
struct Rig {
    listener: TcpListener,
    jobs: Sender<(Client, Call)>,
    outcomes: Receiver<Outcome>,
    /// Holds a byte for each call that has ended.
    ended: UnixStream,
}

impl Rig {
    /// The one of this process, for one run at a time.
    fn shared() -> MutexGuard<'static, Self> {
        static RIG: OnceLock<Mutex<Rig>> = OnceLock::new();
        let rig = RIG.get_or_init(|| Mutex::new(Rig::new()));
        rig.lock().expect("no run has failed before")
    }

    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let (jobs, to_do) = channel::<(Client, Call)>();
        let (done, outcomes) = channel();
        let (ended, mut ending) = UnixStream::pair().expect("two descriptors");
        thread::spawn(move || {
            for (client, call) in to_do {
                let outcome = call.make(&client);
                drop(client);
                if done.send(outcome).and(Ok(ending.write_all(&[1]))).is_err() {
                    return;
                }
            }
        });
        Rig {
            listener,
            jobs,
            outcomes,
            ended,
        }
    }

    fn client(&self, is_silent: bool) -> Client {
        let address = self.listener.local_addr().expect("it is bound");
        // A peer that is not silent never lets a client wait: then a deadline that passes is a fault.
        let timeout = Duration::from_millis(if is_silent { 3 } else { 20_000 });
        let client = Client::builder(&format!("http://{address}"))
            .timeout(timeout)
            .max_response_bytes(BODY_MAX as u64)
            .build()
            .expect("a client");
        client.save_session(SAVED, None).expect("a session");
        client
    }

    /// Makes a call, and is its peer until both have come to rest.
    fn run(&self, client: &Client, call: Call, peer: &mut Peer<'_>) -> Outcome {
        let job = (client.clone(), call);
        self.jobs.send(job).expect("the thread runs");
        loop {
            match self.next_event(peer) {
                Event::Bytes => peer.receive(),
                Event::Client => peer.accept(),
                Event::End => {
                    let is_ours = (&self.ended).read_exact(&mut [0]);
                    is_ours.expect("the thread runs");
                    return self.outcomes.recv().expect("the call did not panic");
                }
            }
        }
    }

    /// What comes first: the end of a call only if nothing is left to do for its peer.
    fn next_event(&self, peer: &Peer<'_>) -> Event {
        let mut entries = vec![
            PollFd::new(&self.ended, PollFlags::IN),
            PollFd::new(&self.listener, PollFlags::IN),
        ];
        entries.extend(
            peer.stream()
                .map(|stream| PollFd::new(stream, PollFlags::IN)),
        );
        let patience = Timespec {
            tv_sec: 60,
            tv_nsec: 0,
        };
        while let Err(error) = poll(&mut entries, Some(&patience)) {
            assert_eq!(error, rustix::io::Errno::INTR);
        }
        let is_ready = |entry: &PollFd<'_>| !entry.revents().is_empty();
        match entries.iter().rposition(is_ready) {
            Some(2) => Event::Bytes,
            Some(1) => Event::Client,
            Some(0) => Event::End,
            _ => panic!("the call hangs"),
        }
    }
}

enum Event {
    Bytes,
    Client,
    End,
}

/// What a call gave, and what its peer saw of it.
struct Facts<'a> {
    call: Call,
    result: &'a Outcome,
    exchanges: &'a [Exchange],
    is_silent: bool,
}

impl Facts<'_> {
    /// Whether the request went where it may, and not too often.
    fn check_connections(&self, may_reuse: bool) {
        let reused = self.exchanges.iter().filter(|exchange| !exchange.is_first);
        let reused: Vec<&Exchange> = reused.collect();
        let new = self.exchanges.len() - reused.len();
        assert!(reused.len() <= 1 && new <= 1, "{:?}", self.exchanges);
        let is_fit = may_reuse || self.is_silent;
        assert!(reused.is_empty() || is_fit, "an early byte was overlooked");
        assert!(!reused.is_empty() || !may_reuse, "a connection was wasted");
        if let (&[first], 1) = (reused.as_slice(), new) {
            let is_unanswered = first.sent.is_empty();
            let may_repeat = self.call != Call::SecondLogin;
            assert!(is_unanswered && may_repeat, "{:?}", self.exchanges);
        }
        for exchange in self.exchanges.iter().filter(|e| !e.request.is_empty()) {
            let request = String::from_utf8_lossy(&exchange.request);
            assert!(request.starts_with(self.call.request_start()), "{request}");
            assert!(request.ends_with(&format!("\"token\":\"{TOKEN}\"}}")));
        }
    }

    /// Whether a login, and nothing else, has changed the session.
    fn check_session(&self, before: Option<String>, after: Option<String>) {
        match self.result {
            Ok(Some(session)) => assert_eq!(after.as_deref(), Some(session.token())),
            _ => assert_eq!(after, before),
        }
    }

    fn check_result(&self) {
        let last = self.exchanges.last();
        let answer = last.and_then(|last| whole(&last.sent, last.end == End::Orderly, BODY_MAX));
        let is_wanted = answer.as_ref().is_some_and(|answer| self.is_wanted(answer));
        match self.result {
            Ok(session) => {
                assert!(is_wanted, "{:?} succeeded by {last:?}", self.call);
                session.iter().for_each(|session| {
                    let body = answer.as_ref().and_then(|answer| Members::of(&answer.body));
                    let token = body.and_then(|members| members.value("token"));
                    assert_eq!(token, Some(Value::from(session.token())));
                });
            }
            Err(error) => {
                let is_sure = last.is_some_and(|last| !last.ended_early) && !self.is_silent;
                assert!(!(is_wanted && is_sure), "{error} by {last:?}");
                self.check_error(error, answer.as_ref());
                check_hidden(error, self.call.secrets());
            }
        }
    }

    /// Whether the answer is a success: 204 without a body, or a login.
    fn is_wanted(&self, answer: &Whole) -> bool {
        match self.call {
            Call::Bind | Call::Unbind => answer.status == 204 && answer.body.is_empty(),
            Call::Login | Call::SecondLogin => answer.status == 200 && is_login(&answer.body),
        }
    }

    fn check_error(&self, error: &Error, answer: Option<&Whole>) {
        let was_asked = self
            .exchanges
            .iter()
            .any(|exchange| !exchange.request.is_empty());
        let last = self.exchanges.last();
        let is_possible = match error.status() {
            Status::Timeout => self.is_silent,
            Status::Connect => last.is_none_or(|last| last.ended_early),
            Status::ConnectionLost | Status::UnexpectedResponse | Status::ResponseTooLarge => true,
            _ => answer.is_some_and(|answer| error.http_status() == Some(answer.status)),
        };
        assert!(is_possible || self.is_silent, "{error} by {last:?}");
        let is_known = answer.is_some_and(|answer| {
            answer.status == 429 || answer.status < 500 && is_object(&answer.body, 513)
        });
        assert!(error.outcome_unknown() || is_known || !was_asked, "{error}");
    }
}

fn check_hidden(error: &Error, secrets: &[&str]) {
    let (message, data) = (error.server_message(), error.data_json());
    let told = format!("{error} {error:?} {message} {data}");
    for secret in secrets {
        assert!(!told.contains(secret), "{told}");
        assert!(!holds(error.body(), secret.as_bytes()));
    }
}
