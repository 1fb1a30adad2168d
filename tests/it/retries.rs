//! Connections that die: which calls go over a new one, how often a request is sent, and that no call fails
//! for want of a connection as long as a new one works.

mod outcome;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use bosauth::{CallOptions, Client, Error, Status};

use crate::support::WATCHDOG;
use crate::support::faulty_server::{Act, FaultyServer, Request, TCP, Transport};
use crate::support::https::TLS;
use crate::support::responses::{LOGIN, NO_CONTENT, response};
use crate::support::rng::Rng;

/// The calls, of which the last must not be sent twice: it uses its MFA id up.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Call {
    Bind,
    Unbind,
    Login,
    SecondFactor,
}

const CALLS: [Call; 4] = [Call::Bind, Call::Unbind, Call::Login, Call::SecondFactor];

impl Call {
    fn run(self, client: &Client, token: &str) -> Result<(), Error> {
        let mut options = CallOptions::new();
        if self == Call::SecondFactor {
            options.set_mfa_id("mfa-1").unwrap();
        }
        let users = client.collection("users").with(&options);
        match self {
            Call::Bind => users.bind_token("ann@example.com", "password-1", token),
            Call::Unbind => users.unbind_token("ann@example.com", "password-1", token),
            Call::Login | Call::SecondFactor => users.auth_with_token(token).map(drop),
        }
    }
}

/// The good answer to a request.
fn good(request: &Request) -> Vec<u8> {
    if request.target().contains("/auth-with-token") {
        response("200 OK", "", LOGIN)
    } else {
        NO_CONTENT.into()
    }
}

fn client(server: &FaultyServer, timeout: Duration) -> Client {
    let mut client = Client::builder(&server.url()).timeout(timeout);
    if let Some(roots) = server.roots() {
        client = client.roots_pem(roots);
    }
    client.build().unwrap()
}

/// What a call gives, and how often it is sent, at a server that answers the first `answered` requests, then
/// does `acts` with so many, and answers again.
fn sent(
    transport: Transport,
    call: Call,
    answered: usize,
    (acts, times): (&[Act], usize),
) -> (Result<(), Error>, usize) {
    let acts = acts.to_vec();
    let server = FaultyServer::start_over(transport, Vec::new(), move |request| {
        if (answered..answered + times).contains(&request.number) {
            acts.clone()
        } else {
            vec![Act::Send(good(request))]
        }
    });
    let client = client(&server, Duration::from_millis(1500));
    for _ in 0..answered {
        Call::Bind.run(&client, "before").unwrap();
    }
    let result = call.run(&client, "token-1");
    (result, server.requests().len() - answered)
}

/// Checks one line of the rule for all transports: the calls' results, and how often they are sent.
fn check(
    acts: &[Act],
    answered: usize,
    times: usize,
    expected: impl Fn(Call) -> (Option<Status>, usize),
) {
    for transport in [TCP, TLS] {
        for call in CALLS {
            let (result, sent) = sent(transport, call, answered, (acts, times));
            let status = result.as_ref().err().map(Error::status);
            let cell = format!("{acts:?} {times} times, {call:?}, {}", transport.name);
            assert_eq!((status, sent), expected(call), "{cell}");
            if let Err(error) = result {
                assert!(error.outcome_unknown(), "{cell}");
            }
        }
    }
}

/// The ends of a connection before the first byte of an answer.
const ENDS: [Act; 4] = [Act::Close, Act::Cut, Act::Reset, Act::Finish];

#[test]
fn reused_connection_is_retried_once() {
    for end in ENDS {
        check(&[end], 1, 1, |call| match call {
            Call::SecondFactor => (Some(Status::ConnectionLost), 1),
            _ => (None, 2),
        });
    }
}

/// The ends that are over once they are done, whatever the client does.
const ENDED: [Act; 3] = [Act::Close, Act::Cut, Act::Reset];

#[test]
fn closed_idle_connection_is_replaced_before_sending() {
    for (transport, end) in [TCP, TLS]
        .into_iter()
        .flat_map(|t| ENDED.map(|end| (t, end)))
    {
        for call in CALLS {
            let ending = end.clone();
            let server = FaultyServer::start_over(transport, Vec::new(), move |request| {
                vec![Act::Send(good(request)), ending.clone()]
            });
            let client = client(&server, WATCHDOG);
            Call::Bind.run(&client, "before").unwrap();
            server.wait_until_done(1);
            call.run(&client, "token-1").unwrap();
            assert_eq!(server.requests().len(), 2, "{call:?} after {end:?}");
        }
    }
}

