//! Several instances on one PostgreSQL database: they answer as one.
//!
//! `BOSBASE_RACES=1000` races that many rounds instead of a few.
#![allow(clippy::unwrap_used)]

mod support;

use bosbase_local::{Config, Data, Server};
use serde_json::{Value, json};
use std::io::copy;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Barrier;
use std::thread;
use support::Answer;
use support::api::{Api, account, guarded, mfa_id};
use support::database::Database;

const RACERS: usize = 8;
const A: &str = "a@example.com";

fn rounds() -> usize {
    let asked = std::env::var("BOSBASE_RACES").ok();
    asked.map_or(20, |number| number.parse().unwrap())
}

/// Two instances on a new database; the first one is given the seed.
fn two(seed: &Value) -> Option<(Database, [Server; 2])> {
    let database = Database::postgres()?;
    let first = database.server(Some(seed));
    let second = database.server(None);
    Some((database, [first, second]))
}

/// An address whose connections go to each of the servers in turn.
fn relay(servers: &[Server; 2]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let targets = [servers[0].address(), servers[1].address()];
    thread::spawn(move || {
        for (number, client) in listener.incoming().enumerate() {
            pass_on(client.unwrap(), TcpStream::connect(targets[number % 2]));
        }
    });
    address
}

fn pass_on(client: TcpStream, server: std::io::Result<TcpStream>) {
    // A server that has been stopped ends the test, which nobody waits for.
    let Ok(server) = server else { return };
    let (from_client, to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    for (mut from, mut to) in [(from_client, to_server), (server, client)] {
        thread::spawn(move || {
            let _ = copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
    }
}

#[test]
fn instances_that_start_together_share_the_work() {
    let Some(database) = Database::postgres() else {
        return;
    };
    let start = Barrier::new(RACERS);
    let data: Data = database.data();
    let servers: Vec<Server> = thread::scope(|scope| {
        let started = (0..RACERS).map(|_| {
            scope.spawn(|| {
                start.wait();
                let config = Config {
                    data: Some(data.clone()),
                    ..Config::default()
                };
                Server::start(config).unwrap()
            })
        });
        let started: Vec<_> = started.collect();
        started.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let ids = database.texts("SELECT id FROM local_collections ORDER BY id");
    assert_eq!(ids, ["_pb_users_auth_", "pbc_3142635823"]);
    let step = json!({"do": "create_account", "account": account("users", A)});
    servers[0].control(step).unwrap();
    // All of them make the first bind.
    thread::scope(|scope| {
        for (number, server) in servers.iter().enumerate() {
            let api = Api::new(server.address(), "users");
            scope.spawn(move || assert_eq!(api.bind(A, &format!("t{number}")).status, 204));
        }
    });
    for number in 0..RACERS {
        let api = Api::new(servers[RACERS - 1 - number].address(), "users");
        assert_eq!(api.by_token(&format!("t{number}"), "").status, 200);
    }
}

#[test]
fn behind_one_address_they_are_one() {
    let seed = json!({
        "collections": [guarded(), {"name": "limited", "type": "auth"}],
        "accounts": [account("guarded", A), account("limited", A)],
        "rateLimits": {"rules": [
            {"label": "limited:authWithToken", "maxRequests": 3, "duration": 60}]}});
    let Some((_database, servers)) = two(&seed) else {
        return;
    };
    let address = relay(&servers);
    let api = Api::new(address, "guarded");
    assert_eq!(api.bind(A, "t").status, 204);
    for _ in 0..2 {
        // Each call reaches the other instance.
        let session = mfa_id(&api.by_token("t", ""));
        assert_eq!(api.by_password(A, &session).status, 200);
        assert_eq!(api.by_password(A, &session).status, 400);
    }
    let id = api.request_otp(A);
    let statuses: Vec<u16> = (0..7).map(|_| api.by_otp(&id, "0", "").status).collect();
    assert_eq!(statuses, [400, 400, 400, 400, 400, 429, 429]);
    assert_eq!(api.unbind(A, "t").status, 204);
    for _ in 0..2 {
        assert_eq!(api.by_token("t", "").status, 400);
    }
    let limited = Api::new(address, "limited");
    let statuses: Vec<u16> = (0..5).map(|_| limited.by_token("x", "").status).collect();
    assert_eq!(statuses, [400, 400, 400, 429, 429]);
    assert_eq!(limited.bind(A, "t").status, 204);
}

/// Lets all racers make `attempt` at once, half of them at either instance.
fn race(servers: &[Server; 2], attempt: impl Fn(usize, Api) -> Answer + Sync) -> Vec<Answer> {
    let start = Barrier::new(RACERS);
    thread::scope(|scope| {
        let racers: Vec<_> = (0..RACERS)
            .map(|racer| {
                let (start, attempt) = (&start, &attempt);
                let api = Api::new(servers[racer % 2].address(), "guarded");
                scope.spawn(move || {
                    start.wait();
                    attempt(racer, api)
                })
            })
            .collect();
        racers.into_iter().map(|r| r.join().unwrap()).collect()
    })
}

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|a| a.status == status).count()
}

#[test]
fn one_racer_wins_a_session() {
    let seed = json!({"collections": [guarded()], "accounts": [account("guarded", A)]});
    let Some((_database, servers)) = two(&seed) else {
        return;
    };
    let api = Api::new(servers[0].address(), "guarded");
    assert_eq!(api.bind(A, "t").status, 204);
    for round in 0..rounds() {
        let session = mfa_id(&api.by_token("t", ""));
        let answers = race(&servers, |_, api| api.by_password(A, &session));
        assert_eq!(
            (count(&answers, 200), count(&answers, 400)),
            (1, 7),
            "{round}"
        );
    }
    println!("{} rounds, one login in each", rounds());
}

#[test]
fn one_racer_wins_a_one_time_password() {
    let mut plain = guarded();
    plain["mfa"]["enabled"] = false.into();
    let seed = json!({"collections": [plain]});
    let Some((_database, servers)) = two(&seed) else {
        return;
    };
    for round in 0..rounds() {
        let email = format!("{round}@example.com");
        let api = Api::new(servers[round % 2].address(), "guarded");
        api.control(&json!({"do": "create_account", "account": account("guarded", &email)}));
        let id = api.request_otp(&email);
        let (_, code) = api.last_otp(&email);
        let answers = race(&servers, |_, api| api.by_otp(&id, &code, ""));
        // Three come too late to be even looked at: five tries are all there are.
        assert_eq!(count(&answers, 200), 1, "{round}");
        assert_eq!(count(&answers, 400) + count(&answers, 429), 7, "{round}");
    }
    println!("{} rounds, one login in each", rounds());
}

#[test]
fn a_token_has_one_owner() {
    let email = |racer: usize| format!("{racer}@example.com");
    let mut plain = guarded();
    plain["mfa"]["enabled"] = false.into();
    let accounts: Vec<Value> = (0..RACERS)
        .map(|racer| account("guarded", &email(racer)))
        .collect();
    let seed = json!({"collections": [plain], "accounts": accounts});
    let Some((database, servers)) = two(&seed) else {
        return;
    };
    for round in 0..rounds() {
        let token = format!("token {round}");
        let answers = race(&servers, |racer, api| api.bind(&email(racer), &token));
        assert_eq!(count(&answers, 204), RACERS, "{round}");
        let owners = race(&servers, |_, api| api.by_token(&token, ""));
        let owner = |answer: &Answer| answer.json()["record"]["email"].clone();
        let first = owner(&owners[0]);
        assert!(first.is_string());
        assert!(
            owners.iter().all(|answer| owner(answer) == first),
            "{round}"
        );
    }
    let rows = r#"SELECT CAST(COUNT(*) AS TEXT) FROM "_token_bindings""#;
    assert_eq!(database.texts(rows), [rounds().to_string()]);
    println!("{} rounds, one owner in each", rounds());
}
