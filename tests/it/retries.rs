//! Connections that close: which calls are retried on a new one, how often a request is sent, and that no call fails
//! as long as new connections work.

mod outcome;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use bosauth::{CallOptions, Client, Error, Status};

use crate::support::WATCHDOG;
use crate::support::faulty_server::{Act, FaultyServer, Request, TCP, Transport};
use crate::support::https::TLS;
use crate::support::responses::{LOGIN, NO_CONTENT, OTP_ID, response};
use crate::support::rng::Rng;

/// The calls.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Call {
    Bind,
    Unbind,
    Login,
    Refresh,
    SecondFactor,
    PasswordLogin,
    OtpLogin,
    RequestOtp,
    /// Any other request with this method.
    Send(&'static str),
}

const CALLS: [Call; 12] = [
    Call::Bind,
    Call::Unbind,
    Call::Login,
    Call::Refresh,
    Call::SecondFactor,
    Call::PasswordLogin,
    Call::OtpLogin,
    Call::RequestOtp,
    Call::Send("GET"),
    Call::Send("HEAD"),
    Call::Send("POST"),
    Call::Send("DELETE"),
];

impl Call {
    /// Whether it may be retried. Password and OTP logins count towards limits, an OTP request sends a mail, and an MFA
    /// id is valid once.
    fn is_idempotent(self) -> bool {
        matches!(
            self,
            Call::Bind | Call::Unbind | Call::Login | Call::Refresh | Call::Send("GET" | "HEAD")
        )
    }

    fn run(self, client: &Client, token: &str) -> Result<(), Error> {
        let options = match self {
            Call::SecondFactor => CallOptions::new().mfa_id("mfa-1"),
            _ => CallOptions::new(),
        };
        let users = client.collection("users").with(&options);
        match self {
            Call::Bind => users.bind_token("ann@example.com", "password-1", token),
            Call::Unbind => users.unbind_token("ann@example.com", "password-1", token),
            Call::Login | Call::SecondFactor => users.auth_with_token(token).map(drop),
            Call::Refresh => client.auth_refresh(&options).map(drop),
            Call::PasswordLogin => users.auth_with_password("ann", "password-1").map(drop),
            Call::OtpLogin => users.auth_with_otp("o-1", "12345678").map(drop),
            Call::RequestOtp => users.request_otp("ann@example.com").map(drop),
            Call::Send(method) => client.send(method, "/api/x", None, &options).map(drop),
        }
    }
}

/// The successful response to a request.
fn good(request: &Request) -> Vec<u8> {
    match request.target() {
        target if target.contains("/auth-") => response("200 OK", "", LOGIN),
        target if target.contains("/request-otp") => response("200 OK", "", OTP_ID),
        _ => NO_CONTENT.into(),
    }
}

fn client(server: &FaultyServer, timeout: Duration) -> Client {
    let client = server.client_builder().timeout(timeout).build().unwrap();
    let record = r#"{"id":"r1","collectionId":"users"}"#;
    client.save_session("saved", Some(record)).unwrap();
    client
}

/// The result of a call, and how often it is sent to a server that responds to the first `completed` requests,
/// handles the next `times` ones by `acts`, and responds again.
fn sent(
    transport: Transport,
    call: Call,
    completed: usize,
    (acts, times): (&[Act], usize),
) -> (Result<(), Error>, usize) {
    let acts = acts.to_vec();
    let server = FaultyServer::start_over(transport, Vec::new(), move |request| {
        if (completed..completed + times).contains(&request.number) {
            acts.clone()
        } else {
            vec![Act::Send(good(request))]
        }
    });
    let client = client(&server, Duration::from_millis(1500));
    for _ in 0..completed {
        Call::Bind.run(&client, "before").unwrap();
    }
    let result = call.run(&client, "token-1");
    (result, server.requests().len() - completed)
}

