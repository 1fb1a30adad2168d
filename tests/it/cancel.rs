//! Cancelled calls: by a cancel, by freeing and by closing their client, in every phase; and what cancellation does not
//! affect.

use std::io::Write;
use std::net::TcpListener;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bosauth::{Action, CallOptions, Cancel, Client, Error, Session, Status};
use bosbase_local::{DEMO_PASSWORD, DEMO_USER};

use crate::support::faulty_server::{Act, FaultyServer};
use crate::support::rng::Rng;
use crate::support::{WATCHDOG, https, library, server, tools};

const GOOD_LOGIN: &str =
    "HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n{\"record\":{},\"token\":\"t\"}";
const GOOD_BIND: &str = "HTTP/1.1 204 No Content\r\n\r\n";

fn client(url: &str) -> Client {
    let client = Client::builder(url).timeout(10 * WATCHDOG);
    client.build().unwrap()
}

fn options(cancel: &Cancel) -> CallOptions {
    CallOptions::new().cancel(cancel)
}

fn log_in(client: &Client, cancel: &Cancel) -> Result<Session, Error> {
    let options = options(cancel);
    client
        .collection("users")
        .with(&options)
        .auth_with_token("tok")
}

/// Starts a login in a thread, and waits until the server has its request.
fn start_login(
    server: &FaultyServer,
    client: &Client,
    cancel: &Cancel,
    count: usize,
) -> JoinHandle<Result<Session, Error>> {
    let (client, cancel) = (client.clone(), cancel.clone());
    let login = thread::spawn(move || log_in(&client, &cancel));
    server.wait_for_requests(count);
    login
}

/// Checks that a call was cancelled, and returns whether its outcome is unknown.
#[track_caller]
fn cancelled<T>(result: Result<T, Error>) -> bool {
    let error = result.err().expect("a cancelled call");
    assert_eq!(
        (error.status(), error.action()),
        (Status::Cancelled, Action::None)
    );
    error.outcome_unknown()
}

#[test]
fn call_after_trigger_sends_nothing() {
    let server = FaultyServer::responding(GOOD_LOGIN);
    let cancel = Cancel::new();
    cancel.trigger();
    cancel.trigger();
    assert!(cancel.is_triggered());
    assert!(!cancelled(log_in(&client(&server.url()), &cancel)));
    assert_eq!(server.connections(), 0);
}

#[test]
fn invalid_argument_takes_precedence_over_cancellation() {
    let cancel = Cancel::new();
    cancel.trigger();
    let options = options(&cancel);
    let client = client("http://127.0.0.1:1");
    let users = client.collection("users").with(&options);
    let error = users.auth_with_token("").unwrap_err();
    assert_eq!(error.status(), Status::InvalidArgument);
}

type Call = fn(&Client, &CallOptions) -> Result<(), Error>;

/// Every call.
const CALLS: [Call; 8] = [
    |client, options| {
        let users = client.collection("users").with(options);
        users.bind_token("a@b.c", "pw", "tok")
    },
    |client, options| {
        let users = client.collection("users").with(options);
        users.unbind_token("a@b.c", "pw", "tok")
    },
    |client, options| {
        let users = client.collection("users").with(options);
        users.auth_with_token("tok").map(drop)
    },
    |client, options| {
        let users = client.collection("users").with(options);
        users.auth_with_password("a@b.c", "pw").map(drop)
    },
    |client, options| {
        let users = client.collection("users").with(options);
        users.request_otp("a@b.c").map(drop)
    },
    |client, options| {
        let users = client.collection("users").with(options);
        users.auth_with_otp("o-1", "1234").map(drop)
    },
    |client, options| client.auth_refresh(options).map(drop),
    |client, options| client.send("POST", "/api/x", None, options).map(drop),
];

#[test]
fn every_call_is_cancelled_before_it_is_sent_and_in_flight() {
    for (number, call) in CALLS.into_iter().enumerate() {
        let server = FaultyServer::always(vec![Act::Silence]);
        let client = client(&server.url());
        let record = r#"{"collectionId":"users"}"#;
        client.save_session("saved", Some(record)).unwrap();
        let cancel = Cancel::new();
        let (other, options) = (client.clone(), options(&cancel));
        let in_flight = thread::spawn(move || call(&other, &options));
        server.wait_for_requests(1);
        cancel.trigger();
        assert!(cancelled(in_flight.join().unwrap()), "call {number}");
        let options = self::options(&cancel);
        assert!(!cancelled(call(&client, &options)), "call {number}");
        assert_eq!(server.requests().len(), 1, "call {number}");
        assert_eq!(client.session().unwrap().unwrap().token(), "saved");
    }
}

