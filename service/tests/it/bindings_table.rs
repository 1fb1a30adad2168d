//! The table `_token_bindings`.

use crate::support::api::{A, Api, PASSWORD};
use crate::support::database::Database;
use bosbase_local::Server;
use serde_json::{Value, json};

/// The SHA-256 of `abc`.
const HASH: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn seed() -> Value {
    json!({"accounts": [{"collection": "users", "id": "i", "email": A, "password": PASSWORD}]})
}

fn bind(server: &Server, token: &str) -> u16 {
    Api::new(server.address(), "users").bind(A, token).status
}

fn login(server: &Server, token: &str) -> u16 {
    let users = Api::new(server.address(), "users");
    users.login_with_token(token, "").status
}

const TABLES: (&str, &str) = ("table", "%token%");
const INDEXES: [&str; 2] = ["idx__token_bindings_record", "idx__token_bindings_token"];

#[test]
fn first_bind_creates_the_table_of_hashes() {
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
        let hashes = database.strings(r#"SELECT "tokenHash" FROM "_token_bindings""#);
        assert_eq!(hashes, [HASH]);
        let ids = database.strings(r#"SELECT "id" FROM "_token_bindings""#);
        let digits = ids[0].strip_prefix('r').unwrap();
        assert_eq!(digits.len(), 14);
        let is_digit = |c: char| c.is_ascii_hexdigit() && !c.is_ascii_uppercase();
        assert!(digits.chars().all(is_digit));
        let row = r#"SELECT "recordRef" || ' ' || "collectionRef" FROM "_token_bindings"
            WHERE "created" IS NOT NULL AND "updated" IS NOT NULL"#;
        assert_eq!(database.strings(row), ["i _pb_users_auth_"]);
    }
}

/// Creates a table with a former name, with a binding of the token `abc`.
fn create_legacy(database: &Database, name: &str) {
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
fn table_with_a_former_name_is_renamed() {
    for name in ["_tokenBindings", "tokenBindings"] {
        for database in Database::each(name) {
            // The database may have been created by hand.
            create_legacy(&database, name);
            let server = database.server(Some(&seed()));
            // Only a bind renames it.
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
fn former_name_with_underscore_has_precedence() {
    for database in Database::each("both-names") {
        create_legacy(&database, "_tokenBindings");
        database.rows(r#"CREATE TABLE "tokenBindings" ("id" TEXT)"#);
        let server = database.server(Some(&seed()));
        assert_eq!(bind(&server, "new token"), 204);
        assert_eq!(login(&server, "abc"), 200);
        server.stop();
        let remaining = ["_token_bindings", "tokenBindings"];
        assert_eq!(database.names(TABLES.0, TABLES.1), remaining);
    }
}

#[test]
fn missing_indexes_are_created() {
    for database in Database::each("no-indexes") {
        create_legacy(&database, "_token_bindings");
        let server = database.server(Some(&seed()));
        assert_eq!(login(&server, "abc"), 200);
        assert_eq!(bind(&server, "new token"), 204);
        server.stop();
        assert_eq!(database.names("index", "idx__token%"), INDEXES);
    }
}