/// Checks the results of all calls, and how often they are sent, over all transports.
fn check(
    acts: &[Act],
    completed: usize,
    times: usize,
    expected: impl Fn(Call) -> (Option<Status>, usize),
) {
    for transport in [TCP, TLS] {
        for call in CALLS {
            let (result, sent) = sent(transport, call, completed, (acts, times));
            let status = result.as_ref().err().map(Error::status);
            let cell = format!("{acts:?} {times} times, {call:?}, {}", transport.name);
            assert_eq!((status, sent), expected(call), "{cell}");
            if let Err(error) = result {
                assert!(error.outcome_unknown(), "{cell}");
            }
        }
    }
}

/// Ends of a connection before the first byte of a response.
const ENDS: [Act; 4] = [Act::Close, Act::Cut, Act::Reset, Act::Finish];

#[test]
fn reused_connection_is_retried_once() {
    for end in ENDS {
        check(&[end], 1, 1, |call| match call.is_idempotent() {
            true => (None, 2),
            false => (Some(Status::ConnectionLost), 1),
        });
    }
}

/// Ends that do not wait for the client.
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
            server.wait_until_handled(1);
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
        check(&[end], 1, 2, |call| match call.is_idempotent() {
            true => (Some(Status::ConnectionLost), 2),
            false => (Some(Status::ConnectionLost), 1),
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

// ---- thousands of calls to servers that close at random ----

const CALL_COUNT: usize = 5000;
const THREADS: usize = 5;

/// When a connection closes.
#[derive(Clone, Copy)]
enum End {
    /// Immediately after the last response.
    AfterResponse,
    /// Up to 2 ms after the last response.
    Later,
    /// On the next request, without a response.
    OnRequest,
}

/// A server that closes connections at random.
struct FlakyServer {
    rng: Rng,
    /// For each connection the number of further responses, and its end.
    connections: HashMap<usize, (usize, End)>,
    /// The tokens of the requests that received a response.
    completed: HashSet<String>,
    /// Those that were sent again after that.
    wrong_retries: Vec<String>,
}

impl FlakyServer {
    fn acts(&mut self, request: &Request) -> Vec<Act> {
        let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
        let token = body["token"].as_str().unwrap().to_owned();
        if self.completed.contains(&token) {
            self.wrong_retries.push(token.clone());
        }
        let drawn = (
            1 + self.rng.below(4),
            [End::AfterResponse, End::Later, End::OnRequest][self.rng.below(3)],
        );
        let (remaining, end) = self.connections.entry(request.connection).or_insert(drawn);
        if *remaining == 0 {
            return vec![[Act::Close, Act::Reset, Act::Cut][self.rng.below(3)].clone()];
        }
        *remaining -= 1;
        self.completed.insert(token);
        let mut acts = vec![Act::Send(good(request))];
        match end {
            End::AfterResponse if *remaining == 0 => acts.push(Act::Close),
            End::Later if *remaining == 0 => {
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
        completed: HashSet::new(),
        wrong_retries: Vec::new(),
    }));
    let handler = Arc::clone(&flaky);
    let plan = move |request: &Request| handler.lock().unwrap().acts(request);
    let server = FaultyServer::start_over(transport, Vec::new(), plan);
    let client = client(&server, WATCHDOG);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let client = &client;
            scope.spawn(move || {
                for round in 0..CALL_COUNT / THREADS {
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
        "{}: {CALL_COUNT} calls, {sent} requests, {} connections, 0 errors, {} retried after a response",
        transport.name,
        server.connections(),
        flaky.wrong_retries.len()
    );
    assert_eq!(flaky.wrong_retries, Vec::<String>::new());
    assert_eq!(flaky.completed.len(), CALL_COUNT);
    assert!(sent > CALL_COUNT, "no call was retried");
}

#[test]
fn no_call_fails_on_flaky_tcp_connections() {
    thousands_of_calls(TCP);
}

#[test]
fn no_call_fails_on_flaky_tls_connections() {
    thousands_of_calls(TLS);
}