#[test]
fn one_cancel_cancels_many_calls_and_no_other() {
    let server = FaultyServer::always(vec![Act::Hold, Act::Send(GOOD_LOGIN.into())]);
    let clients = [client(&server.url()), client(&server.url())];
    let (shared, other) = (Cancel::new(), Cancel::new());
    let calls: Vec<_> = (0..8)
        .map(|i| start_login(&server, &clients[i % 2], &shared.clone(), i + 1))
        .collect();
    let unaffected = start_login(&server, &clients[0], &other, 9);
    shared.trigger();
    for call in calls {
        assert!(cancelled(call.join().unwrap()), "the request was sent");
    }
    server.release(8);
    assert!(unaffected.join().unwrap().unwrap().was_kept());
    assert!(clients[1].session().unwrap().is_none());
}

#[test]
fn dropped_cancel_does_not_cancel() {
    let server = FaultyServer::always(vec![Act::Hold, Act::Send(GOOD_LOGIN.into())]);
    let client = client(&server.url());
    let login = start_login(&server, &client, &Cancel::new(), 1);
    server.release(0);
    login.join().unwrap().unwrap();
}

#[test]
fn trigger_after_the_call_does_not_affect_later_calls() {
    let server = FaultyServer::responding(GOOD_LOGIN);
    let client = client(&server.url());
    for _ in 0..100 {
        let cancel = Cancel::new();
        log_in(&client, &cancel).unwrap();
        cancel.trigger();
        // It reuses the waker of the previous call.
        log_in(&client, &Cancel::new()).unwrap();
    }
    assert_eq!(server.connections(), 1, "one connection");
}

#[test]
fn connection_of_a_cancelled_call_is_not_reused() {
    let server = FaultyServer::start(|request| match request.number {
        0 => vec![Act::Hold, Act::Send(GOOD_BIND.into())],
        _ => vec![Act::Send(GOOD_LOGIN.into())],
    });
    let client = client(&server.url());
    let cancel = Cancel::new();
    let login = start_login(&server, &client, &cancel, 1);
    cancel.trigger();
    cancelled(login.join().unwrap());
    server.release(0);
    server.wait_until_handled(1);
    log_in(&client, &Cancel::new()).unwrap();
    let used = server
        .requests()
        .iter()
        .map(|r| r.connection)
        .collect::<Vec<_>>();
    assert_eq!(used, [0, 1]);
}

#[test]
fn close_cancels_the_calls_of_all_clones() {
    let server = FaultyServer::always(vec![Act::Hold]);
    let client = client(&server.url());
    client.save_session("saved", None).unwrap();
    let calls: Vec<_> = (0..8)
        .map(|i| start_login(&server, &client.clone(), &Cancel::new(), i + 1))
        .collect();
    assert!(client.clone().close(WATCHDOG), "all calls have returned");
    for call in calls {
        assert!(cancelled(call.join().unwrap()));
    }
    assert!(!cancelled(log_in(&client, &Cancel::new())));
    assert_eq!(server.requests().len(), 8);
    assert_eq!(client.session().unwrap().unwrap().token(), "saved");
    assert!(client.close(Duration::from_millis(1)), "a second close");
}

#[test]
fn close_closes_idle_connections() {
    let server = FaultyServer::start(|request| match request.number {
        0 => vec![Act::Send(GOOD_LOGIN.into()), Act::Silence],
        _ => vec![],
    });
    let client = client(&server.url());
    log_in(&client, &Cancel::new()).unwrap();
    client.close(Duration::from_millis(1));
    // The server returns from `Silence` when the client closes the connection, although `client` exists.
    server.wait_until_handled(1);
}

/// A call is cancelled even if the server sends TLS messages without data endlessly.
#[test]
fn call_is_cancelled_during_a_flood_of_session_tickets() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let client = Client::builder(&url)
        .timeout(10 * WATCHDOG)
        .roots_pem(https::roots());
    let (client, cancel) = (client.build().unwrap(), Cancel::new());
    let stop = cancel.clone();
    let server = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut tickets = https::Records::accept(&socket).unwrap();
        (0..400).all(|round| {
            if round == 100 {
                stop.trigger();
            }
            socket.write_all(&tickets.tickets(1000)).is_ok()
        })
    });
    assert!(cancelled(log_in(&client, &cancel)), "the request was sent");
    assert!(!server.join().unwrap(), "the call read everything first");
}