#[test]
fn new_connection_that_closes_is_not_retried() {
    for end in ENDS {
        check(std::slice::from_ref(&end), 0, 1, |_| {
            (Some(Status::ConnectionLost), 1)
        });
        check(&[end], 1, 2, |call| match call {
            Call::SecondFactor => (Some(Status::ConnectionLost), 1),
            _ => (Some(Status::ConnectionLost), 2),
        });
    }
}

#[test]
fn no_retry_after_the_first_response_byte() {
    for end in ENDS {
        let acts = [Act::Send(b"H".into()), end];
        check(&acts, 1, 1, |_| (Some(Status::ConnectionLost), 1));
    }
    let interim = [Act::Send(b"HTTP/1.1 103 x\r\n\r\n".into()), Act::Close];
    check(&interim, 1, 1, |_| (Some(Status::ConnectionLost), 1));
}

#[test]
fn no_retry_after_a_deadline_or_an_invalid_response() {
    check(&[Act::Silence], 1, 1, |_| (Some(Status::Timeout), 1));
    let garbage = [Act::Send(b"garbage\r\n\r\n".into())];
    check(&garbage, 1, 1, |_| (Some(Status::UnexpectedResponse), 1));
    let failed = [Act::Send(response("500 x", "", ""))];
    check(&failed, 1, 1, |_| (Some(Status::Server), 1));
}

// ---- thousands of calls against servers that close when they like ----

const CALLS_IN_ALL: usize = 5000;
const THREADS: usize = 5;

/// How a connection ends: after so many requests, in this way.
#[derive(Clone, Copy)]
enum End {
    /// With the last answer.
    AfterAnswer,
    /// A little after the last answer.
    Later,
    /// At the next request, which gets no answer.
    OnRequest,
}

/// What a server that closes when it likes does, and what it did.
struct FlakyServer {
    rng: Rng,
    /// For each connection the requests it still answers, and its end.
    connections: HashMap<usize, (usize, End)>,
    /// The tokens of the requests that were answered, and what should not be.
    answered: HashSet<String>,
    sent_again: Vec<String>,
}

impl FlakyServer {
    fn acts(&mut self, request: &Request) -> Vec<Act> {
        let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
        let token = body["token"].as_str().unwrap().to_owned();
        if self.answered.contains(&token) {
            self.sent_again.push(token.clone());
        }
        let drawn = (
            1 + self.rng.below(4),
            [End::AfterAnswer, End::Later, End::OnRequest][self.rng.below(3)],
        );
        let (left, end) = self.connections.entry(request.connection).or_insert(drawn);
        if *left == 0 {
            return vec![[Act::Close, Act::Reset, Act::Cut][self.rng.below(3)].clone()];
        }
        *left -= 1;
        self.answered.insert(token);
        let mut acts = vec![Act::Send(good(request))];
        match end {
            End::AfterAnswer if *left == 0 => acts.push(Act::Close),
            End::Later if *left == 0 => {
                let pause = Duration::from_micros(self.rng.below(2000) as u64);
                acts.extend([Act::Wait(pause), Act::Close]);
            }
            _ => {}
        }
        acts
    }
}

fn thousands_of_calls(transport: Transport) {
    let flaky = Arc::new(Mutex::new(FlakyServer {
        rng: Rng::new(),
        connections: HashMap::new(),
        answered: HashSet::new(),
        sent_again: Vec::new(),
    }));
    let deciding = Arc::clone(&flaky);
    let plan = move |request: &Request| deciding.lock().unwrap().acts(request);
    let server = FaultyServer::start_over(transport, Vec::new(), plan);
    let client = client(&server, WATCHDOG);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let client = &client;
            scope.spawn(move || {
                for round in 0..CALLS_IN_ALL / THREADS {
                    let call = CALLS[round % 3];
                    let result = call.run(client, &format!("token-{thread}-{round}"));
                    assert!(result.is_ok(), "{call:?}: {result:?}");
                }
            });
        }
    });
    let sent = server.requests().len();
    let flaky = flaky.lock().unwrap();
    println!(
        "{}: {CALLS_IN_ALL} calls, {sent} sendings, {} connections, 0 errors, {} sent again after an response",
        transport.name,
        server.connections(),
        flaky.sent_again.len()
    );
    assert_eq!(flaky.sent_again, Vec::<String>::new());
    assert_eq!(flaky.answered.len(), CALLS_IN_ALL);
    assert!(sent > CALLS_IN_ALL, "no connection died at the wrong time");
}

#[test]
fn no_call_fails_on_flaky_tcp_connections() {
    thousands_of_calls(TCP);
}

#[test]
fn no_call_fails_on_flaky_tls_connections() {
    thousands_of_calls(TLS);
}
