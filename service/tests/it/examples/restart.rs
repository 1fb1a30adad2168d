//! The Rust example of `docs/testing.md` with a session file.

use std::fs;
use std::path::Path;

use bosauth::{Client, Session, Status};
use bosbase_local::{Config, DEMO_PASSWORD, DEMO_USER, Server};

/// A new client with the session file, as after a restart of the app.
fn restart(url: &str, file: &Path) -> Client {
    Client::builder(url).session_file(file).build().unwrap()
}

#[test]
fn user_is_logged_in_after_a_restart_without_the_server() {
    let directory = std::env::temp_dir().join(format!("my-app-{}", std::process::id()));
    fs::create_dir(&directory).unwrap();
    let file = directory.join("session");
    let server = Server::start(Config::demo()).unwrap();
    let url = server.base_url().to_owned();

    assert!(restart(&url, &file).session().unwrap().is_none());
    let client = restart(&url, &file);
    let users = client.collection("users");
    users.auth_with_password(DEMO_USER, DEMO_PASSWORD).unwrap();
    drop(server);
    let session = restart(&url, &file).session().unwrap();
    assert!(session.as_ref().is_some_and(Session::is_valid));

    fs::write(&file, "{").unwrap();
    let error = restart(&url, &file).session().unwrap_err();
    assert_eq!(error.status(), Status::StoreCorrupt);
    restart(&url, &file).clear_session().unwrap();
    assert!(restart(&url, &file).session().unwrap().is_none());
    fs::remove_dir_all(&directory).unwrap();
}