/// Cancels at a random moment: a call either succeeds, or is cancelled and does not change the session.
#[test]
fn call_succeeds_or_is_cancelled_at_any_moment() {
    let server = server::demo();
    let client = client(server.base_url());
    let users = client.collection("users");
    users.bind_token(DEMO_USER, DEMO_PASSWORD, "tok").unwrap();
    let mut rng = Rng::new();
    let mut outcomes = [0; 2];
    let start_time = Instant::now();
    users.auth_with_token("tok").unwrap();
    let usual = 2 * usize::try_from(start_time.elapsed().as_micros()).unwrap();
    for _ in 0..2000 {
        client.save_session("before", None).unwrap();
        let cancel = Cancel::new();
        let delay = Duration::from_micros(rng.below(usual) as u64);
        let start = Barrier::new(2);
        let login = thread::scope(|scope| {
            scope.spawn(|| {
                start.wait();
                thread::sleep(delay);
                cancel.trigger();
            });
            start.wait();
            log_in(&client, &cancel)
        });
        let now = client.session().unwrap().unwrap();
        match login {
            Ok(session) => {
                outcomes[0] += 1;
                assert!(session.was_kept());
                assert_eq!(now.token(), session.token());
            }
            Err(error) => {
                outcomes[1] += 1;
                assert_eq!(error.status(), Status::Cancelled, "{error}");
                assert_eq!(now.token(), "before");
            }
        }
    }
    println!("{} succeeded, {} were cancelled", outcomes[0], outcomes[1]);
}

// ---- from C ----

fn program(flags: &[&str]) -> Command {
    library::program("cancel.c", flags)
}

/// Checks the output of the program: `lines` phases, and no resource leaked.
fn check(printed: &str, lines: usize) {
    println!("{printed}");
    assert!(printed.ends_with("leaked: descriptors 0 threads 0\n"));
    assert_eq!(printed.lines().count(), lines + 1);
}

#[test]
fn every_phase_can_be_cancelled() {
    check(&tools::run(program(&[]).args(["stop", "5"])), 18);
}

#[test]
fn every_phase_ends_at_the_deadline() {
    check(&tools::run(program(&[]).args(["deadline", "200", "3"])), 6);
}

#[test]
fn cancellation_under_address_sanitizer() {
    let mut program = program(&library::SANITIZERS);
    check(&tools::run(program.args(["stop", "2"])), 18);
}

#[test]
fn cancellation_under_valgrind() {
    if let Some(mut program) = tools::valgrind(&program(&[])) {
        check(&tools::run(program.args(["stop", "1"])), 18);
    }
}

/// While the server sends nothing, or single bytes.
#[test]
fn wait_hook_is_called_while_waiting_and_cancels() {
    for trickles in [false, true] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let (mut connection, _) = listener.accept().unwrap();
            if trickles {
                // A head may have 16 KiB; the call returns long before.
                connection.write_all(b"HTTP/1.1 200 OK\r\nX: ").unwrap();
                while connection.write_all(b"x").is_ok() {
                    thread::sleep(Duration::from_millis(20));
                }
            }
            connection
        });
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let caller = thread::current().id();
        let options = CallOptions::new().wait_hook(move || {
            assert_eq!(thread::current().id(), caller, "the thread of the call");
            counted.fetch_add(1, Ordering::Relaxed) == 2
        });
        let client = client(&url);
        let users = client.collection("users").with(&options);
        assert!(
            cancelled(users.auth_with_token("tok")),
            "the request was sent"
        );
        assert_eq!(
            calls.load(Ordering::Relaxed),
            3,
            "not again after it cancelled"
        );
        drop(client);
        server.join().unwrap();
    }
}

/// A wait ends early so that it does not exceed the deadline, but the hook must not wait for another period.
#[test]
fn wait_hook_is_called_in_every_period() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let options = CallOptions::new()
        .timeout(Duration::from_millis(1900))
        .wait_hook(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            false
        });
    let client = client(&format!("http://{}", listener.local_addr().unwrap()));
    let users = client.collection("users").with(&options);
    assert_eq!(
        users.auth_with_token("tok").unwrap_err().status(),
        Status::Timeout
    );
    // Nine periods of 200 ms. A busy machine may delay the calls.
    assert!(calls.load(Ordering::Relaxed) >= 7, "{calls:?}");
}

#[test]
fn wait_hook_that_returns_false_has_no_effect() {
    let server = FaultyServer::responding(GOOD_LOGIN);
    let options = CallOptions::new().wait_hook(|| false);
    let client = client(&server.url());
    let users = client.collection("users").with(&options);
    users.auth_with_token("tok").unwrap();
    let options = CallOptions::new().wait_hook(|| true).no_wait_hook();
    let users = client.collection("users").with(&options);
    users.auth_with_token("tok").unwrap();
}
