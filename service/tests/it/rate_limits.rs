//! Rate limits and refreshes, beyond the recorded scenarios, on both database engines.

use crate::support::api::{A, Api, account, string};
use crate::support::client::get;
use crate::support::database::Database;
use crate::support::raw::{exchange, request};
use serde_json::{Value, json};
use std::net::SocketAddr;

fn rule(label: &str, max: u32) -> Value {
    json!({"label": label, "maxRequests": max, "duration": 60})
}

fn send(address: SocketAddr, method: &str, target: &str, token: &str) -> (u16, String) {
    let headers = [("Authorization", token)];
    let response = exchange(address, &request(method, target, &headers, b""));
    let message = response.json()["message"].as_str().unwrap_or("").to_owned();
    (response.status, message)
}

#[test]
fn first_matching_rule_applies_except_to_superusers() {
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
        root.must_bind(A, "root");
        let root = string(&root.login_with_token("root", "").json(), "token");

        let binds = |collection| -> Vec<u16> {
            let api = api(collection);
            (0..4).map(|_| api.bind(A, "t").status).collect()
        };
        assert_eq!(binds("players"), [204, 429, 429, 429]);
        assert_eq!(binds("users"), [204, 204, 204, 429]);
        // Routes are counted separately.
        assert_eq!(api("users").login_with_token("t", "").status, 200);
        let health = |token| get(address, "/api/health", &[("Authorization", token)]).status;
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
fn refresh_checks_the_login_first() {
    let seed = json!({
        "collections": [{"name": "players", "type": "auth"}, {"name": "teams", "type": "base"}],
        "accounts": [account("players", A), account("_superusers", A)]});
    for database in Database::each("refresh") {
        let server = database.server(Some(&seed));
        let address = server.address();
        let login = |collection| {
            let response = Api::new(address, collection).login_with_password(A, "");
            string(&response.json(), "token")
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

        let command = json!({"do": "update_collection", "collection": "players",
            "set": {"authRule": null}});
        server.control(command).unwrap();
        assert_eq!(refresh("players", &token).0, 403);
        // A new password invalidates all login tokens.
        let command = json!({"do": "update_account", "set": {"password": "another horse 2"},
            "account": {"collection": "players", "email": A}});
        server.control(command).unwrap();
        assert_eq!(refresh("players", &token), (401, none.to_owned()));
        server.stop();
    }
}
