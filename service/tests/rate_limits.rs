//! Rate limits and refreshes, beyond what was recorded, on every kind of database.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use std::net::SocketAddr;
use support::api::{Api, account, text};
use support::database::Database;
use support::{exchange, request};

const A: &str = "a@example.com";

fn rule(label: &str, most: u32) -> Value {
    json!({"label": label, "maxRequests": most, "duration": 60})
}

fn send(address: SocketAddr, method: &str, target: &str, token: &str) -> (u16, String) {
    let headers = [("Authorization", token)];
    let answer = exchange(address, &request(method, target, &headers, b""));
    let message = match answer.json()["message"].as_str() {
        Some(message) => message.to_owned(),
        None => String::new(),
    };
    (answer.status, message)
}

#[test]
fn the_first_rule_that_fits_counts_and_superusers_are_not_counted() {
    let seed = json!({
        "collections": [{"name": "players", "type": "auth"}],
        "accounts": [account("players", A), account("users", A), account("_superusers", A)],
        "rateLimits": {"rules": [
            rule("*:auth", 3), rule("players:bindToken", 1), rule("/api/health", 2),
            rule("GET /api/collections/", 1)]}});
    for database in Database::each("limits") {
        let server = database.server(Some(&seed));
        let address = server.address();
        let api = |collection| Api::new(address, collection);
        let root = api("_superusers");
        assert_eq!(root.bind(A, "root").status, 204);
        let root = text(&root.by_token("root", "").json(), "token");

        let binds = |collection| -> Vec<u16> {
            let api = api(collection);
            (0..4).map(|_| api.bind(A, "t").status).collect()
        };
        assert_eq!(binds("players"), [204, 429, 429, 429]);
        assert_eq!(binds("users"), [204, 204, 204, 429]);
        // Each route has its own count.
        assert_eq!(api("users").by_token("t", "").status, 200);
        let health = |token| send(address, "GET", "/api/health", token).0;
        assert_eq!([health(""), health(""), health("")], [200, 200, 429]);
        assert_eq!([health(&root), health(&root), health(&root)], [200; 3]);
        let methods = || send(address, "GET", "/api/collections/users/auth-methods", "");
        assert_eq!(
            (methods().0, methods().1),
            (200, "Too Many Requests.".to_owned())
        );
        server.stop();
    }
}

#[test]
fn a_refresh_asks_for_a_login_before_all_else() {
    let seed = json!({
        "collections": [{"name": "players", "type": "auth"}, {"name": "teams", "type": "base"}],
        "accounts": [account("players", A), account("_superusers", A)]});
    for database in Database::each("refresh") {
        let server = database.server(Some(&seed));
        let address = server.address();
        let login = |collection| {
            let answer = Api::new(address, collection).by_password(A, "");
            text(&answer.json(), "token")
        };
        let refresh = |collection: &str, token: &str| {
            let target = format!("/api/collections/{collection}/auth-refresh");
            send(address, "POST", &target, token)
        };
        let (token, root) = (login("players"), login("_superusers"));
        let none = "The request requires valid record authorization token.";
        let other = "The request requires auth record from players collection.";
        assert_eq!(refresh("teams", ""), (401, none.to_owned()));
        assert_eq!(refresh("teams", &token), (403, other.to_owned()));
        assert_eq!(refresh("nothing", &token).0, 404);
        assert_eq!(refresh("PLAYERS", &token).0, 200);
        assert_eq!(refresh("players", &root).0, 403);

        let step = json!({"do": "update_collection", "collection": "players",
            "set": {"authRule": null}});
        server.control(step).unwrap();
        assert_eq!(refresh("players", &token).0, 403);
        // A new password ends all logins.
        let step = json!({"do": "update_account", "set": {"password": "another horse 2"},
            "account": {"collection": "players", "email": A}});
        server.control(step).unwrap();
        assert_eq!(refresh("players", &token), (401, none.to_owned()));
        server.stop();
    }
}
