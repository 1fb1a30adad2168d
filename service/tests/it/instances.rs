//! Several instances on one PostgreSQL database.
//!
//! `BOSBASE_RACES` sets the number of rounds of each race.

use crate::support::api::{A, Api, account, mfa_collection, mfa_id};
use crate::support::client::Response;
use crate::support::database::Database;
use bosbase_local::{Config, Data, Server};
use serde_json::{Value, json};
use std::io::copy;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Barrier;
use std::thread;

const RACERS: usize = 8;

fn rounds() -> usize {
    let rounds = std::env::var("BOSBASE_RACES").ok();
    rounds.map_or(20, |number| number.parse().unwrap())
}

/// Starts two instances on a new database; the first one loads the seed.
fn start_two(seed: &Value) -> Option<(Database, [Server; 2])> {
    let database = Database::postgres()?;
    let first = database.server(Some(seed));
    let second = database.server(None);
    Some((database, [first, second]))
}

/// Starts a round-robin TCP load balancer, and returns its address.
fn balance(servers: &[Server; 2]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let targets = [servers[0].address(), servers[1].address()];
    thread::spawn(move || {
        for (number, client) in listener.incoming().enumerate() {
            copy_both(client.unwrap(), TcpStream::connect(targets[number % 2]));
        }
    });
    address
}

