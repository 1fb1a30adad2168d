//! The table `_token_bindings` as it lies in the file.
#![allow(clippy::unwrap_used)]

mod support;

use bosbase_local::{Config, Seed, Server};
use serde_json::{Value, json};
use sqlx::any::{AnyRow, install_default_drivers};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor, Row};
use std::path::{Path, PathBuf};
use support::post;

const BIND: &str = "/api/collections/users/bind-token";
const LOGIN: &str = "/api/collections/users/auth-with-token";
/// The SHA-256 of `abc`.
const HASH: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// A database file that is gone after the test.
struct File(PathBuf);

impl File {
    fn new(name: &str) -> Self {
        let name = format!("bosbase-{name}-{}.db", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn server(&self, seed: Option<&Value>) -> Server {
        Server::start(Config {
            data: Some(self.0.clone()),
            seed: seed.map(|seed| Seed::Text(seed.to_string())),
            ..Config::default()
        })
        .unwrap()
    }

    fn rows(&self, sql: &str) -> Vec<AnyRow> {
        install_default_drivers();
        let address = format!("sqlite:{}", self.0.display());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut connection = AnyConnection::connect(&address).await.unwrap();
            let rows = connection.fetch_all(AssertSqlSafe(sql)).await.unwrap();
            connection.close().await.unwrap();
            rows
        })
    }

    fn texts(&self, sql: &str) -> Vec<String> {
        self.rows(sql).iter().map(|row| row.get(0)).collect()
    }

    fn tables(&self) -> Vec<String> {
        self.texts(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND lower(name) LIKE '%token%'",
        )
    }
}

impl Drop for File {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(Path::new(&format!("{}{end}", self.0.display())));
        }
    }
}

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

#[test]
fn the_first_bind_makes_the_table_and_only_hashes_go_in() {
    let file = File::new("first-bind");
    let server = file.server(Some(&seed()));
    assert_eq!(login(&server, "t"), 400);
    server.stop();
    assert!(file.tables().is_empty());

    let server = file.server(None);
    assert_eq!(bind(&server, "abc"), 204);
    assert_eq!(bind(&server, "abc"), 204);
    server.stop();
    assert_eq!(file.tables(), ["_token_bindings"]);
    let hashes = file.texts(r#"SELECT "tokenHash" FROM "_token_bindings""#);
    assert_eq!(hashes, [HASH]);
    let ids = file.texts(r#"SELECT "id" FROM "_token_bindings""#);
    let digits = ids[0].strip_prefix('r').unwrap();
    assert_eq!(digits.len(), 14);
    assert!(
        digits
            .chars()
            .all(|c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase())
    );
    let whole = r#"SELECT "recordRef" || ' ' || "collectionRef" || ' ' || length("created") ||
        ' ' || length("updated") FROM "_token_bindings""#;
    assert_eq!(file.texts(whole), ["i _pb_users_auth_ 19 19"]);
}

#[test]
fn tables_of_older_names_are_taken_over() {
    for name in ["_tokenBindings", "tokenBindings"] {
        let file = File::new(name);
        file.server(Some(&seed())).stop();
        file.rows(&format!(
            r#"CREATE TABLE "{name}" ("id" TEXT PRIMARY KEY NOT NULL,
            "collectionRef" TEXT NOT NULL, "recordRef" TEXT NOT NULL, "tokenHash" TEXT NOT NULL,
            "created" TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
            "updated" TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP)"#
        ));
        file.rows(&format!(
            r#"INSERT INTO "{name}" ("id", "collectionRef", "recordRef", "tokenHash")
            VALUES ('r1', '_pb_users_auth_', 'i', '{HASH}')"#
        ));
        let server = file.server(None);
        // Until something is bound the old name is not looked at.
        assert_eq!(login(&server, "abc"), 400);
        assert_eq!(bind(&server, "new token"), 204);
        assert_eq!(login(&server, "abc"), 200);
        assert_eq!(login(&server, "new token"), 200);
        server.stop();
        assert_eq!(file.tables(), ["_token_bindings"]);
        let indexes = "SELECT name FROM sqlite_master
            WHERE type = 'index' AND name LIKE 'idx__token%' ORDER BY name";
        let expected = ["idx__token_bindings_record", "idx__token_bindings_token"];
        assert_eq!(file.texts(indexes), expected);
    }
}
