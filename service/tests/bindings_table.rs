//! The table `_token_bindings` as it lies in the database.
#![allow(clippy::unwrap_used)]

mod support;

use bosbase_local::Server;
use serde_json::{Value, json};
use support::database::Database;
use support::post;

const BIND: &str = "/api/collections/users/bind-token";
const LOGIN: &str = "/api/collections/users/auth-with-token";
/// The SHA-256 of `abc`.
const HASH: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn seed() -> Value {
    json!({"accounts": [{"collection": "users", "id": "i", "email": "a@example.com",
        "password": "secret 1"}]})
}

fn bind(server: &Server, token: &str) -> u16 {
    let body = json!({"email": "a@example.com", "password": "secret 1", "token": token});
    post(server.address(), BIND, &body).status
}

fn login(server: &Server, token: &str) -> u16 {
    post(server.address(), LOGIN, &json!({"token": token})).status
}

const TABLES: (&str, &str) = ("table", "%token%");
const INDEXES: [&str; 2] = ["idx__token_bindings_record", "idx__token_bindings_token"];

#[test]
fn the_first_bind_makes_the_table_and_only_hashes_go_in() {
    for database in Database::each("first-bind") {
        let tables = || database.names(TABLES.0, TABLES.1);
        let server = database.server(Some(&seed()));
        assert_eq!(login(&server, "t"), 400);
        server.stop();
        assert!(tables().is_empty());

        let server = database.server(None);
        assert_eq!(bind(&server, "abc"), 204);
        assert_eq!(bind(&server, "abc"), 204);
        server.stop();
        assert_eq!(tables(), ["_token_bindings"]);
        assert_eq!(database.names("index", "idx__token%"), INDEXES);
        let hashes = database.texts(r#"SELECT "tokenHash" FROM "_token_bindings""#);
        assert_eq!(hashes, [HASH]);
        let ids = database.texts(r#"SELECT "id" FROM "_token_bindings""#);
        let digits = ids[0].strip_prefix('r').unwrap();
        assert_eq!(digits.len(), 14);
        let is_digit = |c: char| c.is_ascii_hexdigit() && !c.is_ascii_uppercase();
        assert!(digits.chars().all(is_digit));
        let whole = r#"SELECT "recordRef" || ' ' || "collectionRef" FROM "_token_bindings"
            WHERE "created" IS NOT NULL AND "updated" IS NOT NULL"#;
        assert_eq!(database.texts(whole), ["i _pb_users_auth_"]);
    }
}

/// Puts a table of an older name there, with a row for the token `abc`.
fn make_legacy(database: &Database, name: &str) {
    database.rows(&format!(
        r#"CREATE TABLE "{name}" ("id" TEXT PRIMARY KEY NOT NULL,
        "collectionRef" TEXT NOT NULL, "recordRef" TEXT NOT NULL, "tokenHash" TEXT NOT NULL,
        "created" TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
        "updated" TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP)"#
    ));
    database.rows(&format!(
        r#"INSERT INTO "{name}" ("id", "collectionRef", "recordRef", "tokenHash")
        VALUES ('r1', '_pb_users_auth_', 'i', '{HASH}')"#
    ));
}

#[test]
fn tables_of_older_names_are_taken_over() {
    for name in ["_tokenBindings", "tokenBindings"] {
        for database in Database::each(name) {
            // It may stand alone, before any server has seen the database.
            make_legacy(&database, name);
            let server = database.server(Some(&seed()));
            // Until something is bound the old name is not looked at.
            assert_eq!(login(&server, "abc"), 400);
            assert_eq!(bind(&server, "new token"), 204);
            assert_eq!(login(&server, "abc"), 200);
            assert_eq!(login(&server, "new token"), 200);
            server.stop();
            assert_eq!(database.names(TABLES.0, TABLES.1), ["_token_bindings"]);
            assert_eq!(database.names("index", "idx__token%"), INDEXES);
        }
    }
}

#[test]
fn of_two_older_names_the_one_with_the_underscore_is_taken() {
    for database in Database::each("both-names") {
        make_legacy(&database, "_tokenBindings");
        database.rows(r#"CREATE TABLE "tokenBindings" ("id" TEXT)"#);
        let server = database.server(Some(&seed()));
        assert_eq!(bind(&server, "new token"), 204);
        assert_eq!(login(&server, "abc"), 200);
        server.stop();
        let left = ["_token_bindings", "tokenBindings"];
        assert_eq!(database.names(TABLES.0, TABLES.1), left);
    }
}

#[test]
fn missing_indexes_are_added() {
    for database in Database::each("no-indexes") {
        make_legacy(&database, "_token_bindings");
        let server = database.server(Some(&seed()));
        assert_eq!(login(&server, "abc"), 200);
        assert_eq!(bind(&server, "new token"), 204);
        server.stop();
        assert_eq!(database.names("index", "idx__token%"), INDEXES);
    }
}