fn copy_both(client: TcpStream, server: std::io::Result<TcpStream>) {
    // Fails after the end of the test, when the servers have stopped.
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
fn instances_can_start_concurrently() {
    let Some(database) = Database::postgres() else {
        return;
    };
    let barrier = Barrier::new(RACERS);
    let data: Data = database.data();
    let servers: Vec<Server> = thread::scope(|scope| {
        let started = (0..RACERS).map(|_| {
            scope.spawn(|| {
                barrier.wait();
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
    let ids = database.strings("SELECT id FROM local_collections ORDER BY id");
    assert_eq!(ids, ["_pb_users_auth_", "pbc_3142635823"]);
    let command = json!({"do": "create_account", "account": account("users", A)});
    servers[0].control(command).unwrap();
    // Each instance tries to create the table of bindings.
    thread::scope(|scope| {
        for (number, server) in servers.iter().enumerate() {
            let api = Api::new(server.address(), "users");
            scope.spawn(move || assert_eq!(api.bind(A, &format!("t{number}")).status, 204));
        }
    });
    for number in 0..RACERS {
        let api = Api::new(servers[RACERS - 1 - number].address(), "users");
        assert_eq!(api.login_with_token(&format!("t{number}"), "").status, 200);
    }
}

#[test]
fn load_balanced_instances_share_all_state() {
    let seed = json!({
        "collections": [mfa_collection(), {"name": "limited", "type": "auth"}],
        "accounts": [account("guarded", A), account("limited", A)],
        "rateLimits": {"rules": [
            {"label": "limited:authWithToken", "maxRequests": 3, "duration": 60}]}});
    let Some((_database, servers)) = start_two(&seed) else {
        return;
    };
    let address = balance(&servers);
    let api = Api::new(address, "guarded");
    api.must_bind(A, "t");
    for _ in 0..2 {
        // Consecutive calls reach different instances.
        let session = mfa_id(&api.login_with_token("t", ""));
        assert_eq!(api.login_with_password(A, &session).status, 200);
        assert_eq!(api.login_with_password(A, &session).status, 400);
    }
    let id = api.request_otp(A);
    let statuses: Vec<u16> = (0..7)
        .map(|_| api.login_with_otp(&id, "0", "").status)
        .collect();
    assert_eq!(statuses, [400, 400, 400, 400, 400, 429, 429]);
    assert_eq!(api.unbind(A, "t").status, 204);
    for _ in 0..2 {
        assert_eq!(api.login_with_token("t", "").status, 400);
    }
    let limited = Api::new(address, "limited");
    let statuses: Vec<u16> = (0..5)
        .map(|_| limited.login_with_token("x", "").status)
        .collect();
    assert_eq!(statuses, [400, 400, 400, 429, 429]);
    limited.must_bind(A, "t");
}

/// Runs `attempt` on `RACERS` threads at once, half of them on each instance.
fn race(servers: &[Server; 2], attempt: impl Fn(usize, Api) -> Response + Sync) -> Vec<Response> {
    let barrier = Barrier::new(RACERS);
    thread::scope(|scope| {
        let racers: Vec<_> = (0..RACERS)
            .map(|racer| {
                let (barrier, attempt) = (&barrier, &attempt);
                let api = Api::new(servers[racer % 2].address(), "guarded");
                scope.spawn(move || {
                    barrier.wait();
                    attempt(racer, api)
                })
            })
            .collect();
        racers.into_iter().map(|r| r.join().unwrap()).collect()
    })
}

fn count(responses: &[Response], status: u16) -> usize {
    responses.iter().filter(|a| a.status == status).count()
}

#[test]
fn mfa_session_is_claimed_once() {
    let seed = json!({"collections": [mfa_collection()], "accounts": [account("guarded", A)]});
    let Some((_database, servers)) = start_two(&seed) else {
        return;
    };
    let api = Api::new(servers[0].address(), "guarded");
    api.must_bind(A, "t");
    for round in 0..rounds() {
        let session = mfa_id(&api.login_with_token("t", ""));
        let responses = race(&servers, |_, api| api.login_with_password(A, &session));
        assert_eq!(
            (count(&responses, 200), count(&responses, 400)),
            (1, 7),
            "{round}"
        );
    }
    println!("{} rounds, one login in each", rounds());
}

#[test]
fn one_time_password_is_claimed_once() {
    let mut plain = mfa_collection();
    plain["mfa"]["enabled"] = false.into();
    let seed = json!({"collections": [plain]});
    let Some((_database, servers)) = start_two(&seed) else {
        return;
    };
    for round in 0..rounds() {
        let email = format!("{round}@example.com");
        let api = Api::new(servers[round % 2].address(), "guarded");
        api.control(&json!({"do": "create_account", "account": account("guarded", &email)}));
        let id = api.request_otp(&email);
        let (_, code) = api.last_otp(&email);
        let responses = race(&servers, |_, api| api.login_with_otp(&id, &code, ""));
        // Three exceed the limit of five attempts.
        assert_eq!(count(&responses, 200), 1, "{round}");
        assert_eq!(
            count(&responses, 400) + count(&responses, 429),
            7,
            "{round}"
        );
    }
    println!("{} rounds, one login in each", rounds());
}

#[test]
fn token_is_bound_to_one_account() {
    let email = |racer: usize| format!("{racer}@example.com");
    let mut plain = mfa_collection();
    plain["mfa"]["enabled"] = false.into();
    let accounts: Vec<Value> = (0..RACERS)
        .map(|racer| account("guarded", &email(racer)))
        .collect();
    let seed = json!({"collections": [plain], "accounts": accounts});
    let Some((database, servers)) = start_two(&seed) else {
        return;
    };
    for round in 0..rounds() {
        let token = format!("token {round}");
        let responses = race(&servers, |racer, api| api.bind(&email(racer), &token));
        assert_eq!(count(&responses, 204), RACERS, "{round}");
        let owners = race(&servers, |_, api| api.login_with_token(&token, ""));
        let owner = |response: &Response| response.json()["record"]["email"].clone();
        let first = owner(&owners[0]);
        assert!(first.is_string());
        assert!(
            owners.iter().all(|response| owner(response) == first),
            "{round}"
        );
    }
    let rows = r#"SELECT CAST(COUNT(*) AS TEXT) FROM "_token_bindings""#;
    assert_eq!(database.strings(rows), [rounds().to_string()]);
    println!("{} rounds, one owner in each", rounds());
}
