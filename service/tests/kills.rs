//! The program is killed at random moments while tokens are bound and unbound. Whatever it has
//! said that it did must be done when it starts again.
//!
//! `BOSBASE_KILLS=200` kills it that often instead of a few times, on each kind of database.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;
use support::api::{Api, PASSWORD, account};
use support::database::Database;
use support::program::{Folder, Running};
use support::{Chance, attempt, request};

const CLIENTS: usize = 6;
const TOKENS: usize = 10;

/// What is known of the tokens of one client.
type Known = BTreeMap<String, State>;

/// What the last call for a token was to do, and whether the server has said that it did.
#[derive(Clone, Copy)]
struct State {
    bound: bool,
    acknowledged: bool,
}

#[derive(Default, Debug)]
struct Tally {
    kills: usize,
    answered: usize,
    /// Calls that were cut off, and what became of them.
    cut_and_done: usize,
    cut_and_not_done: usize,
    kills_in_a_call: usize,
}

#[test]
fn what_was_acknowledged_outlives_a_kill() {
    let kills = std::env::var("BOSBASE_KILLS").map_or(6, |number| number.parse().unwrap());
    let folder = Folder::new("kills");
    let accounts: Vec<Value> = (0..CLIENTS).map(|c| account("users", &email(c))).collect();
    let seed = folder.file("seed.json", &json!({"accounts": accounts}).to_string());
    for database in Database::each("kills") {
        let data = database.argument();
        Running::start(&["--data", &data, "--seed", &seed]).end();
        let tally = kill_again_and_again(&data, kills);
        println!(
            "{}: {tally:?}",
            if database.is_postgres() {
                "PostgreSQL"
            } else {
                "SQLite"
            }
        );
        assert!(tally.answered > 0 && tally.kills_in_a_call > 0);
    }
}

fn email(client: usize) -> String {
    format!("{client}@example.com")
}

fn kill_again_and_again(data: &str, kills: usize) -> Tally {
    let mut chance = Chance(std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64);
    let mut known = vec![Known::new(); CLIENTS];
    let mut tally = Tally::default();
    for _ in 0..kills {
        let mut running = Running::start(&["--data", data]);
        let (stop, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
        thread::scope(|scope| {
            let clients = known.iter_mut().enumerate().map(|(client, known)| {
                let (stop, answered) = (&stop, &answered);
                let chance = Chance(chance.below(usize::MAX) as u64);
                let address = running.address;
                scope.spawn(move || use_tokens(address, client, known, (stop, answered), chance))
            });
            let clients: Vec<_> = clients.collect();
            // However slow the machine, it is in the middle of its work.
            let enough = 1 + chance.below(30);
            while answered.load(Ordering::Relaxed) < enough {
                thread::sleep(Duration::from_micros(200));
            }
            thread::sleep(Duration::from_micros(chance.below(5000) as u64));
            running.child.kill().unwrap();
            running.child.wait().unwrap();
            stop.store(true, Ordering::Relaxed);
            clients
                .into_iter()
                .for_each(|client| client.join().unwrap());
        });
        tally.answered += answered.into_inner();
        tally.kills += 1;
        compare(data, &mut known, &mut tally);
    }
    tally
}

/// Binds and unbinds until the server is gone, and counts the calls that were answered.
fn use_tokens(
    address: SocketAddr,
    client: usize,
    known: &mut Known,
    (stop, answered): (&AtomicBool, &AtomicUsize),
    mut chance: Chance,
) {
    while !stop.load(Ordering::Relaxed) {
        let token = format!("{client}-{}", chance.below(TOKENS));
        let bind = !known.get(&token).is_some_and(|state| state.bound);
        let call = if bind { "bind-token" } else { "unbind-token" };
        let target = format!("/api/collections/users/{call}");
        let body = json!({"email": email(client), "password": PASSWORD, "token": token});
        let json = [("Content-Type", "application/json")];
        let sent = request("POST", &target, &json, body.to_string().as_bytes());
        let answer = attempt(address, &sent);
        let state = State {
            bound: bind,
            acknowledged: answer.is_some(),
        };
        known.insert(token, state);
        let Some(answer) = answer else { break };
        assert_eq!(answer.status, 204);
        answered.fetch_add(1, Ordering::Relaxed);
    }
}

/// Starts the program again and looks at every token.
fn compare(data: &str, known: &mut [Known], tally: &mut Tally) {
    let running = Running::start(&["--data", data]);
    let api = Api::new(running.address, "users");
    let cut_before = tally.cut_and_done + tally.cut_and_not_done;
    for (token, state) in known.iter_mut().flatten() {
        let is_bound = match api.by_token(token, "").status {
            200 => true,
            400 => false,
            other => panic!("{token}: {other}"),
        };
        if state.acknowledged {
            assert_eq!(is_bound, state.bound, "{token} was acknowledged");
        } else if is_bound == state.bound {
            tally.cut_and_done += 1;
        } else {
            tally.cut_and_not_done += 1;
        }
        *state = State {
            bound: is_bound,
            acknowledged: true,
        };
    }
    let cut = tally.cut_and_done + tally.cut_and_not_done - cut_before;
    tally.kills_in_a_call += usize::from(cut > 0);
    running.end();
}
