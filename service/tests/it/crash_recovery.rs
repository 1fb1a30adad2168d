//! The program is killed at random times while clients bind and unbind tokens. After a restart,
//! every acknowledged call must have taken effect.
//!
//! `BOSBASE_KILLS` sets the number of kills per database engine.

use crate::support::api::{Api, account, credentials, path};
use crate::support::client::try_post;
use crate::support::database::Database;
use crate::support::process::{Running, TempDir};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

const CLIENTS: usize = 6;
const TOKENS: usize = 10;

/// The tokens of one client.
type Tokens = BTreeMap<String, State>;

/// The last call for a token: whether it was a bind, and whether the server responded.
#[derive(Clone, Copy)]
struct State {
    bound: bool,
    acknowledged: bool,
}

#[derive(Default, Debug)]
struct Stats {
    kills: usize,
    acknowledged: usize,
    /// Calls without a response that took effect.
    lost_and_executed: usize,
    /// Calls without a response that did not take effect.
    lost_and_not_executed: usize,
    kills_during_a_call: usize,
}

#[test]
fn acknowledged_calls_survive_a_kill() {
    let kills = std::env::var("BOSBASE_KILLS").map_or(6, |number| number.parse().unwrap());
    let directory = TempDir::new("kills");
    let accounts: Vec<Value> = (0..CLIENTS).map(|c| account("users", &email(c))).collect();
    let seed = directory.file("seed.json", &json!({"accounts": accounts}).to_string());
    for database in Database::each("kills") {
        let data = database.argument();
        Running::start(&["--data", &data, "--seed", &seed]).stop();
        let stats = kill_repeatedly(&data, kills);
        let engine = ["SQLite", "PostgreSQL"][usize::from(database.is_postgres())];
        println!("{engine}: {stats:?}");
        assert!(stats.acknowledged > 0 && stats.kills_during_a_call > 0);
    }
}

fn email(client: usize) -> String {
    format!("{client}@example.com")
}

fn kill_repeatedly(data: &str, kills: usize) -> Stats {
    let mut rng = fastrand::Rng::new();
    let mut tokens = vec![Tokens::new(); CLIENTS];
    let mut stats = Stats::default();
    for _ in 0..kills {
        let mut running = Running::start(&["--data", data]);
        let (stop, acknowledged) = (AtomicBool::new(false), AtomicUsize::new(0));
        thread::scope(|scope| {
            let clients = tokens.iter_mut().enumerate().map(|(client, tokens)| {
                let (stop, acknowledged) = (&stop, &acknowledged);
                let rng = rng.fork();
                let address = running.address;
                scope.spawn(move || use_tokens(address, client, tokens, (stop, acknowledged), rng))
            });
            let clients: Vec<_> = clients.collect();
            // On a slow machine too, kill it while it is executing calls.
            let enough = rng.usize(1..=30);
            while acknowledged.load(Ordering::Relaxed) < enough {
                thread::sleep(Duration::from_micros(200));
            }
            thread::sleep(Duration::from_micros(rng.u64(..5000)));
            running.child.kill().unwrap();
            running.child.wait().unwrap();
            stop.store(true, Ordering::Relaxed);
            clients
                .into_iter()
                .for_each(|client| client.join().unwrap());
        });
        stats.acknowledged += acknowledged.into_inner();
        stats.kills += 1;
        compare(data, &mut tokens, &mut stats);
    }
    stats
}

/// Binds and unbinds until the server is killed, and counts the responses.
fn use_tokens(
    address: SocketAddr,
    client: usize,
    tokens: &mut Tokens,
    (stop, acknowledged): (&AtomicBool, &AtomicUsize),
    mut rng: fastrand::Rng,
) {
    while !stop.load(Ordering::Relaxed) {
        let token = format!("{client}-{}", rng.usize(..TOKENS));
        let bind = !tokens.get(&token).is_some_and(|state| state.bound);
        let call = if bind { "bind-token" } else { "unbind-token" };
        let body = credentials(&email(client), &token);
        let response = try_post(address, &path("users", call), &body);
        let state = State {
            bound: bind,
            acknowledged: response.is_ok(),
        };
        tokens.insert(token, state);
        let Ok(response) = response else { break };
        assert_eq!(response.status, 204);
        acknowledged.fetch_add(1, Ordering::Relaxed);
    }
}

/// Restarts the program, and checks every token.
fn compare(data: &str, tokens: &mut [Tokens], stats: &mut Stats) {
    let running = Running::start(&["--data", data]);
    let api = Api::new(running.address, "users");
    let lost_before = stats.lost_and_executed + stats.lost_and_not_executed;
    for (token, state) in tokens.iter_mut().flatten() {
        let is_bound = match api.login_with_token(token, "").status {
            200 => true,
            400 => false,
            other => panic!("{token}: {other}"),
        };
        if state.acknowledged {
            assert_eq!(is_bound, state.bound, "{token} was acknowledged");
        } else if is_bound == state.bound {
            stats.lost_and_executed += 1;
        } else {
            stats.lost_and_not_executed += 1;
        }
        *state = State {
            bound: is_bound,
            acknowledged: true,
        };
    }
    let lost = stats.lost_and_executed + stats.lost_and_not_executed - lost_before;
    stats.kills_during_a_call += usize::from(lost > 0);
    running.stop();
}
